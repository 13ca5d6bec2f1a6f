"""What a segment takes by order without saying which: the first of a group, the place in a window. Storage would decide, run by run."""

from collections.abc import Iterator

from sqlglot import exp

ANY_OF_GROUP = (exp.First, exp.Last, exp.AnyValue)
ANY_OF_GROUP_BY_NAME = frozenset({"arbitrary"})
BY_PLACE = (
    exp.RowNumber,
    exp.Rank,
    exp.DenseRank,
    exp.PercentRank,
    exp.CumeDist,
    exp.Ntile,
    exp.Lag,
    exp.Lead,
    exp.FirstValue,
    exp.LastValue,
    exp.NthValue,
)


def unordered_calls(tree: exp.Expr) -> Iterator[tuple[exp.Expr, str, str]]:
    """Every call whose result depends on an order that is not given: the node, what is wrong, what to write instead."""
    for node in tree.walk():
        if isinstance(node, ANY_OF_GROUP) or (isinstance(node, exp.Anonymous) and node.name.lower() in ANY_OF_GROUP_BY_NAME):
            if not _ordered(node):
                name = node.name.lower() if isinstance(node, exp.Anonymous) else node.sql_name().lower()
                yield (
                    node,
                    f"{name} without ORDER BY takes any row of its group",
                    "Write min or max, or min_by(x, y), or an order.",
                )
        elif isinstance(node, BY_PLACE) and not _ordered(node):
            message = f"{node.sql_name().lower()} over a window without ORDER BY counts rows in any order"
            yield node, message, "Add ORDER BY with customer_id as its last column to the window."


def _ordered(call: exp.Expr) -> bool:
    """Whether a call names an order: among its own arguments, or in the window that it is taken over."""
    if any(isinstance(argument, exp.Order) for argument in [call.this, *call.expressions]):
        return True
    window = call.parent
    while isinstance(window, exp.IgnoreNulls | exp.RespectNulls | exp.Filter):
        window = window.parent
    return isinstance(window, exp.Window) and _window_ordered(window, set())


def _window_ordered(window: exp.Window, seen: set[str]) -> bool:
    """Whether a window has an order, or builds on a named one that has."""
    if window.args.get("order"):
        return True
    base = window.alias.lower()
    query = window.find_ancestor(exp.Select)
    if not base or base in seen or query is None:
        return False
    named = {one.name.lower(): one for one in query.args.get("windows") or ()}
    return base in named and _window_ordered(named[base], {*seen, base})
