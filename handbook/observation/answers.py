"""Asks until every question has an answer, or time is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from handbook.observation.prometheus import Prometheus
from handbook.observation.questions import Question

PAUSE_SECONDS = 0.5


def unanswered(
    prometheus: Prometheus,
    asked: Sequence[Question],
    seconds: float,
    on_answer: Callable[[Question, int], None] = lambda _question, _series: None,
) -> list[Question]:
    """Return the questions that had no answer in time; raises SegstreamError for one that cannot be evaluated."""
    until = time.monotonic() + seconds
    waiting = list(asked)
    while waiting:
        left = []
        for question in waiting:
            series = len(prometheus.ask(question.expr))
            if question.has_answer and not series:
                left.append(question)
            else:
                on_answer(question, series)
        if time.monotonic() > until:
            return left
        waiting = left
        time.sleep(PAUSE_SECONDS if waiting else 0)
    return []
