"""The parser of conditions: recursive descent over a few kinds of tokens, each with its offset in the text."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tonglu.core.durations import parse_duration
from tonglu.language.expression_tree import (
    And,
    Arithmetic,
    Between,
    Call,
    Comparison,
    Duration,
    EventCount,
    EventLast,
    Expression,
    ExpressionError,
    In,
    InSegment,
    IsNull,
    Like,
    Literal,
    Moment,
    Name,
    Negative,
    Not,
    Or,
    TouchCount,
)

LONGEST = 8000
DEEPEST = 24
MOST_OPERATORS = 100

TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<number>[0-9]+(?:\.[0-9]+)?)
      | (?P<string>'(?:[^']|'')*')
      | (?P<word>[^\W\d]\w*(?:\.[^\W\d]\w*)*)
      | (?P<sign><=|>=|<>|!=|[-=<>+*/(),])""",
    re.VERBOSE,
)
_KEYWORDS = frozenset(["and", "or", "not", "in", "between", "like", "is", "null", "true", "false", "date", "segment"])
_UNITS = ("yuan", "元")
_LENGTHS = ("second", "minute", "hour", "day", "week")
_HISTORY = ("count", "last", "touches")
_HINTS = {
    '"': "Write text in single quotes: 'salary_plan'.",
    "`": "Write names without quotes.",
    "'": "The quote is not closed; a quote inside of text is written twice: ''.",
    "%": "Write 10% as 0.1.",
    "&": "Write 'and'.",
    "|": "Write 'or'.",
    ";": "One condition ends without a sign.",
}
FULL_WIDTH = {
    **{chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)},
    **dict.fromkeys("‘’“”", "'"),
    "、": ",",
    "。": ".",
}


@dataclass(frozen=True)
class _Token:
    kind: str  # number, string, word, keyword, sign, end
    text: str
    offset: int


def parse_expression(text: str) -> Expression:
    """The tree of a condition or of a value.

    Raises:
        ExpressionError: the text is no expression; it carries the offset.
    """
    parser = _Parser(text)
    tree = parser.condition()
    parser.expect_end()
    return tree


def parse_ordering(text: str) -> tuple[Expression, bool]:
    """The tree of an order and whether it falls ('desc').

    Raises:
        ExpressionError: the text is no order.
    """
    parser = _Parser(text)
    tree = parser.condition()
    word = parser.current
    if word.kind == "word" and word.text.lower() in ("asc", "desc"):
        parser.advance()
    parser.expect_end()
    return tree, word.text.lower() == "desc"


def _tokens(text: str) -> list[_Token]:
    if len(text) > LONGEST:
        raise ExpressionError(f"a condition has at most {LONGEST} characters", 0, "Make it a segment.", "TL306")
    found: list[_Token] = []
    offset = 0
    while offset < len(text):
        match = TOKEN.match(text, offset)
        if match is None:
            sign = text[offset]
            plain = FULL_WIDTH.get(sign)
            hint = _HINTS['"'] if plain == "'" else f"Write '{plain}' instead." if plain else _HINTS.get(sign, "")
            raise ExpressionError(f"'{sign}' does not belong here", offset, hint)
        kind, word = str(match.lastgroup), match[0]
        if kind == "word" and word.lower() in _KEYWORDS:
            kind, word = "keyword", word.lower()
        if kind != "space":
            found.append(_Token(kind, word, offset))
        offset = match.end()
    return [*found, _Token("end", "", len(text))]


