"""Signs a published model for a person, whichever command they gave, and says with which key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream_app.commands.options import say

if TYPE_CHECKING:
    from model_store.signature import PrivateKey
    from stream_app.settings import Settings


def sign_version(settings: Settings, version: str, signer: PrivateKey) -> None:
    """Put the key's signature beside a version and say where; a second time changes nothing."""
    name = settings.models.sign(version, signer)
    say(f"{version} is signed by the key {signer.id}: {settings.models.where(version, name)}")
