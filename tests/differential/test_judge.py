"""The engine against the second implementation: cases made from one seed (`make judge` plays ten thousand); and what that one may know."""

import ast
import sys
from collections import Counter
from pathlib import Path

import pytest
from tests.differential.judge import cases_of, judged
from tests.differential.making import CONTESTS, LIMITS, RULED

HERE = Path(__file__).parent
SEED = 20260302
BATCH = 40
INTERPRETER = (
    "interpreter",
    "entering",
    "moving",
    "deciding",
    "proposal",
    "consenting",
    "weighing",
    "competing",
    "hours",
    "placing",
    "suiting",
    "conditions",
    "calendar",
    "chance",
    "facts",
    "state",
    "world",
)
PARSED = {
    "tonglu.language.journey",
    "tonglu.language.message",
    "tonglu.language.policy",
    "tonglu.language.risk",
    "tonglu.language.suitability",
    "tonglu.language.values",
    "tonglu.language.expression_tree",
}
ELSEWHERE = sys.stdlib_module_names | {"chinese_calendar"}


@pytest.mark.parametrize("batch", [0, RULED, CONTESTS + 1, LIMITS])
def test_seeded_cases_give_the_same_rows(batch):
    counts: Counter[str] = Counter()
    failed = judged(cases_of(SEED, batch, BATCH), counts)
    told = "\n".join(str(one) for _, found in failed for one in found)
    assert not failed, f"seed {SEED}, batch {batch}:\n{told[:4000]}"
    assert counts["cases"] >= BATCH * 0.95
    assert {"step kinds: wait", "step kinds: wait_for", "step kinds: branch", "step kinds: touch", "ways in: event"} <= set(
        counts
    )


@pytest.mark.parametrize("name", INTERPRETER)
def test_the_interpreter_takes_the_parsed_tree_from_tonglu_and_nothing_else(name):
    assert forbidden(HERE / f"{name}.py") == []


@pytest.mark.parametrize(
    "line",
    [
        "import duckdb",
        "from sqlglot import exp",
        "import tonglu.core.chance",
        "from tonglu.core.chance import draw",
        "from tonglu import stages",
        "from tonglu.language import expression_sql",
        "from tonglu.language import expression_tree, calendar_rule",
        "from tests.differential import batch",
        "from tests.differential.cases import Case",
        "def late():\n    from tonglu.core.workdays import ChineseCalendar",
    ],
)
def test_anything_else_is_found(line, tmp_path):
    (tmp_path / "interpreter.py").write_text(
        f"import json\nfrom tonglu.language.journey import Journey\n{line}\n", encoding="utf-8"
    )
    assert len(forbidden(tmp_path / "interpreter.py")) == 1


def forbidden(path: Path) -> list[str]:
    """The modules that a file imports and the interpreter must not."""
    allowed = PARSED | {f"tests.differential.{name}" for name in INTERPRETER}
    return sorted(one for one in imported(path) if one not in allowed and one.partition(".")[0] not in ELSEWHERE)


def imported(path: Path) -> set[str]:
    """Every module that a file imports, by its full name."""
    found = set[str]()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import():
                found |= {one.name for one in node.names}
            case ast.ImportFrom(module=("tonglu" | "tonglu.language" | "tests" | "tests.differential") as package):
                found |= {f"{package}.{one.name}" for one in node.names}
            case ast.ImportFrom():
                found.add(node.module or ".")
    return found
