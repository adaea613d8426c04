"""Dead letters counted by reason. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from stream_app.dead_letters.letter import Letter, Mark


class Reason(Struct):
    """The letters of one code."""

    code: str
    waiting: int = 0
    replayed: int = 0
    first_ms: int = 0
    last_ms: int = 0
    newest: str = ""
    """The place of the newest."""

    def add(self, letter: Letter) -> None:
        """Count a letter; the partitions may come in any order."""
        self.waiting += 1
        self.first_ms = min(self.first_ms or letter.at_ms, letter.at_ms)
        if letter.at_ms >= self.last_ms:
            self.last_ms, self.newest = letter.at_ms, str(letter.place)


def count(found: Iterable[Letter | Mark], since_ms: int = 0) -> list[Reason]:
    """Return the reasons, the one with most letters waiting first; letters before `since_ms` are left out."""
    reasons: dict[str, Reason] = {}
    counted: set[tuple[int, int]] = set()
    for each in found:
        if isinstance(each, Letter) and each.at_ms >= since_ms:
            reasons.setdefault(each.code, Reason(each.code)).add(each)
            if since_ms:
                counted.add((each.place.partition, each.place.offset))
        elif isinstance(each, Mark) and each.code in reasons:
            is_counted = not since_ms or (each.letter.partition, each.letter.offset) in counted
            reasons[each.code].waiting -= is_counted
            reasons[each.code].replayed += is_counted
    return sorted(reasons.values(), key=lambda reason: (-reason.waiting, reason.code))
