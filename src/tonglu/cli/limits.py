"""The command that shows what was scarce: limits."""

from typing import Annotated

import typer

from tonglu.cli.frame import HERE, AsJson, ProjectDir, command, emit_json, next_step, show

All = Annotated[bool, typer.Option("--all", help="Every limit in every unit and period; without it the thirty scarcest.")]


@command
def limits(everything: All = False, project: ProjectDir = HERE, as_json: AsJson = False) -> None:
    """Show capacity and budget: what was used of each limit, how many were left out, what one more would be worth, how good the whole is."""
    from tonglu.app.inspect import project_of, published
    from tonglu.render.limits import TIGHTEST, limits_sheet, newest_qualities, newest_uses, quality_sheet

    written = project_of(project)
    with published(project, written) as file:
        if as_json:
            emit_json({"limits": file.ask("limits", run_no=None), "allocation": file.ask("allocations", run_no=None)})
        else:
            uses = newest_uses(file)
            show(limits_sheet(uses if everything else uses[:TIGHTEST], written.zone_info), "")
            show(quality_sheet(newest_qualities(file)))
            if len(uses) > TIGHTEST and not everything:
                typer.echo(f"{len(uses) - TIGHTEST} more with more room: --all")
    next_step("tonglu why CUSTOMER, or edit capacity and budget in journeys/policy.yaml")
