"""Replaces customer ids at the edge, so that those which mean something never reach Kafka."""

from __future__ import annotations

import hmac

from stream_app.core.errors import UsageError
from stream_app.settings import Settings


class Pseudonyms:
    """Gives the same customer the same pseudonym, as long as the key is the same."""

    def __init__(self, settings: Settings) -> None:
        """Raise UsageError when no key is set."""
        if settings.pseudonym_key is None:
            raise UsageError(
                "SEGSTREAM_PSEUDONYM_KEY is not set.",
                "Set it to a secret of at least 32 characters; `openssl rand -hex 32` makes one.",
                code="PSEUDONYM_KEY",
            )
        self._key = settings.pseudonym_key.get_secret_value().encode()

    def of(self, customer_id: str) -> str:
        """Return HMAC-SHA256 of the id, in 64 hexadecimal digits."""
        return hmac.digest(self._key, customer_id.encode(), "sha256").hex()

    def fingerprint(self) -> str:
        """Return what tells this key from another and gives neither away."""
        return hmac.digest(self._key, b"\0segstream pseudonym key", "sha256").hex()[:16]
