"""Bearer tokens: known by their hashes, compared in constant time, each good for a scope."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from stream_app.core.errors import UsageError
from stream_app.settings import Settings

_ENTRY = re.compile(r"(read|admin):([0-9a-f]{64})", re.IGNORECASE)
_MEND = "Write scope:hash as `segstream api token --scope read` prints it; the scope is read or admin."


class Scope(StrEnum):
    """What a token is good for; admin can read too."""

    READ = "read"
    ADMIN = "admin"


class Entry(NamedTuple):
    """A token that somebody has."""

    scope: Scope
    digest: str


def new_token(scope: Scope) -> tuple[str, str]:
    """Return a token that nobody can guess, and the entry by which it is known."""
    token = f"segstream_{secrets.token_urlsafe(32)}"
    return token, f"{scope.value}:{digest_of(token)}"


def digest_of(token: str) -> str:
    """Return the hash under which a token is kept; a random token needs no slow one."""
    return sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def read_entries(text: str, place: str) -> list[Entry]:
    """Return the entries of a setting or a file, with commas, spaces or lines between them; # begins a comment."""
    lines = [line.partition("#")[0] for line in text.splitlines()]
    found = []
    for number, word in enumerate(re.split(r"[\s,]+", " ".join(lines).strip()), 1):
        entry = _ENTRY.fullmatch(word)
        if entry is None and word:
            # The word itself may be a token that somebody pasted.
            raise UsageError(f"entry {number} of {place} is no scope:hash.", _MEND, code="API_TOKENS")
        if entry is not None:
            found.append(Entry(Scope(entry[1].lower()), entry[2].lower()))
    return found


def load_entries(settings: Settings) -> list[Entry]:
    """Return every token that the settings know; raises UsageError for one that cannot be meant."""
    found = []
    if settings.api_tokens is not None:
        found += read_entries(settings.api_tokens.get_secret_value(), "SEGSTREAM_API_TOKENS")
    file = settings.api_tokens_file
    if file is not None:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{file} cannot be read: {error}.", "Make it readable.", code="API_TOKENS") from None
        found += read_entries(text, str(file))
    return found


class Keyring:
    """Says what a request's Authorization header is good for."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = [(entry.scope, entry.digest.encode()) for entry in entries]

    def __bool__(self) -> bool:
        return bool(self._entries)

    def scope_of(self, header: str) -> tuple[Scope | None, str]:
        """Return the widest scope of the token, None when it is not known, and a name for its bearer."""
        kind, _, token = header.partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            return None, ""
        digest = digest_of(token.strip())
        found: Scope | None = None
        # All of them, whatever was found: how long it takes tells nothing.
        for scope, known in self._entries:
            if hmac.compare_digest(known, digest.encode()) and found is not Scope.ADMIN:
                found = scope
        return found, digest[:16]
