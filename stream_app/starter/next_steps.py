"""What to type after `segstream init`, in the order in which it works."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files as resources
from pathlib import Path

from stream_app.starter.files import FILES
from stream_app.starter.plan import Plan


def next_steps(folder: Path, plan: Plan) -> Iterator[str]:
    """Yield the lines that tell what was written and what comes next."""
    *others, last = FILES
    is_here = folder.resolve() == Path.cwd()
    where = "here" if is_here else f"to {folder}"
    yield f"Wrote {', '.join(others)} and {last} {where}. Only you can read .env: secrets go there."
    yield ""
    if not is_here:
        yield f"  cd {folder}"
    yield f"  docker build -f {_checkout()}/deploy/Dockerfile -t segstream:local {_checkout()}    # the image, once"
    yield "  docker compose up --detach"
    yield "  segstream train FILE --promote    # your orders; segstream train --help"
    yield "  segstream doctor"
    yield ""
    yield f"Without Docker: segstream topics create --partitions {plan.partitions}, then segstream worker"
    for name in plan.unreachable():
        yield ""
        yield f"Note: inside a container localhost is the container itself, so the worker's will not find this {name}."
        yield "Run the worker without Docker, or put an address into .env that containers reach too."


def _checkout() -> str:
    """Return the folder of segstream's sources, when it runs from them."""
    here = Path(str(resources("stream_app"))).parent
    return str(here) if (here / "deploy" / "Dockerfile").exists() else "CHECKOUT"
