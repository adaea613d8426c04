"""What a model must fulfil before anything scores with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from math import isfinite
from typing import TYPE_CHECKING

import msgspec

from model_store.errors import ModelRefused
from model_store.place import MODEL_FILE

if TYPE_CHECKING:
    from model_store.segment_model import Matrix, SegmentModel

FORMAT = 1
FEATURES = ("recency_days", "frequency", "monetary", "unique_products")

MAX_BYTES = 1_048_576
MAX_FILES, MAX_FILE_BYTES = 32, 64 * 1_048_576
MAX_SEGMENTS = 64
MAX_WINDOW_DAYS = 36_500
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
"""A version names a folder and travels in events: no separator, no dot in front."""
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
SEGMENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""An id is part of Redis keys."""


def refused(code: str, cause: str) -> ModelRefused:
    """Return the failure; whatever is wrong inside a model, a new training mends it."""
    return ModelRefused(f"{cause}.", "Train and publish the model again.", code=code)


def check_size(size: int) -> None:
    """Raise ModelRefused for a file that is too large to be a model."""
    if size > MAX_BYTES:
        raise refused("MODEL_TOO_LARGE", f"the model has more than {MAX_BYTES} bytes")


def check_files(files: Mapping[str, bytes]) -> None:
    """Raise ModelRefused for what cannot lie beside a model: too much, or under another than a plain name."""
    for name, raw in files.items():
        if not FILE_NAME.fullmatch(name) or name == MODEL_FILE:
            raise refused("MODEL_FILES", f"{name!r} is no plain file name beside {MODEL_FILE}")
        if len(raw) > MAX_FILE_BYTES:
            raise refused("MODEL_FILES", f"{name} has more than {MAX_FILE_BYTES} bytes")
    if len(files) > MAX_FILES:
        raise refused("MODEL_FILES", f"there are more than {MAX_FILES} files beside {MODEL_FILE}")


def check_format(number: int) -> None:
    """Raise ModelRefused for a format that this release does not know."""
    if number != FORMAT:
        raise refused("MODEL_FORMAT", f"the model has format {number}, this release reads format {FORMAT}")


def check(model: SegmentModel) -> None:
    """Raise ModelRefused at the first thing that makes the model unusable."""
    check_format(model.format)
    if not VERSION.fullmatch(model.version):
        raise refused("MODEL_VERSION", "the version is not a plain name of 1 to 128 characters")
    if model.features != FEATURES:
        raise refused("MODEL_FEATURES", f"the features are not {', '.join(FEATURES)}")
    if model.window_days is not None and not 1 <= model.window_days <= MAX_WINDOW_DAYS:
        raise refused("MODEL_WINDOW", f"window_days is not between 1 and {MAX_WINDOW_DAYS}")
    _check_shape(model)
    _check_segments(model)
    _check_baseline(model)
    if not all(isfinite(number) for number in _numbers(model)):
        raise refused("MODEL_NOT_FINITE", "the model holds a number that is not finite")
    if min(model.scaler_scale) <= 0:
        raise refused("MODEL_SHAPE", "a scale is not above 0")


def _check_baseline(model: SegmentModel) -> None:
    baseline = model.baseline
    if baseline is None:
        return
    pairs = list(zip(baseline.edges, baseline.shares, strict=False))
    fits = len(baseline.edges) == len(baseline.shares) == len(model.features) and all(
        len(shares) == len(edges) + 1 and list(edges) == sorted(set(edges)) for edges, shares in pairs
    )
    if not fits:
        raise refused("MODEL_SHAPE", "the baseline's borders and shares do not fit together")


def _check_shape(model: SegmentModel) -> None:
    width, components = len(model.features), len(model.pca_components)
    if not 1 <= len(model.segments) <= MAX_SEGMENTS:
        raise refused("MODEL_SHAPE", f"it has not between 1 and {MAX_SEGMENTS} segments")
    fits = (
        len(model.scaler_mean) == len(model.scaler_scale) == len(model.pca_mean) == width
        and 1 <= components <= width
        and _is_rectangle(model.pca_components, components, width)
        and _is_rectangle(model.centroids, len(model.segments), components)
    )
    if not fits:
        raise refused("MODEL_SHAPE", "scaler, PCA, centroids and segments do not fit together")


def _is_rectangle(matrix: Matrix, rows: int, columns: int) -> bool:
    return len(matrix) == rows and all(len(row) == columns for row in matrix)


def _check_segments(model: SegmentModel) -> None:
    ids = [segment.id for segment in model.segments]
    names = [segment.name for segment in model.segments]
    if not all(SEGMENT_ID.fullmatch(id) for id in ids) or len(set(ids)) < len(ids):
        raise refused("MODEL_SEGMENTS", "segment ids repeat, or hold more than A-Z, a-z, 0-9, _, -")
    if not all(name.strip() for name in names) or len(set(names)) < len(names):
        raise refused("MODEL_SEGMENTS", "segment names repeat, or are empty")


def _numbers(model: SegmentModel) -> Iterator[float]:
    yield from chain(model.scaler_mean, model.scaler_scale, model.pca_mean)
    yield from chain(*model.pca_components, *model.centroids)
    if model.baseline is not None:
        yield from chain(*model.baseline.edges, *model.baseline.shares)
    for segment in model.segments:
        yield from msgspec.structs.astuple(segment.profile)
    for candidate in model.candidates:
        yield from msgspec.structs.astuple(candidate)
    yield from (fact for fact in model.training.values() if isinstance(fact, float))
