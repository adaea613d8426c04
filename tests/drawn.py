"""Reads what the report draws: elements, their numbers and their words."""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element


def parsed(text: str) -> Element:
    """Return a page or a drawing; raises ParseError where it is not well formed."""
    return ElementTree.fromstring(text)  # noqa: S314  # written by the code under test


def of_kind(root: Element, tag: str, kind: str = "") -> list[Element]:
    """Return the elements of a tag that have a class."""
    return [found for found in root.iter(tag) if not kind or kind in found.get("class", "").split()]


def numbers(element: Element, *names: str) -> tuple[float, ...]:
    """Return attributes as numbers."""
    return tuple(float(element.attrib[name]) for name in names)


def words(root: Element) -> str:
    """Return all text, without the style sheet, one blank between words."""
    texts = [text for found in root.iter() if found.tag != "style" for text in (found.text, found.tail) if text]
    return re.sub(r"\s+", " ", " ".join(texts))
