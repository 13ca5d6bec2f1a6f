"""The parts of the documentation that are made from the code: `python -m tests.docs.generated` writes them, a test holds them.

A page marks where a part stands by `<!-- made: name -->` and `<!-- end -->`.
"""

import inspect
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.docs import forms as forms_shown
from tests.examples.stories import BANK

from tonglu.core import chance
from tonglu.core.delivery import DeliveryState
from tonglu.core.work import DISPOSITIONS
from tonglu.gates import decision_chain
from tonglu.language.codes import code_pages
from tonglu.language.contract import Contract, read_contracts
from tonglu.language.project import Paths
from tonglu.language.template import FILTERS
from tonglu.render.words import OUTCOMES, two_languages
from tonglu.steps import step_kinds

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PART = re.compile(r"(<!-- made: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
COMMON = {"--project", "--json", "--help"}
SALT = re.compile(r'^    [A-Z_]+ = "(\w+)"  # (.+)$', re.MULTILINE)


def sheet(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def steps() -> str:
    """Every kind of step: its fields and an example that loads."""
    rows = []
    for kind in sorted(step_kinds().values(), key=lambda one: one.name):
        fields = [f"`{field.alias or name}`" for name, field in kind.fields.model_fields.items()]
        takes = "no time" if kind.instant else ""
        rows.append((f"`{kind.name}`", kind.title, ", ".join(fields), takes, f"`- {kind.example}`"))
    return sheet(("kind", "title", "fields", "takes", "example"), rows)


def gates() -> str:
    """The decision chain in its order."""
    rows = []
    for number, gate in enumerate(decision_chain(), 1):
        for reason, words in gate.reasons.items():
            both = two_languages(words)
            ghosts = "yes" if gate.judges_ghosts else "no"
            rows.append((str(number), f"`{gate.name}`", gate.title, f"`{reason}`", f"{both.zh} / {both.en}", ghosts))
    return sheet(("", "gate", "title", "reason", "which says", "judges controls"), rows)


def outcomes() -> str:
    """The outcomes of a decision."""
    return sheet(("outcome", "title"), [(f"`{name}`", f"{words.zh} {words.en}") for name, words in OUTCOMES.items()])


def salts() -> str:
    """Every salt of the draw with its parts, as `core/chance.py` lists them."""
    return sheet(("salt", "parts"), [(f"`{salt}`", parts) for salt, parts in SALT.findall(inspect.getsource(chance))])


def paths() -> str:
    """Where things lie in a project."""
    fields = Paths.model_fields.items()
    return sheet(("path", "where"), [(f"`{name}`", f"`{field.default}`") for name, field in fields])


def forms(shown: Sequence[forms_shown.Form]) -> str:
    """Forms of one kind with what they mean."""
    return sheet(("form", "means"), [(f"`{form}`", meaning) for form, meaning in shown])


def filters() -> str:
    """The filters of message templates."""
    return sheet(("filter",), [(f"`{name}`",) for name in FILTERS])


def dispositions() -> str:
    """What an employee may report, and what it means."""
    rows = []
    for one in DISPOSITIONS.values():
        more = [word for word, holds in (("may be tried again", one.again), ("opts the customer out", one.opts_out)) if holds]
        rows.append((f"`{one.name}`", f"`touch.{one.receipt}`", f"`{one.state.value}`", ", ".join(more)))
    return sheet(("outcome", "receipt", "settled as", ""), rows)


def states() -> str:
    """The delivery states of a touch."""
    return ", ".join(f"`{state.value}`" for state in DeliveryState) + "\n"


def contracts() -> str:
    """The tables that the bundled bank delivers."""
    found = read_contracts(ROOT / "data" / "contracts")
    rows = [(f"`{one.table}`", f"{one.title.zh} {one.title.en}", ", ".join(one.key), _kept(one)) for one in found.values()]
    return sheet(("table", "title", "key", "kept"), rows)


def _kept(contract: Contract) -> str:
    kept = "every row, once" if contract.keep == "all" else "the latest version; older ones in `history`"
    return f"{kept}; personal" if contract.personal else kept


def commands() -> str:
    """Every command with the first sentence of its help."""
    from typer.main import get_command

    from tonglu.cli.commands import app

    rows = []
    for name, command in _commands(get_command(app), ""):
        rows.append((f"`tonglu {name}`", (command.help or "").strip().split("\n\n")[0].replace("\n", " ")))
    return sheet(("command", "what it does"), rows)


def _commands(group: object, before: str) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, command in getattr(group, "commands", {}).items():
        inner = _commands(command, f"{before}{name} ")
        found += inner or [(f"{before}{name}", command)]
    return found


def options() -> str:
    """Every argument and option of every command, those that most have in common left out."""
    from typer import Context
    from typer.main import get_command

    from tonglu.cli.commands import app

    parts = []
    for name, command in _commands(get_command(app), ""):
        own = [one for one in command.params if not set(one.opts) & COMMON]
        told = [one.get_help_record(Context(command)) for one in own]
        rows = [(f"`{takes}`", " ".join(means.split())) for takes, means in told]
        parts.append(f"`tonglu {name}`\n\n{sheet(('takes', 'means'), rows)}\n" if rows else f"`tonglu {name}` takes no more.\n\n")
    return "\n" + "".join(parts)


def views() -> str:
    """Every published view: its comment and its columns."""
    parts = []
    for name, comment, columns in published_views():
        parts += [
            f"### {name}\n\n{comment}\n\n",
            sheet(("column", "type", "meaning"), [(f"`{c}`", t, meaning) for c, t, meaning in columns]),
            "\n",
        ]
    return "".join(parts)


def published_views() -> list[tuple[str, str, list[tuple[str, str, str]]]]:
    """The views of a freshly published empty file: name, comment, columns with types."""
    import duckdb

    from tonglu.stages.tables import prepare
    from tonglu.warehouse.connection import DuckDBWarehouse
    from tonglu.warehouse.publish import publish
    from tonglu.warehouse.schema import migrate

    with tempfile.TemporaryDirectory() as folder:
        warehouse = DuckDBWarehouse(Path(folder) / "warehouse.duckdb")
        migrate(warehouse)
        prepare(warehouse, read_contracts(ROOT / "data" / "contracts"))
        target = publish(warehouse, Path(folder) / "published", 1)
        warehouse.close()
        with duckdb.connect(str(target), read_only=True) as file:
            query = "SELECT view_name, comment FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal ORDER BY 1"
            found = file.execute(query).fetchall()
            columns = "SELECT column_name, data_type, comment FROM duckdb_columns()"
            describe = f"{columns} WHERE schema_name = 'main' AND table_name = ? ORDER BY column_index"
            return [(name, comment or "", file.execute(describe, [name]).fetchall()) for name, comment in found]


def findings() -> str:
    """Every code with its page, by family."""
    parts = []
    for code, page in code_pages().items():
        parts.append(f"### {code}: {page.title}\n\n{page.explanation}\n")
        parts += [f"{word}:\n\n{_indented(example)}\n" for word, example in (("Wrong", page.bad), ("Right", page.good))]
    return "\n" + "\n".join(parts) + "\n"


def small_bank() -> str:
    """The bank that the examples of the findings change: every file of it."""
    files = [path for path in sorted(BANK.rglob("*")) if path.is_file()]
    shown = [f"{path.relative_to(BANK).as_posix()}:\n\n{_indented(path.read_text(encoding='utf-8'))}\n" for path in files]
    return "\n" + "\n".join(shown) + "\n"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.strip("\n").split("\n"))


PARTS: dict[str, Callable[[], str]] = {
    "steps": steps,
    "gates": gates,
    "outcomes": outcomes,
    "salts": salts,
    "filters": filters,
    "states": states,
    "dispositions": dispositions,
    "contracts": contracts,
    "commands": commands,
    "options": options,
    "findings": findings,
    "paths": paths,
    "entries": lambda: forms(forms_shown.ENTRIES),
    "waits": lambda: forms(forms_shown.WAITS),
    "alternatives": lambda: forms(forms_shown.ALTERNATIVES),
    "exits": lambda: forms(forms_shown.EXITS),
    "small_bank": small_bank,
    "views": views,
}


def renewed(text: str) -> str:
    """A page with its made parts made anew."""
    return PART.sub(lambda match: f"{match[1]}{PARTS[match[2]]()}{match[4]}", text)


def main() -> int:
    """Write every page whose made parts are old."""
    for page in sorted(DOCS.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        if (fresh := renewed(text)) != text:
            page.write_text(fresh, encoding="utf-8")
            print(page.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
