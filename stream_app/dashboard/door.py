"""The page in front of all others, where the dashboard has a token or an identity provider."""

from __future__ import annotations

import streamlit as st

from stream_app.dashboard import asking
from stream_app.dashboard.access import is_token, now_seconds
from stream_app.dashboard.provider import is_wanted
from stream_app.dashboard.reception import is_let_in
from stream_app.dashboard.screen import heading

PASSED = "has_passed"


def is_open() -> bool:
    """Tell whether this visitor may see the pages; ask them to prove it where not."""
    if is_wanted(asking.settings()):
        return is_let_in()
    expected = asking.settings().dashboard_token
    if expected is None or st.session_state.get(PASSED):
        return True
    heading("segstream", "Customer segments, live.")
    with st.form("door", width=420):
        given = st.text_input(
            "Token", type="password", autocomplete="current-password", help="SEGSTREAM_DASHBOARD_TOKEN"
        )
        is_sent = st.form_submit_button("Open", type="primary")
    if is_sent and _passes(given, expected.get_secret_value()):
        st.session_state[PASSED] = True
        st.rerun()
    return False


def _passes(given: str, expected: str) -> bool:
    tries = asking.tries()
    wait = tries.wait_seconds(now_seconds())
    if wait > 0:
        st.error(f"Too many wrong tokens. Try again in {wait:.0f} seconds.")
        return False
    if is_token(given, expected):
        return True
    tries.fail(now_seconds())
    st.error("That is not the token. It is what SEGSTREAM_DASHBOARD_TOKEN was set to where the dashboard was started.")
    return False
