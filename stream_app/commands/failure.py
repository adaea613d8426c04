"""How a command fails: two sentences for what was foreseen, and an exit code for scripts.

0 done, 1 failed, 2 misused, 130 ended by Ctrl-C.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer

from stream_app.commands.options import say

FAILED, INTERRUPTED = 1, 130


def exit_code_of(command: Callable[[], Any], *, is_debugging: bool) -> int:
    """Run the command and return its exit code; a traceback appears only when it was asked for."""
    try:
        command()
    except SystemExit as end:
        return int(end.code or 0)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if is_debugging:
            raise
        return _tell(error)
    return 0


def _tell(error: Exception) -> int:
    from model_store.errors import ModelRefused
    from stream_app.core.errors import SegstreamError

    if not isinstance(error, (SegstreamError, ModelRefused)):
        _tell_of_a_bug(error)
        return FAILED
    code = f"{error.code}: " if error.code else ""
    say(f"{_red('error:')} {code}{error.cause}")
    if error.mend:
        say(f"  {error.mend}")
    return error.exit_code if isinstance(error, SegstreamError) else FAILED


def _tell_of_a_bug(error: Exception) -> None:
    say(f"{_red('error:')} {type(error).__name__}: {error}")
    say("  This was not foreseen: a fault of segstream. Put --debug right behind `segstream` to see where.")


def _red(text: str) -> str:
    return typer.style(text, fg="red", bold=True)
