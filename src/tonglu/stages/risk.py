"""Risk: whom the risk rules hit as of the run. Each rule is a table of the schema `risk`, built like a segment when what it is made
from has changed; whether a hit holds now is told from its own instants.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlglot import exp

from tonglu.core.ports import Warehouse
from tonglu.core.sql import fill, table
from tonglu.language.risk import SINCE, UNTIL, RiskRule
from tonglu.language.segment_names import RISK
from tonglu.stages.context import Run
from tonglu.stages.segment import BUILT, CHANGES, LAST, signature_of

HOUR_US = 3_600_000_000
BEGIN = """
    CREATE OR REPLACE TEMP TABLE risk_rule_now (rule_no INTEGER, rule VARCHAR, title_zh VARCHAR, title_en VARCHAR, dimension VARCHAR,
        action VARCHAR, mode VARCHAR, holds BOOLEAN, would_hold BOOLEAN, purposes VARCHAR[]);
    CREATE OR REPLACE TEMP TABLE risk_live (rule_no INTEGER, customer_id BIGINT, until TIMESTAMP);
    CREATE OR REPLACE TEMP TABLE risk_missing (source_table VARCHAR)
"""
RULE = """
    INSERT INTO risk_rule_now VALUES ($rule_no, $rule, $title_zh, $title_en, $dimension, $action, $mode, $holds, $would_hold, $purposes)
"""
STANDING = (
    "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'risk' ORDER BY table_name"
)
LIVE = """
    INSERT INTO risk_live
    SELECT slot('rule_no'), customer_id, CASE WHEN NOT bool_or(ends IS NULL) THEN max(ends) END
    FROM (SELECT customer_id, since, least(until, since + to_microseconds(slot('hours_us'))) AS ends FROM slot_hits)
    WHERE (since IS NULL OR since <= $as_of) AND (ends IS NULL OR ends > $as_of)
    GROUP BY customer_id
"""
MISSING = """
    INSERT INTO risk_missing
    SELECT DISTINCT source_table FROM (SELECT unnest($needed) AS source_table)
    WHERE source_table NOT IN (SELECT source_table FROM tonglu.loaded WHERE run_no <= $run_no)
      AND source_table NOT IN (SELECT source_table FROM tonglu.ingested_file WHERE run_no <= $run_no)
"""


def find_holds(warehouse: Warehouse, rules: Sequence[RiskRule], run: Run, shapes: Mapping[str, str]) -> None:
    """Bring every rule's table up to date, and note whom each hits now and which lists are not there.

    Args:
        warehouse: the warehouse, inside the run's transaction, after the segments.
        rules: the rules in the order in which they are named.
        run: the run.
        shapes: by source table, what tells one shape of it from another.
    """
    warehouse.execute(BEGIN)
    standing = {name for (name,) in warehouse.fetch(STANDING)}
    for name in sorted(standing - {one.name for one in rules}):
        warehouse.execute(exp.Drop(tables=[table(name, RISK)], kind="TABLE"))
    if not rules:
        return
    built = {name: (signature, content) for name, signature, content in warehouse.fetch(LAST)}
    contents = {name: content for name, (_, content) in built.items()}
    changes: dict[str, int] = dict(warehouse.fetch(CHANGES))
    for number, rule in enumerate(rules, 1):
        signature = signature_of(rule.segment, run.as_of, run.as_of_date, changes, shapes, contents)
        known, _ = built.get(built_as(rule), ("", ""))
        if rule.name not in standing or known != signature:
            warehouse.build(create_table(rule), rule.segment.place(0))
            warehouse.execute(BUILT, segment=built_as(rule), signature=signature, content="")
        _note(warehouse, number, rule, run.as_of)
    needed = sorted({rule.needs for rule in rules if rule.holds and rule.needs is not None})
    if needed:
        warehouse.execute(MISSING, needed=needed)


def _note(warehouse: Warehouse, number: int, rule: RiskRule, as_of: datetime) -> None:
    warehouse.execute(
        RULE,
        rule_no=number,
        rule=rule.name,
        title_zh=rule.segment.title.zh,
        title_en=rule.segment.title.en,
        dimension=rule.dimension,
        action=rule.action,
        mode=rule.mode,
        holds=rule.holds,
        would_hold=rule.would_hold,
        purposes=list(rule.purposes),
    )
    hours = None if rule.hours is None else rule.hours * HOUR_US
    warehouse.execute(fill(LIVE, rule_no=number, hours_us=hours, hits=table(rule.name, RISK)), as_of=as_of)


def built_as(rule: RiskRule) -> str:
    """The name under which the build of a rule is remembered; no segment can have it."""
    return f"{RISK}.{rule.name}"


def create_table(rule: RiskRule) -> exp.Expression:
    """`CREATE OR REPLACE TABLE risk.<rule> AS` the written SELECT: customer_id, since, until, each hit once."""
    written = exp.Subquery(this=rule.segment.tree.copy(), alias=exp.TableAlias(this=exp.to_identifier("written")))
    customer = exp.column("customer_id", table="written")
    instants = [
        exp.column(name, table="written", quoted=True) if name in rule.columns else exp.cast(exp.null(), "TIMESTAMP")
        for name in (SINCE, UNTIL)
    ]
    named = [exp.alias_(node, name, quoted=True) for node, name in zip(instants, (SINCE, UNTIL), strict=True)]
    known = exp.not_(exp.Is(this=customer.copy(), expression=exp.null()))
    query = exp.select(customer, *named).distinct().from_(written).where(known)
    return exp.Create(this=table(rule.name, RISK), kind="TABLE", replace=True, expression=query)
