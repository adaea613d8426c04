"""`make observe`: a demo, a real Prometheus on the committed configuration, and an answer to every question."""

from __future__ import annotations

import shutil
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Thread

from handbook.observation.answers import unanswered
from handbook.observation.prometheus import Prometheus
from handbook.observation.questions import Question, questions
from stream_app.core.errors import SegstreamError
from stream_app.demo.board import Board
from stream_app.demo.display import choose_display
from stream_app.demo.folder import demo_folder
from stream_app.demo.guard import Guard
from stream_app.demo.play import Play, Stage, Wish
from stream_app.demo.show import Show

ANSWER_SECONDS = 150.0
ORDERS_PER_SECOND = 300.0
"""Slowly, so that orders flow as long as questions are asked."""


def main() -> int:
    """Return 0 when every question was answered."""
    try:
        program = _program()
        with demo_folder() as folder, ExitStack() as stack:
            play = _playing(folder, stack)
            settings = play.parts.settings
            ports = {"segstream-worker": settings.web_port, "segstream-api": settings.api_port}
            prometheus = stack.enter_context(Prometheus(program, folder / "prometheus", ports))
            prometheus.wait_for_targets()
            return _ask(prometheus)
    except SegstreamError as error:
        print(error, file=sys.stderr)
        return error.exit_code


def _program() -> Path:
    found = shutil.which("prometheus")
    if found is None:
        raise SegstreamError("There is no prometheus on the PATH.", "Run: make observe, which brings it.")
    return Path(found)


def _playing(folder: Path, stack: ExitStack) -> Play:
    """Return a demo whose orders are on their way."""
    board, guard = Board(), Guard()
    with Show(board, guard, choose_display()) as show:
        play = Play(Stage(board, guard, show, stack, folder), Wish(ORDERS_PER_SECOND))
        play.start()
        play.wait_for_pages()
    Thread(target=_stream, args=(play,), daemon=True).start()
    return play


def _stream(play: Play) -> None:
    # It ends with its servers when the questions are answered.
    with suppress(Exception):
        play.stream()


def _ask(prometheus: Prometheus) -> int:
    asked = questions()
    left = unanswered(prometheus, asked, ANSWER_SECONDS, _tell)
    for question in left:
        print(f"✗ {question.place}: no data for {question.expr}")
    problems = prometheus.rule_problems()
    for problem in problems:
        print(f"✗ {problem}")
    print(f"{len(asked) - len(left)} of {len(asked)} questions of dashboards and alerts were answered.")
    return 1 if left or problems else 0


def _tell(question: Question, series: int) -> None:
    fires = "" if question.has_answer or not series else ": it fires"
    print(f"✓ {question.place} ({series} series){fires}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
