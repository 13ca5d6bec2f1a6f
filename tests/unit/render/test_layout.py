"""Layered layouts of random and of chosen graphs."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonglu.render.layout import lay_out

BOX, GAP = 100.0, 20.0


@st.composite
def graphs(draw):
    nodes = [f"n{index}" for index in range(draw(st.integers(1, 30)))]
    pairs = draw(st.lists(st.tuples(st.sampled_from(nodes), st.sampled_from(nodes)), max_size=60))
    return nodes, [(start, end) for start, end in pairs if start != end]


@settings(max_examples=80, deadline=None)
@given(graphs())
def test_forward_edges_go_down_boxes_keep_their_distance_and_nothing_is_lost(graph):
    nodes, edges = graph
    layout = lay_out(nodes, edges, BOX, GAP)
    assert set(layout.centre) == set(layout.layer) == set(nodes)
    assert set(layout.route) | set(layout.back) == set(edges)
    assert not set(layout.route) & set(layout.back)
    for (start, end), inner in layout.route.items():
        levels = [layout.layer[start], *(level for level, _ in inner), layout.layer[end]]
        assert levels == list(range(levels[0], levels[-1] + 1))
        assert len(levels) > 1
    for level in set(layout.layer.values()):
        row = sorted(layout.centre[node] for node in nodes if layout.layer[node] == level)
        assert all(right - left >= BOX + GAP - 1e-6 for left, right in pairwise(row))
        assert row[0] >= BOX / 2 - 1e-6
        assert row[-1] <= layout.width - BOX / 2 + 1e-6
    assert lay_out(nodes, edges, BOX, GAP) == layout


def test_a_chain_is_one_straight_column():
    layout = lay_out(list("abcd"), [("a", "b"), ("b", "c"), ("c", "d")], BOX, GAP)
    assert [layout.layer[node] for node in "abcd"] == [0, 1, 2, 3]
    assert set(layout.centre.values()) == {BOX / 2}


def test_the_edge_that_closes_a_loop_goes_back():
    layout = lay_out(list("abc"), [("a", "b"), ("b", "c"), ("c", "a")], BOX, GAP)
    assert layout.back == [("c", "a")]


def test_long_edges_pass_beside_the_boxes_between():
    layout = lay_out(list("abc"), [("a", "b"), ("b", "c"), ("a", "c")], BOX, GAP)
    ((level, place),) = layout.route["a", "c"]
    assert level == 1
    assert abs(place - layout.centre["b"]) >= BOX / 2


def test_crossings_that_can_be_avoided_are():
    layout = lay_out(["a", "b", "x", "y"], [("a", "y"), ("b", "x")], BOX, GAP)
    assert (layout.centre["a"] < layout.centre["b"]) == (layout.centre["y"] < layout.centre["x"])


@pytest.mark.parametrize("nodes", [[], ["only"]])
def test_the_smallest_graphs_have_a_layout(nodes):
    assert list(lay_out(nodes, [], BOX, GAP).centre) == nodes
