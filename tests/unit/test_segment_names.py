"""A segment that is asked for by a name that nobody has is not waited for in silence."""

from __future__ import annotations

import pytest

from stream_app.segment_names import hint_of
from tests.builders import a_model


@pytest.mark.parametrize("wanted", [{"s1"}, {"champions"}, {"lapsed", "s2"}])
def test_names_and_ids_of_the_model_need_no_hint(wanted: set[str]) -> None:
    assert hint_of(a_model(), wanted) == ""


def test_a_slip_is_answered_with_what_there_is() -> None:
    said = hint_of(a_model(), {"chmpions", "s1"})

    assert said.startswith("Note: the live model has no segment 'chmpions'. It has s1 Champions")
    assert said.endswith(", and lapsed.")
