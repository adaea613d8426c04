"""The dashboard's only way to the outside: typed questions to the API, and failures that say what to do."""

from __future__ import annotations

from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
import requests

from stream_app.core.errors import SegstreamError
from stream_app.dashboard.answers import (
    Activity,
    Customer,
    Distributions,
    Explanation,
    Features,
    Members,
    Migrations,
    Prediction,
    RecentChanges,
    Segments,
)
from stream_app.dashboard.model_answers import Model, Models, Preview, Scatter

T = TypeVar("T")

ANSWERS = (
    Activity, Customer, Distributions, Explanation, Members, Migrations, Model, Models, Prediction, Preview,
    RecentChanges, Scatter, Segments,
)  # fmt: skip
_decoders: dict[type, msgspec.json.Decoder[Any]] = {kind: msgspec.json.Decoder(kind) for kind in ANSWERS}
"""Made here: msgspec learns a type at its first use, and crashes where two viewers' threads are the first."""

CONNECT_SECONDS, READ_SECONDS = 2.0, 20.0
AWAY, TOKEN_REFUSED, NOT_UNDERSTOOD = "API_AWAY", "TOKEN_REFUSED", "NOT_UNDERSTOOD"


class ApiFailed(SegstreamError):
    """The API is away, refuses, or has nothing to show; cause and mend are for people."""


class _Problem(msgspec.Struct):
    """An RFC 9457 answer."""

    title: str = ""
    detail: str = ""
    hint: str = ""
    code: str = ""


_read_problem = msgspec.json.Decoder(_Problem).decode


class ApiClient:
    """Asks the API with the dashboard's own token, which never leaves this process."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self._url = url
        self._session = requests.Session()
        # A proxy or a .netrc of whoever started us has no say in where the token goes.
        self._session.trust_env = False
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def segments(self) -> Segments:
        """Return every segment as it is and was."""
        return self._get("/segments", Segments)

    def activity(self) -> Activity:
        """Return what the worker is doing."""
        return self._get("/activity", Activity)

    def migrations(self, first: str, last: str) -> Migrations:
        """Return what moved from one day to another, written as 2018-03-14."""
        return self._get("/migrations", Migrations, {"from": first, "to": last})

    def recent_changes(self, limit: int) -> RecentChanges:
        """Return the last changes, newest first."""
        return self._get("/changes/recent", RecentChanges, {"limit": str(limit)})

    def customer(self, customer_id: str) -> Customer:
        """Return all that is known of a customer."""
        return self._get(f"/customers/{quote(customer_id, safe='')}", Customer)

    def explanation(self, customer_id: str) -> Explanation:
        """Return why a customer is where they are."""
        return self._get(f"/customers/{quote(customer_id, safe='')}/explain", Explanation)

    def members(self, segment_id: str, cursor: str | None, limit: int) -> Members:
        """Return a page of a segment's customers."""
        where = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
        return self._get(f"/segments/{quote(segment_id, safe='')}/customers", Members, where)

    def distributions(self, segment_id: str) -> Distributions:
        """Return how a segment's customers are spread over each feature."""
        return self._get(f"/segments/{quote(segment_id, safe='')}/distributions", Distributions)

    def model(self) -> Model:
        """Return the live model."""
        return self._get("/model", Model)

    def models(self) -> Models:
        """Return the published models."""
        return self._get("/models", Models)

    def scatter(self, limit: int) -> Scatter:
        """Return a sample of customers in the live model's plane."""
        return self._get("/model/scatter", Scatter, {"limit": str(limit)})

    def preview(self, version: str) -> Preview:
        """Return what a published model would do to today's customers."""
        return self._get(f"/models/{quote(version, safe='')}/preview", Preview)

    def report(self) -> str:
        """Return the training report, a whole HTML page."""
        return self._ask("GET", "/model/report").content.decode()

    def predict(self, features: Features) -> Prediction:
        """Return where four numbers lead to."""
        return self._decode(self._ask("POST", "/predict", json=msgspec.structs.asdict(features)), Prediction)

    def predict_file(self, rows: bytes) -> bytes:
        """Return a CSV file with a segment behind each row."""
        headers = {"Content-Type": "text/csv", "Accept": "text/csv, application/problem+json"}
        return self._ask("POST", "/predict/batch", data=rows, headers=headers).content

    def _get(self, path: str, kind: type[T], params: dict[str, str] | None = None) -> T:
        return self._decode(self._ask("GET", path, params=params), kind)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        json: dict[str, float] | None = None,
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> requests.Response:
        try:
            answer = self._session.request(
                method, self._url + path, params=params, json=json, data=data, headers=headers,
                timeout=(CONNECT_SECONDS, READ_SECONDS), allow_redirects=False,
            )  # fmt: skip
        except requests.RequestException:
            raise ApiFailed(
                f"The API at {self._url} does not answer.",
                "Start it with segstream api, or set SEGSTREAM_API_URL to where it runs.",
                code=AWAY,
            ) from None
        if not answer.ok:
            raise failure(answer.status_code, answer.content)
        return answer

    @staticmethod
    def _decode(answer: requests.Response, kind: type[T]) -> T:
        try:
            found: T = _decoders[kind].decode(answer.content)
        except msgspec.MsgspecError as error:
            raise ApiFailed(
                f"The API's answer is not what the dashboard knows: {error}.",
                "Let the API and the dashboard be of the same release of segstream.",
                code=NOT_UNDERSTOOD,
            ) from None
        return found


def failure(status: int, body: bytes) -> ApiFailed:
    """Return what an answer that is no success means to people."""
    try:
        problem = _read_problem(body)
    except msgspec.MsgspecError:
        problem = _Problem()
    if status in (401, 403):
        return ApiFailed(
            "The API does not accept the dashboard's token.",
            "Set SEGSTREAM_DASHBOARD_API_TOKEN to one with the scope read, and start the dashboard again.",
            code=TOKEN_REFUSED,
        )
    cause = problem.detail or problem.title or f"The API answered with status {status} and no reason."
    return ApiFailed(cause, problem.hint, code=problem.code or str(status))
