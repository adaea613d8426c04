"""Who of those whom the identity provider knows may see the dashboard: decided from the claims of their ID token."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

EVERYBODY = "*"
SIGNED_IN_SECONDS = 12 * 3600
"""Streamlit's cookie lives for 30 days, however the provider thinks of the person by then."""


class Standing(Enum):
    """What becomes of somebody who has signed in."""

    WELCOME = "welcome"
    STRANGER = "stranger"
    """No address, or none that is on the list."""
    UNPROVEN = "unproven"
    """The provider does not say that the address is theirs."""
    STALE = "stale"
    """They have signed in too long ago."""


def entries_of(allowed: str) -> list[str]:
    """Return the entries of a list with commas, in lower case.

    >>> entries_of("Ada@Shop.example, @shop.example,")
    ['ada@shop.example', '@shop.example']
    """
    return [entry.strip().lower() for entry in allowed.split(",") if entry.strip()]


def is_entry(entry: str) -> bool:
    """Tell whether an entry is an address, a domain behind an @, or everybody.

    >>> [is_entry(entry) for entry in ("ada@shop.example", "@shop.example", "*", "shop.example", "a@", "@", "a@b@c")]
    [True, True, True, False, False, False, False]
    """
    return entry == EVERYBODY or (entry.count("@") == 1 and not entry.endswith("@") and " " not in entry)


def is_invited(address: str, allowed: str) -> bool:
    """Tell whether an address or its whole domain is on the list; part of a domain is another domain.

    >>> is_invited("Ada@Shop.example", "@shop.example"), is_invited("ada@not-shop.example", "@shop.example")
    (True, False)
    """
    name, _, domain = address.strip().lower().partition("@")
    return bool(name and is_entry(f"@{domain}")) and bool({f"{name}@{domain}", f"@{domain}"} & set(entries_of(allowed)))


def standing_of(claims: Mapping[str, object], allowed: str, now_seconds: float, *, trusts_addresses: bool) -> Standing:
    """Return what becomes of the person with these claims.

    `trusts_addresses`: an address counts although the provider does not say whether it was verified. One that it
    calls unverified never counts: anybody can write another's address into an account of their own.
    """
    issued_at = claims.get("iat")
    if not isinstance(issued_at, (int, float)) or now_seconds - issued_at > SIGNED_IN_SECONDS:
        return Standing.STALE
    if EVERYBODY in entries_of(allowed):
        return Standing.WELCOME
    address = claims.get("email")
    if not isinstance(address, str) or not is_invited(address, allowed):
        return Standing.STRANGER
    is_verified = claims.get("email_verified", trusts_addresses)
    return Standing.WELCOME if is_verified in (True, "true") else Standing.UNPROVEN


def name_of(claims: Mapping[str, object]) -> str:
    """Return what a person is called by: their address, else what the provider has.

    >>> name_of({"sub": "7", "name": "Ada"}), name_of({})
    ('Ada', 'somebody without a name')
    """
    names = (claims.get(claim) for claim in ("email", "preferred_username", "name", "sub"))
    return next((name for name in names if isinstance(name, str) and name), "somebody without a name")
