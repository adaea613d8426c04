"""What a segmentation is good for: how many of each segment's customers buy in the 13 weeks that follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from model_store.segment_model import SegmentModel
from stream_app.core.instants import rfc3339
from trainer.features import DAY_US, Counting, buyers, features
from trainer.fit import feature_matrix
from trainer.lineage import assign

if TYPE_CHECKING:
    from stream_app.history.history import History
    from trainer.topic_history import TopicHistory

WEEKS = 13
SPAN_US = WEEKS * 7 * DAY_US


@dataclass(frozen=True)
class Trial:
    """The day on which customers are put into segments, to see who buys in the 13 weeks after it."""

    day_us: int
    is_held_back: bool
    """The model was trained on nothing of these weeks."""


def plan_trial(first_us: int, last_us: int, as_of_us: int) -> Trial | None:
    """Return the training's own day if 13 weeks of orders follow it, else the last day that has them.

    None where less than 13 weeks lie before that day: nobody's habits are known yet.
    """
    day_us = min(as_of_us, last_us - SPAN_US)
    return Trial(day_us, day_us >= as_of_us) if day_us - first_us >= SPAN_US else None


def with_usefulness(
    model: SegmentModel,
    history: History | TopicHistory,
    *,
    as_of_us: int,
    window_us: int | None,
    counting: Counting,
) -> SegmentModel:
    """Return the model with `buys_again` in its segments and the trial in its facts, where the orders allow one."""
    first_us, last_us = history.report.first_us, history.report.last_us
    trial = None if first_us is None or last_us is None else plan_trial(first_us, last_us, as_of_us)
    rows = [] if trial is None else features(history, as_of_us=trial.day_us, window_us=window_us, counting=counting)
    if trial is None or not rows:
        return model
    after = buyers(history, after_us=trial.day_us, until_us=trial.day_us + SPAN_US, counting=counting)
    bought = np.array([row.customer_id in after for row in rows])
    labels = assign(model, feature_matrix(rows))
    shares = [_share(bought[labels == place]) for place in range(len(model.segments))]
    return msgspec.structs.replace(
        model,
        segments=tuple(
            msgspec.structs.replace(segment, buys_again=share)
            for segment, share in zip(model.segments, shares, strict=True)
        ),
        training=model.training
        | {
            "trial_day": rfc3339(trial.day_us),
            "trial_weeks": WEEKS,
            "trial_is_held_back": int(trial.is_held_back),
            "trial_customers": len(rows),
            "trial_buys_again": float(bought.mean()),
        },
    )


def _share(bought: NDArray[np.bool_]) -> float | None:
    return float(bought.mean()) if len(bought) else None
