"""The report as one HTML file: no script, and nothing that is fetched from anywhere."""

from __future__ import annotations

from trainer.report.facts import Row
from trainer.report.markup import Markup, element
from trainer.report.sections.before import before
from trainer.report.sections.choice import choice
from trainer.report.sections.features import features
from trainer.report.sections.parts import paragraph
from trainer.report.sections.place import place
from trainer.report.sections.profiles import profiles
from trainer.report.sections.source import bounds, data, method
from trainer.report.sections.use import use
from trainer.report.style import STYLE
from trainer.report.subject import Subject
from trainer.report.words import count, listed, percent

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Browsers then fetch and run nothing, whatever a name in the page may contain."""

CONTENTS = {
    "segments": "Segments",
    "use": "Who buys again",
    "before": "The model before",
    "choice": "How many",
    "place": "Where they stand",
    "features": "Features",
    "data": "Data",
    "method": "Method",
    "limits": "Limits",
}


def page(subject: Subject) -> str:
    """Return the page; it is well formed XML too."""
    title = f"Customer segments of {subject.fact('data')}"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", Markup(STYLE)),
    )
    body = element(
        "body",
        element("header", element("h1", title), *_summary(subject), _contents()),
        element("main", *(part(subject) for part in PARTS)),
    )
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


PARTS = (profiles, use, before, choice, place, features, data, method, bounds)


def _summary(subject: Subject) -> tuple[Markup, ...]:
    customers = count(subject.figure("customers"), "customer")
    chosen = subject.chosen
    heads = (
        Row("Customers", f"{subject.figure('customers'):,.0f}"),
        Row("Segments", str(len(subject.names))),
        Row("Variance kept", percent(subject.figure("explained_variance"))),
        Row("Silhouette", f"{chosen.silhouette:.3f}"),
        Row("Stability", f"{chosen.stability:.3f}"),
    )
    boxes = (element("div", element("dt", head.name), element("dd", head.words)) for head in heads)
    return (
        paragraph(
            f"{customers} as of {str(subject.fact('as_of'))[:10]}, by {listed(subject.features)}. Model ",
            element("code", subject.model.version), kind="under",
        ),
        element("dl", *boxes, class_="heads"),
    )  # fmt: skip


def _contents() -> Markup:
    return element("nav", *(element("a", words, href=f"#{id}") for id, words in CONTENTS.items()))
