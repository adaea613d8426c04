"""Published models in lines for a terminal of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime

import typer

from model_store.comparison import Comparison, Kept, Lone
from model_store.renaming import trained_at
from model_store.segment_model import Profile, Segment, SegmentModel
from stream_app.catalogue import Entry, Live

WIDTH, BAR_CELLS = 80, 24
LIVE_MARK, OTHER_MARK = "●", " "
MOVED_FAR, MOVED = 0.5, 0.1
"""Standard deviations from which on a centre that moved is pointed out, and up to which it stands still."""

FACTS = (
    ("data", "data"),
    ("customers", "customers"),
    ("rows", "order lines"),
    ("silhouette", "silhouette"),
    ("explained_variance", "explained variance"),
    ("inertia", "inertia"),
    ("seed", "seed"),
)
PARTS = {"explained_variance"}
"""Facts that are parts of 1."""


def list_lines(found: Sequence[Entry], live: Live, place: str) -> Iterator[str]:
    """Yield the list, newest first, and below it what is live."""
    if not found:
        yield f"No model is published in {place} yet."
        return
    width = max(len("version"), *(len(entry.version) for entry in found))
    yield _dim(f"  {'version':<{width}}  learned until  customers  segments  silhouette")
    for entry in found:
        yield _list_line(entry, width)
    yield ""
    yield from _live_lines(found, live)


def _list_line(entry: Entry, width: int) -> str:
    mark = typer.style(LIVE_MARK, fg="green") if entry.is_live else OTHER_MARK
    version = f"{entry.version:<{width}}"
    if entry.fault:
        return f"{mark} {version}  {typer.style(entry.fault, fg='red')}"
    figures = (
        f"{entry.learned_until[:10] or '–':<13}  {entry.customers:>9,}  {entry.segments:>8}  "
        f"{_number(entry.silhouette):>10}"
    )
    renamed = _dim("  renamed") if entry.renamed_from else ""
    return f"{mark} {_bold(version) if entry.is_live else version}  {figures}{renamed}"


def _live_lines(found: Sequence[Entry], live: Live) -> Iterator[str]:
    if live.unknown:
        yield from _wrapped(f"Which is live is not known: {live.unknown}")
    elif live.version is None:
        yield "None is live: workers wait for the first promotion."
    elif all(entry.version != live.version for entry in found):
        yield from _wrapped(f"Live is {live.version}, which is not here: workers that do not have it cannot start.")
    else:
        yield f"{typer.style(LIVE_MARK, fg='green')} live since {_instant(live.since)}, by {live.by}"


def show_lines(model: SegmentModel, live: Live, files: dict[str, str], currency: str) -> Iterator[str]:
    """Yield a model: its segments in words, then the facts of its training."""
    yield _bold(model.version) + _standing(model, live)
    yield from _origin(model)
    for segment in model.segments:
        yield ""
        yield from _segment_lines(segment, currency)
    yield ""
    yield from _fact_lines(model)
    for name, where in files.items():
        yield f"  {_dim(f'{name:<20}')}{where}"


def _standing(model: SegmentModel, live: Live) -> str:
    if model.version == live.version:
        return f"  {typer.style(f'{LIVE_MARK} live', fg='green')} since {_instant(live.since)}"
    return _dim("  whether it is live is not known") if live.unknown else _dim("  not live")


def _origin(model: SegmentModel) -> Iterator[str]:
    trained, until = _day(trained_at(model)), _day(str(model.training.get("as_of", "")))
    window = "of all time" if model.window_days is None else f"of {model.window_days} days"
    parts = [f"Trained {trained}" if trained else "Trained", f"on the orders {window}"]
    yield from _wrapped(" ".join(parts) + (f" until {until}." if until else "."))
    if "renamed_from" in model.training:
        yield from _wrapped(f"Other words than {model.training['renamed_from']}, the same segments.")


def _segment_lines(segment: Segment, currency: str) -> Iterator[str]:
    profile = segment.profile
    kept = _dim(", named by a person") if segment.renamed else ""
    yield f"{_bold(segment.name)} ({segment.id}){kept}"
    yield f"  {_bar(profile.share)}  {profile.share:.1%}, {_counted(profile.customers, 'customer')}"
    yield from _wrapped(profile_words(profile, currency), "  ")
    if segment.description:
        yield from _wrapped(segment.description, "  ")
    if segment.action:
        yield from (typer.style(line, fg="cyan") for line in _wrapped(f"→ {segment.action}", "  ", "    "))


def _bar(share: float) -> str:
    """Return a bar as long as the share of all customers, in eighths of a cell."""
    eighths = round(min(max(share, 0), 1) * BAR_CELLS * 8)
    bar = "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()
    return typer.style(bar, fg="blue") + _dim("·" * (BAR_CELLS - len(bar)))


def profile_words(profile: Profile, currency: str) -> str:
    """Return what is typical of a segment as a sentence; the figures are medians.

    >>> one = Profile(customers=9, share=0.5, recency_days=1, frequency=2, monetary=30, unique_products=4)
    >>> profile_words(one, "EUR")
    'Typically 2 orders for 30.00 EUR, 4 products, the last 1 day ago.'
    """
    return (
        f"Typically {_counted(profile.frequency, 'order')} for {profile.monetary:,.2f} {currency}, "
        f"{_counted(profile.unique_products, 'product')}, the last {_counted(profile.recency_days, 'day')} ago."
    )


def _fact_lines(model: SegmentModel) -> Iterator[str]:
    for fact, words in FACTS:
        if fact in model.training:
            yield f"  {_dim(f'{words:<20}')}{_fact(fact, model.training[fact])}"


def _fact(name: str, value: str | int | float) -> str:
    if name in PARTS:
        return f"{float(value):.1%}"
    if name == "seed" or isinstance(value, str):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3f}"


def diff_lines(found: Comparison) -> Iterator[str]:
    """Yield both models side by side, then each segment's fate."""
    yield f"{_bold(found.old_version)} → {_bold(found.new_version)}"
    yield ""
    yield from _sums(found)
    names = [_names(kept) for kept in found.kept] + [lone.name for lone in (*found.new, *found.retired)]
    width = max(len(name) for name in names)
    ids = max(len(id) for id in [kept.id for kept in found.kept] + [lone.id for lone in (*found.new, *found.retired)])
    yield ""
    yield _dim(f"{'':<{ids + width + 4}}   before    after  centre")
    yield from (_kept_line(kept, ids, width) for kept in found.kept)
    for lone in found.new:
        yield from _lone_lines(lone, ids, width, is_new=True)
    for lone in found.retired:
        yield from _lone_lines(lone, ids, width, is_new=False)
    yield ""
    yield from map(_dim, _wrapped("centre: how far it moved, in standard deviations of the old model's customers."))


