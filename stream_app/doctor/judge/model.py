"""Judges the model: a store that can be read, and in it, unchanged, the one that is live."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UNSET

from stream_app.doctor.facts import ModelFacts
from stream_app.doctor.finding import Finding, counted, ok, problem, skipped, warning

STORE, LIVE, USABLE, WINDOW = "model.store", "model.live", "model.usable", "model.window"
TRAIN = "Run: segstream train FILE … --promote"


def judge_model(model: ModelFacts, unseen: str = "") -> Iterator[Finding]:
    """Yield what is to be said of store and model; `unseen` says why the control topic could not be read."""
    if model.store_fault:
        yield problem(STORE, model.store_fault, f"{TRAIN}, or set SEGSTREAM_MODEL_URI to where the models are.")
    else:
        yield ok(STORE, f"{model.uri} holds {counted(len(model.versions), 'model')}.")
    if unseen:
        yield skipped(LIVE, unseen)
    elif model.live is None and model.store_fault:
        # Training mends both, and a fault is counted once.
        yield skipped(LIVE, "a model has to be trained before one can be live")
    elif model.live is None:
        yield problem(LIVE, "No model is live: workers wait for one.", TRAIN)
    else:
        yield from _live(model)


def _live(model: ModelFacts) -> Iterator[Finding]:
    live = model.live
    assert live is not None
    yield ok(LIVE, f"Model {live.version} is live.")
    if live.refusal and model.store_fault:
        yield skipped(USABLE, "the model store cannot be read")
        return
    if live.refusal:
        yield problem(USABLE, live.refusal, live.mend)
        return
    yield ok(USABLE, f"Its file is the one that was promoted, with {counted(live.segments, 'segment')}.")
    if model.said_days not in (UNSET, model.window_days):
        yield warning(
            WINDOW,
            f"The last swap to another window has reached no partition: {_window(model.window_days)} counts as before.",
            "Begin it again: segstream replay swap NAMESPACE. Or leave it: nobody is counted by what it said.",
        )
    elif live.window_days == model.window_days:
        yield ok(WINDOW, f"It was trained with the window that counts: {_window(model.window_days)}.")
    else:
        yield problem(
            WINDOW,
            f"It was trained with the window {_window(live.window_days)}, and {_window(model.window_days)} counts.",
            f"Set SEGSTREAM_WINDOW_DAYS={'none' if live.window_days is None else live.window_days} before the first"
            " order, or train again.",
        )


def _window(days: int | None) -> str:
    return "none" if days is None else f"{days} days"
