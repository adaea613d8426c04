"""Executes the steps of a Dockerfile in clean root file systems, for machines that have no container engine.

    python -m tests.clean_root deploy/Dockerfile --arg PARTS=worker --into FOLDER --healthy
    python -m tests.clean_root deploy/Dockerfile --arg PARTS=train --into FOLDER --volume /store --run "train FILE"

Needs root, debootstrap and the network. What stands for `python:3.13-slim` is a minimal Debian 13 with its Python 3.13
under /usr/local. The last stage is left in FOLDER/final, and its program is tried as its user with a read-only root:
to its end, or with --healthy until the image's own health check passes.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
BASE_IMAGE = "python:3.13-slim"
PACKAGES = "python3,python3-venv,ca-certificates"
OUTSIDE = ("PIP_CERT", "PIP_INDEX_URL", "PIP_FIND_LINKS", "PIP_DEFAULT_TIMEOUT")
"""How pip reaches its index from this machine."""
HEALTHY_SECONDS = 120
BETWEEN_CHECKS_SECONDS = 2
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


@dataclass
class Stage:
    """A root file system, and what the steps so far have set."""

    root: Path
    env: dict[str, str] = field(default_factory=lambda: {"PATH": PATH})
    folder: str = "/"
    user: str = "0:0"
    health: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    entrypoint: list[str] = field(default_factory=list)

    def run(self, argv: list[str]) -> int:
        """Run a step inside as root, and return its exit code."""
        env = self.env | {name: os.environ[name] for name in OUTSIDE if name in os.environ}
        return subprocess.run(self._inside(argv, "0:0", []), env=env, check=False).returncode

    def start(
        self, argv: list[str], env: dict[str, str], volumes: Sequence[str] = (), *, said: int | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a program inside as the image's user, in a root that cannot be written to."""
        mounts = [f"mount -t tmpfs -o mode=1777 tmpfs {self.root / name.lstrip('/')}" for name in volumes]
        # /proc and the tmpfs are mounts of their own, and stay as they are.
        mounts.append(f"mount -o remount,bind,ro {self.root}")
        # In a session of its own: setting the user undoes the death that `unshare` wanted to hand on.
        return subprocess.Popen(
            self._inside(argv, self.user, mounts), env=self.env | env, stdout=said, stderr=said, start_new_session=True
        )

    def _inside(self, argv: list[str], user: str, more: list[str]) -> list[str]:
        """Return the command line that runs in mount and process namespaces of its own."""
        inside = shlex.join(["chroot", f"--userspec={user}", str(self.root), "/usr/bin/env", "-C", self.folder, *argv])
        mounts = [f"mount --bind {self.root} {self.root}", f"mount -t proc proc {self.root}/proc"]
        mounts.append(f"mount -t tmpfs -o mode=1777 tmpfs {self.root / 'tmp'}")
        script = " && ".join([*mounts, *more, f"cd {self.root}", f"exec {inside}"])
        return ["unshare", "-mpf", "sh", "-c", script]


def main() -> int:
    """Execute all steps and try the program; a step that fails ends it with an exception."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dockerfile", type=Path)
    parser.add_argument("--arg", action="append", default=[])
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--run", help="Words for the image's program instead of its own command.")
    parser.add_argument("--healthy", action="store_true", help="Wait until it is healthy, not for its end.")
    parser.add_argument("--env", action="append", default=[], help="NAME=VALUE for the program.")
    parser.add_argument("--volume", action="append", default=[], help="A folder that may be written to.")
    options = parser.parse_args()
    wanted, env = (dict(each.split("=", 1) for each in given) for given in (options.arg, options.env))
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
    left = [name for name in ("pip", "gcc", "cc") if stage.run(["sh", "-c", f"command -v {name}"]) == 0]
    assert left == [], f"{left} are in the last stage"
    words = stage.command if options.run is None else shlex.split(options.run)
    print(f"as {stage.user}, with a read-only root: {shlex.join(stage.entrypoint + words)}", flush=True)
    program = stage.start(stage.entrypoint + words, env, options.volume)
    return becomes_healthy(stage, program, env) if options.healthy else program.wait()


def make_base(base: Path) -> None:
    """Make what stands for the base image."""
    subprocess.run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "trixie", str(base)], check=True)
    for name in filter(None, ("/etc/resolv.conf", os.environ.get("PIP_CERT"))):
        shutil.copy(name, f"{base}{name}")
    assert Stage(base).run(["/usr/bin/python3", "-m", "venv", "/usr/local"]) == 0


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
        assert stage.run(["sh", "-c", rest]) == 0, rest
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
    elif word == "HEALTHCHECK":
        stage.health = json.loads(rest[rest.index("[") :])
    elif word in {"CMD", "ENTRYPOINT"}:
        found = json.loads(rest)
        stage.command, stage.entrypoint = (found, stage.entrypoint) if word == "CMD" else (stage.command, found)
    else:
        assert word == "EXPOSE", f"{word} is not known here"


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


def becomes_healthy(stage: Stage, program: subprocess.Popen[bytes], env: dict[str, str]) -> int:
    """Return 0 once the image's health check passes, 1 when the program ends or takes too long before that."""
    deadline = time.monotonic() + HEALTHY_SECONDS
    try:
        while program.poll() is None and time.monotonic() < deadline:
            if stage.start(stage.health, env, said=subprocess.DEVNULL).wait() == 0:
                print("healthy")
                return 0
            with contextlib.suppress(subprocess.TimeoutExpired):
                program.wait(BETWEEN_CHECKS_SECONDS)
        return 1
    finally:
        # A program that has ended has left nobody to kill, unless it had children.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
