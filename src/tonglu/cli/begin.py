"""Commands at the beginning: init, check, doctor, explain-code."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tonglu.cli.frame import (
    FAILED,
    HERE,
    AsJson,
    ProjectDir,
    command,
    emit_json,
    next_step,
    present,
    show,
    show_findings,
    talk,
    wrong,
)


class Format(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


@command
def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="A folder that is empty or not there yet.")] = HERE,
    as_json: AsJson = False,
) -> None:
    """Lay out a project: journeys, segments, data contracts and tonglu.yaml, ready to run on the bundled bank."""
    from tonglu.app.initiate import lay_out

    made = lay_out(folder)
    if as_json:
        emit_json({"folder": str(made.folder.resolve()), "files": list(made.files)})
    else:
        for name, files in made.by_folder.items():
            typer.echo(f"{folder / name}  {files} files" if files > 1 else folder / name)
    where = "" if folder == HERE else f"cd {folder} && "
    next_step(f"{where}tonglu check, then tonglu demo")


@command
def check(
    project: ProjectDir = HERE,
    written: Annotated[Format, typer.Option("--format", help="How findings are written.")] = Format.TEXT,
    as_json: AsJson = False,
) -> None:
    """Check every definition: journeys, messages, segments, contracts, policy. All findings at once; changes nothing."""
    from tonglu.app.definitions import read_definitions
    from tonglu.app.inspect import project_of
    from tonglu.core.errors import InputError

    project_of(project)
    as_json = as_json or written is Format.JSON
    try:
        found = read_definitions(project)
    except InputError as error:
        if written in (Format.SARIF, Format.GITHUB):
            _exchange(error, written)
        elif as_json:
            _emit_findings(error)
        else:
            raise
        raise typer.Exit(2) from None
    if written in (Format.SARIF, Format.GITHUB):
        _exchange(InputError(found.warnings), written)
        return
    counts = {
        "journeys": len(found.journeys),
        "messages": len(found.messages),
        "segments": len(found.segments),
        "contracts": len(found.contracts),
        "channels": len(found.channels),
    }
    if as_json:
        _emit_findings(InputError(found.warnings), **counts)
        return
    show_findings(found.warnings, project)
    typer.echo("fine: " + ", ".join(f"{count} {name}" for name, count in counts.items()))
    next_step("tonglu demo (an invented bank), or tonglu run --as-of 2026-06-01T08:00 with your bank's files in data/landing")


def _exchange(error: Exception, written: Format) -> None:
    """Findings on stdout as another program reads them."""
    from tonglu import __version__
    from tonglu.core.errors import InputError
    from tonglu.language.findings_exchange import findings_github, findings_sarif

    assert isinstance(error, InputError)
    text = findings_sarif(error.findings, __version__) if written is Format.SARIF else findings_github(error.findings)
    typer.echo(text, nl=False)


@command
def schema(
    kind: Annotated[str | None, typer.Argument(help="journey, message, policy, channels, contract or project.")] = None,
    to: Annotated[Path | None, typer.Option("--out", help="Write all of them into this folder, such as .schemas.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the JSON Schema of a kind of file, or write all of them for editors (yaml-language-server)."""
    import json

    from tonglu.app.schemas import schemas, write_schemas
    from tonglu.core.errors import did_you_mean

    if to is not None:
        paths = write_schemas(to)
        if as_json:
            emit_json({"files": [str(path) for path in paths]})
            return
        for path in paths:
            typer.echo(path)
        next_step(f"put '# yaml-language-server: $schema=../{to.name}/journey.schema.json' on a journey's first line")
        return
    known = schemas()
    if as_json:
        emit_json({"schemas": {kind: known[kind]} if kind in known else known})
        return
    if kind not in known:
        hint = (did_you_mean(kind, known) if kind else "") or f"Known are {', '.join(known)}; --out writes all of them."
        raise wrong(f"there is no schema of '{kind}'" if kind else "which schema?", "KIND", hint)
    typer.echo(json.dumps(known[kind], ensure_ascii=False, indent=2))


def _emit_findings(error: Exception, **counts: int) -> None:
    """Findings as `language.findings` writes them, with the counts of what was read."""
    import json

    from tonglu.core.errors import InputError
    from tonglu.language.findings import findings_json

    assert isinstance(error, InputError)
    emit_json({**json.loads(findings_json(error.findings)), **({"read": counts} if counts else {})})


@command
def doctor(project: ProjectDir = HERE, as_json: AsJson = False) -> None:
    """Look at this installation and the project's surroundings, and say what to do about what is wrong."""
    from tonglu.app.doctor import Health, examine
    from tonglu.settings import read_settings

    symptoms = examine(project, present().date(), read_settings().secrets)
    broken = any(one.health is Health.BROKEN for one in symptoms)
    if as_json:
        emit_json({"symptoms": [vars(one) for one in symptoms]})
    else:
        from tonglu.render.sheet import Column, Sheet

        marks = {Health.FINE: "✓", Health.WARNING: "!", Health.BROKEN: "✗"}
        rows = [(marks[one.health], one.name, one.found) for one in symptoms]
        show(Sheet("体检 doctor", (Column(""), Column("what"), Column("found")), rows))
        for one in symptoms:
            if one.advice and one.health is not Health.FINE:
                talk(f"{marks[one.health]} {one.name}: {one.advice}")
    if broken:
        raise typer.Exit(FAILED)
    next_step("tonglu check")


@command
def explain_code(code: Annotated[str, typer.Argument(help="A finding's code, such as TL203.")], as_json: AsJson = False) -> None:
    """Explain a finding's code, with a wrong and a right example."""
    from tonglu.language import codes

    try:
        text = codes.explain_code(code)
    except KeyError as problem:
        raise wrong(str(problem.args[0]), "CODE") from None
    if as_json:
        emit_json({"page": vars(codes.code_pages()[code.strip().upper()])})
        return
    typer.echo(text.rstrip("\n"))
    next_step("tonglu check")
