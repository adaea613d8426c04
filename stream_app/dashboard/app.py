"""The script that Streamlit runs for every visitor and every click.

No folder beside it may be called `pages`: Streamlit would take its files for pages until somebody has opened this one.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from stream_app.dashboard import asking
from stream_app.dashboard.door import is_open
from stream_app.dashboard.screen import dress
from stream_app.dashboard.views.customer import customer
from stream_app.dashboard.views.live import live
from stream_app.dashboard.views.model import model
from stream_app.dashboard.views.predict import predict
from stream_app.dashboard.views.segments import segments

# An icon by name would be fetched from elsewhere.
ICON = Path(__file__).parent / "icon.svg"


def main() -> None:
    """Show the page that the visitor has chosen."""
    pages = {
        "live": st.Page(live, title="Live", url_path="live", default=True),
        "customer": st.Page(customer, title="Customer", url_path="customer"),
        "predict": st.Page(predict, title="Predict", url_path="predict"),
        "segments": st.Page(segments, title="Segments", url_path="segments"),
        "model": st.Page(model, title="Model", url_path="model"),
    }
    st.session_state["pages"] = pages
    st.logo(str(ICON), size="large")
    chosen = st.navigation(list(pages.values()), position="top")
    st.set_page_config(page_title=f"{chosen.title} · segstream", page_icon=str(ICON), layout="wide")
    dress()
    if note := asking.settings().dashboard_note:
        with st.container(key="note"):
            st.markdown(note)
    if is_open():
        chosen.run()


if __name__ == "__main__":
    main()
