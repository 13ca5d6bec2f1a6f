"""Levers: raise or lower the scores of a journey, a channel or a product for a time."""

from typing import Annotated

import typer

from tonglu.cli.frame import HERE, AsJson, By, ProjectDir, Reason, command, emit_json, next_step, now_in, operator, show

app = typer.Typer(help="Raise or lower scores for a time.", no_args_is_help=True)
What = Annotated[str, typer.Argument(metavar="WHAT", help="A journey, channel:NAME or product:KIND.")]


@app.callback()
def lever() -> None:
    """Raise or lower the scores of a journey, a channel or a product for a time."""


@app.command("set")
@command
def set_(
    what: What,
    factor: Annotated[str, typer.Argument(metavar="FACTOR", help="From 0 to 10; 1 changes nothing.")],
    until: Annotated[str, typer.Option("--until", metavar="DATE", help="When it ends by itself, on the bank's clock.")],
    reason: Reason,
    by: By = None,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Multiply scores by a factor until a date; runs read it from the next one on."""
    from tonglu.app.inspect import project_of
    from tonglu.app.levers import set_lever

    done = set_lever(
        project, project_of(project), what, factor, until=until, by=by or operator(), reason=reason, at=now_in(project)
    )
    if as_json:
        emit_json({"scope": done.scope.value, "name": done.name, "factor": str(done.factor), "until": until})
    else:
        typer.echo(f"lever: {done.scope.value} {done.name} x {done.factor} until {until}")
    next_step("tonglu lever list")


@app.command("list")
@command
def list_levers(project: ProjectDir = HERE, as_json: AsJson = False) -> None:
    """The levers that hold now; those that have ended are not shown."""
    from tonglu.app.inspect import project_of
    from tonglu.app.levers import levers_in_force
    from tonglu.core.clock import show_instant
    from tonglu.render.sheet import Column, Sheet

    one = project_of(project)
    here = levers_in_force(project, one, now_in(project))
    if as_json:
        emit_json({"levers": [{**vars(each), "factor": str(each.factor)} for each in here]})
    else:
        columns = (Column("what"), Column("factor", "right"), Column("until"), Column("by", need=1), Column("reason", need=2))
        rows = []
        for each in here:
            until = "" if each.until is None else show_instant(each.until, one.zone_info)
            rows.append((f"{each.scope.value} {each.name}", str(each.factor), until, each.by, each.reason))
        show(Sheet("调节 levers", columns, rows, empty="no levers"))
    next_step("tonglu lever drop WHAT --reason ..." if here else "tonglu lever set WHAT FACTOR --until DATE --reason ...")


@app.command("drop")
@command
def drop(what: What, reason: Reason, by: By = None, project: ProjectDir = HERE, as_json: AsJson = False) -> None:
    """End a lever before its time."""
    from tonglu.app.inspect import project_of
    from tonglu.app.levers import drop_lever

    done = drop_lever(project, project_of(project), what, by=by or operator(), reason=reason, at=now_in(project))
    if as_json:
        emit_json({"scope": done.scope.value, "name": done.name, "dropped": True})
    else:
        typer.echo(f"lever: {done.scope.value} {done.name} dropped")
    next_step("tonglu lever list")
