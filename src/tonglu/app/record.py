"""Record: take a test's expectations from what really came, of a customer's trip in the warehouse or of a case that expects nothing yet.

What is recorded is played before it is written, so that it passes; of what changed during a trip only as much is kept as the play needs.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tonglu.app.definitions import Definitions
from tonglu.app.present import LAST
from tonglu.app.real_case import RealCase, real_case
from tonglu.app.real_facts import looked_at
from tonglu.app.rehearsal_differences import differences, expectation
from tonglu.app.rehearsal_play import play
from tonglu.app.rehearse import FOLDER
from tonglu.compile.lower import lower
from tonglu.compile.pin import pin
from tonglu.core.errors import Finding, InputError, Place, refuse_errors
from tonglu.language.journey import Journey
from tonglu.language.loader import load_model
from tonglu.language.rehearsal import Rehearsal, RehearsalFile
from tonglu.language.rehearsal_text import case_text, file_text, with_case, with_expect
from tonglu.language.yamlfile import parse_yaml, read_yaml
from tonglu.settings import Settings
from tonglu.warehouse.overlay import Overlay


@dataclass(frozen=True)
class Recorded:
    """A case taken from what came.

    Attributes:
        path: the file, as people know it.
        name: the case's name.
        text: the case, or what was added to it, as YAML.
        file: the whole file's new text.
        differences: what comes otherwise when the case is played; such a case is not to be written.
        notes: what else there is to know.
    """

    path: str
    name: str
    text: str
    file: str
    differences: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def record_trip(
    root: Path, definitions: Definitions, settings: Settings, journey: Journey, customer: int, name: str | None = None
) -> Recorded:
    """A customer's latest trip as a case of its journey's file of tests. Writes nothing.

    Raises:
        InputError: nothing was run, the customer never entered, or the file has no room for a case.
        Unavailable: a run has the warehouse at this moment.
    """
    compiled = lower(pin(journey, definitions.message_texts(journey)), 1, definitions.known, current=True)
    live = definitions.path("warehouse")
    with tempfile.TemporaryDirectory(prefix="tonglu-look-") as spill:
        if not live.exists():
            raise InputError(
                [Finding("TL900", "nothing was run yet, so no trip is known", Place(str(live)), "tonglu run --as-of ...")]
            )
        with Overlay(live, Path(spill), threads=settings.threads, memory=settings.memory) as overlay:
            if not overlay.fetch(LAST):
                raise InputError(
                    [Finding("TL900", "nothing was run yet, so no trip is known", Place(str(live)), "tonglu run --as-of ...")]
                )
            real = real_case(overlay, definitions, journey, compiled, looked_at(journey, compiled), customer)
    called = name or _name(real)
    found: tuple[dict[str, Any], tuple[str, ...]] | None = None
    for case in _shorter_first(real):
        unlike = _unlike(root, definitions, journey, called, case)
        found = (case, unlike)
        if not unlike:
            break
    assert found is not None
    notes = () if real.same_version else ("The trip was on an earlier version of the journey than the one that is written now.",)
    return _placed(root, definitions, journey, called, *found, notes)


def _name(real: RealCase) -> str:
    expect = real.case["expect"]
    left = f"ended as {expect['end']}" if "end" in expect else f"rests at {expect['rests_at']}"
    return f"真实一例 recorded: entered {real.entered}, {left}"


def _shorter_first(real: RealCase) -> Iterator[dict[str, Any]]:
    """The case without what changed, with what had changed by the runs in which the trip did something, and with all of it; with the
    minutes of what happened, and only where these do not do, with the exact instants."""
    gathered: dict[str, object] = {}
    when_acting: list[tuple[date, Mapping[str, object]]] = []
    for acted, day, changed in real.then:
        gathered |= changed
        if acted:
            when_acting.append((day, gathered))
            gathered = {}
    every = [(day, changed) for _, day, changed in real.then]
    tried: list[Sequence[tuple[date, Mapping[str, object]]]] = []
    for then in ((), when_acting, every):
        if then not in tried:
            tried.append(then)
            yield _ordered(_to_the_minute(real.case), then)
    yield _ordered(real.case, every)


def _to_the_minute(case: Mapping[str, Any]) -> dict[str, Any]:
    def rounded(one: Mapping[str, Any]) -> dict[str, Any]:
        return {**one, "at": one["at"].replace(second=0, microsecond=0)}

    return {**case, **{key: [rounded(one) for one in case[key]] for key in ("events", "receipts") if key in case}}


def _ordered(case: Mapping[str, Any], then: Sequence[tuple[date, Mapping[str, object]]]) -> dict[str, Any]:
    told = {"then": [{"at": day, "customer": changed} for day, changed in then]} if then else {}
    return {**{key: value for key, value in case.items() if key != "expect"}, **told, "expect": case["expect"]}


def _unlike(root: Path, definitions: Definitions, journey: Journey, name: str, case: Mapping[str, Any]) -> tuple[str, ...]:
    text = file_text(journey.name, case["runs"], case_text(name, case))
    findings: list[Finding] = []
    file = parse_yaml(text, "recorded")
    written = load_model(file, RehearsalFile, findings)
    refuse_errors(findings)
    assert written is not None
    [trip] = play(root, definitions, Rehearsal(written, file))
    return tuple(differences(written.cases[0], trip, definitions.project.zone_info))


def _placed(
    root: Path,
    definitions: Definitions,
    journey: Journey,
    name: str,
    case: dict[str, Any],
    unlike: tuple[str, ...],
    notes: tuple[str, ...],
) -> Recorded:
    shown = f"{definitions.project.paths.journeys}/{FOLDER}/{journey.name}.yaml"
    if not (root / shown).exists():
        runs = case.pop("runs")
        text = case_text(name, case)
        return Recorded(shown, name, text, file_text(journey.name, runs, text), unlike, notes)
    text = case_text(name, case)
    whole = with_case(read_yaml(root / shown, shown), text)
    if whole is None:
        hint = "Write 'cases' as a list with a '-' for each case; --dry shows the case to put there."
        raise InputError([Finding("TL900", "a case cannot be added to this file", Place(shown), hint)])
    return Recorded(shown, name, text, whole, unlike, notes)


def record_expectations(root: Path, definitions: Definitions, rehearsals: Sequence[Rehearsal]) -> Iterator[Recorded]:
    """For each file with cases that expect nothing, these with what comes. Writes nothing.

    Raises:
        InputError: an expectation cannot be written into its file.
    """
    for one in rehearsals:
        missing = [number for number, case in enumerate(one.written.cases) if case.expect is None]
        if not missing:
            continue
        went = play(root, definitions, one)
        file = one.file
        for number in missing:
            expect, name = expectation(went[number], definitions.project.zone_info), one.written.cases[number].name
            text = with_expect(file, number, expect)
            if text is None:
                place, hint = file.place(("cases", number)), "Write the case as a block, a key in a line."
                raise InputError([Finding("TL900", f"'expect' cannot be written into case '{name}'", place, hint)])
            file = parse_yaml(text, one.file.shown)
            yield Recorded(one.file.shown, name, case_text(name, {"expect": expect}), text)


def write(root: Path, recorded: Recorded) -> None:
    """Put the file in its place, whole."""
    target = root / recorded.path
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.tmp")
    unfinished.write_text(recorded.file, encoding="utf-8")
    unfinished.replace(target)
