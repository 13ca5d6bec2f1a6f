"""The command that shows what was scarce: limits."""

from typing import TYPE_CHECKING, Annotated

import typer

from tonglu.cli.frame import HERE, AsJson, ProjectDir, command, emit_json, next_step, show

if TYPE_CHECKING:
    from tonglu.core.errors import Finding

All = Annotated[bool, typer.Option("--all", help="Every limit in every unit and period; without it the thirty scarcest.")]


@command
def limits(everything: All = False, project: ProjectDir = HERE, as_json: AsJson = False) -> None:
    """Show capacity and budget: what was used of each limit, how many were left out, what one more would be worth, how good the whole is."""
    from tonglu.app.inspect import path_of, project_of, published
    from tonglu.core.errors import refuse_errors
    from tonglu.language.policy import read_policy
    from tonglu.render.limits import TIGHTEST, group_name, limits_sheet, newest_qualities, newest_uses, quality_sheet

    written = project_of(project)
    findings: list[Finding] = []
    policy, _ = read_policy(path_of(project, written, "policy"), written.paths.policy, findings)
    refuse_errors(findings)
    groups = policy.priority if policy else ()
    with published(project, written) as file:
        if as_json:
            rows = file.ask("allocations", run_no=None)
            told = [{**row, "group": group_name(row["priority"], groups)} for row in rows]
            emit_json({"limits": file.ask("limits", run_no=None), "allocation": told})
        else:
            uses = newest_uses(file)
            show(limits_sheet(uses if everything else uses[:TIGHTEST], written.zone_info), "")
            show(quality_sheet(newest_qualities(file), groups))
            if len(uses) > TIGHTEST and not everything:
                typer.echo(f"{len(uses) - TIGHTEST} more with more room: --all")
    next_step("tonglu why CUSTOMER, or edit capacity and budget in journeys/policy.yaml")
