"""A trained segmentation as plain numbers and words: all a worker needs to score, as JSON."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from model_store.checks import FEATURES, FORMAT, check, check_format, check_size, refused

Vector = tuple[float, ...]
Matrix = tuple[Vector, ...]


class Profile(Struct, frozen=True, kw_only=True):
    """What a segment looked like in training; the four features are medians of its members."""

    customers: int
    share: float
    """Part of all customers in the training data, from 0 to 1."""
    recency_days: float
    frequency: float
    monetary: float
    """Currency units."""
    unique_products: float


class Segment(Struct, frozen=True, kw_only=True):
    """A named cluster; its id is what other systems store."""

    id: str
    name: str
    description: str
    action: str
    profile: Profile
    renamed: bool = False
    """Name, description and action are a person's: training again keeps them as long as the id lives."""
    buys_again: float | None = None
    """Part of the customers of this segment on the trial's day who bought in the 13 weeks after it; None: unknown."""


class Candidate(Struct, frozen=True, kw_only=True):
    """What was measured for one number of segments when the trainer looked for the best."""

    k: int
    inertia: float
    silhouette: float
    davies_bouldin: float
    """Lower is better, like inertia; of the others higher is."""
    calinski_harabasz: float
    stability: float
    """Mean adjusted Rand index of fits to resampled customers."""
    smallest_share: float
    """Part of the customers in the smallest segment, from 0 to 1."""
    is_elbow: bool = False
    is_chosen: bool = False


class Fate(Struct, frozen=True, kw_only=True):
    """What became of one segment from the model before to this one, told by the customers of the training."""

    id: str
    fate: Literal["kept", "split", "new", "merged", "retired"]
    other: str | None = None
    """Split: the segment that most of its customers come from. Merged: the one that most of them went to."""
    before: int
    """Its customers by the model before; 0 when it had no such segment."""
    after: int
    """Its customers by this model; 0 when there is no such segment any more."""
    shared: int
    """Customers of both: of before and after, or of this segment and the other one."""


class Baseline(Struct, frozen=True, kw_only=True):
    """How the four features were distributed in the training, for those who ask how far today is from it."""

    edges: Matrix
    """For each feature the inner borders of its parts, ascending; a value on a border belongs to the part above."""
    shares: Matrix
    """For each feature the part of the customers in each, one more than borders; they sum to 1."""


class SegmentModel(Struct, frozen=True, kw_only=True):
    """log1p → (x − mean) / scale → PCA → nearest centroid, and the segments the centroids are."""

    format: int = FORMAT
    version: str
    features: tuple[str, ...] = FEATURES
    window_days: int | None
    """Training counted nothing older than this, so the worker must not either; None: no window."""
    scaler_mean: Vector
    scaler_scale: Vector
    pca_mean: Vector
    pca_components: Matrix
    """One row per component, one column per feature."""
    centroids: Matrix
    """One row per segment, in the order of `segments`; on a tie the first one wins."""
    segments: tuple[Segment, ...]
    training: dict[str, str | int | float]
    """Where the numbers come from and how good the fit was; nothing computes with it."""
    baseline: Baseline | None = None
    """None in models of older trainers."""
    candidates: tuple[Candidate, ...] = ()
    """Every number of segments that was tried, by k; empty in models of older trainers."""
    champion: str | None = None
    """The version whose segment ids this model goes on with; None: its ids begin with it."""
    lineage: tuple[Fate, ...] = ()
    """What became of the champion's segments: this model's first, then those that ended."""
    retired_ids: tuple[str, ...] = ()
    """Ids of champions of champions that ended: never given to another segment."""


class _Head(Struct):
    format: int


# Made here: msgspec learns a type at its first use, and crashes where two threads are the first.
_read_head = msgspec.json.Decoder(_Head).decode
_read_model = msgspec.json.Decoder(SegmentModel).decode


def encode(model: SegmentModel) -> bytes:
    """Return pretty JSON, the same bytes for the same model; raises ModelRefused like `decode`."""
    check(model)
    raw = msgspec.json.encode(model, order="deterministic")
    pretty = msgspec.json.format(raw, indent=2) + b"\n"
    check_size(len(pretty))
    return pretty


def decode(raw: bytes) -> SegmentModel:
    """Return the model if every check holds, else raise ModelRefused: a file is never trusted."""
    check_size(len(raw))
    try:
        # The head first: another format would otherwise be refused for a field it renamed.
        check_format(_read_head(raw).format)
        model = _read_model(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise refused("MODEL_UNREADABLE", f"the model is not readable: {error}") from error
    check(model)
    return model
