"""What the model was made of and how, as rows of a table that page and card share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from stream_app.history.reasons import REASONS, REMARKS, STAYS_IN_ITS_ORDER
from trainer.report.subject import Subject
from trainer.report.words import count, day, listed, percent


class Row(NamedTuple):
    """One fact."""

    name: str
    words: str


class Skipped(NamedTuple):
    """Lines that share a reason or a rule."""

    lines: int
    words: str
    first: str


def data_rows(subject: Subject) -> Iterator[Row]:
    """Yield what was read, and which part of it counts."""
    read, model = subject.read, subject.model
    yield Row("File", f"{subject.fact('data')} ({subject.fact('format')})")
    yield Row(f"{read.place.capitalize()}s", f"{read.lines_read:,} read, {read.lines_kept:,} count")
    yield Row("Orders", f"{read.orders:,} of {count(read.customers, 'customer')}")
    yield Row("First and last order", f"{day(read.first_us)} to {day(read.last_us)}")
    yield Row("As of", f"{subject.fact('as_of')}: nothing after it is in the model")
    window = "none: all orders count" if model.window_days is None else f"{count(model.window_days, 'day')} before that"
    yield Row("Window", window)
    customers = int(subject.figure("customers"))
    left = int(subject.figure("customers_in_file")) - customers
    away = f"; the other {left:,} have no purchase in the window" if left > 0 else ""
    yield Row("Customers in the model", f"{customers:,}, from {subject.figure('rows'):,.0f} order lines{away}")


def method_rows(subject: Subject) -> Iterator[Row]:
    """Yield how the model was made of that."""
    yield Row("Features", str(subject.fact("features")) or listed(subject.model.features))
    yield Row("Amounts", f"{subject.fact('amounts')}; equal lines of an order {subject.fact('duplicate_lines')}")
    yield Row("Outliers", _outliers(subject))
    yield Row("Steps", f"log1p, standard scaler, {_components(subject)}, K-Means with k = {len(subject.names)}")
    yield Row("Seed", f"{subject.fact('seed')}, scikit-learn {subject.fact('scikit_learn')}")


def _components(subject: Subject) -> str:
    kept = count(len(subject.explained), "principal component")
    return f"{kept} ({percent(subject.figure('explained_variance'))} of the variance)"


def _outliers(subject: Subject) -> str:
    if "winsorize_percentile" not in subject.model.training:
        return "tamed by the logarithm only; nobody was left out"
    limits = [
        f"{words} {subject.figure(f'winsorize_{name}'):,.{digits}f} "
        f"({count(subject.figure(f'winsorized_{name}'), 'customer')} above)"
        for name, words, digits in (
            ("frequency", "orders", 0),
            ("monetary", "spent", 2),
            ("unique_products", "products", 0),
        )
    ]
    return f"fitted as if nobody were above the percentile {subject.figure('winsorize_percentile'):g}: {listed(limits)}"


def skipped_rows(subject: Subject) -> Iterator[Skipped]:
    """Yield why lines were left out; what stands in them is left to the terminal: reports are passed on."""
    for example in subject.read.examples:
        if example.code != STAYS_IN_ITS_ORDER:
            yield Skipped(example.lines, REASONS[example.code].words, _first(subject, example.first_line))


def rule_rows(subject: Subject) -> Iterator[Skipped]:
    """Yield the rules that had to be applied to lines that were kept."""
    for example in subject.read.examples:
        if example.code == STAYS_IN_ITS_ORDER:
            yield Skipped(example.lines, REASONS[example.code].words, _first(subject, example.first_line))
    for remark in subject.read.remarks:
        yield Skipped(remark.lines, REMARKS[remark.code].words, _first(subject, remark.first_line))


def _first(subject: Subject, place: int | None) -> str:
    return "" if place is None else f"{subject.read.place} {place:,}"
