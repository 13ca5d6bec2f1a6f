"""Paths over steps: reachability and cycles."""

from tonglu.core.graph import on_cycles, reached_from

WAYS = {"a": ["b"], "b": ["c", "d"], "c": ["b"], "d": [], "alone": ["alone"], "apart": ["d"]}


def test_what_is_reached_includes_the_starts_and_everything_behind_them():
    assert reached_from(["a"], WAYS) == {"a", "b", "c", "d"}
    assert reached_from([], WAYS) == set()


def test_only_nodes_that_lead_back_to_themselves_are_on_a_cycle():
    assert on_cycles(WAYS) == {"b", "c", "alone"}
