"""A million proposals (of 1,054,000 entries, controls apart) through the whole chain: `python benchmarks/chain.py [--entries N]`.

The stage `decide` over a made state in the engine's own tables, beside SQL that was written by hand for the same decisions.
"""

import argparse
import os
import tempfile
import time
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from tonglu.core.sql import parsed
from tonglu.core.workdays import WeekdayCalendar
from tonglu.gates import decision_chain
from tonglu.language.policy import Policy
from tonglu.stages import decide as stage
from tonglu.stages.context import Run
from tonglu.stages.risk import find_holds
from tonglu.warehouse.connection import DuckDBWarehouse
from tonglu.warehouse.schema import migrate

AS_OF = datetime(2026, 3, 2, 0, 0)  # 08:00 on the bank's clock
ZONE = ZoneInfo("Asia/Shanghai")
HERE = Path(__file__).resolve().parent / "floor" / "chain"
COMPARED = {
    "decision": """entry_id, customer_id, journey, version_no, step_key, step, visit, outcome, gate, reason, detail, channel, priority,
        score, tie, not_before""",
    "touch": "touch_key, entry_id, customer_id, journey, channel, not_before",
    "waiting": "entry_id, step_key",
}
AIM_SECONDS = 10.0


@dataclass(frozen=True)
class Touch:
    """What the stage reads of a step."""

    key: int
    when: Any = None
    when_parts: tuple[Any, ...] = ()
    when_reads: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Program:
    """What the stage reads of a program."""

    policy: Policy
    steps: dict[int, Touch]
    context: tuple[Any, ...] = ()
    current: tuple[Any, ...] = ()
    journeys: tuple[Any, ...] = ()


def policy(hourly: int, daily: int) -> Policy:
    return Policy.model_validate(
        {
            "caps": [
                {"name": "daily", "purpose": "marketing", "at_most": 1, "within": "1 day"},
                {"name": "weekly", "purpose": "marketing", "at_most": 3, "within": "7 days"},
            ],
            "open_hours": {"app_push": "08:00-22:00", "sms": "08:00-21:00"},
            "priority": ["care"],
            "capacity": [{"name": "sms_hourly", "channel": "sms", "at_most": hourly, "per": "hour"}],
            "budget": [{"name": "sms_money", "channel": "sms", "at_most": f"{daily * 5 / 100:.2f}", "per": "day"}],
        }
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_054_000)
    entries = parser.parse_args().entries
    hourly = entries // 100
    daily = hourly * 12
    with tempfile.TemporaryDirectory() as folder:
        warehouse = DuckDBWarehouse(Path(folder) / "warehouse.duckdb")
        migrate(warehouse)
        warehouse.give(run_no=1, as_of=AS_OF, previous_as_of=datetime(1970, 1, 1), zone=ZONE.key)
        warehouse.execute((HERE / "state.sql").read_text(encoding="utf-8"), entries=entries)
        warehouse.run("advance/arms")
        seconds: dict[str, float] = {}
        chain = tuple(_timed(gate, seconds) for gate in decision_chain())
        stage.decision_chain = lambda: chain  # type: ignore[attr-defined,assignment]
        condition = Touch(2001, parsed("coalesce(profile.age >= 30, FALSE)"))
        program: Any = Program(policy(hourly, daily), {1001: Touch(1001), 2001: condition, 3001: Touch(3001)})
        run = Run(1, AS_OF, datetime(1970, 1, 1), date(2026, 3, 2), datetime(2026, 3, 1, 16), ZONE)
        find_holds(warehouse, [], run, {})
        warehouse.execute("BEGIN TRANSACTION")
        began = time.perf_counter()
        found = stage.decide(
            warehouse, program, run, {"app_push": True, "sms": True}, [], WeekdayCalendar(), {"app_push": 0, "sms": 5}
        )
        engine = time.perf_counter() - began
        warehouse.execute("COMMIT")
        made = warehouse.fetch("SELECT gate, reason, count(*) FROM tonglu.decision WHERE run_no = 1 GROUP BY ALL ORDER BY 3 DESC")
        warehouse.execute("CREATE TABLE engine_touch AS SELECT * FROM tonglu.touch WHERE run_no = 1")
        warehouse.execute("DELETE FROM tonglu.touch WHERE run_no = 1")
        began = time.perf_counter()
        warehouse.execute((HERE / "decide.sql").read_text(encoding="utf-8"), hourly=hourly, daily=daily)
        floor = time.perf_counter() - began
        print(f"{entries:,} entries, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, DuckDB {duckdb.__version__}")
        print(f"{found.proposals:,} proposals: {found.sent:,} sent, {found.deferred:,} deferred, {found.dropped:,} dropped")
        for gate, reason, count in made:
            print(f"  {gate or '-':<16} {reason:<14} {count:>9,}")
        for name, length in seconds.items():
            print(f"  {name:<16} {length:7.2f} s")
        print(f"  {'the rest':<16} {engine - sum(seconds.values()):7.2f} s")
        differing = _differing(warehouse)
        print(f"engine {engine:.2f} s, floor {floor:.2f} s" + ("" if differing else f", ratio {engine / floor:.1f}"))
        print("equal by EXCEPT ALL" if not differing else f"NOT EQUAL, so there is no ratio: {differing}")
        print(f"the aim is {AIM_SECONDS:.0f} s")
        return 1 if differing else 0


def _timed(gate: Any, seconds: dict[str, float]) -> Any:
    from dataclasses import replace

    def apply(chain: Any) -> None:
        began = time.perf_counter()
        gate.apply(chain)
        seconds[gate.name] = time.perf_counter() - began

    return replace(gate, apply=apply)


def _differing(warehouse: DuckDBWarehouse) -> dict[str, Any]:
    """Rows that only one side has, by table, with an example."""
    engine = {"decision": "tonglu.decision", "touch": "engine_touch", "waiting": "tonglu.waiting_touch"}
    found = {}
    for name, columns in COMPARED.items():
        sides = f"SELECT {columns} FROM {engine[name]}", f"SELECT {columns} FROM floor_{name}"
        for one, other, side in ((*sides, "engine"), (*reversed(sides), "floor")):
            query = f"({one}) EXCEPT ALL ({other})"
            [(count,)] = warehouse.fetch(f"SELECT count(*) FROM ({query})")
            if count:
                found[f"{name}, only {side}"] = (count, warehouse.fetch(f"SELECT * FROM ({query}) LIMIT 2"))
    return found


if __name__ == "__main__":
    raise SystemExit(main())
