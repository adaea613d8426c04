"""The model that decides in a partition, and how far a switch to it has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from model_store.scoring import Scorer
from stream_app.core.customer import Customer
from stream_app.core.model_switch import ModelSwitch
from stream_app.worker.meta import SwitchProgress
from stream_app.worker.place import START, Place


@dataclass
class ActiveModel:
    """Who is not touched otherwise goes over to the new model in slices, in the order of the due index.

    Somebody who goes over may come to stand anywhere in it; whoever has not yet keeps their place, so that
    a walk from front to back meets everybody who is left.
    """

    scorer: Scorer
    switch: ModelSwitch | None = None
    walked: Place = START
    """Everybody before this place is on the new model."""
    owing: Place | None = None
    """After a patient switch: nobody before this place is owed an event; None: nobody at all."""
    held_at_begin: Mapping[str, Customer] = field(default_factory=dict)
    """What Redis had not yet when the switch began: until it has, their places in the index are not the true ones."""

    @property
    def is_switching(self) -> bool:
        """True until everybody has gone over and nobody is owed an event of it."""
        return self.switch is not None or self.owing is not None

    def begin(
        self, scorer: Scorer, instant: int, held: Mapping[str, Customer], *, is_quiet: bool, is_patient: bool
    ) -> None:
        """Let another model decide from an instant on."""
        self.switch = ModelSwitch(self.scorer, instant, is_quiet=is_quiet, is_patient=is_patient)
        self.scorer = scorer
        self.walked = START
        self.held_at_begin = held

    def walk_to(self, place: Place | None) -> None:
        """Note how far everybody has gone over; None: to the end, and the switch is done."""
        if place is None:
            self.owing = START if self.switch is not None and self.switch.is_patient else None
            self.switch, self.walked = None, START
        else:
            self.walked = place

    def progress(self) -> SwitchProgress | None:
        """Return what the meta record says of the switch, None when there is none."""
        switch = self.switch
        if switch is None:
            return None
        return SwitchProgress(switch.old.version, switch.instant, switch.is_quiet, switch.is_patient, *self.walked)
