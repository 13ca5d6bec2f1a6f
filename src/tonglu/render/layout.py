"""A layered layout for small graphs, top to bottom: where boxes stand and which way edges run.

Sugiyama's four steps, each the simplest that reads well at some tens of nodes: edges that close a cycle are set aside,
layers are longest paths, order inside layers comes from barycentres, and places come from least squares under the order.
Deterministic: ties keep the order in which nodes and edges were given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

Edge = tuple[str, str]
_SWEEPS = 12
_STRAIGHT = 6.0  # How much harder than a box the inner points of a long edge pull towards a straight line.


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things are, in units of the given widths.

    Attributes:
        layer: each node's layer, 0 on top.
        centre: each node's horizontal centre; the leftmost edge of all is 0.
        route: for each forward edge the (layer, centre) of the points that it passes between its ends.
        back: edges that lead up again, in the given order.
        extent: each layer's leftmost and rightmost point.
        width: of the whole drawing, back edges not counted.
    """

    layer: Mapping[str, int]
    centre: Mapping[str, float]
    route: Mapping[Edge, Sequence[tuple[int, float]]]
    back: Sequence[Edge]
    extent: Sequence[tuple[float, float]]
    width: float


def lay_out(nodes: Sequence[str], edges: Sequence[Edge], box: float, gap: float) -> Layout:
    """Lay out nodes of width `box` at least `gap` apart. Edges between unknown nodes and loops on one node must not occur."""
    distinct = list(dict.fromkeys(edges))
    back = _closing(nodes, distinct)
    forward = [edge for edge in distinct if edge not in back]
    layer = _longest_paths(nodes, forward)
    chains: dict[Edge, list[str]] = {}
    layers: list[list[str]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for node in nodes:
        layers[layer[node]].append(node)
    widths = dict.fromkeys(nodes, box)
    links: list[Edge] = []
    for edge in forward:
        inner = [f"\0{edge[0]}\0{edge[1]}\0{level}" for level in range(layer[edge[0]] + 1, layer[edge[1]])]
        chains[edge] = inner
        for offset, point in enumerate(inner):
            layers[layer[edge[0]] + 1 + offset].append(point)
            widths[point] = gap
        path = [edge[0], *inner, edge[1]]
        links += pairwise(path)
    above, below = _neighbours(links)
    _order(layers, above, below)
    place = _places(layers, above, below, widths, gap)
    left = min((place[node] - widths[node] / 2 for node in place), default=0.0)
    right = max((place[node] + widths[node] / 2 for node in place), default=0.0)
    route = {
        edge: [(layer[edge[0]] + 1 + offset, place[point] - left) for offset, point in enumerate(inner)]
        for edge, inner in chains.items()
    }
    extent = [(place[row[0]] - widths[row[0]] / 2 - left, place[row[-1]] + widths[row[-1]] / 2 - left) for row in layers]
    centre = {node: place[node] - left for node in nodes}
    return Layout(layer, centre, route, [edge for edge in distinct if edge in back], extent, right - left)


def _closing(nodes: Sequence[str], edges: Sequence[Edge]) -> set[Edge]:
    """The edges that a depth-first walk in written order finds leading back onto its own path."""
    targets: dict[str, list[str]] = {node: [] for node in nodes}
    for start, end in edges:
        targets[start].append(end)
    back: set[Edge] = set()
    done: set[str] = set()
    for root in nodes:
        path = [root] if root not in done else []
        on_path = set(path)
        pending = [iter(targets[root])] if path else []
        while pending:
            end = next(pending[-1], "")
            if not end:
                pending.pop()
                left = path.pop()
                on_path.discard(left)
                done.add(left)
            elif end in on_path:
                back.add((path[-1], end))
            elif end not in done:
                path.append(end)
                on_path.add(end)
                pending.append(iter(targets[end]))
    return back


def _longest_paths(nodes: Sequence[str], forward: Sequence[Edge]) -> dict[str, int]:
    layer = dict.fromkeys(nodes, 0)
    for _ in nodes:
        moved = False
        for start, end in forward:
            if layer[end] <= layer[start]:
                layer[end] = layer[start] + 1
                moved = True
        if not moved:
            break
    return layer


def _neighbours(links: Sequence[Edge]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for start, end in links:
        below.setdefault(start, []).append(end)
        above.setdefault(end, []).append(start)
    return above, below


def _order(layers: list[list[str]], above: Mapping[str, Sequence[str]], below: Mapping[str, Sequence[str]]) -> None:
    """Sort each layer by the mean rank of its neighbours, down and up in turn; keep the order with the fewest crossings."""
    best, fewest = [list(layer) for layer in layers], _crossings(layers, below)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for level in range(len(layers)) if down else range(len(layers) - 1, -1, -1):
            beside = level - 1 if down else level + 1
            if not 0 <= beside < len(layers):
                continue
            rank = {node: float(index) for index, node in enumerate(layers[beside])}
            near = above if down else below
            own = {node: float(index) for index, node in enumerate(layers[level])}
            centre = {node: _mean([rank[other] for other in near.get(node, ())], own[node]) for node in layers[level]}
            layers[level].sort(key=lambda node, centre=centre: centre[node])  # type: ignore[misc]
        crossings = _crossings(layers, below)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    layers[:] = best


def _crossings(layers: Sequence[Sequence[str]], below: Mapping[str, Sequence[str]]) -> int:
    total = 0
    for upper, lower in pairwise(layers):
        rank = {node: index for index, node in enumerate(lower)}
        ends = [(start, rank[end]) for start, node in enumerate(upper) for end in below.get(node, ())]
        total += sum(a[0] < b[0] and a[1] > b[1] for a in ends for b in ends)
    return total


def _places(
    layers: Sequence[Sequence[str]],
    above: Mapping[str, Sequence[str]],
    below: Mapping[str, Sequence[str]],
    widths: Mapping[str, float],
    gap: float,
) -> dict[str, float]:
    """Horizontal centres: each layer in turn goes as near to its neighbours as its order and widths allow."""
    place: dict[str, float] = {}
    for layer in layers:
        run = 0.0
        for node in layer:
            place[node] = run + widths[node] / 2
            run += widths[node] + gap
        for node in layer:
            place[node] -= run / 2
    for sweep in range(_SWEEPS + 1):
        down = sweep % 2 == 0
        for layer in layers if down else layers[::-1]:
            first, second = (above, below) if down else (below, above)
            wanted, weights = [], []
            for node in layer:
                near = first.get(node) or second.get(node, ())
                pulls = [place[other] for other in near for _ in range(_pull(node, other, below))]
                wanted.append(_mean(pulls, place[node]))
                weights.append(_STRAIGHT if node.startswith("\0") else 1.0)
            apart = [(widths[a] + widths[b]) / 2 + gap for a, b in pairwise(layer)]
            place.update(zip(layer, _spread(wanted, weights, apart), strict=True))
    return place


def _pull(node: str, other: str, below: Mapping[str, Sequence[str]]) -> int:
    """How hard a neighbour pulls: the way that is written first out of a step should run straight."""
    first = below.get(other, ("",))[0] == node or below.get(node, ("",))[0] == other
    return 3 if first else 1


def _spread(wanted: Sequence[float], weights: Sequence[float], apart: Sequence[float]) -> list[float]:
    """The least-squares places that keep the order and the distances `apart` (pooling adjacent violators)."""
    shifts = [0.0]
    for distance in apart:
        shifts.append(shifts[-1] + distance)
    blocks: list[tuple[float, float, int]] = []  # mean, weight, members
    for aim, weight, shift in zip(wanted, weights, shifts, strict=False):
        blocks.append((aim - shift, weight, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, u, m), (b, v, n) = blocks[-2], blocks[-1]
            blocks[-2:] = [((a * u + b * v) / (u + v), u + v, m + n)]
    flat = [mean for mean, _, members in blocks for _ in range(members)]
    return [mean + shift for mean, shift in zip(flat, shifts, strict=False)]


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
