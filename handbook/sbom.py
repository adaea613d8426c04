"""`make sbom`: what is installed, in CycloneDX's format, from the locks alone: equal locks give equal bytes."""

from __future__ import annotations

import json
import re
import tomllib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stream_app.local.kafka_jars import PINS

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "build" / "sbom"
LOCKS = ("worker", "worker-full", "api", "dashboard", "train", "")
"""Of the images, and of the demo; what only tests and builds need is in none."""

_PIN = re.compile(r"^(?P<name>[a-z0-9-]+)(\[[a-z0-9,-]+\])?==(?P<version>[\w.]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
Json = dict[str, Any]


def lock_file(part: str) -> Path:
    """Return where a part's lock lies."""
    return ROOT / (f"requirements-{part}.lock" if part else "requirements.lock")


def packages(lock: str) -> Iterator[Json]:
    """Yield a component for each pin of a lock, in its order, with the hashes of all files that pip may take."""
    text = re.sub(r"\s*\\\n\s*", " ", re.sub(r"^\s*#.*\n", "", lock, flags=re.MULTILINE))
    for line in text.splitlines():
        if found := _PIN.match(line):
            yield _component("pypi", found["name"], found["version"], _HASH.findall(line))


def jars(pins: str) -> Iterator[Json]:
    """Yield a component for each pinned jar: <sha256>  <group as folders>/<name>/<version>/<file>."""
    for line in pins.splitlines():
        sha256, _, path = line.partition("  ")
        *group, name, version, _ = path.split("/")
        yield _component("maven", name, version, [sha256], group=".".join(group))


def _component(kind: str, name: str, version: str, hashes: list[str], group: str = "") -> Json:
    purl = f"pkg:{kind}/{f'{group}/' if group else ''}{name}@{version}"
    component: Json = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    if group:
        component["group"] = group
    return component | {"hashes": [{"alg": "SHA-256", "content": content} for content in hashes]}


def bill(part: str, components: list[Json], version: str) -> Json:
    """Return the document; its serial number comes from its content, and it holds no date."""
    subject = f"segstream-{part or 'demo'}"
    content = json.dumps(components, sort_keys=True)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{subject}@{version} {content}')}",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": subject, "name": subject, "version": version},
        },
        "components": components,
    }


def bills() -> dict[Path, str]:
    """Return every document by the file that it belongs into."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    found = {}
    for part in LOCKS:
        components = list(packages(lock_file(part).read_text(encoding="utf-8")))
        if not part:
            components += jars(PINS.read_text(encoding="utf-8"))
        text = json.dumps(bill(part, components, version), indent=2) + "\n"
        found[FOLDER / f"{part or 'demo'}.cdx.json"] = text
    return found


def main() -> None:
    """Write the documents."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for file, text in bills().items():
        file.write_text(text, encoding="utf-8")
        print(file.relative_to(ROOT))


if __name__ == "__main__":
    main()
