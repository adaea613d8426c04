"""The dashboard with an identity provider: `streamlit run` finds `app` in this file, and serves it."""

from __future__ import annotations

from starlette.middleware import Middleware
from streamlit.starlette import App

from stream_app.dashboard.command import SCRIPT
from stream_app.dashboard.provider import redirect_uri_of, secrets_of
from stream_app.dashboard.way_back import WayBack
from stream_app.settings import load_settings

settings = load_settings()
section = secrets_of(settings)
# The secrets of the settings are in no file and on no command line.
app = App(
    SCRIPT,
    secrets=None if section is None else {"auth": {**section}},
    middleware=[Middleware(WayBack, redirect_uri=redirect_uri_of(settings))],
)
