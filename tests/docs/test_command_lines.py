"""What the pages and the program itself tell people to type exists: every command, every option, every choice."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.docs.generated import COMMON, DOCS, ROOT, _commands
from typer import Context
from typer.main import get_command

from tonglu.cli.commands import app

PAGES = [*sorted(DOCS.rglob("*.md")), ROOT / "README.md", ROOT / "CHANGELOG.md"]
COMMANDS = dict(_commands(get_command(app), ""))
GROUPS = {name.split()[0] for name in COMMANDS if " " in name}
SPAN = re.compile(r"`([^`]+)`")
LINE = re.compile(r"^(?: {4,}|)(?:\$ )?((?:[A-Z_]+=\S+ )*tonglu .*)$")
MENTION = re.compile(r"(?<![\w/.-])tonglu ([a-z][a-z-]*(?: [a-z][a-z-]*)?)")
CHOICES = re.compile(r"<([a-z]+(?:\|[a-z]+)+)>")
END = re.compile(r"[`|;()]|, | or | then |\. |$")
OPTION = re.compile(r"--?[a-zA-Z][\w-]*")


def typed_in(page: Path) -> Iterator[tuple[str, bool]]:
    """Every command line of a page, and whether it stands alone, to be typed as it is; spans may only name a command."""
    text = page.read_text(encoding="utf-8")
    block = False
    for line in text.splitlines():
        block = not block if line.startswith("```") else block
        alone = LINE.match(line) if block or line.startswith("    ") else None
        if alone:
            yield alone[1], True
            continue
        yield from ((span, False) for span in SPAN.findall(line) if span.startswith("tonglu "))


def wrong_with(line: str, *, whole: bool) -> str:
    """What is wrong with a command line; empty when it can be typed."""
    words = shlex.split(line, comments=True)
    words = words[words.index("tonglu") + 1 :]
    for sign in ("&&", "|", ">"):
        words = words[: words.index(sign)] if sign in words else words
    if words and words[0] in COMMON | {"--version", "-h"}:
        return ""
    name = " ".join(words[:2]) if words and words[0] in GROUPS else (words[0] if words else "")
    if name not in COMMANDS:
        return "" if name in GROUPS and not whole else f"there is no command '{name}'"
    return _taken(name, words[len(name.split()) :], whole=whole)


def _taken(name: str, words: list[str], *, whole: bool) -> str:
    command = COMMANDS[name]
    options = {opt: one for one in command.params for opt in (*one.opts, *one.secondary_opts) if one.param_type_name == "option"}
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    given, placed = set(), 0
    while words:
        word = words.pop(0)
        if not OPTION.fullmatch(word.split("=")[0]):
            placed += 1
        elif (opt := word.split("=")[0]) in options:
            given.add(options[opt].name)
            value = None if options[opt].is_flag else word.partition("=")[2] or (words.pop(0) if words else None)
            choices = CHOICES.search(options[opt].get_help_record(Context(command))[0])
            if choices and value and value not in choices[1].split("|"):
                return f"{opt} takes {choices[1]}, not {value}"
            if whole and value is None and not options[opt].is_flag:
                return f"{opt} needs a value"
        elif word not in ("--help", "-h"):
            return f"'tonglu {name}' takes no {word}"
    if placed > len(arguments) and all(one.nargs != -1 for one in arguments):
        return f"'tonglu {name}' takes {len(arguments)} words, not {placed}"
    needed = [one.opts[0] for one in options.values() if one.required and one.name not in given]
    if whole and (needed or placed < sum(one.required for one in arguments)):
        return f"'tonglu {name}' needs more: {', '.join(needed) or 'a word'}"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_line_of_a_page_can_be_typed(page):
    wrong = {line: problem for line, whole in typed_in(page) if (problem := wrong_with(line, whole=whole))}
    assert wrong == {}


def test_the_pages_show_command_lines_of_every_command():
    shown = " ".join(line for page in PAGES for line, _ in typed_in(page))
    assert [name for name in COMMANDS if f"tonglu {name}" not in shown] == []


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("tonglu chek", "there is no command 'chek'"),
        ("tonglu quarantine lst", "there is no command 'quarantine lst'"),
        ("tonglu check --fromat json", "'tonglu check' takes no --fromat"),
        ("tonglu check --format yaml", "--format takes text|json|sarif|github, not yaml"),
        ("tonglu check journeys", "'tonglu check' takes 0 words, not 1"),
        ("tonglu run", "'tonglu run' needs more: --as-of"),
        ("tonglu run --as-of", "--as-of needs a value"),
        ("tonglu preview welcome", "'tonglu preview' needs more: --as"),
        ("tonglu explain-code", "'tonglu explain-code' needs more: a word"),
        ("NAME=x tonglu preview welcome --as 3 --to me | less  # aloud", ""),
    ],
)
def test_a_line_that_cannot_be_typed_is_noticed(line, problem):
    assert wrong_with(line, whole=True) == problem


def test_every_command_and_everything_that_it_takes_says_what_it_is():
    silent = [name for name, command in COMMANDS.items() if not (command.help or "").strip()]
    silent += [
        f"{name} {one.name}" for name, command in COMMANDS.items() for one in command.params if not (one.help or "").strip()
    ]
    assert silent == []


def test_what_the_program_tells_people_to_type_exists():
    """Hints, the 'Next:' lines of commands and help texts; what is put in at run time stands as X."""
    wrong = []
    for path in sorted((ROOT / "src").rglob("*.py")):
        for text in said_in(path) if path.parent.name != "code_pages" else ():  # their stories stand on a page
            wrong += [f"{path.name}: {problem}" for problem in _mentioned(text)]
    assert wrong == []


def said_in(path: Path) -> Iterator[str]:
    """Every text of a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _mentioned(text: str) -> Iterator[str]:
    for found in MENTION.finditer(" ".join(text.split())):
        rest = " ".join(text.split())[found.start() :]
        line = rest[: END.search(rest).start()]
        words = found[1].split()
        name = found[1] if found[1] in COMMANDS else words[0]
        if name not in COMMANDS and name not in GROUPS:
            yield f"there is no command in {line!r}"
            continue
        known = {opt for one in getattr(COMMANDS.get(name), "params", ()) for opt in one.opts}
        yield from (
            f"{opt} in {line!r}" for opt in OPTION.findall(line.replace(name, "")) if opt.startswith("--") and opt not in known
        )


@pytest.mark.parametrize(
    ("said", "problems"),
    [
        ("Next: tonglu run --as-of X, then tonglu status", []),
        ("see `tonglu quarantine list`", []),
        ("ask tonglu chek first", ["there is no command in 'tonglu chek first'"]),
        ("tonglu run --as-at X, or tonglu report", ["--as-at in 'tonglu run --as-at X'"]),
    ],
)
def test_a_hint_at_what_does_not_exist_is_noticed(said, problems):
    assert list(_mentioned(said)) == problems
