"""The commands, in the order in which a project needs them."""

from typing import Annotated

import typer

from tonglu.cli import (
    approve,
    audience,
    audit,
    bank,
    before,
    begin,
    check,
    draw,
    erase,
    know,
    lever,
    limits,
    measured,
    operations,
    plan,
    quarantine,
    rehearse,
    replay,
    runs,
    why,
    worklist,
)
from tonglu.cli.frame import EXIT_CODES

HELP = f"""Tonglu 同路: journeys in YAML, customer groups in SQL, every touch decided in DuckDB and measured.

First steps: tonglu demo, or tonglu init my-bank.

{EXIT_CODES}
"""

CONTEXT = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(
    help=HELP, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, context_settings=CONTEXT
)


def _version(wanted: bool) -> None:
    if wanted:
        from tonglu import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def tonglu(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """The options of `tonglu` itself."""


app.command("init", short_help="Lay out a project that is ready to run.")(begin.init)
app.command("demo", short_help="Play thirty days of an invented bank, and look.")(bank.demo)
app.command("check", short_help="Check every definition; all findings at once.")(check.check)
app.command("test", short_help="Play the tests beside journeys.")(rehearse.rehearse)
app.command("plan", short_help="What the definitions on disk change.")(plan.plan)
app.command("backtest", short_help="Past days with the definitions of today.")(plan.backtest)
app.command("segment", short_help="A segment's size, changes and a sample.")(audience.segment)
app.command("count", short_help="A journey's audience, gate by gate.")(audience.count)
app.command("power", short_help="Days until the lift that matters can be seen.")(before.power)
app.command("run", short_help="Run the loop once, at an instant.")(runs.run)
app.command("simulate", short_help="Play days of the invented bank on.")(runs.simulate)
app.command("deliver", short_help="Let everything leave that is due.")(runs.deliver)
app.command("status", short_help="Where things stand, and what needs attention.")(know.status)
app.command("report", short_help="Write the report: one HTML file.")(know.report)
app.command("explain", short_help="Why a customer got what they got.")(why.explain)
app.command("why", short_help="The same as explain.")(why.explain)
app.command("replay", short_help="A past run's decisions again, byte for byte.")(replay.replay)
app.command("draw", short_help="A journey as a picture.")(draw.draw)
app.command("lift", short_help="What touches changed, with intervals.")(measured.lift)
app.command("learned", short_help="What was learned, and why the next run changes.")(measured.learned)
app.command("evaluate", short_help="What another policy of arms would have earned.")(before.evaluate)
app.command("limits", short_help="What is scarce, and what more of it is worth.")(limits.limits)
app.command("query", short_help="Ask the published file in SQL.")(know.query)
app.command("preview", short_help="A journey's texts as one customer reads them.")(operations.preview)
app.command("pause", short_help="Hold a journey, a channel or everything.")(operations.pause)
app.command("resume", short_help="Lift a pause or a kill.")(operations.resume)
app.command("kill", short_help="Stop and cancel what waits to leave.")(operations.kill)
app.command("eject", short_help="Take a customer out of a journey.")(operations.eject)
app.command("opt-out", short_help="A customer wants nothing more on a channel.")(operations.opt_out)
app.add_typer(lever.app, name="lever")
app.add_typer(worklist.app, name="worklist")
app.command("submit", short_help="Put a journey or the policy forward for approval.")(approve.submit)
app.command("approve", short_help="Approve exactly what was submitted.")(approve.approve)
app.command("approvals", short_help="What waits for approval, and what it changes.")(approve.approvals)
app.command("fairness", short_help="How groups of customers were treated.")(approve.fairness)
app.add_typer(audit.app, name="audit")
app.command("forget", short_help="Erase a person everywhere, for good.")(erase.forget)
app.command("retain", short_help="Remove what is kept no longer.")(erase.retain)
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(bank.app, name="bank")
app.command("doctor", short_help="What is wrong with this installation.")(begin.doctor)
app.command("schema", short_help="JSON Schemas for editors.")(begin.schema)
app.command("explain-code", short_help="Explain a finding's code.")(begin.explain_code)
