"""Commands at the beginning: init, doctor, schema, explain-code."""

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
    talk,
    wrong,
)


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
