"""Every finding code with its page: what it means, why it matters, a bad and a good example. `tonglu explain-code` shows it.

TL1xx files and YAML, TL2xx names, TL3xx conditions, TL4xx journeys, TL5xx SQL, TL6xx messages, TL7xx data and its contracts,
TL8xx policy, channels and project, TL9xx commands. A code never changes its meaning; a code that is no longer given is not given to another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from inspect import cleandoc
from types import MappingProxyType

from tonglu.core.errors import did_you_mean

_PAGES = (
    "files",
    "names",
    "conditions",
    "journeys",
    "journey_sense",
    "segments",
    "messages",
    "data",
    "policy",
    "competition",
    "limits",
    "worklists",
    "governance",
    "commands",
)


@dataclass(frozen=True)
class CodePage:
    """What one code means. `bad` gives it, `good` does not: both are stories about a small bank's files, see `code_pages`."""

    code: str
    title: str
    explanation: str
    bad: str
    good: str


@cache
def code_pages() -> Mapping[str, CodePage]:
    """All pages by code, in order."""
    modules = (import_module(f"tonglu.language.code_pages.{name}") for name in _PAGES)
    told = (CodePage(*map(cleandoc, page)) for module in modules for page in module.PAGES)
    pages = sorted(told, key=lambda page: page.code)
    return MappingProxyType({page.code: page for page in pages})


def explain_code(code: str) -> str:
    """The page of a code as text.

    Raises:
        KeyError: there is no such code; the message names the nearest.
    """
    page = code_pages().get(code.strip().upper())
    if page is None:
        raise KeyError(f"there is no code '{code}'. {did_you_mean(code.upper(), code_pages())}".strip())
    parts = [f"{page.code}: {page.title}", page.explanation]
    parts += [f"{word}:\n\n{_indented(example)}" for word, example in (("Wrong", page.bad), ("Right", page.good))]
    return "\n\n".join(parts) + "\n"


def _indented(example: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in example.strip("\n").split("\n"))
