"""Which column may be which: proposed from the names and the first values, with what remains open."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from stream_app.history.looks import FITS, looks_like_time, number_in
from stream_app.history.names import rank
from stream_app.history.source import Preview
from stream_app.history.writing import MARKS

NEEDED = ("order_id", "customer_id", "product_id", "ordered_at")
ROUNDED = 0.011
"""A line's total is rounded to cents."""
ORDERS_THAT_SHOW = 3


@dataclass(frozen=True)
class Proposal:
    """The columns that were found."""

    chosen: dict[str, str]
    """The file's column of each field."""
    doubts: tuple[str, ...]
    """What a person has to settle, a sentence each; empty: the mapping is complete."""


def propose(seen: Preview) -> Proposal:
    """Return a mapping of the previewed columns; nothing is chosen where two columns are as likely."""
    found = {field: _candidates(field, seen) for field in FITS}
    if not found["ordered_at"]:
        found["ordered_at"] = _only_times(seen)
    doubts = [_doubt(field, found[field]) for field in NEEDED if len(found[field]) != 1]
    chosen = {field: names[0] for field, names in found.items() if len(names) == 1 and field in {*NEEDED, "quantity"}}
    if len(found["quantity"]) > 1:
        doubts.append(_doubt("quantity", found["quantity"]))
    doubts += _choose_money(found, chosen, seen)
    if len(set(found["currency"])) == 1 and len(set(seen.samples(seen.names.index(found["currency"][0])))) > 1:
        chosen["currency"] = found["currency"][0]
    return Proposal(chosen, tuple(doubts))


def _candidates(field: str, seen: Preview) -> list[str]:
    """Return the columns of the surest names whose values fit."""
    ranks = {name: rank(field, name) for place, name in enumerate(seen.names) if FITS[field](seen.samples(place))}
    best = min((r for r in ranks.values() if r is not None), default=None)
    return [name for name, r in ranks.items() if r is not None and r == best]


def _only_times(seen: Preview) -> list[str]:
    times = [name for place, name in enumerate(seen.names) if name and looks_like_time(seen.samples(place))]
    return times if len(times) == 1 else []


def _doubt(field: str, names: list[str]) -> str:
    if not names:
        return f"No column looks like {field}."
    return f"{' and '.join(names)} may both be {field}." if len(names) == 2 else f"{', '.join(names)} may be {field}."


def _choose_money(found: dict[str, list[str]], chosen: dict[str, str], seen: Preview) -> list[str]:
    """Choose the line's total where it is one, else price and quantity; return what is in doubt."""
    prices, amounts = found["unit_price"], found["amount"]
    quantity = chosen.get("quantity")
    if len(prices) == 1 and quantity:
        exact = [name for name in amounts if _is_product(seen, name, prices[0], quantity)]
        if amounts and not exact:
            return [f"{prices[0]} may be unit_price, or {' or '.join(amounts)} amount: they are not equal."]
        # Equal in the lines that are seen; a name that is only likely may be the order's total further down.
        is_sure = bool(exact) and rank("amount", exact[0]) == 0
        chosen.update({"amount": exact[0]} if is_sure else {"unit_price": prices[0]})
        return []
    if len(amounts) == 1:
        chosen["amount"] = amounts[0]
        if _is_of_the_order(seen, amounts[0], chosen):
            return [f"{amounts[0]} seems to be the order's total: it is the same on all lines of an order."]
        return []
    if prices and not quantity and not amounts:
        return [f"{prices[0]} may be unit_price, but no column looks like quantity."]
    return [_doubt("unit_price", prices) if len(prices) > 1 else _doubt("amount", amounts)]


def _is_product(seen: Preview, amount: str, price: str, quantity: str) -> bool:
    """Tell whether the amount is price times quantity on every line that shows all three."""
    places = [seen.names.index(name) for name in (amount, price, quantity)]
    for mark in MARKS.values():
        lines = [[number_in(row[place], mark) for place in places] for row in seen.rows]
        numbers = [(a, p, q) for a, p, q in lines if a is not None and p is not None and q is not None]
        if numbers and all(abs(abs(a) - abs(p * q)) <= ROUNDED for a, p, q in numbers):
            return True
    return False


def _is_of_the_order(seen: Preview, amount: str, chosen: dict[str, str]) -> bool:
    """Tell whether every order of several lines repeats one amount on all of them."""
    if "order_id" not in chosen:
        return False
    order, place = seen.names.index(chosen["order_id"]), seen.names.index(amount)
    amounts: dict[str, list[str]] = defaultdict(list)
    for row in seen.rows:
        amounts[row[order]].append(row[place])
    several = [found for found in amounts.values() if len(found) > 1]
    return len(several) >= ORDERS_THAT_SHOW and all(len(set(found)) == 1 for found in several)
