"""The model card: Markdown with the front matter that Hugging Face reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from trainer.report.facts import data_rows, method_rows, rule_rows, skipped_rows
from trainer.report.fates import fate_words
from trainer.report.limits import limits
from trainer.report.sections.use import meaning, strictness
from trainer.report.subject import Subject
from trainer.report.words import listed, percent

TAGS = ("customer-segmentation", "rfm", "clustering", "k-means", "tabular", "marketing")
UNKNOWN = "unknown"
"""A name that Hugging Face has for it."""
SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&!])")


def card(subject: Subject) -> str:
    """Return the card; every name and number of the file's is escaped."""
    return "\n".join([*_front_matter(subject), *_body(subject)]) + "\n"


def _front_matter(subject: Subject) -> Iterator[str]:
    """Yield YAML whose free texts are JSON strings: those are YAML too, whatever stands in them."""
    data = json.dumps(str(subject.fact("data")))
    yield "---"
    yield f"license: {_licence(subject)}"
    yield "library_name: segstream"
    yield "tags:"
    yield from (f"- {tag}" for tag in TAGS)
    yield "metrics:"
    yield from (f"- {name}" for name, _ in _metrics(subject))
    yield "model-index:"
    yield f"- name: {json.dumps(subject.model.version)}"
    yield "  results:"
    yield "  - task:"
    yield "      type: clustering"
    yield "    dataset:"
    yield f"      name: {data}"
    yield "      type: tabular"
    yield "    metrics:"
    for name, value in _metrics(subject):
        yield f"    - type: {name}"
        yield f"      value: {value:.6g}"
    yield "---"


def _metrics(subject: Subject) -> Iterator[tuple[str, float]]:
    chosen = subject.chosen
    yield "silhouette", chosen.silhouette
    yield "davies_bouldin", chosen.davies_bouldin
    yield "calinski_harabasz", chosen.calinski_harabasz
    yield "stability_adjusted_rand", chosen.stability
    yield "explained_variance", subject.figure("explained_variance")


def _body(subject: Subject) -> Iterator[str]:
    yield ""
    yield f"# Customer segments of {plain(str(subject.fact('data')))}"
    yield ""
    yield (
        f"{len(subject.names)} segments of {subject.figure('customers'):,.0f} customers by {listed(subject.features)}: "
        "log1p, standard scaler, principal components, K-Means. Charts are in `report.html`."
    )
    yield ""
    yield "For choosing whom to write to and what about, by `segstream worker` or by anything that reads `model.json`."
    yield from _segments(subject)
    yield from _use(subject)
    yield from _before(subject)
    yield from _choice(subject)
    yield from _data(subject)
    yield from _heading("How it was made")
    yield from _bullets((row.name, row.words) for row in method_rows(subject))
    yield from _heading("Limits")
    yield from _bullets(limits(subject))
    yield from _heading("Licence")
    yield f"{_licence_words(_licence(subject))} `model.json` holds no order and no customer id, but medians and sizes."


def _licence(subject: Subject) -> str:
    """Return what the training was told; who owns the data decides it, and guessing would be worse."""
    return str(subject.fact("license") or UNKNOWN)


def _licence_words(name: str) -> str:
    if name != UNKNOWN:
        return f"`{name}`, as those said who trained the model."
    return (
        "The front matter says `unknown`: the licence of a model is up to those whose orders it was made of. State it "
        "before you pass the model on: `segstream train --license`."
    )


def _segments(subject: Subject) -> Iterator[str]:
    yield from _heading("Segments")
    head = ("Id", "Name", "Customers", "Share", "Money", "Days ago", "Orders", f"Spent, {subject.currency}", "Products")
    rows = [
        (
            s.id, s.name, f"{s.profile.customers:,}", percent(s.profile.share), percent(money),
            f"{s.profile.recency_days:,.0f}", f"{s.profile.frequency:,.0f}", f"{s.profile.monetary:,.2f}",
            f"{s.profile.unique_products:,.0f}",
        )
        for s, money in zip(subject.model.segments, subject.evidence.money, strict=True)
    ]  # fmt: skip
    yield from _table(head, rows, words=2)
    yield ""
    yield "Days, orders, spent and products are medians of the members; money is the part of all that was spent."
    yield ""
    yield from _bullets((s.name, f"{s.description} → {s.action}") for s in subject.model.segments)


def _use(subject: Subject) -> Iterator[str]:
    if "trial_day" not in subject.model.training:
        return
    yield from _heading("Who buys again")
    yield plain(f"{meaning(subject)} {strictness(subject)}")
    yield ""
    rows = [(s.name, "–" if s.buys_again is None else percent(s.buys_again)) for s in subject.model.segments]
    yield from _table(("Segment", "Bought"), [*rows, ("All", percent(subject.figure("trial_buys_again")))])


def _before(subject: Subject) -> Iterator[str]:
    moves = subject.evidence.moves
    if moves is None:
        return
    yield from _heading("Beside the model before")
    stay = percent(subject.figure("keep_their_id"))
    yield f"{stay} of these customers keep the id that `{moves.before.version}` gives them."
    yield ""
    was = {segment.id: segment.name for segment in moves.before.segments}
    now = {segment.id: segment.name for segment in subject.model.segments}
    rows = [(f.id, now.get(f.id) or was[f.id], f.fate, fate_words(f, was, now)) for f in subject.model.lineage]
    yield from _table(("Id", "Name", "Fate", "Customers"), rows, words=4)


def _choice(subject: Subject) -> Iterator[str]:
    yield from _heading("How many segments")
    yield plain(str(subject.fact("k_reason")))
    if len(subject.model.candidates) < 2:
        return
    yield ""
    yield plain(f"The rule: {subject.fact('k_rule')}")
    yield ""
    head = ("k", "Inertia", "Silhouette", "Davies-Bouldin", "Calinski-Harabasz", "Stability", "Smallest")
    rows = [
        (
            f"{c.k}{' chosen' if c.is_chosen else ''}", f"{c.inertia:,.1f}", f"{c.silhouette:.3f}",
            f"{c.davies_bouldin:.3f}", f"{c.calinski_harabasz:,.0f}", f"{c.stability:.3f}", percent(c.smallest_share),
        )
        for c in subject.model.candidates
    ]  # fmt: skip
    yield from _table(head, rows)


def _data(subject: Subject) -> Iterator[str]:
    yield from _heading("Data")
    yield from _bullets((row.name, row.words) for row in data_rows(subject))
    for title, found in (("Left out", skipped_rows(subject)), ("Kept by a rule", rule_rows(subject))):
        rows = [(row.words, f"{row.lines:,}") for row in found]
        if rows:
            yield ""
            yield from _table((title, f"{subject.read.place.capitalize()}s"), rows)


def _heading(title: str) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""


def _bullets(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield from (f"- **{plain(name)}**: {plain(words)}" for name, words in rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, words: int = 1) -> Iterator[str]:
    yield f"| {' | '.join(map(plain, head))} |"
    yield f"|{'|'.join('---' if place < words else '---:' for place in range(len(head)))}|"
    yield from (f"| {' | '.join(map(plain, row))} |" for row in rows)


def plain(text: str) -> str:
    r"""Return text on one line in which Markdown and HTML see nothing of theirs.

    >>> plain("<b> a|b")
    '\\<b\\> a\\|b'
    """
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))
