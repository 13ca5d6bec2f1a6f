"""Paths over steps: what can be reached, and what leads back to itself."""

from collections.abc import Collection, Iterable, Mapping
from typing import TypeVar

Node = TypeVar("Node", str, int)


def reached_from(starts: Iterable[Node], ways: Mapping[Node, Collection[Node]]) -> set[Node]:
    """The starts and every node that a path from them comes to; `ways` says where each node leads."""
    reached: set[Node] = set()
    front = list(starts)
    while front:
        node = front.pop()
        if node not in reached:
            reached.add(node)
            front += ways[node]
    return reached


def way_round(node: Node, ways: Mapping[Node, Collection[Node]]) -> list[Node]:
    """The shortest path from a node back to itself, with the node at both ends; empty when there is none."""
    came: dict[Node, Node] = {}
    front = [node]
    for here in front:
        for onward in ways[here]:
            if onward == node:
                path = [node, here]
                while path[-1] != node:
                    path.append(came[path[-1]])
                return path[::-1] if here != node else [node, node]
            if onward not in came:
                came[onward] = here
                front.append(onward)
    return []


def on_cycles(ways: Mapping[Node, Collection[Node]]) -> set[Node]:
    """The nodes from which a path leads back to themselves."""
    return {node for node, onward in ways.items() if node in reached_from(onward, ways)}
