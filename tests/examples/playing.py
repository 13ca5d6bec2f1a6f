"""Plays a story: lays its files into the small bank, types its commands by the command line itself, and gathers what was found."""

import json
import re
import shutil
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.examples.stories import Act, File, Typed, acts_of, lay, lay_bank
from typer.testing import CliRunner

from tonglu.app.definitions import read_definitions
from tonglu.cli.commands import app
from tonglu.core.errors import Finding, InputError, Place, Severity
from tonglu.mailroom.mailroom import Mailroom
from tonglu.testing import QuietWorkplace, at

FIRST_RUN = "2026-03-02 08:00"
ADAPTER = "tonglu.quality.engine"
CODED = re.compile(r"\[(TL\d{3})\]")


def first_run(root: Path) -> None:
    """The small bank with its first run behind it, by the loop itself and without Great Expectations."""
    from tonglu.app.loop import run_once

    lay_bank(root)
    place = QuietWorkplace(root)
    try:
        run_once(place, at(FIRST_RUN))
    finally:
        place.close()


def play(story: str, root: Path, ran: Path, environment: dict[str, str], monkeypatch) -> list[Finding]:
    """Everything that is found while a story is played; without a command of its own it is checked at the end.

    Args:
        story: the story.
        root: an empty folder to play it in.
        ran: a small bank after its first run.
        environment: values that stand for others in commands, such as the address of a service that is there.
        monkeypatch: pytest's.
    """
    acts = acts_of(story)
    typed = any(isinstance(act, Typed) for act in acts)
    if typed:
        shutil.copytree(ran, root, dirs_exist_ok=True)
    else:
        lay_bank(root)
    monkeypatch.chdir(root)
    found = [one for act in acts for one in _played(act, root, environment)]
    return found if typed else _checked(root)


def _played(act: Act, root: Path, environment: dict[str, str]) -> list[Finding]:
    if isinstance(act, File):
        lay(root, act)
        return []
    if act.words[0] == "cp":
        shutil.copyfile(*act.words[1:])
        return []
    assert act.words[0] == "tonglu", act
    if act.words[1] == "deliver":
        return _delivered(act, root)
    return _typed(act, environment)


def _checked(root: Path) -> list[Finding]:
    try:
        return list(read_definitions(root).warnings)
    except InputError as error:
        return list(error.findings)


def _typed(act: Typed, environment: dict[str, str]) -> list[Finding]:
    """What a command says as JSON: the findings that stop it, the warnings of a run, the texts that cannot be written."""
    given = {name: environment.get(value, value) for name, value in act.environment.items()}
    with ExitStack() as stack:
        if act.without:
            stack.enter_context(_not_installed(act.without))
        result = CliRunner().invoke(app, [*act.words[1:], "--json"], env=given)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    said = json.loads(result.stdout)
    found = [Finding.from_json(one) for one in [*said.get("findings", ()), *said.get("run", {}).get("warnings", ())]]
    unwritten = [
        one for text in said.get("texts", ()) for one in _coded(text["problem"], f"journeys/messages/{text['message']}.yaml")
    ]
    refused = any(one.severity is Severity.ERROR for one in found)
    assert result.exit_code == (2 if refused else 1 if unwritten else 0), result.output
    return found + unwritten


def _delivered(act: Typed, root: Path) -> list[Finding]:
    """What the deliverer wrote down of the touches that did not leave."""
    with Mailroom(root / "data/mailroom.sqlite") as mailroom:
        before = {entry.seq for entry in mailroom.log.since(0)}
    result = CliRunner().invoke(app, [*act.words[1:]])
    assert result.exit_code == 0, result.output
    with Mailroom(root / "data/mailroom.sqlite") as mailroom:
        told = [entry for entry in mailroom.log.since(0) if entry.seq not in before]
    return [one for entry in told for one in _coded(entry.detail, "data/mailroom.sqlite")]


def _coded(said: str, path: str) -> list[Finding]:
    return [Finding(code, said, Place(path)) for code in CODED.findall(said)]


@contextmanager
def _not_installed(package: str):
    """As if a package were not installed, and the adapter that needs it were not imported yet."""
    from tonglu import quality

    engine, adapter = sys.modules.pop(ADAPTER, None), quality.__dict__.pop("engine", None)
    there = {name: module for name, module in sys.modules.items() if name.split(".")[0] == package}
    for name in there:
        del sys.modules[name]
    sys.modules[package] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[package]
        sys.modules.update(there)
        if engine is not None:
            sys.modules[ADAPTER], quality.engine = engine, adapter
