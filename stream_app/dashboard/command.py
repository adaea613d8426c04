"""`segstream dashboard`: this process becomes Streamlit, with our theme, our address and no reports to anybody."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from stream_app.core.errors import UsageError
from stream_app.dashboard.provider import check_provider, is_wanted
from stream_app.dashboard.theme import Option, theme_options
from stream_app.local.ports import is_loopback, require_free
from stream_app.settings import Settings, variable_of

SCRIPT = Path(__file__).parent / "app.py"
WITH_PROVIDER = Path(__file__).parent / "app_with_provider.py"
PASSED_ON = ("api_url", "dashboard_host", "dashboard_port", "dashboard_note")
"""What flags of the command may have set: the script reads it from the environment again."""


def run_dashboard(settings: Settings) -> NoReturn:
    """Become the dashboard until SIGTERM or Ctrl-C; raises UsageError when it cannot be."""
    if find_spec("streamlit") is None or find_spec("altair") is None:
        raise UsageError("Streamlit is not installed.", "Install it with segstream: pip install 'segstream[dashboard]'")
    require_guard(settings)
    require_free(settings.dashboard_port, "The dashboard", "Choose another one: SEGSTREAM_DASHBOARD_PORT.")
    # One process, not two: signals and exit codes are Streamlit's own, and nothing is left behind.
    plain = ("streamlit", SCRIPT)
    module, script = ("stream_app.dashboard.run_with_provider", WITH_PROVIDER) if is_wanted(settings) else plain
    command = [sys.executable, "-m", module, "run", str(script), *flags(settings)]
    os.execve(sys.executable, command, os.environ | dict(environment(settings)))  # noqa: S606  that is the point


def require_guard(settings: Settings, *, can_sign_in: bool = True) -> None:
    """Raise UsageError where others than this machine could look in uninvited, or where nobody could sign in."""
    if is_wanted(settings):
        if not can_sign_in:
            raise UsageError(
                "This dashboard knows no sign-in.", "Use SEGSTREAM_DASHBOARD_TOKEN.", code="DASHBOARD_SIGN_IN"
            )
        check_provider(settings)
        return
    is_guarded = settings.dashboard_token is not None or settings.dashboard_allow_anonymous
    if is_guarded or is_loopback(settings.dashboard_host):
        return
    raise UsageError(
        f"The dashboard would listen on {settings.dashboard_host} with no token: everybody could see the customers.",
        "Set SEGSTREAM_DASHBOARD_TOKEN or an identity provider (SEGSTREAM_DASHBOARD_OIDC_…),"
        " or SEGSTREAM_DASHBOARD_ALLOW_ANONYMOUS=true if that is meant.",
        code="DASHBOARD_OPEN",
    )


def environment(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the variables that the script reads in place of the command's flags."""
    yield from ((variable_of(name), str(getattr(settings, name))) for name in PASSED_ON)


def options(settings: Settings) -> dict[str, Option]:
    """Return Streamlit's options by name."""
    return {
        "server.address": settings.dashboard_host,
        "server.port": settings.dashboard_port,
        "server.headless": True,
        "server.fileWatcherType": "none",
        "server.maxUploadSize": 5,
        "server.enableAgentApi": False,
        "runner.magicEnabled": False,
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "client.showSidebarNavigation": False,
        **theme_options(),
    }


def flags(settings: Settings) -> Iterator[str]:
    """Yield the same as the flags of `streamlit run`."""
    for name, value in options(settings).items():
        yield f"--{name}={value if isinstance(value, str) else json.dumps(value, separators=(',', ':'))}"
