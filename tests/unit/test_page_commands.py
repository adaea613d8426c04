"""Every command in README.md and docs/ is one that exists, and one that a test runs unless a list says why not."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from stream_app.cli import app
from stream_app.settings import Settings, variable_of
from stream_app.settings_sources import FROM_FILES
from tests.documents import (
    IN_A_SECOND_TERMINAL,
    NOT_RUN,
    PAGES,
    PROSE,
    ROOT,
    UNTIL_CTRL_C,
    Block,
    blocks_of,
    code_spans,
    command_lines,
    name_of,
)

COMMAND = typer.main.get_command(app)

BLOCKS = [block for page in PAGES for block in blocks_of(page)]

EXCEPTIONS = {
    ("README.md", "installs packages"): 1,
    ("docs/benchmarks.md", "takes minutes"): 10,
    ("docs/how-to/ask-over-http.md", "needs the token of the step before"): 1,
    ("docs/how-to/ask-over-http.md", "needs a token of the scope admin"): 1,
    ("docs/how-to/deploy-everything.md", "needs Docker"): 1,
    ("docs/how-to/deploy-everything.md", "needs a cluster"): 1,
    ("docs/how-to/erase-a-person.md", "tests/integration/test_erasure.py does the same to people of its own"): 4,
    ("docs/how-to/follow-an-order.md", "needs the extra otel"): 1,
    ("docs/how-to/hugging-face.md", "needs an account of Hugging Face"): 1,
    ("docs/how-to/hugging-face.md", "tests/integration/test_space.py does the same on a free port"): 1,
    ("docs/how-to/look-after-models.md", "needs the extra signature"): 2,
    ("docs/how-to/plan-for-size.md", "takes minutes"): 1,
    ("docs/how-to/recover-a-paused-partition.md", "needs a damaged log"): 1,
    ("docs/how-to/repartition.md", "tests/integration/test_repartitioning.py does the same to topics of its own"): 5,
    ("docs/how-to/replay.md", "tests/integration/test_other_window.py does the same to a deployment of its own"): 2,
    ("docs/how-to/secure-connections.md", "needs a Kafka with TLS"): 2,
    ("docs/how-to/secure-connections.md", "needs a Redis with TLS"): 1,
    ("docs/how-to/start-a-deployment.md", "needs Docker"): 2,
    ("docs/reference/dependencies.md", "needs Docker"): 1,
    ("docs/how-to/subscribe-from-python.md", "installs packages"): 1,
    ("docs/how-to/train-a-model.md", "needs the extra spark"): 1,
    ("docs/how-to/upgrade.md", "installs packages"): 1,
    ("docs/how-to/upgrade.md", "needs systemd"): 1,
    ("docs/tutorial/first-change.md", "installs packages"): 1,
}
"""Every block of commands that no test runs, and why."""


def test_commands_that_no_test_runs_are_listed_with_their_reason() -> None:
    notes = [(block.page, block.note.removeprefix(NOT_RUN)) for block in BLOCKS if block.note.startswith(NOT_RUN)]

    assert Counter(notes) == EXCEPTIONS


def test_notes_before_a_block_are_known() -> None:
    for block in BLOCKS:
        is_known = block.note in {"", IN_A_SECOND_TERMINAL, UNTIL_CTRL_C} or block.note.startswith(NOT_RUN)
        assert is_known, f"{block}: {block.note}"


def test_no_command_hides_in_a_block_that_nobody_runs() -> None:
    allowed = {"sh", "console", "python", "text", "json", "ini"}
    for page in PAGES:
        text = page.read_text()
        assert text.count("\n```") + text.startswith("```") == 2 * len(blocks_of(page)), name_of(page)
        assert not re.findall(r"^ {4}(?:\$ |segstream |make |redis-cli )", text, re.MULTILINE), name_of(page)
    for block in BLOCKS:
        assert block.language in allowed, block
        if block.language not in {"sh", "console", "python"}:
            assert not re.search(r"^(?:\$ )", block.text, re.MULTILINE), block


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.commands], ids=str)
def test_every_command_is_one_that_the_command_knows(block: Block) -> None:
    for line in command_lines(block):
        for words in simple_commands(line):
            assert problem_with(words) == "", f"{block}: {line}"


@pytest.mark.parametrize("page", PROSE, ids=name_of)
def test_commands_in_sentences_exist(page: Path) -> None:
    for span in code_spans(page):
        words = span.split()
        assert problem_with(words, is_whole=False) == "", span


def simple_commands(line: str) -> Iterator[list[str]]:
    """Yield the words of each command of a line, without variables set for it alone and without shell words."""
    for part in re.split(r"&&|\|\||[;|&]", line):
        words = shlex.split(part)
        while words and (re.match(r"[A-Z_]+=", words[0]) or words[0] in {"until", "do", "while", "then", "!"}):
            words = words[1:]
        if words:
            yield words


def problem_with(words: list[str], *, is_whole: bool = True) -> str:
    """Return what is wrong with a `segstream` or `make` command; other commands are none of ours."""
    if words[0] == "make":
        targets = {word for word in words[1:] if re.fullmatch(r"[a-z-]+", word)}
        return "" if targets <= make_targets() else f"no such target: {targets - make_targets()}"
    return problem_below(COMMAND, words[1:], is_whole) if words[0] == "segstream" else ""


def problem_below(command: Any, words: list[str], is_whole: bool) -> str:
    """Return what is wrong with the words behind a command."""
    options = {name: option for option in command.params for name in (*option.opts, *option.secondary_opts)}
    arguments = [option for option in command.params if option.param_type_name == "argument"]
    children = getattr(command, "commands", {})
    given: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if word in children:
            return problem_below(children[word], left, is_whole)
        if word.startswith("--"):
            name = word.split("=")[0]
            if name not in options and name not in {"--help", "--install-completion"}:
                return f"no such option: {name}"
            if name in options and not options[name].is_flag and "=" not in word:
                left = left[1:]
        elif word != "…":
            given.append(word)
    if children:
        return f"no such command: {given}" if given and not given[0].isupper() else ""
    needed = sum(argument.required for argument in arguments)
    if len(given) > len(arguments) or (is_whole and len(given) < needed):
        return f"{len(given)} arguments: {given}"
    return ""


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("segstream customer anna", ""),
        ("segstream customer", "0 arguments: []"),
        ("segstream tail --form beginning", "no such option: --form"),
        ("segstream topics destroy", "no such command: ['destroy']"),
        ("segstream partitions skip 2 3 --to 5 --why x", "2 arguments: ['2', '3']"),
        ("SEGSTREAM_WEB_PORT=1 segstream worker --port 3", "no such option: --port"),
        ("make coffee", "no such target: {'coffee'}"),
    ],
)
def test_wrong_commands_are_found(line: str, problem: str) -> None:
    assert [problem_with(words) for words in simple_commands(line)] == [problem]


def test_variables_that_are_set_are_settings() -> None:
    known = {variable_of(name) for name in Settings.model_fields} | {f"{variable_of(name)}_FILE" for name in FROM_FILES}
    for block in BLOCKS:
        named = set(re.findall(r"\b((?:SEGSTREAM|KAFKA|REDIS)_[A-Z_]+)=", block.text))
        assert named <= known, block
