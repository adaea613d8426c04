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
    *others, last = FILES
    yield f"Wrote {', '.join(others)} and {last}{'' if is_here else f' to {folder}'}."
    yield "Only you can read .env: it is the place for passwords."
    yield ""
    yield "Next (the image is built once, and a model trained on your own orders):"
    yield ""
    if not is_here:
        yield f"  cd {folder}"
    yield f"  docker build -f {_checkout()}/deploy/Dockerfile -t segstream:local {_checkout()}"
    yield "  docker compose up --detach"
    yield "  segstream train FILE --promote"
    yield "  segstream doctor"
    yield ""
    yield "Without Docker, on a Kafka and a Redis that run already:"
    yield ""
    yield f"  segstream topics create --partitions {plan.partitions}"
    yield "  segstream worker"
    for name in plan.unreachable():
        yield ""
        yield "Inside a container localhost is the container itself: a worker there will not"
        yield f"find this {name}. Run it without Docker, or write another address into .env."


def _checkout() -> str:
    """Return the folder of segstream's sources, when it runs from them."""
    here = Path(str(resources("stream_app"))).parent
    return str(here) if (here / "deploy" / "Dockerfile").exists() else "CHECKOUT"
