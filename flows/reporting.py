"""What a flow run leaves to read beside its state: the run's summary and the lift table, as artifacts."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing

from prefect.artifacts import create_markdown_artifact

from tonglu.app.inspect import published
from tonglu.app.workplace import Workplace
from tonglu.render.facts import withheld_because
from tonglu.render.published import LIFTS, Lift
from tonglu.render.scale import percent, points

LIFT_HEAD = ("journey", "goal", "matured t/c", "converted t/c", "treated", "control", "lift, pp", "95 % interval", "method")
HEADLINE = ("entered", "ended", "sent", "deferred", "dropped", "conversions")


def leave_artifacts(place: Workplace, summary: Mapping[str, object]) -> None:
    """Write the artifacts of a finished run: `run-summary` and `lift`."""
    with closing(published(place.root, place.definitions.project)) as file:
        lifts = [Lift(*row) for row in file.rows(LIFTS)[1]]
    create_markdown_artifact(key="run-summary", markdown=summary_markdown(summary), description=one_line(summary))
    create_markdown_artifact(
        key="lift", markdown=lift_markdown(lifts), description="Treated minus held out, by intention to treat, as of the last run"
    )


def one_line(summary: Mapping[str, object]) -> str:
    """A run in one line, for its state."""
    counts = ", ".join(f"{summary[name]} {name}" for name in HEADLINE if name in summary)
    again = "; it had been made before and nothing was changed" if summary.get("again") else ""
    return f"run {summary.get('run_no')} as of {summary.get('as_of')}Z: {counts}{again}"


def summary_markdown(summary: Mapping[str, object]) -> str:
    """A run's summary as a table of two columns."""
    rows = [(name.replace("_", " "), _shown(value)) for name, value in summary.items()]
    return f"# {one_line(summary)}\n\n{markdown_table(('what', 'value'), rows)}"


def lift_markdown(lifts: Sequence[Lift]) -> str:
    """The newest lift of every journey's goals; where the interval is withheld, why."""
    rows = [
        (
            lift.journey,
            lift.goal,
            f"{lift.n_treated:,}/{lift.n_control:,}",
            f"{lift.conversions_treated:,}/{lift.conversions_control:,}",
            _rate(lift.rate_treated),
            _rate(lift.rate_control),
            "withheld" if lift.withheld else points(lift.lift),
            "–" if lift.withheld else f"[{points(lift.lift_low)}, {points(lift.lift_high)}]",
            withheld_because(lift) if lift.withheld else lift.method or "",
        )
        for lift in lifts
    ]
    return markdown_table(LIFT_HEAD, rows) if rows else "No entry has matured yet."


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; bars and line breaks inside of cells are made harmless."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines)


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _rate(share: float | None) -> str:
    return "–" if share is None else percent(share, 2)
