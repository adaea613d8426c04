from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from stream_app.dashboard.answers import Migration, Named
from stream_app.dashboard.charts.flow_layout import LAPSED, NEW, flows_of, lay_out

SEGMENTS = [Named(f"s{n}", f"Segment {n}") for n in range(1, 6)]
ORDER = [segment.id for segment in SEGMENTS]
ends = st.sampled_from([*SEGMENTS, None])
migrations = st.lists(
    st.builds(Migration, ends, ends, st.sampled_from(["order", "aging"]), st.integers(0, 10_000)), max_size=40
)


def test_causes_are_summed_up_and_the_largest_flow_comes_first() -> None:
    one, two = SEGMENTS[:2]

    found = flows_of(
        [Migration(one, two, "order", 3), Migration(one, two, "aging", 4), Migration(None, one, "order", 5),
         Migration(two, None, "expiry", 1), Migration(one, one, "model", 9)]
    )  # fmt: skip

    assert [(flow.start, flow.end, flow.customers) for flow in found] == [
        (one, two, 7),
        (NEW, one, 5),
        (two, LAPSED, 1),
    ]


@given(migrations)
def test_bands_fill_their_nodes_and_nodes_never_overlap(found: list[Migration]) -> None:
    flows = flows_of(found)

    nodes, bands = lay_out(flows, ORDER)

    for is_left in (True, False):
        side = [node for node in nodes if node.is_left == is_left]
        assert sum(node.customers for node in side) == sum(flow.customers for flow in flows)
        assert all(above.bottom < below.top for above, below in pairwise(side))
        assert all(-1e-9 <= node.top <= node.bottom <= 1 + 1e-9 for node in side)
        for node in side:
            own = [
                band.left if is_left else band.right
                for band in bands
                if (band.flow.start if is_left else band.flow.end) == node.segment
            ]
            assert min(top for top, _ in own) == node.top
            assert abs(max(bottom for _, bottom in own) - node.bottom) < 1e-6


@given(migrations)
def test_a_band_is_equally_high_at_both_ends_and_goes_from_edge_to_edge(found: list[Migration]) -> None:
    _, bands = lay_out(flows_of(found), ORDER)

    for band in bands:
        points = list(band.outline())
        assert (points[0][0], points[-1][0]) == (0, 1)
        assert all(abs((below - above) - (band.left[1] - band.left[0])) < 1e-9 for _, above, below in points)
