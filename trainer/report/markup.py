"""HTML and SVG as text that nothing standing in it can break: what is not markup is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Markup(str):
    """Text that is HTML already. An f-string around it is plain text again, and is escaped: seen, never run."""

    __slots__ = ()


def element(tag: str, /, *children: str, **attributes: str | float) -> Markup:
    """Return an element; `stroke_width` becomes stroke-width, `class_` class, and a child without end tag is none.

    >>> element("b", "a < b", class_="x")
    '<b class="x">a &lt; b</b>'
    """
    written = "".join(f' {_named(key)}="{_value(value)}"' for key, value in attributes.items())
    # Self-closed, so that a strict XML parser can prove the page well formed.
    return Markup(f"<{tag}{written}>{fragment(children)}</{tag}>" if children else f"<{tag}{written}/>")


def fragment(children: Iterable[str]) -> Markup:
    """Return children one after the other."""
    return Markup("".join(child if isinstance(child, Markup) else _escaped(child) for child in children))


def number(value: float) -> str:
    """Return a coordinate as short as two decimals allow.

    >>> number(12.50), number(-0.001)
    ('12.5', '0')
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _named(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _value(value: str | float) -> str:
    return _escaped(value) if isinstance(value, str) else number(value)


def _escaped(text: str) -> str:
    return escape(NOT_IN_XML.sub("\ufffd", text))