class _Parser:
    """One method per level of precedence, loosest first."""

    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.position = 0
        self.depth = 0
        self.operators = 0

    @property
    def current(self) -> _Token:
        return self.tokens[self.position]

    def advance(self) -> _Token:
        token = self.current
        self.position = min(self.position + 1, len(self.tokens) - 1)
        return token

    def take(self, *texts: str) -> _Token | None:
        """The current token when it is one of these keywords or signs."""
        if self.current.kind in ("keyword", "sign") and self.current.text in texts:
            return self.advance()
        return None

    def expect(self, text: str, after: str) -> _Token:
        token = self.take(text)
        if token is None:
            raise ExpressionError(f"'{text}' is missing {after}", self.current.offset)
        return token

    def expect_end(self) -> None:
        token = self.current
        if token.kind == "end":
            return
        hint = ""
        if token.text in ("=", "!=", "<>", "<", "<=", ">", ">="):
            hint = "Two comparisons are joined by 'and'; or write 'between ... and ...'."
        elif token.kind in ("word", "string", "number"):
            hint = "Join conditions by 'and' or 'or'; text is written in single quotes."
        raise ExpressionError(f"'{token.text}' is not expected here", token.offset, hint)

    def condition(self) -> Expression:
        self._deeper()
        tree = self._joined("or", lambda: self._joined("and", self._negation, And), Or)
        self.depth -= 1
        return tree

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ExpressionError(f"nested deeper than {DEEPEST} levels", self.current.offset, "Make it a segment.", "TL306")

    def _joined(self, word: str, operand: Callable[[], Expression], node: type[And] | type[Or]) -> Expression:
        first = operand()
        operands = list(first.operands) if isinstance(first, node) else [first]
        offset = first.offset
        while self.take(word):
            tree = operand()
            operands.extend(tree.operands if isinstance(tree, node) else [tree])
        return node(tuple(operands), offset) if len(operands) > 1 else first

    def _negation(self) -> Expression:
        token = self.current
        if token.text == "not" and token.kind == "keyword":
            self.advance()
            if self._segment_follows():
                return self._segment(token.offset, negated=True)
            self._deeper()
            tree = Not(self._negation(), token.offset)
            self.depth -= 1
            return tree
        if self._segment_follows():
            return self._segment(token.offset, negated=False)
        return self._test()

    def _segment_follows(self) -> bool:
        words = [token.text for token in self.tokens[self.position : self.position + 2] if token.kind == "keyword"]
        return words == ["in", "segment"]

    def _segment(self, offset: int, negated: bool) -> Expression:
        self.advance()
        self.advance()
        token = self.advance()
        if token.kind != "word":
            raise ExpressionError("the name of a segment is missing after 'in segment'", token.offset)
        return InSegment(token.text, negated, offset)

    def _test(self) -> Expression:
        left = self._sum()
        sign = self.take("=", "!=", "<>", "<", "<=", ">", ">=")
        if sign is not None:
            operator: Any = "!=" if sign.text == "<>" else sign.text
            return Comparison(operator, left, self._sum(), sign.offset)
        if (word := self.take("is")) is not None:
            negated = self.take("not") is not None
            self.expect("null", "after 'is'")
            return IsNull(left, negated, word.offset)
        start = self.current
        negated = self.take("not") is not None
        return self._worded_test(left, start, negated)

    def _worded_test(self, left: Expression, start: _Token, negated: bool) -> Expression:
        if self._segment_follows():
            raise ExpressionError(
                "a segment holds customers, not values", start.offset, "Write 'in segment x' without a name before it."
            )
        if self.take("in"):
            return In(left, self._options(), negated, start.offset)
        if self.take("between"):
            low = self._sum()
            self.expect("and", "after the lower end of 'between'")
            return Between(left, low, self._sum(), negated, start.offset)
        if self.take("like"):
            return Like(left, self._sum(), negated, start.offset)
        if negated:
            raise ExpressionError("'not' is followed by 'in', 'between' or 'like' here", start.offset)
        return left

    def _options(self) -> tuple[Expression, ...]:
        self.expect("(", "after 'in'")
        options = [self._sum()]
        while self.take(","):
            options.append(self._sum())
        self.expect(")", "after the values of 'in'")
        return tuple(options)

    def _sum(self) -> Expression:
        return self._chain(("+", "-"), lambda: self._chain(("*", "/"), self._signed))

    def _chain(self, signs: tuple[str, ...], operand: Callable[[], Expression]) -> Expression:
        left = operand()
        while (sign := self.take(*signs)) is not None:
            self.operators += 1
            if self.operators > MOST_OPERATORS:
                raise ExpressionError(f"more than {MOST_OPERATORS} operators", sign.offset, "Make it an attribute.", "TL306")
            operator: Any = sign.text
            left = Arithmetic(operator, left, operand(), sign.offset)
        return left

    def _signed(self) -> Expression:
        sign = self.take("-")
        if sign is None:
            return self._atom()
        if self.current.kind == "number":
            return self._number(sign.offset, negative=True)
        self._deeper()
        tree = Negative(self._signed(), sign.offset)
        self.depth -= 1
        return tree

    def _number(self, offset: int, negative: bool) -> Expression:
        token = self.advance()
        if len(token.text) > 18:
            raise ExpressionError("a number has at most 18 digits", token.offset)
        value: int | Decimal = Decimal(token.text) if "." in token.text else int(token.text)
        if self.current.kind == "word" and self.current.text in _UNITS:
            fen = Decimal(value) * 100
            if fen != int(fen):
                raise ExpressionError(f"{token.text} yuan is finer than a fen", token.offset)
            value = int(fen)
            self.advance()
        elif self.current.kind == "word" and self.current.text.lower().removesuffix("s") in _LENGTHS and not negative:
            return Duration(self._length(token), offset)
        return Literal(-value if negative else value, offset)

    def _length(self, number: _Token) -> timedelta:
        """A duration whose number was just read."""
        unit = self.advance()
        try:
            return parse_duration(f"{number.text} {unit.text}")
        except ValueError as error:
            message, _, hint = str(error).partition("; ")
            raise ExpressionError(message, number.offset, hint) from None

    def _window(self, after: str) -> timedelta:
        """A duration that must stand here and be longer than nothing."""
        token = self.current
        if token.kind != "number":
            raise ExpressionError(f"a duration is expected {after}", token.offset, "Write it like '30 days'.")
        self.advance()
        length = self._length(token)
        if not length:
            raise ExpressionError("a time of zero length holds nothing", token.offset, "Write it like '30 days'.")
        return length

    def _history(self, name: _Token) -> Expression:
        """count(event where ..., 30 days), last(event where ...), touches(channel, 7 days); the parenthesis is open."""
        if name.text == "touches":
            tree: Expression = self._touches(name.offset)
        else:
            event = self.advance()
            if event.kind != "word":
                raise ExpressionError(
                    f"{name.text} takes the name of an event", event.offset, f"Write {name.text}(app_login, 30 days)."
                )
            where = None
            if self.current.kind == "word" and self.current.text == "where":
                self.advance()
                where = self.condition()
            if name.text == "last":
                tree = EventLast(event.text, where, name.offset)
            else:
                window = self._window("after the event") if self.take(",") else None
                tree = EventCount(event.text, where, window, name.offset)
        self.expect(")", f"after the arguments of {name.text}")
        return tree

    def _touches(self, offset: int) -> TouchCount:
        channel, window = None, None
        if self.current.kind == "word":
            word = self.advance().text
            channel = None if word == "any" else word
            window = self._window("after the channel") if self.take(",") else None
        elif self.current.kind == "number":
            window = self._window("for touches")
        return TouchCount(channel, window, offset)

    def _atom(self) -> Expression:
        token = self.current
        if token.kind == "number":
            return self._number(token.offset, negative=False)
        self.advance()
        if token.kind == "string":
            return Literal(token.text[1:-1].replace("''", "'"), token.offset)
        if token.kind == "word":
            if self.take("("):
                return self._history(token) if token.text in _HISTORY else self._call(token)
            if token.text in ("today", "now"):
                return Moment("today" if token.text == "today" else "now", token.offset)
            return Name(token.text, token.offset)
        if token.text in ("true", "false", "null"):
            return Literal({"true": True, "false": False, "null": None}[token.text], token.offset)
        if token.text == "date":
            return self._date(token)
        if token.text == "(":
            tree = self.condition()
            self.expect(")", "to close the parenthesis")
            return tree
        if token.kind == "end":
            raise ExpressionError("the condition ends too early", token.offset, "A value or a name is missing at its end.")
        raise ExpressionError(f"a value or a name is expected, not '{token.text}'", token.offset)

    def _call(self, name: _Token) -> Expression:
        arguments: list[Expression] = []
        if not self.take(")"):
            arguments.append(self.condition())
            while self.take(","):
                arguments.append(self.condition())
            self.expect(")", f"after the arguments of {name.text}")
        return Call(name.text, tuple(arguments), name.offset)

    def _date(self, word: _Token) -> Expression:
        token = self.advance()
        try:
            return Literal(date.fromisoformat(token.text[1:-1] if token.kind == "string" else ""), word.offset)
        except ValueError:
            raise ExpressionError("a date is written like date '2026-01-31'", token.offset) from None
