"""Message templates: Jinja cut down to what a message needs, so that a template can neither reach nor exhaust anything.

Before a template is compiled its syntax tree is held against a list of what is allowed: names, attributes, constants, the
filters below, `if`/`else`, comparisons, `and`, `or`, `not`. There are no loops, arithmetic, calls, macros, assignments or
includes, so a text is at most as long as its template and its variables. A missing variable fails when it is written out,
takes its `default`, and makes a condition false.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tonglu.core.delivery import masked
from tonglu.core.errors import Finding, InputError, Place

LONGEST_TEMPLATE = 16 * 1024
LONGEST_TEXT = 16 * 1024
DEEPEST = 40

_NODES: tuple[type[nodes.Node], ...] = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Const,
    nodes.Filter,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
)
_COMPARISONS = frozenset({"eq", "ne", "lt", "lteq", "gt", "gteq"})
_NOWHERE = Place("template")


def _false(self: object, *others: object) -> bool:
    return False


class Missing(StrictUndefined):
    """An absent variable: an error when written out, false in every condition (a missing value is never an error there)."""

    __slots__ = ()
    __bool__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _false  # type: ignore[assignment]
    __hash__ = None  # type: ignore[assignment]


def _yuan(fen: object) -> str:
    if isinstance(fen, Missing):
        return str(fen)  # raises, naming the variable
    if isinstance(fen, bool) or not isinstance(fen, int):
        raise TypeError("yuan takes whole fen")
    sign, (whole, rest) = "-" if fen < 0 else "", divmod(abs(fen), 100)
    return f"{sign}{whole:,}.{rest:02d}"


def _date(value: object, pattern: str = "%Y-%m-%d") -> str:
    if isinstance(value, Missing):
        return str(value)  # raises, naming the variable
    moment = date.fromisoformat(value[:10]) if isinstance(value, str) else value
    if not isinstance(moment, date):
        raise TypeError("date takes a day")
    return moment.strftime(pattern)


def _truncate(value: object, length: int = 20, end: str = "…") -> str:
    text = str(value)
    return text if len(text) <= length else text[: max(length - len(end), 0)] + end


def _masked(value: object) -> str:
    return masked(str(value))


def _default(value: object, instead: object = "") -> object:
    return instead if isinstance(value, Missing) else value


FILTERS = {"default": _default, "truncate": _truncate, "yuan": _yuan, "date": _date, "masked": _masked}
"""`default(x)`; `truncate(length, end)`; `yuan`: fen to 1,234.50; `date(pattern)`: a day or ISO text; `masked`: 138****1234."""


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox, in which an attribute is a key of a plain dict and nothing else."""

    def getattr(self, obj: object, attribute: str) -> object:
        """The dict's value, or a missing one."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return self.undefined(obj=obj, name=attribute)


def _environment() -> _Environment:
    environment = _Environment(undefined=Missing, autoescape=False, extensions=[], cache_size=0, keep_trailing_newline=True)
    environment.filters.clear()
    environment.filters.update(FILTERS)
    environment.tests.clear()
    environment.globals.clear()
    return environment


@dataclass(frozen=True)
class Flaw:
    """What is wrong with a template, and on which of its own lines (from 1)."""

    code: str
    message: str
    line: int
    hint: str = ""


def flaws_of(template: str) -> list[Flaw]:
    """Everything that is not allowed in a template; nothing when it may be compiled."""
    if len(template.encode()) > LONGEST_TEMPLATE:
        return [Flaw("TL601", f"the template is longer than {LONGEST_TEMPLATE} bytes", 1)]
    try:
        tree = _environment().parse(template)
    except TemplateSyntaxError as error:
        return [Flaw("TL602", f"the template cannot be read: {error.message}", error.lineno)]
    except RecursionError:
        return [Flaw("TL601", "the template is nested too deeply", 1)]
    return sorted(_forbidden(tree, 0), key=lambda flaw: flaw.line)


def _forbidden(node: nodes.Node, depth: int) -> Iterator[Flaw]:
    if depth > DEEPEST:
        yield Flaw("TL601", f"the template is nested deeper than {DEEPEST}", node.lineno)
        return
    yield from _own_flaws(node)
    for child in node.iter_child_nodes():
        yield from _forbidden(child, depth + 1)


def _own_flaws(node: nodes.Node) -> Iterator[Flaw]:
    if not isinstance(node, _NODES):
        yield Flaw("TL603", f"'{type(node).__name__.lower()}' is not allowed in a message", node.lineno, _ALLOWED)
    elif isinstance(node, nodes.Name | nodes.Getattr):
        name = node.name if isinstance(node, nodes.Name) else node.attr
        if name.startswith("_"):
            yield Flaw("TL603", f"the name '{name}' is not allowed in a message", node.lineno)
    elif isinstance(node, nodes.Filter):
        if node.name not in FILTERS:
            yield Flaw("TL604", f"there is no filter '{node.name}'", node.lineno, f"There are {', '.join(FILTERS)}.")
        if node.node is None or node.kwargs or node.dyn_args is not None or node.dyn_kwargs is not None:
            yield Flaw("TL603", f"filter '{node.name}' takes plain values by position only", node.lineno)
        elif not all(isinstance(argument, nodes.Const) for argument in node.args):
            yield Flaw("TL603", f"filter '{node.name}' takes constants only", node.lineno)
    elif isinstance(node, nodes.Operand) and node.op not in _COMPARISONS:
        yield Flaw("TL603", f"'{node.op}' is not allowed in a message", node.lineno, _ALLOWED)


_ALLOWED = "A message may hold names, attributes, constants, filters, if/else, comparisons, and, or, not."


def variables_of(template: str) -> frozenset[str]:
    """The variables that a template names, attributes left away.

    Raises:
        InputError: the template is not allowed.
    """
    _refuse(template)
    tree = _environment().parse(template)
    return frozenset(name.name for name in tree.find_all(nodes.Name))


def variable_lines(template: str) -> list[tuple[str, int]]:
    """Each variable's name with its lines in an allowed template, in the order of reading."""
    return [(name.name, name.lineno) for name in _environment().parse(template).find_all(nodes.Name)]


