"""What the pages say and do, run by Streamlit's own test runner against a real API."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from stream_app.local.ports import HOST, free_ports
from tests.browser.service import API_TOKEN, Service
from tests.integration.environment import environment_of

SECONDS = 60.0


def the_live_page() -> None:
    from stream_app.dashboard.views.live import live

    live()


def the_customer_page() -> None:
    from stream_app.dashboard.views.customer import customer

    customer()


def the_predict_page() -> None:
    from stream_app.dashboard.views.predict import predict

    predict()


def the_segments_page() -> None:
    from stream_app.dashboard.views.segments import segments

    segments()


def the_model_page() -> None:
    from stream_app.dashboard.views.model import model

    model()


PAGES = (the_live_page, the_predict_page, the_segments_page, the_model_page)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Takes the settings of the dashboard, which it reads from the environment."""

    def use(**values: object) -> None:
        for name, value in environment_of(values).items():
            monkeypatch.setenv(name, value)
        st.cache_resource.clear()
        st.cache_data.clear()

    return use


@pytest.fixture
def on_the_service(service: Service, settings: Callable[..., None]) -> Service:
    settings(api_url=service.api_url, dashboard_api_token=API_TOKEN)
    return service


def opened(page: Callable[[], None], **query: str) -> AppTest:
    app = AppTest.from_function(page, default_timeout=SECONDS)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def words_of(app: AppTest) -> str:
    return "\n".join(element.value for element in app.get("html"))  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_what_to_do_while_the_api_is_away(settings: Callable[..., None], page: Callable[[], None]) -> None:
    settings(api_url=f"http://{HOST}:{free_ports(1)[0]}")

    words = words_of(opened(page))

    assert "The API is away" in words
    assert "SEGSTREAM_API_URL" in words


def test_a_wrong_token_of_the_api_is_told_as_such(service: Service, settings: Callable[..., None]) -> None:
    settings(api_url=service.api_url, dashboard_api_token="wrong")  # noqa: S106

    words = words_of(opened(the_live_page))

    assert "The API refuses the dashboard" in words
    assert "SEGSTREAM_DASHBOARD_API_TOKEN" in words
    assert "wrong" not in words


def test_the_live_page_shows_every_segment_and_why_people_moved(on_the_service: Service) -> None:
    app = opened(the_live_page)

    words = words_of(app)
    found = on_the_service.ask("/segments")
    assert f"{found['customers']:,}" in words
    for segment in found["segments"]:  # type: ignore[attr-defined]
        assert segment["name"] in words
    assert "What moved them" in words
    assert "went from" in words


def test_the_days_to_compare_with_can_be_chosen(on_the_service: Service) -> None:
    app = opened(the_live_page)

    app.segmented_control(key="days").set_value(7).run()

    assert "Changes are against 7 days earlier." in words_of(app)


def test_a_customer_is_told_with_segment_reasons_and_what_comes(on_the_service: Service) -> None:
    changes = on_the_service.ask("/changes/recent?limit=50")["changes"]
    one = next(change for change in changes if change["to"])  # type: ignore[attr-defined]

    words = words_of(opened(the_customer_page, customer=one["customer_id"]))

    assert f"Customer {one['customer_id']}" in words
    assert f"Why {one['to']['name']} and not" in words
    assert "Segments over time" in words
    assert "What would move them" in words


def test_a_customer_whom_nobody_knows_is_no_error(on_the_service: Service) -> None:
    words = words_of(opened(the_customer_page, customer="<b>nobody"))

    assert "No such customer" in words
    assert "&lt;b&gt;nobody" in words


def test_without_a_customer_somebody_who_just_moved_is_offered(on_the_service: Service) -> None:
    app = opened(the_customer_page)
    assert "Whom do you look for?" in words_of(app)

    name = app.button[0].label
    app.button[0].click().run()

    assert f"Customer {name}" in words_of(app)


def test_four_numbers_lead_to_the_segment_that_the_api_names(on_the_service: Service) -> None:
    app = opened(the_predict_page)
    before = words_of(app)

    app.number_input[0].set_value(400)
    app.number_input[1].set_value(1)
    app.number_input[2].set_value(5.0)
    app.number_input[3].set_value(1).run()

    assert "Place among the segments" in before
    assert words_of(app) != before


def test_a_file_comes_back_with_a_segment_behind_each_row(on_the_service: Service) -> None:
    app = opened(the_predict_page)
    rows = b"customer_id,recency_days,frequency,monetary,unique_products\nA-1,3,40,900.5,12\nA-2,200,1,5,1\n"

    app.file_uploader[0].set_value(("rows.csv", rows, "text/csv")).run()

    assert app.success[0].value == "2 rows have a segment."
    assert "A-2" in words_of(app)


def test_a_file_that_cannot_be_read_is_told_with_the_field(on_the_service: Service) -> None:
    app = opened(the_predict_page)
    rows = b"recency_days,frequency,monetary,unique_products\nmany,1,5,1\n"

    app.file_uploader[0].set_value(("rows.csv", rows, "text/csv")).run()

    words = words_of(app)
    assert not app.success
    assert "Mend the file and choose it again." in words


def test_segments_are_turned_page_by_page_and_back(on_the_service: Service) -> None:
    found = on_the_service.ask("/segments")["segments"]
    largest = max(found, key=lambda segment: segment["customers"])  # type: ignore[call-overload]

    app = opened(the_segments_page, segment=largest["id"])

    assert largest["action"] in words_of(app).replace("&#x27;", "'")
    first = set(app.dataframe[0].value["Customer"])
    seen, page = set(first), 1
    while not app.button(key="further").disabled:
        app.button(key="further").click().run()
        page += 1
        assert f"Page {page}" in words_of(app)
        more = set(app.dataframe[0].value["Customer"]) if app.dataframe else set()
        assert seen.isdisjoint(more)
        seen |= more
    assert len(seen) == largest["customers"]
    assert page > 1
    for _ in range(page - 1):
        app.button(key="back").click().run()
    assert set(app.dataframe[0].value["Customer"]) == first


def test_the_model_page_compares_the_live_model_with_another(on_the_service: Service) -> None:
    words = words_of(opened(the_model_page))

    assert "Elbow: inertia" in words
    assert "Would move" in words
    assert "Who would go where" in words
    assert "The gate" in words
