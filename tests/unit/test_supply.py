"""The bill of materials is what the locks pin, and the audit says plainly when nobody could be asked."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from handbook.audit import Verdict, audit, verdict
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
B_ANSWERED = {"name": "b", "version": "1", "vulns": []}
KNOWN = {"name": "c", "version": "2", "vulns": [{"id": "PYSEC-1"}]}


@pytest.mark.parametrize(
    ("report", "code", "words"),
    [
        (None, 2, "Neither PyPI nor OSV answers: nothing was checked"),
        ({"dependencies": [SKIPPED]}, 2, "Nothing was checked"),
        ({"dependencies": [ASKED, SKIPPED]}, 2, "said anything about 1 of 2: b."),
        ({"dependencies": [ASKED, SKIPPED, KNOWN]}, 1, "c 2: PYSEC-1"),
        ({"dependencies": [ASKED]}, 0, "No known vulnerability in 1 packages"),
    ],
)
def test_an_audit_without_an_answer_is_no_clean_bill(report: dict[str, Any] | None, code: int, words: str) -> None:
    said = verdict(report)

    assert said.exit_code == code
    assert words in " ".join(said.lines())


A_PIP_AUDIT = """#!{python}
import json, sys
said = json.loads({said!r})
report = said[sys.argv[sys.argv.index("-s") + 1]]
print(json.dumps(report) if report else "no route")
sys.exit(0 if report else 1)
"""


def a_pip_audit(folder: Path, **said: dict[str, Any] | None) -> str:
    """Return a program that takes pip-audit's words and has these answers, by service."""
    program = folder / "pip-audit"
    program.write_text(A_PIP_AUDIT.format(python=sys.executable, said=json.dumps(said)))
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize(
    ("pypi", "osv", "expected"),
    [
        (None, {"dependencies": [ASKED]}, Verdict(1, (), ())),
        ({"dependencies": [ASKED, SKIPPED]}, None, Verdict(2, ("b",), ())),
        ({"dependencies": [KNOWN, SKIPPED]}, {"dependencies": [B_ANSWERED]}, Verdict(2, (), ("c 2: PYSEC-1",))),
        ({"dependencies": [ASKED]}, {"dependencies": [KNOWN]}, Verdict(1, (), ())),
        (None, None, Verdict(0, (), ())),
    ],
)
def test_the_second_service_is_asked_about_what_the_first_left_open(
    tmp_path: Path, pypi: dict[str, Any] | None, osv: dict[str, Any] | None, expected: Verdict
) -> None:
    program = a_pip_audit(tmp_path, pypi=pypi, osv=osv)

    assert audit(program, tmp_path / "requirements.lock") == expected
