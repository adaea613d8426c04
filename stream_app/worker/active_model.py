"""The model that decides in a partition, and how far a switch to it, or a swap of the states, has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from model_store.scoring import Scorer
from stream_app.core.customer import Customer
from stream_app.core.model_switch import ModelSwitch
from stream_app.worker.adopting import Adopting
from stream_app.worker.meta import AdoptionProgress, SwitchProgress
from stream_app.worker.place import START, Place


@dataclass
class ActiveModel:
    """Who is not touched otherwise goes over to a new model, or a namespace's states, in slices along the due index.

    Somebody who goes over may come to stand anywhere in it; whoever has not yet keeps their place, so that
    a walk from front to back meets everybody who is left.
    """

    scorer: Scorer
    switch: ModelSwitch | None = None
    walked: Place = START
    """Everybody before this place has gone over."""
    adopting: Adopting | None = None
    """Never while there is a switch: the one waits for the other."""
    owing: Place | None = None
    """After a patient one: nobody before this place is owed an event; None: nobody at all."""
    held_at_begin: Mapping[str, Customer] = field(default_factory=dict)
    """What Redis had not yet when it began: until it has, their places in the index are not the true ones."""

    @property
    def is_switching(self) -> bool:
        """True until everybody has gone over and nobody is owed an event of it."""
        return self.is_walking or self.owing is not None

    @property
    def is_walking(self) -> bool:
        """True until everybody has gone over."""
        return self.switch is not None or self.adopting is not None

    def begin(self, scorer: Scorer, switch: ModelSwitch, held: Mapping[str, Customer]) -> None:
        """Let another model decide from the instant of a switch on."""
        self.switch, self.scorer = switch, scorer
        # The walk meets everybody, and whoever is owed an event gets it then.
        self.walked, self.owing = START, None
        self.held_at_begin = held

    def begin_swap(self, scorer: Scorer, adopting: Adopting, held: Mapping[str, Customer]) -> None:
        """Let everybody take over what a namespace holds of them, and a model decide from then on."""
        self.scorer = scorer
        self.adopting = adopting
        self.walked, self.owing = START, None
        self.held_at_begin = held

    def walk_to(self, place: Place | None) -> None:
        """Note how far everybody has gone over; None: to the end of the index."""
        if place is not None:
            self.walked = place
            return
        self.walked, adopting = START, self.adopting
        if adopting is not None and not adopting.is_beyond:
            adopting.is_beyond = True
            return
        self.end()

    def end(self) -> None:
        """Let nobody go over any more; who is owed an event of it gets that yet."""
        pace = self.switch if self.adopting is None else self.adopting.terms
        self.walked, self.owing = START, START if pace is not None and pace.is_patient else None
        self.switch = self.adopting = None

    def give_up(self, held: Mapping[str, Customer]) -> None:
        """Let nobody take over what a namespace holds any more.

        Another window and its model stay: whoever has not gone over does so with the orders held, as by a switch. Up to
        its instant the old model decides for them, and the old window.
        """
        adopting = self.adopting
        self.end()
        if adopting is None or adopting.terms.old.scorer.version == self.scorer.version:
            return
        terms = adopting.terms
        is_quiet = terms.is_quiet or terms.is_silent
        switch = ModelSwitch(terms.old, terms.instant, is_quiet=is_quiet, is_patient=terms.is_patient)
        self.begin(self.scorer, switch, held)

    def progress(self) -> SwitchProgress | None:
        """Return what the meta record says of the switch, None when there is none."""
        switch = self.switch
        if switch is None:
            return None
        old = switch.old
        return SwitchProgress(
            old.scorer.version, switch.instant, switch.is_quiet, *self.walked, switch.is_patient, old.window_days
        )

    def adoption(self) -> AdoptionProgress | None:
        """Return what the meta record says of the swap, None when there is none."""
        return None if self.adopting is None else self.adopting.progress(self.walked)
