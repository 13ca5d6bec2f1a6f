"""Commands of operators and marketers between runs: pause, resume, kill, eject, opt-out, preview."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from tonglu.cli.frame import (
    FAILED,
    HERE,
    AsJson,
    By,
    ProjectDir,
    Reason,
    command,
    emit_json,
    next_step,
    now_in,
    operator,
    present,
    show,
    talk,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tonglu.app.preview import Rendered

What = Annotated[
    str,
    typer.Argument(metavar="WHAT", help="A journey, a channel, or all; or journey:NAME, channel:NAME, product:KIND, branch:ID."),
]
JourneyName = Annotated[str, typer.Argument(metavar="JOURNEY", help="A journey's name.")]


class ScopeName(StrEnum):
    """What a name is."""

    JOURNEY = "journey"
    CHANNEL = "channel"


Scoped = Annotated[ScopeName | None, typer.Option("--scope", help="Where a journey and a channel have one name.")]


@command
def pause(
    what: What, reason: Reason, by: By = None, scope: Scoped = None, project: ProjectDir = HERE, as_json: AsJson = False
) -> None:
    """Hold a journey, a channel, a product, a branch or everything: what waits stays, nothing new leaves. Effective at once."""
    _throw("pause", what, reason, by, scope, project, as_json)
    next_step(f"tonglu resume {what} --reason ..., or tonglu status")


@command
def resume(
    what: What, reason: Reason, by: By = None, scope: Scoped = None, project: ProjectDir = HERE, as_json: AsJson = False
) -> None:
    """Lift a pause or a kill. What a kill cancelled does not come back."""
    _throw("resume", what, reason, by, scope, project, as_json)
    _still_thrown(project)
    next_step("tonglu status")


@command
def kill(
    what: What, reason: Reason, by: By = None, scope: Scoped = None, project: ProjectDir = HERE, as_json: AsJson = False
) -> None:
    """Stop a journey, a channel, a product, a branch or everything and cancel what waits to leave. Effective at once."""
    _throw("kill", what, reason, by, scope, project, as_json)
    next_step(f"tonglu status; tonglu resume {what} --reason ... when it may go again")


def _throw(action: str, what: str, reason: str, by: str | None, scope: ScopeName | None, project: "Path", as_json: bool) -> None:
    from tonglu.app import operate
    from tonglu.app.inspect import project_of

    where = None if scope is None else operate.Scope(scope.value)
    done = operate.throw(
        project,
        project_of(project),
        operate.Action(action),
        what,
        by=by or operator(),
        reason=reason,
        at=now_in(project),
        scope=where,
    )
    if as_json:
        emit_json({"action": action, "scope": done.scope.value, "name": done.name, "cancelled": done.cancelled})
        return
    name = f"{done.scope.value} {done.name}" if done.name else "everything"
    cancelled = f", {done.cancelled:,} waiting touches or batches cancelled" if action == "kill" else ""
    typer.echo(f"{action}: {name}{cancelled}")


def _still_thrown(project: "Path") -> None:
    """A resume lifts the switch of that name alone; say which others hold."""
    from tonglu.app.inspect import project_of
    from tonglu.app.operate import in_force

    for one in in_force(project, project_of(project)):
        talk(f"! still in force: {one.action.value} of {one.scope.value} {one.name}".rstrip() + f", by {one.by}: {one.reason}")


@command
def eject(
    customer: Annotated[int, typer.Argument(metavar="CUSTOMER", help="The customer's id.")],
    journey: JourneyName,
    reason: Reason,
    by: By = None,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Take a customer out of a journey; the next run ends the trip and takes back what has not left."""
    from tonglu.app import operate
    from tonglu.app.inspect import project_of

    inside = operate.eject(
        project, project_of(project), customer, journey, by=by or operator(), reason=reason, at=now_in(project)
    )
    if as_json:
        emit_json({"customer_id": customer, "journey": journey, "open_at_last_run": inside})
    else:
        typer.echo(f"customer {customer} leaves {journey} with the next run")
        if not inside:
            talk("The last run knew of no open trip of this customer in this journey.")
    next_step(f"tonglu run --as-of ..., then tonglu explain {customer}")


@command
def opt_out(
    customer: Annotated[int, typer.Argument(metavar="CUSTOMER", help="The customer's id.")],
    channel: Annotated[str, typer.Option("--channel", help="A channel, or all.")] = "all",
    purpose: Annotated[
        str, typer.Option("--purpose", help="marketing, service, care, or all; profiling: no personalised marketing.")
    ] = "all",
    back_in: Annotated[bool, typer.Option("--back-in", help="The customer agreed again.")] = False,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Note that a customer wants nothing more on a channel, for a purpose, or at all; nothing leaves from this moment on."""
    from tonglu.app import operate
    from tonglu.app.inspect import project_of

    operate.opt_out(project, project_of(project), customer, channel, out=not back_in, at=now_in(project), purpose=purpose)
    if as_json:
        emit_json({"customer_id": customer, "channel": channel, "purpose": purpose, "out": not back_in})
    else:
        where = channel if channel != "all" else "every channel"
        wanted = "" if purpose == "all" else f" for {purpose}"
        typer.echo(f"customer {customer}: {'back in' if back_in else 'out of'} {where}{wanted}")
    next_step(f"tonglu explain {customer}")


@command
def preview(
    journey: JourneyName,
    customer: Annotated[int, typer.Option("--as", metavar="CUSTOMER", help="The customer whose attributes fill the texts.")],
    to: Annotated[str | None, typer.Option("--to", metavar="SEED", help="Send to this recipient of journeys/seeds.yaml.")] = None,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Show every text of a journey as one customer would read it, and send it to a test recipient if wanted. Leaves no trace."""
    from tonglu.app import operate
    from tonglu.app import preview as previews
    from tonglu.app.definitions import read_definitions
    from tonglu.app.inspect import project_of
    from tonglu.settings import read_settings

    written = project_of(project)
    definitions = read_definitions(project)
    texts = previews.preview(definitions, journey, customer)
    answers = (
        []
        if to is None
        else previews.send(definitions, to, [one for one in texts if not one.problem], read_settings().secrets, present())
    )
    operate.reveal(project, written, customer, f"preview {journey}", by=operator(), at=present())
    failed = [answer for answer in answers if answer]
    if as_json:
        emit_json({"texts": [vars(one) for one in texts], "sent": len(answers) - len(failed), "failed": failed})
    else:
        _show_texts(texts)
    if to is not None:
        talk(f"{len(answers) - len(failed)} of {len(answers)} texts sent to {to}" + (f"; {failed[0]}" if failed else ""))
    if failed or any(one.problem for one in texts):
        raise typer.Exit(FAILED)
    next_step(f"tonglu preview {journey} --as {customer} --to SEED" if to is None else "tonglu check")


def _show_texts(texts: "list[Rendered]") -> None:
    from rich.text import Text

    for one in texts:
        arm = f" / {one.arm}" if one.arm else ""
        show(Text(f"{one.step}: {one.message}{arm}, {one.channel}", style="bold"))
        if one.problem:
            show(Text(f"  ! {one.problem}", style="red"))
        else:
            show(*([Text(f"  {one.title}")] if one.title else []), Text(f"  {one.body}"))
        show("")
