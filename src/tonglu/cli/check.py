"""The command that checks what is written, and repairs what can safely be repaired."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonglu.cli.frame import FAILED, HERE, WRONG, AsJson, ProjectDir, command, emit_json, next_step, show_findings, talk, wrong

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tonglu.app.definitions import Definitions
    from tonglu.app.repair import Repaired
    from tonglu.core.errors import Finding


class Format(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


@command
def check(
    project: ProjectDir = HERE,
    written: Annotated[Format, typer.Option("--format", help="How findings are written.")] = Format.TEXT,
    fix: Annotated[
        bool, typer.Option("--fix", help="Make the safe repairs, show them as a difference, and check again.")
    ] = False,
    dry: Annotated[bool, typer.Option("--dry", help="With --fix: only show the repairs.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check every definition: journeys, messages, segments, contracts, policy. All findings at once; changes nothing without --fix."""
    from tonglu.app.inspect import project_of

    as_json = as_json or written is Format.JSON
    if dry and not fix:
        raise wrong("'--dry' goes with '--fix': a check changes nothing", "--dry")
    if fix:
        if written in (Format.SARIF, Format.GITHUB):
            raise wrong("'--fix' writes text or JSON", "--format", "SARIF carries the repairs as data without it.")
        _repair(project, dry=dry, as_json=as_json)
        return
    project_of(project)
    findings, found = _read(project)
    if written in (Format.SARIF, Format.GITHUB):
        _exchange(findings, written)
    elif as_json:
        emit_json({**_findings(findings), **({"read": _counts(found)} if found else {})})
    else:
        show_findings(findings, project)
        _say_repairable(findings)
        if found:
            typer.echo(_fine(found))
    _end(found)


def _read(project: Path) -> "tuple[Sequence[Finding], Definitions | None]":
    """Everything found, and what was read unless an error is among it."""
    from tonglu.app.definitions import read_definitions
    from tonglu.core.errors import InputError

    try:
        found = read_definitions(project)
    except InputError as error:
        return error.findings, None
    return found.warnings, found


def _end(found: "Definitions | None") -> None:
    """The last lines of a check, or its exit code."""
    if found is None:
        raise typer.Exit(WRONG)
    next_step("tonglu demo (an invented bank), or tonglu run --as-of 2026-06-01T08:00 with your bank's files in data/landing")


def _repair(project: Path, *, dry: bool, as_json: bool) -> None:
    from tonglu.app.repair import repair

    repaired = repair(project, write=not dry)
    if as_json:
        made = [{"code": one.code, **one.fix.as_json()} for one in repaired.made if one.fix]
        counts = {"read": _counts(repaired.definitions)} if repaired.definitions else {}
        diff = "".join(change.diff for change in repaired.changes)
        emit_json({"written": not dry, "fixes": made, "diff": diff, **_findings(repaired.left), **counts})
    else:
        _show_repairs(repaired, project, dry=dry)
    if dry and repaired.made and repaired.definitions:
        next_step("tonglu check --fix")
        raise typer.Exit(FAILED)
    _end(repaired.definitions)


def _show_repairs(repaired: "Repaired", project: Path, *, dry: bool) -> None:
    for change in repaired.changes:
        typer.echo(change.diff, nl=False)
    count, files = len(repaired.made), len(repaired.changes)
    word = "can be made" if dry else "made"
    talk(f"{count} repair{'' if count == 1 else 's'} {word} in {files} file{'' if files == 1 else 's'}")
    after = {change.path: change.after for change in repaired.changes}
    show_findings(repaired.left, project, after)
    if repaired.definitions:
        typer.echo(_fine(repaired.definitions))


def _fine(found: "Definitions") -> str:
    return "fine: " + ", ".join(f"{count} {name}" for name, count in _counts(found).items())


def _counts(found: "Definitions") -> "Mapping[str, int]":
    return {
        "journeys": len(found.journeys),
        "messages": len(found.messages),
        "segments": len(found.segments),
        "contracts": len(found.contracts),
        "channels": len(found.channels),
    }


def _say_repairable(findings: "Sequence[Finding]") -> None:
    count = sum(one.fix is not None for one in findings)
    if count:
        talk(f"{count} of them can be repaired safely: tonglu check --fix (--dry shows how)")


def _findings(findings: "Sequence[Finding]") -> "Mapping[str, object]":
    """Findings as `language.findings` writes them."""
    import json

    from tonglu.language.findings import findings_json

    told: Mapping[str, object] = json.loads(findings_json(findings))
    return told


def _exchange(findings: "Sequence[Finding]", written: Format) -> None:
    """Findings on stdout as another program reads them."""
    from tonglu import __version__
    from tonglu.language.findings_exchange import findings_github, findings_sarif

    text = findings_sarif(findings, __version__) if written is Format.SARIF else findings_github(findings)
    typer.echo(text, nl=False)
