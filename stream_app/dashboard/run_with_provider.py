"""`python -m stream_app.dashboard.run_with_provider run …`: Streamlit's command, told in memory who lets people in."""

from __future__ import annotations

from streamlit.runtime.secrets import secrets_singleton
from streamlit.web import cli

from stream_app.dashboard.provider import secrets_of
from stream_app.settings import load_settings


def main() -> None:
    """Be `streamlit`; the secrets of the settings are in no file and on no command line."""
    section = secrets_of(load_settings())
    assert section is not None
    secrets_singleton.merge_programmatic_secrets({"auth": {**section}})
    cli.main(prog_name="streamlit")


if __name__ == "__main__":
    main()
