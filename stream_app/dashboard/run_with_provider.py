"""`python -m stream_app.dashboard.run_with_provider run …`: Streamlit's command, which signals end in order."""

from __future__ import annotations

import signal
from typing import NoReturn

from streamlit.web import cli


def main() -> None:
    """Be `streamlit`; an application of one's own would else raise the signal once more, and pass for a crash."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    cli.main(prog_name="streamlit")


def _end(*_: object) -> NoReturn:
    raise SystemExit(0)


if __name__ == "__main__":
    main()
