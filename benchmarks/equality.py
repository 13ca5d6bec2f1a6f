"""Whether the floor did what the engine did: EXCEPT ALL both ways over what both wrote.

Every table of the engine's schema is compared, or named in `LEFT_OUT` with the reason; one that is in neither, or in which something is
that the reason denies, ends the comparison. What is given to the mailroom is compared where it is staged as batches, and of touches that
people work in `tonglu.work_item`.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

WHOLE = (
    "tonglu.membership", "tonglu.segment_size", "tonglu.profile", "tonglu.entry", "tonglu.rest", "tonglu.ended", "tonglu.move",
    "tonglu.candidate", "tonglu.left_out", "tonglu.exposure", "tonglu.decision", "tonglu.ghost", "tonglu.touch", "tonglu.waiting_touch",
    "tonglu.conversion", "tonglu.delivery", "tonglu.opt_out", "tonglu.attribute",
    "tonglu.suitability", "tonglu.risk_seen", "tonglu.risk_count",
    "tonglu.worth", "tonglu.weighed", "tonglu.yielded", "tonglu.hours_group", "tonglu.contender", "tonglu.limit_use", "tonglu.allocation",
    "tonglu.work_item", "tonglu.fairness", "tonglu.baseline", "tonglu.drawn", "tonglu.first_decision", "tonglu.first_entry",
    "tonglu.goal_event",
)  # fmt: skip
# Tables of the engine that are not compared, each for the reason that it stands under.
LEFT_OUT = {
    "learned and measured; their counts and sums are compared": (
        "lift", "learned", "lift_by", "trust", "measured", "arm_outcome", "balance",
    ),
    "the engine's own books, chains and promises: the floor has no pinned texts, checks, assertions, replay or audit log": (
        "audit_head", "run", "run_step", "run_definition", "run_input", "run_watermark", "watermark", "definition", "loaded", "ingested_file",
        "staged_file", "source_change", "segment_built", "check_result", "conservation", "candidate_span", "waiting_span", "migration",
    ),
    "what the gates saw, kept for explaining alone": ("judged",),
    "compiled definitions and the calendar, written when they change and read by both": (
        "version", "step", "via", "goal", "horizon", "measured_by", "arm", "topic", "split_way", "set_value", "enter_target", "launch",
        "control_epoch", "calendar", "calendar_day", "pay_day",
    ),
    "nobody writes them in this bank, which has no four eyes, levers, switches, ejections, passing on, new versions or erasing": (
        "governed", "lever_position", "learned_value", "switch_position", "ejection", "passed_on", "version_migration", "calendar_gap",
        "erased", "retained", "quarantine_action", "harm",
    ),
}  # fmt: skip
EMPTY = tuple(LEFT_OUT.values())[-1]
LIFT = "run_no, journey, goal, assigned_treated, assigned_control, n_treated, n_control, conversions_treated, conversions_control"
LEARNED = "run_no, version_no, journey, step_key, step, arm_no, arm, n, conversions"
SUMS = {
    "measured": """journey, goal, horizon_us, kind, slice, stratum, adjusted, side, sum(clusters), sum(n), sum(n2), sum(y), sum(y2), sum(ny), sum(v),
        sum(v2), sum(nv), sum(x), sum(x2), sum(nx), sum(xy), sum(xv)""",
    "arm_outcome": "journey, step, side, stratum, arm, batch, goal, sum(n), sum(y), sum(v), sum(v2)",
    "balance": "journey, stratum, side, one, other, sum(n), sum(x), sum(y), sum(xy)",
}
STAGED = "touch_key, customer_id, journey, version, address, message, arm, variables, not_before, expires_at, heeds_opt_out"
TABLES = "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = 'engine' AND schema_name IN ({}) ORDER BY ALL"


@dataclass(frozen=True)
class Compared:
    """One comparison: rows on the engine's side, rows that only one side has, and a few of those."""

    name: str
    rows: int
    only_engine: int
    only_floor: int
    examples: tuple[object, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether both sides have the same rows, each as often."""
        return not self.only_engine and not self.only_floor


def compare(engine: Path, floor: Path, run_no: int) -> list[Compared]:
    """Compare the two sides.

    Args:
        engine: the project after the engine's run.
        floor: the folder after the floor's.
        run_no: the run that both made.
    """
    connection = duckdb.connect()
    connection.execute(f"ATTACH '{engine / 'data' / 'warehouse.duckdb'}' AS engine (READ_ONLY)")
    connection.execute(f"ATTACH '{floor / 'warehouse.duckdb'}' AS floor (READ_ONLY)")
    connection.execute(
        f"ATTACH '{engine / 'data' / 'published' / f'tonglu-{run_no:06d}.duckdb'}' AS engine_published (READ_ONLY)"
    )
    connection.execute(f"ATTACH '{floor / 'published.duckdb'}' AS floor_published (READ_ONLY)")

    def tables(*schemas: str) -> list[str]:
        listed = ", ".join(f"'{schema}'" for schema in schemas)
        return [name for (name,) in connection.execute(TABLES.format(listed)).fetchall()]

    _refuse_unnamed(connection, tables("tonglu"))
    pairs = {name: (f"FROM engine.{name}", f"FROM floor.{name}") for name in (*WHOLE, *tables("segment", "risk"))}
    pairs["tonglu.lift, counts"] = _both(f"SELECT {LIFT} FROM {{}}.tonglu.lift")
    pairs["tonglu.learned, counts"] = _both(f"SELECT {LEARNED} FROM {{}}.tonglu.learned")
    for name, cell in SUMS.items():
        pairs[f"tonglu.{name}, sums"] = _both(f"SELECT {cell} FROM {{}}.tonglu.{name} GROUP BY ALL HAVING sum(n) <> 0")
    for name in tables("source", "personal", "history"):
        today = f"SELECT * FROM {{}}.{name} WHERE loaded_run = {run_no}"
        pairs[f"{name}, today's rows"] = _both(today)
        pairs[f"{name}, rows by run"] = _both(f"SELECT loaded_run, count(*) FROM {{}}.{name} GROUP BY ALL")
    pairs["staged batches"] = (
        f"SELECT {STAGED} FROM read_parquet('{engine / 'data' / 'staged'}/{run_no:06d}-*.parquet')",
        f"SELECT {STAGED} FROM read_parquet('{floor}/staged/*/*.parquet', hive_partitioning = true)",
    )
    for name in ("entry", "rest", "move", "decision", "touch", "membership", "receipt"):
        pairs[f"published {name}"] = (f"FROM engine_published.engine.{name}", f"FROM floor_published.engine.{name}")
    return [_compare(connection, name, *sides) for name, sides in pairs.items()]


def _refuse_unnamed(connection: duckdb.DuckDBPyConnection, tables: list[str]) -> None:
    """End where a table is neither compared nor left out by name, or one that is left out as empty is not."""
    named = {*WHOLE, *(f"tonglu.{name}" for names in LEFT_OUT.values() for name in names)}
    filled = [name for name in EMPTY if connection.execute(f"SELECT count(*) FROM engine.tonglu.{name}").fetchall()[0][0]]
    if wrong := [*sorted({*tables} - named), *filled]:
        raise SystemExit(f"neither compared nor rightly left out: {', '.join(wrong)}")


def _both(query: str) -> tuple[str, str]:
    return query.format("engine"), query.format("floor")


def _compare(connection: duckdb.DuckDBPyConnection, name: str, engine: str, floor: str) -> Compared:
    [(rows,)] = connection.execute(f"SELECT count(*) FROM ({engine})").fetchall()
    only = [f"SELECT * FROM ({one}) EXCEPT ALL SELECT * FROM ({other})" for one, other in ((engine, floor), (floor, engine))]
    counts = [connection.execute(f"SELECT count(*) FROM ({query})").fetchall()[0][0] for query in only]
    examples = (
        [row for query in only for row in connection.execute(f"{query} ORDER BY ALL LIMIT 3").fetchall()] if any(counts) else []
    )
    return Compared(name, rows, counts[0], counts[1], tuple(examples))
