"""The page in front of all others, where people sign in with an identity provider."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import streamlit as st

from stream_app.dashboard import asking, markup
from stream_app.dashboard.guests import Standing, name_of, standing_of
from stream_app.dashboard.screen import heading, put

TITLE = "segstream", "Customer segments, live."


def is_let_in() -> bool:
    """Tell whether this visitor has signed in and is on the list; ask them to sign in, or say why not, otherwise."""
    settings = asking.settings()
    claims = st.user.to_dict()
    if not claims.get("is_logged_in"):
        heading(*TITLE)
        _sign_in("Sign in")
        return False
    now, trusts = datetime.now(UTC).timestamp(), settings.dashboard_oidc_trust_addresses
    standing = standing_of(claims, settings.dashboard_oidc_allowed, now, trusts_addresses=trusts)
    if standing is Standing.WELCOME:
        _say_who(name_of(claims))
        return True
    heading(*TITLE)
    _tell(standing, name_of(claims))
    return False


def _tell(standing: Standing, name: str) -> None:
    if standing is Standing.STALE:
        put(markup.state("Sign in again", "You signed in more than twelve hours ago."))
        _sign_in("Sign in")
        return
    title, cause, mend = {
        Standing.STRANGER: (
            "You are not on the list", f"{name} is not on the list of those who may see this dashboard.",
            "Ask whoever runs it.",
        ),
        Standing.UNPROVEN: (
            "Whose address is it?", f"The identity provider does not say that {name} is yours.",
            "Confirm the address there, then sign in again.",
        ),
    }[standing]  # fmt: skip
    put(markup.state(title, cause, mend))
    _offer_to_leave("secondary")


def _sign_in(label: str) -> None:
    if st.button(label, type="primary", key="sign-in"):
        st.login()


def _say_who(name: str) -> None:
    with st.container(key="visitor", horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        st.text(name, width="content")
        _offer_to_leave("tertiary")


def _offer_to_leave(kind: Literal["secondary", "tertiary"]) -> None:
    if st.button("Sign out", key="sign-out", type=kind):
        st.logout()
        # What follows would be shown once more to who has just left.
        st.stop()
