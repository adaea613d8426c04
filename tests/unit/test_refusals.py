"""Every way in which a file can fail to be the model that was promoted: refused, with its reason and what mends it."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model_store.checks import MAX_BYTES
from model_store.errors import ModelRefused
from model_store.segment_model import encode
from model_store.store import ModelStore
from tests.builders import a_model

VERSION = "20250101T000000Z-testtest"
WHOLE = encode(a_model())
AGAIN = "Train and publish the model again."

Change = Callable[[dict[str, Any]], object]


def refusal_of(root: Path, raw: bytes, *, promoted: bytes | None = None) -> ModelRefused:
    """Return why a file with these bytes is refused, where those were promoted: the same ones if none are given."""
    store = ModelStore.at(str(root))
    file = Path(store.where(VERSION))
    file.parent.mkdir(parents=True)
    file.write_bytes(raw)

    with pytest.raises(ModelRefused) as caught:
        store.load(VERSION, hashlib.sha256(raw if promoted is None else promoted).hexdigest())
    return caught.value


def changed(change: Change) -> bytes:
    """Return the JSON of a good model with one thing made wrong."""
    fields = json.loads(WHOLE)
    change(fields)
    return json.dumps(fields).encode()


def nested(depth: int, field: str) -> bytes:
    """Return a good model's JSON with so many lists inside each other in a field."""
    return WHOLE[:-3] + b',"' + field.encode() + b'":' + b"[" * depth + b"]" * depth + b"}"


@pytest.mark.parametrize(
    "raw",
    [
        WHOLE[:-1], WHOLE[: len(WHOLE) // 2], b"", WHOLE.replace(b"365", b"366"), WHOLE + b" ",
        WHOLE.replace(b'"s1"', b'"s9"'), pickle.dumps("anything"), encode(a_model(version="another")),
    ],
    ids=["last byte cut", "half", "empty", "a digit changed", "a space added", "an id changed", "a pickle", "another"],
)  # fmt: skip
def test_other_bytes_than_the_promoted_ones_are_refused_before_they_are_read(tmp_path: Path, raw: bytes) -> None:
    refused = refusal_of(tmp_path, raw, promoted=WHOLE)

    assert refused.code == "MODEL_SHA256"
    assert refused.cause == f"the file of model {VERSION} is not the one that was promoted."
    assert refused.mend == "Publish the model under a new version and promote that."


@pytest.mark.parametrize(
    ("change", "code", "reason"),
    [
        (lambda m: m.update(window_days=0), "MODEL_WINDOW", "window_days is not between 1 and 36500."),
        (lambda m: m.update(window_days=36_501), "MODEL_WINDOW", "window_days is not between 1 and 36500."),
        (lambda m: m.update(window_days="a year"), "MODEL_UNREADABLE", "Expected `int | null`, got `str`"),
        (lambda m: m.pop("window_days"), "MODEL_UNREADABLE", "missing required field `window_days`"),
        (lambda m: m["scaler_mean"].pop(), "MODEL_SHAPE", "do not fit together."),
        (lambda m: m["scaler_scale"].append(1.0), "MODEL_SHAPE", "do not fit together."),
        (lambda m: m["pca_components"][0].pop(), "MODEL_SHAPE", "do not fit together."),
        (lambda m: m["centroids"][2].append(0.0), "MODEL_SHAPE", "do not fit together."),
        (lambda m: m["centroids"].pop(), "MODEL_SHAPE", "do not fit together."),
        (lambda m: m["segments"].pop(), "MODEL_SHAPE", "do not fit together."),
        (lambda m: m["scaler_scale"].__setitem__(1, 0.0), "MODEL_SHAPE", "a scale is not above 0."),
        (lambda m: m["features"].reverse(), "MODEL_FEATURES", "the features are not recency_days, frequency,"),
        (lambda m: m["segments"][0].update(id="a:b"), "MODEL_SEGMENTS", "segment ids repeat, or hold more than"),
        (lambda m: m.update(version="elsewhere"), "MODEL_VERSION", f"model {VERSION} says another version."),
        (lambda m: m.update(format=99), "MODEL_FORMAT", "the model has format 99, this release reads format 1."),
    ],
)
def test_a_promoted_model_that_cannot_score_is_refused_with_the_reason(
    tmp_path: Path, change: Change, code: str, reason: str
) -> None:
    refused = refusal_of(tmp_path, changed(change))

    assert refused.code == code
    assert reason in refused.cause
    assert refused.mend.startswith(("Train and publish", "Publish the model again"))


@pytest.mark.parametrize("number", [b"1e400", b"-1e400", b"NaN", b"Infinity", b"-Infinity"])
def test_a_number_that_is_not_finite_is_refused_wherever_it_stands(tmp_path: Path, number: bytes) -> None:
    raw = WHOLE.replace(b"0.54", number, 1)

    refused = refusal_of(tmp_path, raw)

    assert raw != WHOLE
    assert refused.code in {"MODEL_NOT_FINITE", "MODEL_UNREADABLE"}
    assert refused.mend == AGAIN


def test_a_file_that_is_too_large_is_refused_whatever_was_promoted(tmp_path: Path) -> None:
    refused = refusal_of(tmp_path, WHOLE + b" " * MAX_BYTES)

    assert refused.code == "MODEL_TOO_LARGE"
    assert refused.cause == "the model has more than 1048576 bytes."
    assert refused.mend == AGAIN


@pytest.mark.parametrize("field", ["training", "unknown"])
@pytest.mark.parametrize("depth", [10_000, 500_000])
def test_deep_nesting_ends_in_a_refusal_and_not_in_a_crash(tmp_path: Path, field: str, depth: int) -> None:
    refused = refusal_of(tmp_path, nested(depth, field))

    assert refused.code == "MODEL_UNREADABLE"
    assert refused.mend == AGAIN


class Trap:
    """An object whose pickle leaves a file when somebody opens it."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (str(self._file), "w")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_refused_and_not_opened_even_when_it_was_promoted(tmp_path: Path, protocol: int) -> None:
    sprung = tmp_path / "sprung"

    refused = refusal_of(tmp_path, pickle.dumps(Trap(sprung), protocol))

    assert refused.code == "MODEL_UNREADABLE"
    assert refused.mend == AGAIN
    assert not sprung.exists()
