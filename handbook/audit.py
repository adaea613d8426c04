"""`make audit`: asks PyPI and OSV for advisories about every locked package, and says so when nobody answers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FOUND, UNASKED = 1, 2
SERVICES = ("pypi", "osv")
"""What pip-audit can ask; the second is only asked about what the first did not answer."""


@dataclass(frozen=True)
class Verdict:
    """What came of asking."""

    asked: int
    unanswered: tuple[str, ...]
    """Packages of which the service said nothing."""
    vulnerable: tuple[str, ...]
    """A line for each package with known vulnerabilities."""

    @property
    def exit_code(self) -> int:
        """0 only when every package was asked about, and nothing is known against any."""
        return FOUND if self.vulnerable else UNASKED if self.unanswered or not self.asked else 0

    def joined(self, other: Verdict) -> Verdict:
        """Return what two services said together: one answer is enough, and so is one known vulnerability."""
        if not (self.asked and other.asked):
            return self if self.asked else other
        unanswered = tuple(name for name in self.unanswered if name in other.unanswered)
        return Verdict(self.asked, unanswered, tuple(dict.fromkeys(self.vulnerable + other.vulnerable)))

    def lines(self) -> Iterable[str]:
        """Return the verdict in words."""
        yield from self.vulnerable
        if not self.asked:
            yield "Neither PyPI nor OSV answers: nothing was checked."
        elif len(self.unanswered) == self.asked:
            yield f"Neither PyPI nor OSV says anything of {self.asked} packages: is it a mirror? Nothing was checked."
        elif self.unanswered:
            names = ", ".join(self.unanswered)
            yield f"Nobody said anything about {len(self.unanswered)} of {self.asked}: {names}."
        if not self.exit_code:
            yield f"No known vulnerability in {self.asked} packages."


def verdict(report: dict[str, Any] | None) -> Verdict:
    """Return what a report of pip-audit says; None when there is none."""
    packages = [] if report is None else report["dependencies"]
    return Verdict(
        asked=len(packages),
        unanswered=tuple(package["name"] for package in packages if "skip_reason" in package),
        vulnerable=tuple(
            f"{package['name']} {package['version']}: {', '.join(known['id'] for known in package['vulns'])}"
            for package in packages
            if package.get("vulns")
        ),
    )


def ask(pip_audit: str, lock: Path, service: str) -> dict[str, Any] | None:
    """Return pip-audit's report on a lock; None when it could not make one."""
    words = ["--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json", "-r", str(lock)]
    done = subprocess.run([pip_audit, "-s", service, *words], capture_output=True, text=True, check=False)
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError:
        return None
    return report


def audit(pip_audit: str, lock: Path) -> Verdict:
    """Return what all services together say of a lock; the next one is asked only where something is open."""
    found = Verdict(0, (), ())
    for service in SERVICES:
        found = found.joined(verdict(ask(pip_audit, lock, service)))
        if found.asked and not found.unanswered:
            break
    return found


def main(pip_audit: str, locks: list[str]) -> int:
    """Ask about each lock; return the worst exit code."""
    codes = [0]
    for lock in locks:
        said = audit(pip_audit, ROOT / lock)
        codes.append(said.exit_code)
        for line in said.lines():
            print(f"{lock}: {line}")
    return FOUND if FOUND in codes else max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
