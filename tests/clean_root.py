"""Executes the steps of a Dockerfile in clean root file systems, for machines that have no container engine.

    python -m tests.clean_root deploy/Dockerfile --arg PARTS=worker --into FOLDER

Needs root, debootstrap and the network. What stands for `python:3.13-slim` is a minimal Debian 13 with its Python 3.13
under /usr/local. The last stage is left in FOLDER/final, and its command is tried as its user with a read-only root.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
BASE_IMAGE = "python:3.13-slim"
PACKAGES = "python3,python3-venv,ca-certificates"
OUTSIDE = ("PIP_CERT", "PIP_INDEX_URL", "PIP_FIND_LINKS", "PIP_DEFAULT_TIMEOUT")
"""How pip reaches its index from this machine."""
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


@dataclass
class Stage:
    """A root file system, and what the steps so far have set."""

    root: Path
    env: dict[str, str] = field(default_factory=lambda: {"PATH": PATH})
    folder: str = "/"
    user: str = "0:0"
    command: list[str] = field(default_factory=list)
    entrypoint: list[str] = field(default_factory=list)

    def run(
        self, argv: list[str], *, user: str = "0:0", is_read_only: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run a command inside, in mount and process namespaces of its own."""
        inside = shlex.join(["chroot", f"--userspec={user}", str(self.root), "/usr/bin/env", "-C", self.folder, *argv])
        mounts = [f"mount --bind {self.root} {self.root}", f"mount -t proc proc {self.root}/proc"]
        mounts.append(f"mount -t tmpfs -o mode=1777 tmpfs {self.root / 'tmp'}")
        if is_read_only:
            mounts.append(f"mount -o remount,bind,ro {self.root}")
        script = " && ".join([*mounts, f"cd {self.root}", f"exec {inside}"])
        env = self.env | {name: os.environ[name] for name in OUTSIDE if name in os.environ and not is_read_only}
        return subprocess.run(["unshare", "-mpf", "sh", "-c", script], env=env, text=True, check=False)


def main() -> int:
    """Execute all steps and try the command; the exit code is that of the first thing that failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dockerfile", type=Path)
    parser.add_argument("--arg", action="append", default=[])
    parser.add_argument("--into", type=Path, required=True)
    options = parser.parse_args()
    wanted = dict(each.split("=", 1) for each in options.arg)
    base = options.into / "base"
    if not base.exists():
        make_base(base)
    stages: dict[str, Stage] = {}
    stage = None
    for word, rest in steps(options.dockerfile):
        print(f"{word} {rest}"[:150], flush=True)
        if word == "FROM":
            stage = begin(rest, options.into, base, stages)
        else:
            assert stage is not None, "a Dockerfile begins with FROM"
            obey(stage, word, rest, wanted, stages)
    assert stage is not None
    return tried(stage)


def make_base(base: Path) -> None:
    """Make what stands for the base image."""
    subprocess.run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "trixie", str(base)], check=True)
    for name in filter(None, ("/etc/resolv.conf", os.environ.get("PIP_CERT"))):
        shutil.copy(name, f"{base}{name}")
    assert Stage(base).run(["/usr/bin/python3", "-m", "venv", "/usr/local"]).returncode == 0


def steps(dockerfile: Path) -> list[tuple[str, str]]:
    """Return the instructions, each on one line."""
    text = re.sub(r"^\s*#.*\n", "", dockerfile.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    lines = (line.split(None, 1) for line in text.splitlines() if line.strip())
    return [(word.upper(), " ".join(rest.split())) for word, rest in lines]


def begin(rest: str, into: Path, base: Path, stages: dict[str, Stage]) -> Stage:
    """Return a fresh stage."""
    image, _, name = rest.partition(" AS ")
    assert image == BASE_IMAGE, f"{image} is not what the base stands for"
    root = into / (name or "final")
    shutil.rmtree(root, ignore_errors=True)
    subprocess.run(["cp", "-a", str(base), str(root)], check=True)
    stages[name] = stage = Stage(root)
    return stage


def obey(stage: Stage, word: str, rest: str, wanted: dict[str, str], stages: dict[str, Stage]) -> None:
    """Carry out one instruction."""
    rest = rest if word == "RUN" else re.sub(r"\$\{?(\w+)\}?", lambda found: stage.env.get(found[1], ""), rest)
    if word == "RUN":
        assert stage.run(["sh", "-c", rest]).returncode == 0, rest
    elif word == "COPY":
        copy(stage, shlex.split(rest), stages)
    elif word == "ARG":
        name, _, usual = rest.partition("=")
        stage.env[name] = wanted.get(name, usual)
    elif word == "ENV":
        stage.env |= dict(each.split("=", 1) for each in shlex.split(rest))
    elif word == "WORKDIR":
        stage.folder = rest
        (stage.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
    elif word == "USER":
        stage.user = rest
    elif word in {"CMD", "ENTRYPOINT"}:
        found = re.findall(r'"([^"]*)"', rest)
        stage.command, stage.entrypoint = (found, stage.entrypoint) if word == "CMD" else (stage.command, found)
    else:
        assert word in {"EXPOSE", "HEALTHCHECK"}, f"{word} is not known here"


def copy(stage: Stage, words: list[str], stages: dict[str, Stage]) -> None:
    """Copy files of the repository, or of an earlier stage."""
    source = ROOT
    if words[0].startswith("--from="):
        source = stages[words.pop(0).removeprefix("--from=")].root
    *names, target = words
    place = (
        stage.root / Path(stage.folder.lstrip("/"), target) if not target.startswith("/") else stage.root / target[1:]
    )
    for name in names:
        found = source / name.lstrip("/")
        into = place / found.name if target.endswith("/") or target == "." else place
        into.parent.mkdir(parents=True, exist_ok=True)
        if found.is_dir():
            shutil.copytree(
                found, into, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy(found, into)


def tried(stage: Stage) -> int:
    """Look for what the image must not hold, and run its program as its user."""
    left = [name for name in ("pip", "gcc", "cc") if stage.run(["sh", "-c", f"command -v {name}"]).returncode == 0]
    assert left == [], f"{left} are in the last stage"
    print(f"as {stage.user}, with a read-only root: {' '.join(stage.entrypoint + stage.command)}")
    return stage.run(["segstream", "--version"], user=stage.user, is_read_only=True).returncode


if __name__ == "__main__":
    sys.exit(main())
