"""What operators have said of models and windows, in their order: which ones are live at an instant."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET, UnsetType

from stream_app.contract.control import Promotion, Replay, WindowSwap
from stream_app.core.instants import NO_CLOCK, parse_instant


class Promotions:
    """The promotions of a deployment.

    A later word replaces an earlier one, also one that still waits for its instant. A version is one model for
    ever: who says it again with another hash is not heard. Swaps to another window are promotions, too.
    """

    def __init__(self) -> None:
        self._said: list[tuple[int, Promotion]] = []
        self._hashes: dict[str, str] = {}
        self._window_days: int | UnsetType | None = UNSET

    def hear(self, said: Promotion | Replay | WindowSwap) -> None:
        """Take in what was said of models and windows; raises ValueError like `add`."""
        if isinstance(said, Promotion):
            self.add(said)
            return
        if not (isinstance(said, WindowSwap) and said.keeps_models):
            self.add(_promotion_by(said))
        self._window_days = said.window_days

    @property
    def window_said(self) -> int | UnsetType | None:
        """The window to which the deployment was last told to go over; unset: it never was."""
        return self._window_days

    @property
    def are_for_one_window(self) -> bool:
        """True when it does not matter to what is live by which window partitions count."""
        return len({promotion.window_days for _, promotion in self._said}) <= 1

    def window_days(self, counted: Sequence[int | None]) -> int | UnsetType | None:
        """Return the window by which a deployment counts whose partitions count by these; unset: nobody knows.

        What partitions do counts, and not what was said: every one of them may have refused it. Where they differ it is
        the one to which they were told to go over, or else that of most; where nothing was counted yet, what was said.
        """
        if not counted or self._window_days in counted:
            return self._window_days
        return max(counted, key=counted.count)

    def followed(self, counted: Sequence[int | None]) -> Promotions:
        """Return those that a deployment follows whose partitions count by these windows."""
        window_days = self.window_days(counted)
        return self if window_days is UNSET or self.are_for_one_window else self.counting(window_days)

    def counting(self, window_days: int | None) -> Promotions:
        """Return those of models for a window, and those of which nobody said for which one they are."""
        found = Promotions()
        found._said = [each for each in self._said if each[1].window_days in (UNSET, window_days)]
        return found

    def add(self, promotion: Promotion) -> None:
        """Take in the next promotion; raises ValueError for one that cannot be meant."""
        instant = NO_CLOCK if promotion.effective_at is None else parse_instant(promotion.effective_at)
        if instant is None:
            raise ValueError(f"{promotion.effective_at} is no instant")
        if self._hashes.setdefault(promotion.version, promotion.sha256) != promotion.sha256:
            raise ValueError(f"version {promotion.version} is another model already")
        self._said.append((instant, promotion))

    def newest(self) -> Promotion | None:
        """Return what was said last, although its instant may be still to come."""
        return self._said[-1][1] if self._said else None

    def come(self, clock: int) -> list[Promotion]:
        """Return those whose instant has come, the newest first; the first of all does not wait."""
        found = [promotion for instant, promotion in self._said if instant <= clock]
        return found[::-1] if found else [promotion for _, promotion in self._said[:1]]

    def live(self, clock: int) -> Promotion | None:
        """Return the one that is live at a clock."""
        return next(iter(self.come(clock)), None)

    def waiting(self, clock: int) -> Promotion | None:
        """Return the newest one if its instant is still to come."""
        newest = self.newest()
        return None if newest is None or newest is self.live(clock) else newest

    def of(self, version: str) -> Promotion | None:
        """Return a promotion of a version."""
        return next((promotion for _, promotion in reversed(self._said) if promotion.version == version), None)

    def before(self, clock: int) -> Promotion | None:
        """Return what a rollback leads to: the model that was live before the one that is, rollbacks undone."""
        stack: list[Promotion] = []
        for promotion in reversed(self.come(clock)):
            if promotion.is_rollback:
                while stack and stack[-1].version != promotion.version:
                    stack.pop()
            if not stack or stack[-1].version != promotion.version:
                stack.append(promotion)
        return stack[-2] if len(stack) > 1 else None


def _promotion_by(said: Replay | WindowSwap) -> Promotion:
    """Return what is promoted by it; a partition that refuses the swap and counts by its window follows that alone."""
    is_quiet = isinstance(said, WindowSwap) and (said.is_quiet or said.is_silent)
    version, sha256, window_days = said.version, said.sha256, said.window_days
    return Promotion(version=version, sha256=sha256, by=said.by, at=said.at, is_quiet=is_quiet, window_days=window_days)
