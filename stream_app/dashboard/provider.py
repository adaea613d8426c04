"""The identity provider with which people sign in: whether the settings name one, and what Streamlit is told of it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from stream_app.core.errors import UsageError
from stream_app.dashboard.guests import entries_of, is_entry
from stream_app.local.ports import is_loopback
from stream_app.settings import Settings, variable_of

CALLBACK = "/oauth2callback"
"""Streamlit's own path: the provider sends people back to it."""
PREFIX = "dashboard_oidc_"
OF_THE_PROVIDER = ("metadata_url", "client_id", "client_secret", "redirect_uri", "cookie_secret")
MEND = "docs/how-to/dashboard.md has an example."
STREAMLITS = Path(".streamlit") / "secrets.toml"


def is_wanted(settings: Settings) -> bool:
    """Tell whether people have to sign in: one setting about it is enough, so that a forgotten one opens nothing."""
    return any(getattr(settings, name) for name in Settings.model_fields if name.startswith(PREFIX))


def check_provider(settings: Settings) -> None:
    """Raise UsageError, with all that is missing, unless people can sign in as the settings say."""
    if find_spec("authlib") is None or find_spec("httpx") is None:
        raise _wrong("signing in needs Authlib, which is not installed.", "pip install 'segstream[dashboard]'")
    if settings.dashboard_token is not None:
        raise _wrong(
            "both SEGSTREAM_DASHBOARD_TOKEN and an identity provider are set.",
            "Choose one: unset the token, or what begins with SEGSTREAM_DASHBOARD_OIDC_.",
        )
    if faults := list(_faults(settings)):
        raise _wrong(f"people cannot sign in: {'; '.join(faults)}.", MEND)


def secrets_of(settings: Settings) -> dict[str, str] | None:
    """Return Streamlit's section `auth`, None where its own secrets.toml has it."""
    if settings.dashboard_oidc_metadata_url is None:
        return None
    client_secret, cookie_secret = settings.dashboard_oidc_client_secret, settings.dashboard_oidc_cookie_secret
    return {
        "server_metadata_url": settings.dashboard_oidc_metadata_url,
        "client_id": settings.dashboard_oidc_client_id,
        "client_secret": client_secret.get_secret_value() if client_secret else "",
        "redirect_uri": settings.dashboard_oidc_redirect_uri or "",
        "cookie_secret": cookie_secret.get_secret_value() if cookie_secret else "",
    }


def _faults(settings: Settings) -> Iterator[str]:
    entries = entries_of(settings.dashboard_oidc_allowed)
    if not entries:
        yield f"{variable_of(PREFIX + 'allowed')} names nobody: give addresses, @domains, or * for all it knows"
    yield from (f"{entry!r} is neither an address, nor @domain, nor *" for entry in entries if not is_entry(entry))
    given = [name for name in OF_THE_PROVIDER if getattr(settings, PREFIX + name)]
    if given:
        yield from (f"{variable_of(PREFIX + name)} is not set" for name in OF_THE_PROVIDER if name not in given)
        yield from _faults_of_urls(settings)
    elif missing := missing_in_secrets():
        yield f"neither {variable_of(PREFIX + 'metadata_url')} nor {missing}"


def _faults_of_urls(settings: Settings) -> Iterator[str]:
    back = settings.dashboard_oidc_redirect_uri
    for name, url in (("metadata_url", settings.dashboard_oidc_metadata_url), ("redirect_uri", back)):
        parts = urlsplit(url or "https:")
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            yield f"{variable_of(PREFIX + name)} needs https"
    if back and not back.endswith(CALLBACK):
        yield f"{variable_of(PREFIX + 'redirect_uri')} does not end with {CALLBACK}"


def redirect_uri_of(settings: Settings) -> str:
    """Return where the provider sends people back to, whoever says it."""
    section = None if settings.dashboard_oidc_redirect_uri else _secrets_toml().get("auth")
    found = section.get("redirect_uri") if isinstance(section, dict) else None
    return settings.dashboard_oidc_redirect_uri or str(found or "")


def missing_in_secrets() -> str:
    """Return what is missing in Streamlit's own secrets.toml; empty where it names a provider."""
    try:
        section = _secrets_toml().get("auth")
    except (OSError, ValueError) as error:
        return f"{STREAMLITS}, which cannot be read: {error}"
    if not isinstance(section, dict):
        return f"[auth] in {STREAMLITS} is set"
    needed = (name.replace("metadata_url", "server_metadata_url") for name in OF_THE_PROVIDER)
    lacking = [name for name in needed if not section.get(name)]
    return f"{', '.join(lacking)} in [auth] of {STREAMLITS} is set" if lacking else ""


def _secrets_toml() -> dict[str, object]:
    """Return what Streamlit's own files say, the one of this folder above that of the user."""
    found: dict[str, object] = {}
    for folder in (Path.home(), Path.cwd()):
        with suppress(FileNotFoundError):
            found |= tomllib.loads((folder / STREAMLITS).read_text(encoding="utf-8"))
    return found


def _wrong(cause: str, mend: str) -> UsageError:
    return UsageError(cause[:1].upper() + cause[1:], mend, code="DASHBOARD_SIGN_IN")
