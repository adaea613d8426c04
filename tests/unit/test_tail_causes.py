"""`segstream tail --cause` takes the causes of the contract, and says what to use for what it shows in other words."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from stream_app.cli import app
from stream_app.core.errors import UsageError


@pytest.mark.parametrize(
    ("cause", "mend"), [("history", "Use --cause order (or model"), ("ageing", "Use one of: order, return")]
)
def test_what_is_no_cause_is_refused_with_what_to_use(cause: str, mend: str) -> None:
    done = CliRunner().invoke(app, ["tail", "--cause", cause])

    assert isinstance(done.exception, UsageError)
    assert done.exception.cause.startswith(f"{cause!r} is not a cause")
    assert done.exception.mend.startswith(mend)
