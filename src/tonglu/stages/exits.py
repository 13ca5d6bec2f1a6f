"""Exits, judged for every open entry in every run, wherever it rests (semantics 19).

An event exit, the goal among them, takes the event's own instant; the earliest counts, then the goal, then written order. An exit
by segment or condition is judged as of the run and ends the entry as it stands.
"""

from collections.abc import Collection

from sqlglot import exp

from tonglu.compile.program import GOAL, CompiledExit, Program
from tonglu.core.ports import Warehouse
from tonglu.core.sql import Slot, about_customer, alike, among, both, fill, parsed, table

BY_EVENT = """
    INSERT INTO exit_match
    SELECT r.entry_id, e.occurred_at, slot('ordinal'), slot('reason'), FALSE
    FROM tonglu.rest AS r
    JOIN slot_events AS e ON e.customer_id = r.customer_id
    LEFT JOIN enrolled AS n ON n.entry_id = r.entry_id
    LEFT JOIN tonglu.profile AS profile ON profile.customer_id = r.customer_id
    WHERE slot('mine') AND e.name = slot('event') AND e.occurred_at > r.first_since
      AND slot('whose') AND slot('condition')
"""
BY_STATE = """
    INSERT INTO exit_match
    SELECT r.entry_id, $as_of, slot('ordinal'), slot('reason'), TRUE
    FROM tonglu.rest AS r
    LEFT JOIN enrolled AS n ON n.entry_id = r.entry_id
    LEFT JOIN tonglu.profile AS profile ON profile.customer_id = r.customer_id
    WHERE slot('mine') AND slot('whose') AND slot('condition')
"""
MOVED = "SELECT count(*) FROM tonglu.version_migration WHERE moved > 0"
MOVED_FROM = """
    SELECT DISTINCT e.version_no FROM tonglu.move AS m JOIN tonglu.rest AS r USING (entry_id) JOIN tonglu.entry AS e USING (entry_id)
    WHERE m.cause = 'migrated'
"""
ENTERED = "EXISTS(SELECT 1 FROM tonglu.entry AS own WHERE own.entry_id = r.entry_id AND slot('version'))"
OPEN_VERSIONS = "SELECT DISTINCT version_no FROM tonglu.rest ORDER BY version_no"
EARLIEST = "SELECT count(*), min(first_since) FROM enrolled"
OWN_TOUCH = "json_extract_string(e.properties, '$.entry_id') = CAST(r.entry_id AS VARCHAR)"


def judge_exits(warehouse: Warehouse, program: Program, stopping: Collection[str] = ()) -> None:
    """Find the exits of entries that were open before this run, ejections and journeys that stop among them; fills `leaving`."""
    warehouse.run("exits/ejections")
    for journey in stopping:
        warehouse.run("exits/stop", journey=journey)
    _judge(warehouse, program, enrolled=False)
    [(moved_over, _)] = warehouse.fetch(EARLIEST)
    if moved_over:  # who came to another version in this run looks back like somebody new, and leaves before anybody enters
        _judge(warehouse, program, enrolled=True)
    warehouse.run("exits/choose")


def judge_exits_of_enrolled(warehouse: Warehouse, program: Program) -> None:
    """Find the exits of entries that this run enrolled, from events since they came; fills `leaving`."""
    [(enrolled, _)] = warehouse.fetch(EARLIEST)
    if enrolled:
        _judge(warehouse, program, enrolled=True)
        warehouse.run("exits/choose")


def _judge(warehouse: Warehouse, program: Program, *, enrolled: bool) -> None:
    present = {version_no for (version_no,) in warehouse.fetch(OPEN_VERSIONS)}
    [(moved,)] = warehouse.fetch(MOVED)
    if moved:
        present |= {version_no for (version_no,) in warehouse.fetch(MOVED_FROM)}
    whose: exp.Expression = parsed("n.entry_id IS NOT NULL" if enrolled else "n.entry_id IS NULL")
    if enrolled:
        [(_, earliest)] = warehouse.fetch(EARLIEST)
        whose = both(whose, parsed("e.occurred_at > $earliest"))
    else:
        earliest = None
    exits = [(journey.version_no, one) for journey in program.journeys if journey.version_no in present for one in journey.exits]
    for group in alike(exits, lambda one: (one[1].ordinal, one[1].reason, one[1].event, one[1].condition)):
        versions, [_, one] = [version_no for version_no, _ in group], group[0]
        mine = among(exp.column("version_no", table="r"), versions)
        if moved and one.ordinal == GOAL:  # whoever moved to another version keeps the goals of the one that was entered
            mine = fill(ENTERED, version=among(exp.column("version_no", table="own"), versions))
        warehouse.execute(_statement(one, mine, whose, enrolled=enrolled), earliest=earliest)


def _statement(one: CompiledExit, mine: exp.Expression, whose: exp.Expression, *, enrolled: bool) -> exp.Expression:
    common: dict[str, Slot] = {"ordinal": one.ordinal, "reason": one.reason, "mine": mine}
    if one.event is None:
        new = parsed("n.entry_id IS NOT NULL" if enrolled else "n.entry_id IS NULL")
        return about_customer(BY_STATE, "r", whose=new, condition=one.condition, **common)
    events = table("events", "source") if enrolled else table("new_event", "temp")
    receipt = one.event.startswith("touch.")
    condition: exp.Expression = both(one.condition, parsed(OWN_TOUCH)) if receipt else one.condition
    return about_customer(BY_EVENT, "r", events=events, whose=whose, event=one.event, condition=condition, **common)
