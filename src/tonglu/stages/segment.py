"""Segment: profile and segments from analysts' SQL, in the order in which they build on each other, and who joined or left.

The SQL was parsed and checked when it was read (`language/segment`); what runs is its tree, wrapped, never its text. A segment
is a function of the tables that it reads and, where it asks for them, of the run's instant or day. So it is built again only
when one of these has changed since it was last built; until then its table stands. A segment that was built again with the same
members changes nothing for those that read it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256

from sqlglot import exp

from tonglu.core.ports import Warehouse
from tonglu.core.sql import fill, table
from tonglu.language.segment import Segment, dependencies

NOW = "INSERT INTO member_now SELECT slot('name'), customer_id FROM slot_target"
TITLE = "INSERT INTO segment_title VALUES ($segment, $title, $built)"
BUILT = "INSERT INTO tonglu.segment_built VALUES ($run_no, $segment, $signature, $content)"
CONTENT = "SELECT concat_ws(' ', count(*), bit_xor(hash(built))) FROM slot_target AS built"
TABLES = """
    SELECT CASE WHEN schema_name = 'tonglu' THEN 'profile' ELSE table_name END FROM duckdb_tables()
    WHERE database_name = current_database() AND (schema_name = 'segment' OR (schema_name = 'tonglu' AND table_name = 'profile'))
"""
LAST = "SELECT segment, arg_max(signature, run_no), arg_max(content, run_no) FROM tonglu.segment_built GROUP BY segment"
CHANGES = "SELECT source_table, max(run_no) FROM tonglu.source_change GROUP BY source_table"
SIZES = "SELECT segment, members, entered, left_count FROM tonglu.segment_size WHERE run_no = $run_no ORDER BY segment"
INSTANT, DAY = "AS_OF", "AS_OF_DATE"


def segment(
    warehouse: Warehouse, segments: Sequence[Segment], as_of: datetime, as_of_date: date, shapes: Mapping[str, str] | None = None
) -> dict[str, tuple[int, int, int]]:
    """Bring the profile and every segment up to date; members, joined and left by segment.

    Args:
        warehouse: the warehouse, inside the run's transaction, after promotion.
        segments: profile and segments, each after those that it reads.
        as_of: the run's instant.
        as_of_date: the bank's day at that instant.
        shapes: by source table, what tells one shape of it from another.
    """
    written = {one.name for one in segments}
    standing = {name for (name,) in warehouse.fetch(TABLES)}
    for name in sorted(standing - written - {"profile"}):
        warehouse.execute(exp.Drop(tables=[table(name, "segment")], kind="TABLE"))
    last = {name: (signature, content) for name, signature, content in warehouse.fetch(LAST) if name in standing}
    changes: dict[str, int] = dict(warehouse.fetch(CHANGES))
    contents: dict[str, str] = {}
    warehouse.run("segment/begin")
    for one in segments:
        signature = signature_of(one, as_of, as_of_date, changes, shapes or {}, contents)
        known, contents[one.name] = last.get(one.name, ("", ""))
        stale = known != signature
        target = table("profile", "tonglu") if one.is_profile else table(one.name, "segment")
        if stale:
            warehouse.build(create_table(one), one.place(0))
            [(contents[one.name],)] = warehouse.fetch(fill(CONTENT, target=target))
            warehouse.execute(BUILT, segment=one.name, signature=signature, content=contents[one.name])
        if not one.is_profile:
            warehouse.execute(TITLE, segment=one.name, title=one.title.zh, built=stale)
            if stale:
                warehouse.execute(fill(NOW, name=one.name, target=target))
    warehouse.run("segment/follow")
    return {name: (members, joined, left) for name, members, joined, left in warehouse.fetch(SIZES)}


def signature_of(
    one: Segment,
    as_of: datetime,
    as_of_date: date,
    changes: Mapping[str, int],
    shapes: Mapping[str, str],
    contents: Mapping[str, str],
) -> str:
    """What a segment is made from, as a hash: equal hashes give equal tables.

    Args:
        one: the segment, or the profile.
        as_of: the run's instant, which counts for a segment that asks for it.
        as_of_date: the bank's day, likewise.
        changes: the run that last changed a source table.
        shapes: by source table, what tells one shape of it from another.
        contents: of each segment before this one, what is in it.
    """
    asked = {node.name.upper() for node in one.tree.find_all(exp.Anonymous)}
    parts = [one.name, one.hash]
    parts += [as_of.isoformat()] if INSTANT in asked else []
    parts += [as_of_date.isoformat()] if DAY in asked else []
    parts += [f"{name} {contents.get(name, '')}" for name in sorted(dependencies(one))]
    # a name that is a WITH of the segment itself does no harm here
    tables = sorted({node.name.lower() for node in one.tree.find_all(exp.Table) if not node.db or node.db.lower() == "source"})
    parts += [f"{name} {changes.get(name, 0)} {shapes.get(name, '')}" for name in tables]
    return sha256("\0".join(parts).encode()).hexdigest()[:16]


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
