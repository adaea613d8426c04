"""The promoted models, as far as this worker could load them."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable, Sequence

import structlog
from msgspec import UNSET, UnsetType

from model_store.errors import ModelRefused
from model_store.scoring import Scorer
from stream_app.contract.control import Promotion, WindowSwap
from stream_app.core.errors import PartitionWaits
from stream_app.core.measure import Measure
from stream_app.core.model_switch import ModelSwitch
from stream_app.settings import Settings
from stream_app.worker.active_model import ActiveModel
from stream_app.worker.adopting import adopting_of
from stream_app.worker.basis import ClockAndWindow
from stream_app.worker.control import Control
from stream_app.worker.meta import AdoptionProgress, Meta
from stream_app.worker.place import Place
from stream_app.worker.promoted import for_another_window, load_promoted

RETRY_SECONDS = 1.0
NONE_LIVE = "no model is live: run segstream train … --promote"

log = structlog.get_logger("segstream.models")


class ModelAway(PartitionWaits):
    """The model by which a partition has to be scored is not at hand."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause, code="MODEL_AWAY")


Wanted = tuple[Promotion, int | UnsetType | None]
"""A promoted model, and the window for which it must have been trained; unset: any."""


class Models:
    """Loads each promoted model once, in a thread of its own: a store that hangs must not hold up the orders.

    One that cannot be loaded is tried again, and the one before goes on.
    """

    def __init__(self, settings: Settings, control: Control) -> None:
        self._settings = settings
        self._control = control
        self._loaded: dict[Wanted, Scorer] = {}
        self._refused: dict[Wanted, str] = {}
        self._tried_at: dict[Wanted, float] = {}
        self._loading: set[Wanted] = set()
        self.counted: Sequence[int | None] = ()
        """The windows by which the deployment's partitions count, as they were last seen."""

    def live_at(self, clock: int, window_days: int | None) -> tuple[Scorer, Promotion] | None:
        """Return the model that is live at a partition's clock and window; None when there is none, or not at hand."""
        promotion = self._control.promotions.counting(window_days).live(clock)
        scorer = None if promotion is None else self._get((promotion, window_days))
        return None if promotion is None or scorer is None else (scorer, promotion)

    def first_at(self, clock: int, window_days: int | None) -> Scorer | None:
        """Return the newest model at a clock that is at hand: a partition without a past takes what there is."""
        come = self._control.promotions.counting(window_days).come(clock)
        return next((scorer for promotion in come if (scorer := self._get((promotion, window_days)))), None)

    def any_at_hand(self) -> Scorer | None:
        """Return the newest model that is at hand, whichever the window for which it was promoted, or none was said."""
        come = self._control.promotions.come(sys.maxsize)
        return next((scorer for each in come if (scorer := self._get((each, each.window_days)))), None)

    def window_days(self) -> int | None:
        """Return the window by which a partition counts that begins anew: that of the others, or else what was said.

        What the settings say counts where nothing was counted yet, and nothing was said.
        """
        known = self._control.promotions.window_days(self.counted)
        return self._settings.window_days if known is UNSET else known

    def problem_at(self, where: Iterable[ClockAndWindow]) -> str:
        """Return the first `problem` at one of them, empty when there is none."""
        return next((found for each in where if (found := self.problem(*each))), "")

    def problem(self, clock: int, window_days: int | None) -> str:
        """Return why the model that is live at a clock is not what scores by a window, as a sentence; empty if it is.

        One that was promoted for another window than the one by which the deployment counts is not live.
        """
        live = self._control.promotions.followed(self.counted).live(clock)
        if live is None:
            return NONE_LIVE
        said = live.window_days
        if said is not UNSET and said != window_days:
            return str(for_another_window(live.version, said, window_days))
        return self._refused.get((live, window_days), "")

    def active(self, meta: Meta | None, clock: int, window_days: int | None) -> ActiveModel:
        """Return the model with which a partition goes on; raises ModelAway while it is not at hand."""
        if meta is None or not meta.model_version:
            scorer = self.first_at(clock, window_days)
            if scorer is None:
                raise ModelAway(self.problem(clock, window_days) or "The model is being loaded")
            return ActiveModel(scorer)
        scorer, switch = self._named(meta.model_version, window_days), meta.switch
        if meta.adoption is not None:
            found = meta.adoption
            old = self._measure_before(found) if found.old_version else Measure.of(scorer, window_days)
            walked = Place(found.walked_due, found.walked_id)
            return ActiveModel(scorer, walked=walked, adopting=adopting_of(found, old))
        if switch is None:
            return ActiveModel(scorer, owing=None if meta.owing is None else Place(*meta.owing))
        old_window_days = window_days if switch.old_window_days is UNSET else switch.old_window_days
        before = Measure.of(self._named(switch.old_version, old_window_days), old_window_days)
        under_way = ModelSwitch(before, switch.instant, is_quiet=switch.is_quiet, is_patient=switch.is_patient)
        return ActiveModel(scorer, under_way, Place(switch.walked_due, switch.walked_id))

    def of_swap(self, swap: WindowSwap) -> Scorer | None:
        """Return the model that comes with another window, None while it is not at hand."""
        promotion = self._control.promotions.of(swap.version)
        return None if promotion is None else self._get((promotion, swap.window_days))

    def _measure_before(self, found: AdoptionProgress) -> Measure:
        return Measure.of(self._named(found.old_version, found.old_window_days), found.old_window_days)

    def _named(self, version: str, window_days: int | None) -> Scorer:
        promotion = self._control.promotions.of(version)
        if promotion is None:
            raise ModelAway(f"The state was scored by model {version}, which the control topic does not name.")
        wanted = promotion, window_days
        scorer = self._get(wanted)
        if scorer is None:
            raise ModelAway(self._refused.get(wanted, f"Model {version} is being loaded."))
        return scorer

    def _get(self, wanted: Wanted) -> Scorer | None:
        if wanted not in self._loaded and wanted not in self._loading:
            now = time.monotonic()
            if now - self._tried_at.get(wanted, -RETRY_SECONDS) >= RETRY_SECONDS:
                self._tried_at[wanted] = now
                self._loading.add(wanted)
                # Not a pool: its threads would keep a process alive that is asked to end.
                threading.Thread(target=self._load, args=(wanted,), daemon=True).start()
        return self._loaded.get(wanted)

    def _load(self, wanted: Wanted) -> None:
        """Load in a thread of its own; a bug in it is told like any refusal, and tried again."""
        promotion, window_days = wanted
        try:
            model = load_promoted(self._settings, promotion.version, promotion.sha256, window_days)
            # One for any window is then known for its own, too.
            self._loaded[wanted] = self._loaded[promotion, model.window_days] = Scorer(model)
            self._refused.pop(wanted, None)
        except ModelRefused as refused:
            self._refuse(wanted, str(refused))
        except Exception as error:
            self._refuse(wanted, f"model {promotion.version} could not be loaded ({type(error).__name__}: {error})")
            raise
        finally:
            self._loading.discard(wanted)

    def _refuse(self, wanted: Wanted, cause: str) -> None:
        if self._refused.get(wanted) != cause:
            log.warning("model refused", model=wanted[0].version, cause=cause)
        self._refused[wanted] = cause