def _sums(found: Comparison) -> Iterator[str]:
    kept, old, new = len(found.kept), len(found.retired), len(found.new)
    yield f"  {_dim('segments  ')}  {kept + old} → {kept + new}: {kept} kept, {new} new, {old} retired"
    yield f"  {_dim('customers ')}  {found.old_customers:,} → {found.new_customers:,}"
    silhouettes = (found.old_silhouette, found.new_silhouette)
    change = "" if None in silhouettes else f" ({(silhouettes[1] or 0) - (silhouettes[0] or 0):+.3f})"
    yield f"  {_dim('silhouette')}  {_number(silhouettes[0])} → {_number(silhouettes[1])}{change}"
    if found.old_window_days != found.new_window_days:
        text = f"{_window(found.old_window_days)} → {_window(found.new_window_days)}: that takes a replay and a swap"
        yield f"  {_dim('window    ')}  {typer.style(text, fg='yellow')}"


def _kept_line(kept: Kept, ids: int, width: int) -> str:
    line = f"{kept.id:<{ids}}  {_names(kept):<{width}}  {kept.old.share:>7.1%}  {kept.new.share:>7.1%}"
    if kept.distance < MOVED:
        return f"  {line}  {_dim('stayed')}"
    return f"  {line}  {typer.style(f'{kept.distance:.2f}', fg='yellow' if kept.distance >= MOVED_FAR else None)}"


def _lone_lines(lone: Lone, ids: int, width: int, *, is_new: bool) -> Iterator[str]:
    share, none = f"{lone.profile.share:>7.1%}", f"{'–':>7}"
    shares = f"{none}  {share}" if is_new else f"{share}  {none}"
    word = typer.style("new", fg="green") if is_new else typer.style("retired", fg="red")
    yield f"  {lone.id:<{ids}}  {lone.name:<{width}}  {shares}  {word}"
    yield _dim(f"  {'':<{ids}}  nearest: {lone.nearest_name} ({lone.nearest_id}), {lone.distance:.2f} away")


def _names(kept: Kept) -> str:
    return kept.new_name if kept.new_name == kept.old_name else f"{kept.old_name} → {kept.new_name}"


def _window(days: int | None) -> str:
    return "none" if days is None else f"{days} days"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _counted(number: float, noun: str) -> str:
    return f"{number:,.0f} {noun}{'' if round(number) == 1 else 's'}"


def _day(instant: str) -> str:
    """Return the day of an RFC 3339 instant for people; what is none stays as it is."""
    try:
        moment = datetime.fromisoformat(instant)
    except ValueError:
        return instant
    return f"{moment.day} {moment:%B %Y}"


def _instant(instant: str | None) -> str:
    return (instant or "").replace("T", " ").replace("Z", " UTC")


def _wrapped(text: str, first: str = "", later: str | None = None) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=first if later is None else later, break_long_words=False
    )


def _bold(text: str) -> str:
    return typer.style(text, bold=True)


def _dim(text: str) -> str:
    return typer.style(text, dim=True)
