"""Contention: who competes for what the policy limits, and what room earlier runs left. The temporary tables of `allocate/*.sql`."""

from sqlglot import exp

from tonglu.core.sql import about_customer, fill, table
from tonglu.gates.gate import Chain
from tonglu.gates.open_hours import heed
from tonglu.gates.slots import PERIODS, shortest_period, slots, start_of
from tonglu.language.allocation import UNIT_COLUMNS, Limit, limits_of

RULE = "INSERT INTO limit_rule VALUES ($limit_no, $gate, $name, $channel, $journey, $purpose, $unit_kind, $period, $at_most)"
FIGURE = "INSERT INTO limit_figure VALUES ($limit_no, $unit, $at_most)"
FIGURES = """
    INSERT INTO limit_figure
    SELECT slot('limit_no'), CAST(slot('unit') AS VARCHAR), max(CAST(slot('at_most') AS BIGINT)) FROM slot_source
    WHERE slot('unit') IS NOT NULL AND slot('at_most') >= 0
      AND CAST(slot('unit') AS VARCHAR) NOT IN (SELECT unit FROM limit_figure WHERE limit_no = slot('limit_no'))
    GROUP BY 2
"""
COST = "INSERT INTO channel_cost VALUES ($channel, $cost)"
CONTENDERS = """
    INSERT INTO contender
    SELECT p.proposal_no, p.customer_id, p.channel, p.journey, p.purpose, p.priority, p.score, p.tie, p.not_before,
        p.first_proposed_at + to_microseconds(p.valid_us + p.paused_us), NULL,
        list_contains($free_capacity, p.purpose), list_contains($free_budget, p.purpose),
        coalesce(CAST(slot('branch') AS VARCHAR), ''), coalesce(CAST(slot('employee') AS VARCHAR), ''), k.cost
    FROM proposal AS p JOIN channel_cost AS k USING (channel) LEFT JOIN tonglu.profile AS profile ON profile.customer_id = p.customer_id
    WHERE p.outcome IS NULL AND NOT p.ghost AND EXISTS (
        SELECT 1 FROM limit_rule AS r WHERE (r.channel IS NULL OR r.channel = p.channel) AND (r.journey IS NULL OR r.journey = p.journey)
            AND (r.purpose IS NULL OR r.purpose = p.purpose))
"""
CHARGED = """
    INSERT INTO charged
    SELECT t.channel, t.journey, t.purpose, coalesce(c.branch, CAST(slot('branch') AS VARCHAR), ''),
        CASE WHEN w.touch_key IS NULL THEN coalesce(c.employee, CAST(slot('employee') AS VARCHAR), '')
            ELSE coalesce(CAST(w.employee_id AS VARCHAR), 'branch:' || CAST(w.branch_id AS VARCHAR), '') END,
        coalesce(c.cost, k.cost, 0), t.not_before
    FROM tonglu.reserved_touch AS t
    LEFT JOIN tonglu.contender AS c ON c.run_no = t.run_no AND c.entry_id = t.entry_id AND c.latest >= $since
    LEFT JOIN tonglu.work_item AS w ON w.touch_key = t.touch_key
    LEFT JOIN channel_cost AS k ON k.channel = t.channel
    LEFT JOIN tonglu.profile AS profile ON profile.customer_id = t.customer_id
    WHERE t.not_before >= $since
"""
PROFILE = "SELECT column_name FROM duckdb_columns() WHERE schema_name = 'tonglu' AND table_name = 'profile'"
SPANS = "SELECT channel, hours, min(opening), max(greatest(opening, latest)) FROM contender GROUP BY ALL ORDER BY ALL"
SLOT = "INSERT INTO time_slot VALUES ($channel, $hours, $number, $starts, $ends, $planned_at)"


def contend(chain: Chain) -> bool:
    """Find who competes, for what, and what is left of it; whether anybody does."""
    warehouse, policy = chain.warehouse, chain.policy
    limits = limits_of(policy.capacity, policy.budget)
    warehouse.run("allocate/begin")
    if not limits:
        return False
    for number, limit in enumerate(limits, 1):
        _write(chain, number, limit)
    for channel, cost in chain.costs.items():
        warehouse.execute(COST, channel=channel, cost=cost)
    has = {name for (name,) in warehouse.fetch(PROFILE)}
    counted = {one.by for one in limits if one.by}
    if "employee" in counted:  # those without an employee are shared out in their branch
        counted |= {kind for kind in ("branch",) if UNIT_COLUMNS[kind] in has}
    units = {kind: exp.column(name, table="profile") if kind in counted else exp.null() for kind, name in UNIT_COLUMNS.items()}
    warehouse.execute(
        about_customer(CONTENDERS, "p", **units),
        free_capacity=chain.skipping("capacity"),
        free_budget=chain.skipping("budget"),
    )
    heed(chain)
    warehouse.run("allocate/nearer")
    spans = warehouse.fetch(SPANS)
    if not spans:
        return False
    longest = max((one.per for one in limits), key=PERIODS.index)
    since = min(start_of(opening, longest, chain.zone) for _, _, opening, _ in spans)
    warehouse.execute(about_customer(CHARGED, "t", **units), since=since)
    for channel, hours, opening, latest in spans:
        period = shortest_period(channel, limits)
        for number, starts, ends, planned_at in slots(chain, channel, hours, period, opening, latest):
            warehouse.execute(SLOT, channel=channel, hours=hours, number=number, starts=starts, ends=ends, planned_at=planned_at)
    warehouse.run("allocate/cohorts")
    warehouse.run("allocate/uses")
    warehouse.run("allocate/allotments")
    return True


def _write(chain: Chain, number: int, limit: Limit) -> None:
    """A limit, and the figures of single units; what `each` says of one goes before the table."""
    chain.warehouse.execute(
        RULE,
        limit_no=number,
        gate=limit.gate,
        name=limit.name,
        channel=limit.channel,
        journey=limit.journey,
        purpose=limit.purpose,
        unit_kind=limit.by,
        period=limit.per,
        at_most=limit.at_most,
    )
    for unit, at_most in limit.each.items():
        chain.warehouse.execute(FIGURE, limit_no=number, unit=unit, at_most=at_most)
    if limit.figures is not None:
        columns = {"unit": exp.column(limit.figures.unit), "at_most": exp.column(limit.figures.at_most)}
        chain.warehouse.execute(fill(FIGURES, limit_no=number, source=table(limit.figures.table, "source"), **columns))
