"""What a condition that cannot be read was meant to be, where that cannot be mistaken: signs of a Chinese keyboard, `==`, `&&`, `||`,
and text in double quotes where a value must stand. A repair counts only when what comes out can be read.
"""

import re
from collections.abc import Callable

from tonglu.language.expression_parser import FULL_WIDTH, TOKEN
from tonglu.language.expression_tree import ExpressionError

_SIGNS = frozenset("<>=!+-*/(),0123456789&|")
_PAIRS = {"“": "”", "”": "”", "‘": "’", "’": "’", "＇": "＇", "＂": "＂", '"': '"'}
_WORDS = {"==": "=", "&&": "and", "||": "or"}
_BEFORE_A_VALUE = re.compile(r"(?:[=<>]|\blike\b)\s*$", re.IGNORECASE)
_INSIDE_OF_IN = re.compile(r"\bin\s*\((?:(?:'[^']*'|[^'(),])*,)*\s*$", re.IGNORECASE)


def repaired(text: str, parse: Callable[[str], object]) -> str | None:
    """The text repaired, or None where it cannot be.

    Args:
        text: a condition or an order that `parse` refuses.
        parse: reads it, or raises `ExpressionError`.
    """
    found = _quoted(_signs(text))
    if found == text:
        return None
    try:
        parse(found)
    except ExpressionError:
        return None
    return found


def _signs(text: str) -> str:
    """Full-width signs outside of quoted text as the signs of the language, then doubled signs as single ones."""
    return "".join(part if quoted else _doubled(_narrow(part)) for part, quoted in _parts(text))


def _narrow(part: str) -> str:
    return "".join(FULL_WIDTH[sign] if FULL_WIDTH.get(sign, "") in _SIGNS else sign for sign in part)


def _doubled(part: str) -> str:
    return re.sub(r"==|&&|\|\|", lambda match: _WORDS[match[0]], part)


def _quoted(text: str) -> str:
    """Text in other quotes in single ones, where a value stands: after a comparison, or in the list of 'in'."""
    written = ""
    for part, quoted in _parts(text):
        is_value = _BEFORE_A_VALUE.search(written) or _INSIDE_OF_IN.search(written)
        written += f"'{part[1:-1]}'" if quoted and part[0] != "'" and "'" not in part and is_value else part
    return written


def _parts(text: str) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it is quoted, by whatever quotes."""
    parts: list[tuple[str, bool]] = []
    start = position = 0
    while position < len(text):
        match = TOKEN.match(text, position)
        end = match.end() if match else position + 1
        closing = _PAIRS.get(text[position])
        after = -1 if closing is None else text.find(closing, position + 1)
        if after >= 0:
            end = after + 1
        if after >= 0 or (match is not None and match.lastgroup == "string"):
            parts += [(text[start:position], False), (text[position:end], True)]
            start = end
        position = end
    return [part for part in [*parts, (text[start:], False)] if part[0]]
