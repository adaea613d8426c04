"""Every command and program of README.md and docs/, run as a reader would, in the order of its page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer
from redis import Redis

from stream_app.local.ports import free_ports
from tests.documents import PAGES, ROOT, blocks_of, name_of
from tests.integration.reader import Reader, an_installed_folder
from tests.integration.waiting import wait_for
from tests.integration.window import Window, missing

TUTORIAL = ROOT / "docs" / "tutorial" / "first-change.md"
README = ROOT / "README.md"
OTHERS = [page for page in PAGES if page not in (TUTORIAL, README) and any(block.is_run for block in blocks_of(page))]
SHORT_PAGES = (
    "dead-letters", "look-up-a-segment", "redis-keys",
)  # fmt: skip
"""Together they use most commands; `make prove` reads all pages."""
PORTS = ("6066", "6067")
"""The ports of a page's first and second worker."""


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """The tutorial's terminals before the clean-up: Kafka, Redis and a worker run; the clean-up comes last."""
    folder = tmp_path_factory.mktemp("tutorial")
    with Reader(Window(folder, an_installed_folder(folder))) as reader:
        blocks = blocks_of(TUTORIAL)
        reader.read(blocks[:-1])
        yield reader
        reader.read(blocks[-1:])


def spoil_a_partition(tutorial: Reader) -> None:
    """Send what no shop should, until partition 2 is paused."""
    producer = Producer({"bootstrap.servers": variable(tutorial.window, "KAFKA_BOOTSTRAP_SERVERS")})
    for _ in range(100):
        producer.produce("orders.v1", b"order;anna;12,50", b"anna", 2)
    assert producer.flush(30) == 0
    wait_for("partition 2 is paused", lambda: "paused" in tutorial.window.run("segstream partitions list"))


def send_a_misnamed_order(tutorial: Reader) -> None:
    """Send an order whose shop has names of its own, and wait until it is a dead letter."""
    value = b'{"orderNo":"A-7","customer_id":"otto","ordered_at":"2026-03-01T10:15:00Z",'
    producer = Producer({"bootstrap.servers": variable(tutorial.window, "KAFKA_BOOTSTRAP_SERVERS")})
    producer.produce("orders.v1", value + b'"lines":[{"sku":"tea","amount":4}]}', b"otto", 3)
    assert producer.flush(30) == 0
    wait_for("it is refused", lambda: "MISSING" in tutorial.window.run("segstream dlq list"))


BEFORE: dict[str, Callable[[Reader], None]] = {
    "docs/how-to/dead-letters.md": send_a_misnamed_order,
    "docs/how-to/recover-a-paused-partition.md": spoil_a_partition,
}
"""What must have happened before a page makes sense."""


def variable(window: Window, name: str) -> str:
    return window.run(f'echo "${name}"').strip()


def here(tutorial: Reader, page: Path) -> dict[str, str]:
    """Return what stands here for what the page writes; a page that starts workers has ports of its own."""
    text = page.read_text()
    ports = [variable(tutorial.window, "SEGSTREAM_WEB_PORT"), *map(str, free_ports(1))]
    if "segstream worker" in text:
        ports = [str(port) for port in free_ports(2)]
    return {
        "localhost:9092": variable(tutorial.window, "KAFKA_BOOTSTRAP_SERVERS"),
        "redis://localhost:6379/0": variable(tutorial.window, "REDIS_URL"),
        "--replication 3": "--replication 1",  # there is one broker
        "localhost:8000": f"localhost:{free_ports(1)[0]}",
        **dict(zip(PORTS, ports, strict=True)),
    }


def test_the_tutorial_does_what_it_says(tutorial: Reader) -> None:
    assert "running" in tutorial.window.run("segstream partitions list")


def test_redis_holds_the_keys_and_fields_of_the_reference(tutorial: Reader) -> None:
    page = (ROOT / "docs" / "reference" / "redis-keys.md").read_text()
    rows = re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)
    cells = re.findall(r"^\| (`[^|]+?) \|(?: (`[^|]+?) \|)?", page, re.MULTILINE)
    spans = [span for pair in cells for cell in pair for span in re.findall(r"`([^`]+)`", cell)]
    described = [re.compile(re.sub(r"<[^>]+>", ".*", span)) for span in spans]
    shapes = {row: re.compile(re.sub(r"<[^>]+>", ".+", row)) for row in rows if ":" in row and "index" not in row}
    with Redis.from_url(variable(tutorial.window, "REDIS_URL"), decode_responses=True) as client:
        keys = [str(key) for key in client.scan_iter()]
        fields = {field for key in keys if client.type(key) == "hash" for field in client.hkeys(key)}

    found = {key: [shape for shape, pattern in shapes.items() if pattern.fullmatch(key)] for key in keys}
    assert {key: names for key, names in found.items() if len(names) != 1} == {}
    # It is there once somebody was erased.
    assert {names[0] for names in found.values()} | {"blocked:<topic>:<p>"} == set(shapes)
    named = {row for row in rows if row not in shapes} - {"index:<segment id>"}
    assert named <= fields
    assert {field for field in fields if not any(pattern.fullmatch(field) for pattern in described)} == set()
    assert any(field.startswith("index:") for field in fields)


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=() if page.stem in SHORT_PAGES else pytest.mark.long) for page in OTHERS],
    ids=name_of,
)
def test_commands_of_a_page_do_what_it_says(tutorial: Reader, page: Path) -> None:
    BEFORE.get(name_of(page), lambda _: None)(tutorial)

    with Reader(tutorial.window.twin(), here(tutorial, page)) as reader:
        reader.window.run(f"export SEGSTREAM_WEB_PORT={reader.here[PORTS[0]]}")
        reader.window.run(f"export SEGSTREAM_API_PORT={reader.here['localhost:8000'].partition(':')[2]}")
        reader.read(blocks_of(page))

        assert reader.window.is_open()


def test_the_readme_does_what_it_says(tmp_path: Path) -> None:
    orders = next(block for block in blocks_of(TUTORIAL) if "cat > orders.csv" in block.text)
    port = free_ports(1)[0]
    with Reader(Window(tmp_path, an_installed_folder(tmp_path)), {"localhost:8000": f"localhost:{port}"}) as reader:
        reader.window.run(f"export SEGSTREAM_API_PORT={port}")
        reader.window.run(orders.text.partition("cd coffee-shop\n")[2])
        reader.read(blocks_of(README))

        assert reader.window.is_open()


def test_a_terminal_notices_what_is_missing_and_what_failed(tmp_path: Path) -> None:
    assert missing(["a … c", "…", "b"], "a b c\nb\nb") == []
    assert missing(["b", "b"], "b") == ["b"]
    assert missing(["a … c"], "a b") == ["a … c"]

    with Window(tmp_path, an_installed_folder(tmp_path)) as window:
        assert window.run("segstream --version").startswith("segstream ")
        with pytest.raises(AssertionError, match="No such command"):
            window.run("segstream frobnicate")
