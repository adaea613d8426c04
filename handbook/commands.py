"""The reference of the `segstream` command, from the command itself."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from handbook.table import table
from stream_app.cli import app
from stream_app.settings import Settings, variable_of

_WORDS = {int: "NUMBER", float: "NUMBER", str: "TEXT", Path: "PATH"}


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command that does something, with the words that call it, in the order of `segstream --help`."""
    yield from _below((), typer.main.get_command(app))


def _below(words: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield words, command
        return
    if command.invoke_without_command:
        yield words, command
    for name, child in children.items():
        yield from _below((*words, name), child)


def command_sections() -> str:
    """Return a section per command: what it does, how it is called, its arguments and options."""
    return "\n" + "".join(_section(words, command) for words, command in commands())


def _section(words: tuple[str, ...], command: Any) -> str:
    name = " ".join(("segstream", *words))
    promise = inspect.cleandoc(command.help or "")
    usage = " ".join([name, *_usage(command)])
    return f"## {name}\n\n{promise}\n\n```text\n{usage}\n```\n{_options(command)}"


def _usage(command: Any) -> Iterator[str]:
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            yield _argument(parameter)
    for parameter in command.params:
        if parameter.param_type_name == "option" and parameter.required:
            yield f"{_longest(parameter.opts)} {_word(command, parameter)}"
    yield "[OPTIONS]"


def _argument(parameter: Any) -> str:
    name = parameter.name.upper()
    return name if parameter.required else f"[{name}]"


def _options(command: Any) -> str:
    rows = [
        (_option_name(command, parameter), _default(parameter), _meaning(parameter))
        for parameter in command.params
        if parameter.param_type_name == "option"
    ]
    return table(("Option", "Default", "Meaning"), rows) if rows else "\n"


def _option_name(command: Any, parameter: Any) -> str:
    names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    return names if parameter.is_flag else f"{names} {_word(command, parameter)}"


def _longest(names: list[str]) -> str:
    return max(names, key=len)


def _word(command: Any, parameter: Any) -> str:
    """Return the word that stands for an option's value."""
    found = typing.get_type_hints(command.callback).get(parameter.name, str)
    kinds = typing.get_args(found) if isinstance(found, types.UnionType) else (found,)
    return next((_WORDS[kind] for kind in kinds if kind in _WORDS), "VALUE")


def _default(parameter: Any) -> str:
    if parameter.required:
        return "needed"
    if _variable(parameter):
        return "the setting"
    if parameter.is_flag:
        return "off"
    return "" if parameter.default is None else f"`{parameter.default}`"


def _meaning(parameter: Any) -> str:
    name = _variable(parameter)
    text: str = parameter.help or ""
    return text.replace(name, f"[`{name}`](settings.md)") if name else text


def _variable(parameter: Any) -> str:
    """Return the setting whose flag an option is: its help begins with the variable's name."""
    first = (parameter.help or "").partition(":")[0]
    return first if first in {variable_of(field) for field in Settings.model_fields} else ""
