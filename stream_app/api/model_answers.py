"""What the API answers about models, and what it is told of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from stream_app.api.answers import Answer, MedianCustomer, Share
from stream_app.contract.segment_change import SegmentName


class Promoted(Answer):
    """Who made a model the live one, and why."""

    by: str
    at: str
    why: str
    is_rollback: bool


class CandidateAnswer(Answer):
    """What was measured for one number of segments."""

    k: int
    inertia: float
    silhouette: float
    davies_bouldin: float
    calinski_harabasz: float
    stability: float
    smallest_share: float
    is_elbow: bool
    is_chosen: bool


class BaselineAnswer(Answer):
    """How the features were distributed in the training."""

    edges: list[list[float]]
    shares: list[list[float]]


class FateAnswer(Answer):
    """What became of a segment of the model before."""

    id: str
    fate: Literal["kept", "split", "new", "merged", "retired"]
    other: str | None
    before: int
    after: int
    shared: int


class ModelSegment(Answer):
    """A segment of the model."""

    id: str
    name: str
    description: str
    action: str
    profile: MedianCustomer
    share: Share
    buys_again: float | None


class ModelAnswer(Answer):
    """The live model."""

    version: str
    name: str
    promoted: Promoted
    trained: Annotated[dict[str, str | int | float], Field(description="The facts of its training.")]
    k: int
    window_days: int | None
    segments: list[ModelSegment]
    candidates: list[CandidateAnswer]
    centroids: Annotated[list[list[float]], Field(description="In PCA space, in the order of the segments.")]
    explained_variance: list[float] | None
    baseline: BaselineAnswer | None
    lineage: list[FateAnswer]
    switching: Annotated[bool, Field(description="Customers are still going over to it.")]
    refused: Annotated[str | None, Field(description="Why a newer promotion is not what answers.")]


class ScatterPoint(Answer):
    """A customer in the plane of the first two axes."""

    segment: str
    x: float
    y: float


class Scatter(Answer):
    """A sample of the customers in PCA space."""

    sample: int
    points: list[ScatterPoint]


class PublishedModel(Answer):
    """A model in the store."""

    version: str
    trained_at: str | None
    k: int
    customers: int
    silhouette: float | None
    renamed_from: str | None
    is_live: bool
    fault: Annotated[str | None, Field(description="Why no worker could use it.")]


class Models(Answer):
    """The published models."""

    champion: str | None
    models: Annotated[list[PublishedModel], Field(description="Newest first.")]


class PreviewMove(Answer):
    """How many would go one way."""

    from_: Annotated[SegmentName, Field(alias="from")]
    to: SegmentName
    customers: int


class PreviewSize(Answer):
    """A segment's customers now and then."""

    id: str
    name: str
    now: int
    then: int


class PreviewAnswer(Answer):
    """What a model would do to today's customers."""

    version: str
    champion: str | None
    customers: int
    moved: int
    moved_share: Share
    ari: float
    silhouette: float | None
    live_silhouette: float | None
    segments: list[PreviewSize]
    migrations: list[PreviewMove]
    objections: Annotated[list[str], Field(description="What the gate says against it; empty: it passes.")]


class PromoteBody(BaseModel):
    """Why and how a model is made the live one."""

    model_config = ConfigDict(extra="forbid")

    why: Annotated[str, Field(max_length=1_000, description="For whoever reads the control topic later.")] = ""
    force: Annotated[bool, Field(strict=True, description="Past the gate; needs `why`.")] = False
    quiet: Annotated[bool, Field(strict=True, description="Mark the changes `replay`.")] = False


class RollbackBody(BaseModel):
    """Why the model before is made live again."""

    model_config = ConfigDict(extra="forbid")

    why: Annotated[str, Field(max_length=1_000)] = ""
    quiet: Annotated[bool, Field(strict=True)] = False


class PromotedAnswer(Answer):
    """What was said to the workers."""

    version: str
    is_rollback: bool
