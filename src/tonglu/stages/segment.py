"""Segment: profile and segments from analysts' SQL, in the order in which they build on each other, and who joined or left.

The SQL was parsed and checked when it was read (`language/segment`); what runs is its tree, wrapped, never its text.
"""

from collections.abc import Sequence

from sqlglot import exp

from tonglu.core.ports import Warehouse
from tonglu.core.sql import fill, table
from tonglu.language.segment import Segment

NOW = "INSERT INTO member_now SELECT slot('name'), customer_id FROM slot_target"
TITLE = "INSERT INTO segment_title VALUES ($segment, $title)"
TABLES = "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'segment'"
SIZES = "SELECT segment, members, entered, left_count FROM tonglu.segment_size WHERE run_no = $run_no ORDER BY segment"


def segment(warehouse: Warehouse, segments: Sequence[Segment]) -> dict[str, tuple[int, int, int]]:
    """Build the profile and every segment; members, joined and left by segment."""
    written = {one.name for one in segments}
    for (name,) in warehouse.fetch(TABLES):
        if name not in written:
            warehouse.execute(exp.Drop(tables=[table(name, "segment")], kind="TABLE"))
    warehouse.run("segment/begin")
    for one in segments:
        warehouse.execute(create_table(one))
        if not one.is_profile:
            warehouse.execute(fill(NOW, name=one.name, target=table(one.name, "segment")))
            warehouse.execute(TITLE, segment=one.name, title=one.title.zh)
    warehouse.run("segment/follow")
    return {name: (members, joined, left) for name, members, joined, left in warehouse.fetch(SIZES)}


def create_table(one: Segment) -> exp.Expression:
    """`CREATE OR REPLACE TABLE ... AS` the written SELECT: of the profile every column, of a segment its customers, each once."""
    written = exp.Subquery(this=one.tree.copy(), alias=exp.TableAlias(this=exp.to_identifier("written")))
    if one.is_profile:
        return exp.Create(
            this=exp.table_("profile", db="tonglu"), kind="TABLE", replace=True, expression=exp.select("*").from_(written)
        )
    customer = exp.column("customer_id", table="written")
    known = exp.not_(exp.Is(this=customer.copy(), expression=exp.null()))
    query = exp.select(customer).distinct().from_(written).where(known)
    return exp.Create(this=table(one.name, "segment"), kind="TABLE", replace=True, expression=query)
