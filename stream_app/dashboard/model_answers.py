"""What the API answers about models."""

from __future__ import annotations

from msgspec import Struct, field

from stream_app.dashboard.answers import Named


class Promoted(Struct, frozen=True):
    """Who made a model the live one, when and why."""

    at: str
    by: str = ""
    why: str = ""
    is_rollback: bool = False


class Candidate(Struct, frozen=True):
    """What was measured for one number of segments."""

    k: int
    inertia: float
    silhouette: float
    davies_bouldin: float | None = None
    calinski_harabasz: float | None = None
    stability: float | None = None
    smallest_share: float | None = None
    is_elbow: bool = False
    is_chosen: bool = False


class Fate(Struct, frozen=True):
    """What became of a segment of the model before."""

    id: str
    fate: str
    other: str | None = None
    before: int = 0
    after: int = 0
    shared: int = 0


class Model(Struct, frozen=True):
    """The live model."""

    version: str
    k: int
    segments: list[Named]
    candidates: list[Candidate]
    centroids: list[list[float]]
    name: str = ""
    promoted: Promoted | None = None
    trained: dict[str, str | int | float | bool | None] = {}
    explained_variance: list[float] | None = None
    """The part of all spread that each axis of the plane tells."""
    lineage: list[Fate] = []
    switching: bool = False
    refused: str | None = None
    """Why a newer promotion is not what answers."""


class PlanePoint(Struct, frozen=True):
    """A customer in the model's plane."""

    segment: str
    x: float
    y: float


class Scatter(Struct, frozen=True):
    """A sample of live customers in the model's plane."""

    points: list[PlanePoint]
    sample: int = 0


class ModelEntry(Struct, frozen=True):
    """One published model."""

    version: str
    trained_at: str | None = None
    k: int = 0
    customers: int = 0
    silhouette: float | None = None
    is_live: bool = False
    fault: str | None = None


class Models(Struct, frozen=True):
    """The published models, and which of them is live."""

    champion: str | None
    models: list[ModelEntry]


class Move(Struct, frozen=True):
    """So many customers would go from one segment to another."""

    from_: Named = field(name="from")
    to: Named
    customers: int


class Size(Struct, frozen=True):
    """A segment's customers now, and with the other model."""

    id: str
    name: str
    now: int
    then: int


class Preview(Struct, frozen=True):
    """What a candidate would do to today's customers."""

    version: str
    champion: str | None
    customers: int
    moved: int
    moved_share: float
    ari: float
    silhouette: float | None
    live_silhouette: float | None
    segments: list[Size]
    migrations: list[Move]
    objections: list[str]
    """What the gate says against it; empty: it passes."""
