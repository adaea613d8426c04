"""What became of each segment from one model to the next, and how far its centre moved."""

from __future__ import annotations

from math import dist

from msgspec import Struct

from model_store.segment_model import Profile, Segment, SegmentModel, Vector


class Kept(Struct, frozen=True, kw_only=True):
    """A segment that both models have; systems that store its id notice nothing."""

    id: str
    old_name: str
    new_name: str
    old: Profile
    new: Profile
    distance: float
    """How far the centre moved: in standard deviations of the old model's customers."""


class Lone(Struct, frozen=True, kw_only=True):
    """A segment that only one of the models has, and the nearest one of the other."""

    id: str
    name: str
    profile: Profile
    nearest_id: str
    nearest_name: str
    distance: float


class Comparison(Struct, frozen=True, kw_only=True):
    """Two models side by side; segments in the order of the model they are in."""

    old_version: str
    new_version: str
    kept: tuple[Kept, ...]
    new: tuple[Lone, ...]
    retired: tuple[Lone, ...]
    old_silhouette: float | None
    new_silhouette: float | None
    old_customers: int
    new_customers: int
    old_window_days: int | None
    new_window_days: int | None


def compare(old: SegmentModel, new: SegmentModel) -> Comparison:
    """Return what changed from `old` to `new`."""
    before, after = _places(old, old), _places(new, old)
    old_segments = {segment.id: segment for segment in old.segments}
    new_segments = {segment.id: segment for segment in new.segments}
    return Comparison(
        old_version=old.version,
        new_version=new.version,
        kept=tuple(
            _kept(old_segments[segment.id], segment, dist(before[segment.id], after[segment.id]))
            for segment in new.segments
            if segment.id in old_segments
        ),
        new=tuple(
            _lone(segment, after[segment.id], old_segments, before)
            for segment in new.segments
            if segment.id not in old_segments
        ),
        retired=tuple(
            _lone(segment, before[segment.id], new_segments, after)
            for segment in old.segments
            if segment.id not in new_segments
        ),
        old_silhouette=silhouette(old),
        new_silhouette=silhouette(new),
        old_customers=customers(old),
        new_customers=customers(new),
        old_window_days=old.window_days,
        new_window_days=new.window_days,
    )


def silhouette(model: SegmentModel) -> float | None:
    """Return how well the segments are set apart, -1 to 1, if the training said so."""
    fact = model.training.get("silhouette")
    return float(fact) if isinstance(fact, int | float) else None


def customers(model: SegmentModel) -> int:
    """Return how many customers the model was trained on."""
    return sum(segment.profile.customers for segment in model.segments)


def _places(model: SegmentModel, ruler: SegmentModel) -> dict[str, Vector]:
    """Return each segment's centre in the standardised features of another model, which makes two models comparable."""
    return {
        segment.id: _standardised(_logs(model, centroid), ruler)
        for segment, centroid in zip(model.segments, model.centroids, strict=True)
    }


def _logs(model: SegmentModel, centroid: Vector) -> Vector:
    """Return a centroid as log1p of the features; what the PCA dropped is taken as average."""
    standardised = [
        center + sum(part * row[feature] for part, row in zip(centroid, model.pca_components, strict=True))
        for feature, center in enumerate(model.pca_mean)
    ]
    return tuple(
        number * scale + mean
        for number, scale, mean in zip(standardised, model.scaler_scale, model.scaler_mean, strict=True)
    )


def _standardised(logs: Vector, ruler: SegmentModel) -> Vector:
    return tuple(
        (number - mean) / scale for number, mean, scale in zip(logs, ruler.scaler_mean, ruler.scaler_scale, strict=True)
    )


def _kept(old: Segment, new: Segment, distance: float) -> Kept:
    return Kept(
        id=new.id, old_name=old.name, new_name=new.name, old=old.profile, new=new.profile, distance=distance,
    )  # fmt: skip


def _lone(segment: Segment, place: Vector, others: dict[str, Segment], places: dict[str, Vector]) -> Lone:
    nearest = min(others, key=lambda id: dist(places[id], place))
    return Lone(
        id=segment.id,
        name=segment.name,
        profile=segment.profile,
        nearest_id=nearest,
        nearest_name=others[nearest].name,
        distance=dist(places[nearest], place),
    )
