"""Commands of four eyes: submit, approve, approvals; and fairness, which can stand against an approval."""

from typing import TYPE_CHECKING, Annotated

import typer

from tonglu.cli.frame import HERE, AsJson, ProjectDir, command, emit_json, next_step, present, show, wrong

if TYPE_CHECKING:
    from tonglu.mailroom.approvals import Submission

What = Annotated[str, typer.Argument(metavar="JOURNEY|policy", help="A journey, or policy.")]
By = Annotated[str, typer.Option("--by", help="Who.")]


@command
def submit(
    what: What,
    by: By,
    note: Annotated[str, typer.Option("--note", help="What it is for; kept for audit.")] = "",
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Put a journey or the policy forward, exactly as it is written, for somebody else to approve."""
    from tonglu.app import approve as approvals
    from tonglu.app.definitions import read_definitions

    done = approvals.submit(project, read_definitions(project), what, by=by, note=note, at=present())
    _tell(done, as_json)
    next_step(f"somebody else: tonglu approve {what} --by NAME")


@command
def approve(
    what: What,
    by: By,
    override: Annotated[bool, typer.Option("--override", help="Although a limit of fairness is broken.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why it is set aside; kept for audit.")] = "",
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Approve what was submitted, if it is exactly what is written; never by its author, never twice by one person."""
    from tonglu.app import approve as approvals
    from tonglu.app.definitions import read_definitions

    if override and not reason.strip():
        raise wrong("to set a limit aside needs a reason", "--reason", "Write a few words; they are kept for audit.")
    definitions = read_definitions(project)
    done = approvals.approve(project, definitions, what, by=by, at=present(), override=reason if override else "")
    _tell(done, as_json)
    next_step("tonglu run --as-of ..." if done.approved else "tonglu approvals")


def _tell(done: "Submission", as_json: bool) -> None:
    if as_json:
        emit_json(_as_json(done))
        return
    roles = f" of {', '.join(done.roles)}" if done.roles else ""
    audience = "an audience that cannot be counted yet" if done.audience is None else f"{done.audience:,} customers"
    state = "approved" if done.approved else f"{len(done.approved_by)} of {done.needed} approvals{roles}"
    typer.echo(f"{done.kind} {done.name} {done.hash}, by {done.author}, for {audience}: {state}")


def _as_json(one: "Submission") -> dict[str, object]:
    return {
        "kind": one.kind, "name": one.name, "hash": one.hash, "author": one.author, "note": one.note, "audience": one.audience,
        "needed": one.needed, "roles": list(one.roles), "approved_by": list(one.approved_by), "approved": one.approved, "at": one.at,
    }  # fmt: skip


@command
def approvals(project: ProjectDir = HERE, as_json: AsJson = False) -> None:
    """List what waits for approval, with what it changes, and what is written but not in force."""
    from tonglu.app import approve as approvals
    from tonglu.app.definitions import read_definitions

    definitions = read_definitions(project)
    waiting = approvals.waiting(project, definitions)
    aside = approvals.unapproved(project, definitions)
    if as_json:
        rows = [
            {**_as_json(one.submission), "still_written": one.still_written, "changes": [vars(change) for change in one.changes]}
            for one in waiting
        ]
        emit_json({"waiting": rows, "not_in_force": aside})
        return
    for one in waiting:
        _tell(one.submission, as_json=False)
        if not one.still_written:
            typer.echo("    ! what is written is no longer what was submitted")
        for change in one.changes:
            for detail in change.details or (f"{change.sign} the whole {change.kind}",):
                typer.echo(f"    {detail}")
    for text in aside:
        typer.echo(f"! {text}")
    if not waiting and not aside:
        typer.echo("nothing waits for approval")
    next_step("tonglu approve JOURNEY --by NAME" if waiting else "tonglu status")


@command
def fairness(
    journey: Annotated[str | None, typer.Argument(metavar="[JOURNEY]", help="Only this journey.")] = None,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Show how groups of customers were treated by each journey, next to all others who entered it, with intervals."""
    from tonglu.app.definitions import read_definitions
    from tonglu.app.fairness import fairness as compared
    from tonglu.app.inspect import project_of
    from tonglu.render.sheet import Column, Sheet

    policy = read_definitions(project).policy
    found = compared(project, project_of(project), policy, journey)
    if as_json:
        rows = [
            {**vars(one.group), "share": one.share, "ratio": one.ratio, "low": one.low, "high": None if one.high == float("inf") else one.high,
             "offered_ratio": one.offered, "verdict": one.verdict.value}
            for one in found
        ]  # fmt: skip
        emit_json({"least": policy.fairness.least, "most": policy.fairness.most, "groups": rows})
        return
    names = ("by", "group", "entered", "touched", "share", "ratio", "95 % interval", "offered value", "verdict")
    columns = [Column(name, "right" if name in names[2:8] else "left") for name in names]
    shown = [
        (one.group.column, one.group.name, f"{one.group.entered:,}", f"{one.group.touched:,}", f"{one.share:.1%}",
         _number(one.ratio), f"{one.low:.2f} to {_number(one.high)}" if one.ratio is not None else "-", _number(one.offered), one.verdict.value)
        for one in found
    ]  # fmt: skip
    title = f"公平性 fairness: ratios must lie between {policy.fairness.least} and {policy.fairness.most}"
    if not found:
        show(Sheet(title, columns, [], empty="the policy names no columns, or nobody has entered since it does"))
    for name in dict.fromkeys(one.group.journey for one in found):
        theirs = [row for one, row in zip(found, shown, strict=True) if one.group.journey == name]
        show(Sheet(f"{title}  {name}", columns, theirs), "")
    next_step("tonglu approvals")


def _number(value: float | None) -> str:
    return "-" if value is None else "any" if value == float("inf") else f"{value:.2f}"
