"""The pages' questions, asked once for all who look at the same time; what is remembered is little and short-lived."""

from __future__ import annotations

import streamlit as st

from stream_app.dashboard.access import Tries
from stream_app.dashboard.answers import (
    Activity,
    Customer,
    Distributions,
    Explanation,
    Migrations,
    RecentChanges,
    Segments,
)
from stream_app.dashboard.api_client import ApiClient
from stream_app.dashboard.model_answers import Model, Models, Preview, Scatter
from stream_app.settings import Settings, load_settings

FEED = 30
SAMPLE = 1_500
"""More points than 2,000 would be drawn as pixels, which no screen reader can walk through."""


@st.cache_resource
def settings() -> Settings:
    """Return the settings that the command left in our environment."""
    return load_settings()


@st.cache_resource
def client() -> ApiClient:
    """Return the one client of this process."""
    token = settings().dashboard_api_token
    return ApiClient(settings().api_url, token.get_secret_value() if token else None)


@st.cache_resource
def tries() -> Tries:
    """Return the wrong tokens of all visitors."""
    return Tries()


@st.cache_data(ttl=1.5, max_entries=1, show_spinner=False)
def activity() -> Activity:
    """Return what the worker is doing."""
    return client().activity()


@st.cache_data(ttl=1.5, max_entries=1, show_spinner=False)
def recent_changes() -> RecentChanges:
    """Return the last changes."""
    return client().recent_changes(FEED)


@st.cache_data(ttl=3, max_entries=1, show_spinner=False)
def segments() -> Segments:
    """Return every segment as it is and was."""
    return client().segments()


@st.cache_data(ttl=8, max_entries=6, show_spinner=False)
def migrations(first: str, last: str) -> Migrations:
    """Return what moved between two days."""
    return client().migrations(first, last)


@st.cache_data(ttl=3, max_entries=50, show_spinner=False)
def customer(customer_id: str) -> Customer:
    """Return all that is known of a customer."""
    return client().customer(customer_id)


@st.cache_data(ttl=3, max_entries=50, show_spinner=False)
def explanation(customer_id: str) -> Explanation:
    """Return why a customer is where they are."""
    return client().explanation(customer_id)


@st.cache_data(ttl=30, max_entries=20, show_spinner=False)
def distributions(segment_id: str) -> Distributions:
    """Return how a segment's customers are spread."""
    return client().distributions(segment_id)


@st.cache_data(ttl=5, max_entries=1, show_spinner=False)
def model() -> Model:
    """Return the live model."""
    return client().model()


@st.cache_data(ttl=10, max_entries=1, show_spinner=False)
def models() -> Models:
    """Return the published models."""
    return client().models()


@st.cache_data(ttl=60, max_entries=4, show_spinner="Scoring today's customers with the candidate …")
def preview(version: str) -> Preview:
    """Return what a candidate would do."""
    return client().preview(version)


@st.cache_data(ttl=30, max_entries=1, show_spinner=False)
def scatter() -> Scatter:
    """Return a sample of customers in the plane."""
    return client().scatter(SAMPLE)


@st.cache_data(ttl=60, max_entries=2, show_spinner=False)
def report(version: str) -> str:  # noqa: ARG001  remembered by version
    """Return the live model's training report."""
    return client().report()
