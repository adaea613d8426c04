"""A model is read back as it was written, and anything a worker could not score with is refused."""

from __future__ import annotations

import json

import msgspec
import pytest
from msgspec.structs import replace

from model_store.checks import MAX_BYTES
from model_store.errors import ModelRefused
from model_store.segment_model import Profile, Segment, SegmentModel, decode, encode

SEGMENT = Segment(
    id="s1",
    name="Champions",
    description="Best.",
    action="Thank them.",
    profile=Profile(
        customers=10,
        share=0.5,
        recency_days=3.0,
        frequency=2.0,
        monetary=99.5,
        unique_products=7.0,
    ),
)


def a_segment(**changes: object) -> Segment:
    return replace(SEGMENT, **changes)


MODEL = SegmentModel(
    version="20261122T231500Z-1a2b3c4d",
    window_days=365,
    scaler_mean=(1.0, 2.0, 3.0, 4.0),
    scaler_scale=(1.0, 0.5, 0.1, 2.0),
    pca_mean=(0.0, 0.0, 0.0, 0.0),
    pca_components=((0.5, -0.5, 0.5, -0.5), (0.5, 0.5, 0.5, 0.5)),
    centroids=((1.0, 0.1), (-1.0, 0.2)),
    segments=(a_segment(), a_segment(id="s2", name="Hibernating")),
    training={"data": "orders.csv", "rows": 3, "silhouette": 0.25},
)


def a_model(**changes: object) -> SegmentModel:
    return replace(MODEL, **changes)


def refusal(raw: bytes) -> str:
    with pytest.raises(ModelRefused) as caught:
        decode(raw)
    return caught.value.code


def test_a_model_is_read_back_as_it_was_written() -> None:
    model = a_model(window_days=None)

    got = decode(encode(model))

    assert got == model
    assert encode(got) == encode(model)


def test_the_order_in_which_facts_were_noted_does_not_show() -> None:
    facts: dict[str, str | int | float] = {"rows": 3, "data": "orders.csv"}

    got = encode(a_model(training=facts))

    assert got == encode(a_model(training=dict(reversed(facts.items()))))


def test_the_json_is_laid_out_for_people() -> None:
    lines = encode(a_model()).decode().splitlines()

    assert lines[:3] == ["{", '  "format": 1,', '  "version": "20261122T231500Z-1a2b3c4d",']


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"version": "../elsewhere"}, "MODEL_VERSION"),
        ({"version": ""}, "MODEL_VERSION"),
        ({"format": 2}, "MODEL_FORMAT"),
        ({"features": ("frequency", "recency_days", "monetary", "basket")}, "MODEL_FEATURES"),
        ({"window_days": 0}, "MODEL_WINDOW"),
        ({"scaler_mean": (1.0, 2.0, 3.0)}, "MODEL_SHAPE"),
        ({"scaler_scale": (1.0, 0.0, 1.0, 1.0)}, "MODEL_SHAPE"),
        ({"pca_components": ((1.0, 0.0), (0.0, 1.0))}, "MODEL_SHAPE"),
        ({"pca_components": ()}, "MODEL_SHAPE"),
        ({"centroids": ((1.0, 0.1),)}, "MODEL_SHAPE"),
        ({"centroids": ((1.0, 0.1), (1.0,))}, "MODEL_SHAPE"),
        ({"segments": ()}, "MODEL_SHAPE"),
        ({"segments": (a_segment(), a_segment(name="Other"))}, "MODEL_SEGMENTS"),
        ({"segments": (a_segment(), a_segment(id="s2"))}, "MODEL_SEGMENTS"),
        ({"segments": (a_segment(), a_segment(id="s:2", name="Other"))}, "MODEL_SEGMENTS"),
        ({"segments": (a_segment(), a_segment(id="s2", name=" "))}, "MODEL_SEGMENTS"),
    ],
)
def test_a_model_that_cannot_score_is_refused_with_a_code(changes: dict[str, object], code: str) -> None:
    raw = msgspec.json.encode(a_model(**changes))

    assert refusal(raw) == code


def test_more_segments_than_sixty_four_are_refused() -> None:
    segments = tuple(a_segment(id=f"s{n}", name=f"Segment {n}") for n in range(65))

    raw = msgspec.json.encode(a_model(segments=segments, centroids=((0.0, 0.0),) * 65))

    assert refusal(raw) == "MODEL_SHAPE"


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_never_written(number: float) -> None:
    with pytest.raises(ModelRefused) as caught:
        encode(a_model(centroids=((number, 0.1), (1.0, 0.2))))

    assert caught.value.code == "MODEL_NOT_FINITE"


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b"null", b"\xff", b'{"format": 1}', b'{"format": "1"}', b"[" * 100_000],
)
def test_bytes_that_are_no_model_are_unreadable(raw: bytes) -> None:
    assert refusal(raw) == "MODEL_UNREADABLE"


def test_numbers_as_text_are_unreadable() -> None:
    fields = json.loads(encode(a_model()))
    fields["scaler_mean"][0] = "1.0"

    assert refusal(json.dumps(fields).encode()) == "MODEL_UNREADABLE"


def test_a_number_beyond_floats_is_refused() -> None:
    raw = encode(a_model()).replace(b"-1.0", b"-1e400", 1)

    assert refusal(raw) in {"MODEL_UNREADABLE", "MODEL_NOT_FINITE"}


def test_a_file_of_more_than_a_mebibyte_is_refused_unread() -> None:
    assert refusal(b" " * (MAX_BYTES + 1)) == "MODEL_TOO_LARGE"


def test_an_unknown_format_is_named_even_if_nothing_else_is_known() -> None:
    assert refusal(b'{"format": 7}') == "MODEL_FORMAT"


def test_a_refusal_says_its_code_its_cause_and_its_mend() -> None:
    refused = ModelRefused("the cause.", "The mend.", code="MODEL_SHAPE")

    assert str(refused) == "MODEL_SHAPE: the cause. The mend."
