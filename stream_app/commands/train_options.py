"""What a person can decide about a training, as options of `segstream train`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from stream_app.commands.file_options import FILE_HELP, the_file

TrainFile = Annotated[Path | None, typer.Argument(help=FILE_HELP, callback=the_file, show_default=False)]
FromTopic = Annotated[
    bool, typer.Option("--from-topic", help="Instead of a file: learn from the orders topic, as the worker folds it.")
]
AsOf = Annotated[
    str | None,
    typer.Option(metavar="INSTANT", help="Learn from the orders up to it; by default up to the newest, or --until."),
]
K = Annotated[
    str, typer.Option(metavar="auto|N|N-N", help="Number of segments; auto: the best of 2-10 by a stated rule.")
]
Until = Annotated[float, typer.Option(help="Learn from this first part of the time span.")]
Components = Annotated[
    int | None, typer.Option(help="Principal components in which customers are compared: 2 by default, 4 at most.")
]
Variance = Annotated[
    float | None, typer.Option(help="Instead: the fewest that keep this part of the variance, 0.9 for example.")
]
Winsorize = Annotated[
    float | None,
    typer.Option(metavar="PERCENTILE", help="Fit as if nothing were above it: 99 tames the largest customers."),
]
FeatureNames = Annotated[
    str, typer.Option("--features", metavar="rfmu|rfm", help="rfm: the number of different products does not matter.")
]
Gross = Annotated[
    bool, typer.Option("--gross", help="As many studies count: purchases only, returns and gifts left out.")
]
DropDuplicates = Annotated[
    bool, typer.Option("--drop-duplicate-lines", help="As many studies count: equal lines of an order once.")
]
Engine = Annotated[
    str,
    typer.Option(metavar="duckdb|spark", help="What computes the features of a file; the numbers are the same."),
]
SparkMemory = Annotated[
    str | None, typer.Option("--spark-memory", metavar="SIZE", help="Memory for Spark: 2g by default, 512m at least.")
]
ChampionVersion = Annotated[
    str,
    typer.Option(
        "--champion",
        metavar="auto|VERSION|none",
        help="Model whose segment ids live on; auto: the live one, else the newest in the store.",
    ),
]
SignWith = Annotated[
    Path | None,
    typer.Option(metavar="KEYFILE", help="Sign what is published: PEM file with an Ed25519 private key."),
]
License = Annotated[
    str | None, typer.Option(metavar="ID", help="For the model card, by Hugging Face's names: cc-by-4.0, other, …")
]
Promote = Annotated[bool, typer.Option("--promote", help="Make it the live model.")]
UnlessLive = Annotated[
    bool, typer.Option("--unless-live", help="Do nothing if a model is live: for what starts by itself.")
]


@dataclass(frozen=True)
class TrainFlags:
    """What was said beside the file itself."""

    is_from_topic: bool
    as_of: str | None
    k: str
    until: float
    components: int | None
    variance: float | None
    winsorize: float | None
    features: str
    is_gross: bool
    is_distinct: bool
    engine: str
    spark_memory: str | None
    champion: str
    sign_with: Path | None
    license: str | None
    should_promote: bool
    is_unless_live: bool
    as_json: bool
