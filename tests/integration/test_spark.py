"""`segstream train --engine spark`: the same query on Spark, the same rows to the digit, and nothing left behind."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from stream_app.commands.train_engine import spark_memory
from stream_app.history.completejourney import completejourney_path
from stream_app.history.history import History
from stream_app.history.reading import open_history
from tests.integration.terminal import clean_environment
from tests.integration.waiting import wait_for
from tests.spark_words import COUNTINGS, PROVED, train_flags, what_spark_is_asked
from trainer.features import DAY_US, buyers, counted_lines, features
from trainer.spark.history import hand_over
from trainer.spark.session import spark_session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.long

HEADER = "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID"
QUICK = {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1"}
"""Half of a short run would go into compiling for a long one."""
NAMES = ["Ünal", "a\u0301", "á", "z", "Z", "日本", "O'Neil", "𝄞", "a b"]


def a_shop(folder: Path, orders: int = 3_000) -> Path:
    """Write a shop with returns, gifts, equal lines, lines of zero, and ids that sort in other ways elsewhere."""
    luck = random.Random(6)
    rows = [HEADER]
    for number in range(orders):
        customer = luck.choice([*NAMES, *(f"C{n}" for n in range(200))])
        day, second = luck.randrange(1, 29), luck.randrange(60)
        at = f"2011-{luck.randrange(1, 13):02}-{day:02} 10:00:{second:02}"
        is_return = luck.random() < 0.1
        for _ in range(luck.randrange(1, 5)):
            quantity = -luck.randrange(1, 4) if is_return else luck.choice([0, 1, 2, 3])
            price = luck.choice([0, 0.01, 1.2345, 9_999.99])
            row = f"{'C' if is_return else ''}{number},P{luck.randrange(30)},{quantity},{at},{price},{customer}"
            rows += [row] * luck.choice([1, 1, 1, 2])
    path = folder / "shop.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def a_part_of_completejourney(folder: Path) -> Path:
    """Write a tenth of the households."""
    import duckdb

    path = folder / "part.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT * FROM '{completejourney_path()}' WHERE household_id::INT % 10 = 3) TO '{path}'"
        )
    return path


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("JAVA_TOOL_OPTIONS", QUICK["JAVA_TOOL_OPTIONS"])
        with spark_session(tmp_path_factory.mktemp("one spark for all"), "1g") as session:
            yield session


@pytest.fixture(scope="module", params=["shop", "completejourney"])
def both(
    request: pytest.FixtureRequest, session: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[History, History]]:
    """The same lines behind DuckDB and behind Spark."""
    folder = tmp_path_factory.mktemp("lines")
    is_shop = request.param == "shop"
    path, name = (
        (a_shop(folder), "online-retail") if is_shop else (a_part_of_completejourney(folder), "completejourney")
    )
    with open_history(path, name) as history:
        yield history, hand_over(history, session)


def test_spark_gives_duckdbs_rows_to_the_digit(both: tuple[History, History]) -> None:
    duck, spark = both
    first, last = duck.report.first_us, duck.report.last_us
    assert first is not None
    assert last is not None
    cases = [
        {"as_of_us": last, "window_us": 365 * DAY_US, "counting": COUNTINGS[0]},
        {"as_of_us": (first + last) // 2, "window_us": None, "counting": COUNTINGS[1]},
        {"as_of_us": last - 1, "window_us": 30 * DAY_US, "counting": COUNTINGS[2]},
    ]

    # Each query costs Spark seconds: only the shop's file of lines is counted in every way.
    for case in cases if duck.report.place == "line" else cases[:1]:
        expected = features(duck, **case)
        assert features(spark, **case) == expected
        assert len(expected) > 100
        assert counted_lines(spark, **case) == counted_lines(duck, **case)
    PROVED.write_text(what_spark_is_asked())


def test_spark_names_the_same_buyers(both: tuple[History, History]) -> None:
    duck, spark = both
    last = duck.report.last_us
    assert last is not None

    expected = buyers(duck, after_us=last - 7 * DAY_US, until_us=last)

    assert buyers(spark, after_us=last - 7 * DAY_US, until_us=last) == expected
    assert expected


def train(folder: Path, *words: str) -> subprocess.Popen[str]:
    (folder / "tmp").mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "stream_app.cli", "train", *words, "--champion", "none"],
        env=clean_environment() | QUICK | {"TMPDIR": str(folder / "tmp")}, cwd=folder / "tmp",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def trained(folder: Path, *words: str) -> tuple[dict[str, object], str]:
    with train(folder, *words, "--json", "--model-uri", str(folder / "models")) as training:
        out, said = training.communicate(timeout=240)
    assert training.returncode == 0, said
    return json.loads(out), said


def test_a_training_on_spark_ends_in_the_same_model_and_leaves_no_file(tmp_path: Path) -> None:
    words = [str(a_shop(tmp_path, orders=900)), "--format", "online-retail", "--k", "3"]

    by_duck, said_duck = trained(tmp_path, *words)
    by_spark, said_spark = trained(tmp_path, *words, "--engine", "spark", "--spark-memory", "1g")

    version = by_spark.pop("model"), by_duck.pop("model")
    assert by_spark == by_duck
    assert said_spark.replace(str(version[0]), "V") == said_duck.replace(str(version[1]), "V")
    assert list((tmp_path / "tmp").iterdir()) == []


def test_spark_is_given_two_gigabytes_unless_another_size_is_said() -> None:
    wishes = [train_flags(), train_flags(engine="spark"), train_flags(engine="spark", memory="1G")]

    assert [spark_memory(flags) for flags in wishes] == [None, "2g", "1g"]


def java_below(pid: int) -> list[psutil.Process]:
    return [child for child in psutil.Process(pid).children(recursive=True) if child.name() == "java"]


def test_ctrl_c_while_spark_works_ends_java_and_leaves_no_file(tmp_path: Path) -> None:
    path = str(a_part_of_completejourney(tmp_path))
    store = tmp_path / "models"
    with train(tmp_path, path, "--engine", "spark", "--model-uri", str(store)) as training:
        wait_for("Spark has its lines", lambda: list((tmp_path / "tmp").glob("segstream-history-*/lines/*")), 120)
        children = java_below(training.pid)

        training.send_signal(signal.SIGINT)
        out, said = training.communicate(timeout=60)

    assert (training.returncode, out) == (130, "")
    assert said.endswith("Interrupted: no model was published.\n")
    assert children
    psutil.wait_procs(children, timeout=20)
    assert not any(child.is_running() for child in children)
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not store.exists()
