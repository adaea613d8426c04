"""The bill of materials is what the locks pin, and the audit says plainly when nobody could be asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from handbook.audit import verdict
from handbook.sbom import LOCKS, bills, lock_file
from tests.unit.test_lock_files import entries


def document(part: str) -> dict[str, Any]:
    """Return a part's bill of materials."""
    return next(json.loads(text) for file, text in bills().items() if file.name.startswith(part or "demo"))


def test_the_same_locks_give_the_same_bytes() -> None:
    assert bills() == bills()
    assert len({json.loads(text)["serialNumber"] for text in bills().values()}) == len(LOCKS)


@pytest.mark.parametrize("part", LOCKS)
def test_the_bill_holds_every_pin_of_its_lock_with_its_hashes(part: str) -> None:
    lines = entries(lock_file(part).name)
    pinned = {line.split("==")[0].split("[")[0]: line.count("--hash=sha256:") for line in lines}

    found = document(part)
    packages = {one["name"]: len(one["hashes"]) for one in found["components"] if one["purl"].startswith("pkg:pypi/")}

    assert packages == pinned
    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.6")
    assert len({one["bom-ref"] for one in found["components"]}) == len(found["components"])


def test_the_demos_bill_holds_kafkas_jars() -> None:
    jars = [one for one in document("")["components"] if one["purl"].startswith("pkg:maven/")]

    assert "pkg:maven/org.apache.kafka/kafka-clients@4.3.1" in {one["purl"] for one in jars}
    assert all(len(one["hashes"]) == 1 and len(one["hashes"][0]["content"]) == 64 for one in jars)


ASKED = {"name": "a", "version": "1", "vulns": []}
SKIPPED = {"name": "b", "skip_reason": "not found"}
KNOWN = {"name": "c", "version": "2", "vulns": [{"id": "PYSEC-1"}]}


@pytest.mark.parametrize(
    ("report", "code", "words"),
    [
        (None, 2, "cannot be reached: nothing was checked"),
        ({"dependencies": [SKIPPED]}, 2, "Nothing was checked"),
        ({"dependencies": [ASKED, SKIPPED]}, 2, "said nothing about 1 of 2: b."),
        ({"dependencies": [ASKED, SKIPPED, KNOWN]}, 1, "c 2: PYSEC-1"),
        ({"dependencies": [ASKED]}, 0, "No known vulnerability in 1 packages"),
    ],
)
def test_an_audit_without_an_answer_is_no_clean_bill(report: dict[str, Any] | None, code: int, words: str) -> None:
    said = verdict(report)

    assert said.exit_code == code
    assert words in " ".join(said.lines())
