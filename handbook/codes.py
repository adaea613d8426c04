"""The table of the dead letters' reason codes."""

from __future__ import annotations

from handbook.table import table
from stream_app.contract.code_words import CODE_WORDS


def letter_codes() -> str:
    """Return a row for each code."""
    return table(
        ("Code", "Cause", "Mend"), ((f"`{code}`", words.cause, words.mend) for code, words in CODE_WORDS.items())
    )
