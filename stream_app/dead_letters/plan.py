"""Which dead letters are to be sent again, as what, and what speaks against it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from msgspec import Struct, field

from stream_app.contract.dead_letter import Refusal
from stream_app.core.rules import Rules
from stream_app.dead_letters.fix import Fix
from stream_app.dead_letters.letter import Letter, Place
from stream_app.dead_letters.outlook import outlook


@dataclass(frozen=True)
class Wish:
    """Which letters are meant; an empty set means all."""

    codes: frozenset[str] = frozenset()
    places: frozenset[Place] = frozenset()
    since_ms: int = 0

    def wants(self, letter: Letter) -> bool:
        """Tell whether a letter is meant."""
        return (
            letter.at_ms >= self.since_ms
            and (not self.codes or letter.code in self.codes)
            and (not self.places or letter.place in self.places)
        )


class Planned(NamedTuple):
    """A letter as it would be sent, and why it would be refused again."""

    letter: Letter
    refusal: Refusal | None


class Refusals(Struct):
    """Letters that would be refused again, or were, for one reason."""

    code: str
    count: int = 0
    place: str = ""
    """The first of them."""
    reason: str = ""


class Share(Struct):
    """What becomes of the letters of one code."""

    code: str
    ready: int = 0
    """Nothing speaks against them."""
    stay: dict[str, Refusals] = field(default_factory=dict)
    """Those that would be refused again, by the code that they would get."""

    def add(self, planned: Planned) -> None:
        """Count a letter."""
        refusal = planned.refusal
        if refusal is None:
            self.ready += 1
            return
        stay = self.stay.setdefault(refusal.code, Refusals(refusal.code))
        stay.count += 1
        if stay.count == 1:
            stay.place, stay.reason = str(planned.letter.place), refusal.reason


def plan(waiting: Iterable[Letter], wish: Wish, fix: Fix | None, rules: Rules, now_ms: int) -> Iterator[Planned]:
    """Yield those of the letters that are meant, mended."""
    for letter in waiting:
        if wish.wants(letter):
            mended = letter if fix is None else letter.with_value(fix.mend(letter.value))
            yield Planned(mended, outlook(mended, letter.value, rules, now_ms))


def shares_of(planned: Iterable[Planned]) -> list[Share]:
    """Return what becomes of them, by code."""
    shares: dict[str, Share] = {}
    for each in planned:
        shares.setdefault(each.letter.code, Share(each.letter.code)).add(each)
    return [shares[code] for code in sorted(shares)]