def least_length(template: str) -> int:
    """The length in characters of the text that an allowed template writes in every case: what stands outside of `if`."""
    tree = _environment().parse(template)
    outputs = (child for child in tree.body if isinstance(child, nodes.Output))
    return sum(len(part.data) for output in outputs for part in output.nodes if isinstance(part, nodes.TemplateData))


def render(template: str, variables: Mapping[str, object]) -> str:
    """The text for these variables: plain values (text, numbers, truth values, days, None for missing) and dicts of them.

    Raises:
        InputError: the template is not allowed, a variable is missing or of the wrong kind, or the text is too long. The
            findings name variables, never their values.
    """
    _refuse(template)
    try:
        text: str = _compiled(template).render(_plain(variables, 0))
    except TemplateError as error:
        raise _failed("TL605", f"the message cannot be written: {error.message}") from None
    except (TypeError, ValueError) as error:
        raise _failed("TL606", f"a variable does not fit where it is used ({type(error).__name__})") from None
    if len(text) > LONGEST_TEXT:
        raise _failed("TL607", f"the text is longer than {LONGEST_TEXT} characters")
    return text


@lru_cache(maxsize=1024)
def _compiled(template: str):  # type: ignore[no-untyped-def]  # noqa: ANN202  (jinja2's Template)
    return _environment().from_string(template)


@lru_cache(maxsize=1024)
def _checked(template: str) -> tuple[Flaw, ...]:
    return tuple(flaws_of(template))


def _refuse(template: str) -> None:
    if flaws := _checked(template):
        raise InputError([Finding(flaw.code, flaw.message, Place("template", flaw.line, 1), flaw.hint) for flaw in flaws])


def _plain(variables: Mapping[str, object], depth: int) -> dict[str, object]:
    plain: dict[str, object] = {}
    for name, value in variables.items():
        if isinstance(value, dict) and depth < DEEPEST:
            plain[name] = _plain(value, depth + 1)
        elif isinstance(value, str | int | float | date | datetime):
            plain[name] = value
        elif value is not None:
            raise _failed("TL606", f"variable '{name}' is a {type(value).__name__}, not a plain value")
    return plain


def _failed(code: str, message: str) -> InputError:
    return InputError([Finding(code, message, _NOWHERE)])
