"""The bundled bank: `bank make`, and `demo`, which plays it for thirty days and shows what happened."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonglu.cli.frame import HERE, AsJson, ProjectDir, command, emit_json, err, next_step, present, show, talk, wrong
from tonglu.cli.runs import play

if TYPE_CHECKING:
    from tonglu.bank import BankSummary
    from tonglu.language.project import Project

app = typer.Typer(help="The invented bank that comes along.", no_args_is_help=True)

DATA = Path("data")

Customers = Annotated[int, typer.Option("--customers", min=1, max=50_000_000, help="How many customers.")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same bank.")]


@app.callback()
def bank() -> None:
    """The invented bank that comes along."""


@app.command("make")
@command
def make(
    out: Annotated[
        Path, typer.Option("--out", help="Where landing/ and hidden/ are put; a project's is data.", file_okay=False)
    ] = DATA,
    customers: Customers = 20_000,
    seed: Seed = 7,
    as_json: AsJson = False,
) -> None:
    """Make an invented bank: a year of history as Parquet, and the hidden world that answers touches."""
    made = _make(customers, seed, out)
    if as_json:
        emit_json(
            {
                "folder": str(out.resolve()),
                "customers": made.customers,
                "seed": made.seed,
                "opening": made.opening,
                "rows": made.rows,
            }
        )
    else:
        from tonglu.render.sheet import Column, Sheet

        rows = [(name, f"{count:,}") for name, count in made.rows.items()]
        title = f"同路银行 invented bank: {made.customers:,} customers, opens {made.opening}"
        show(Sheet(title, (Column("table"), Column("rows", "right")), rows))
    next_step("tonglu simulate --days 30")


def _make(customers: int, seed: int, out: Path) -> "BankSummary":
    from tonglu.app.initiate import make_bank

    with err().status(f"making an invented bank of {customers:,} customers"):
        return make_bank(customers, seed, out)


@command
def demo(
    customers: Customers = 20_000,
    seed: Seed = 7,
    days: Annotated[int, typer.Option("--days", min=1, max=180, help="Days to have played at the end.")] = 30,
    fresh: Annotated[bool, typer.Option("--fresh", help="Clear the invented bank and its results away first.")] = False,
    project: ProjectDir = HERE,
    as_json: AsJson = False,
) -> None:
    """Make an invented bank, play thirty days of runs with the world answering, and show what happened next to the truth."""
    from tonglu.app.initiate import clear
    from tonglu.app.inspect import overview_of, project_of, published
    from tonglu.app.report import fair_limits, has_bundled_bank, report_path, runs_made, title_of, truth_in
    from tonglu.app.workplace import workplace
    from tonglu.render.report import write_report

    started = present()
    written = project_of(project)
    if fresh:
        talk(f"cleared away: {', '.join(clear(project, written)) or 'nothing'}")
    _bank_is_there(project, written, customers, seed, made=has_bundled_bank(project, written))
    with workplace(project) as place:
        played = runs_made(place)
        if played:
            talk(f"{played} days are played already; --fresh starts again.")
        if played < days:
            play(place, days - played)
        truth = truth_in(place)
    with published(project, written) as file:
        limits = fair_limits(project)
        report = write_report(file, report_path(project, written), truth, title_of(written), written.zone_info, limits)
        if as_json:
            emit_json({**overview_of(file, truth), "report": str(report.resolve())})
        else:
            from tonglu.render.terminal import overview

            show(overview(file, truth, written.zone_info))
        curious = file.ask("busiest_customer")
        kept = file.path
    talk(f"That took {(present() - started).total_seconds():.0f} s. Look at:")
    talk(f"  the report           {report}")
    talk(f"  the analysts' file   {kept} (DuckDB)")
    next_step(f"tonglu explain {curious[0]['customer_id'] if curious else 'CUSTOMER'}, or tonglu query 'FROM journey_funnel'")


def _bank_is_there(project: Path, written: "Project", customers: int, seed: int, *, made: bool) -> None:
    from tonglu.app.inspect import path_of

    landing = path_of(project, written, "landing")
    if made:
        talk(f"The invented bank in {landing.parent} is used; --fresh makes another.")
        return
    if landing.is_dir() and any(landing.iterdir()):
        hint = "The demo needs a folder of its own: `tonglu init demo-bank && cd demo-bank && tonglu demo`."
        raise wrong("there are a bank's own files in this project", str(landing), hint)
    _make(customers, seed, landing.parent)
