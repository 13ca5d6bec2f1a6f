"""Who is in a segment: how many, who joined and left in the last run, and a sample that is the same whenever it is asked for.

A sample shows customers' ids and the attributes of the profile, which no personal table goes into; days are shown as their month, so that
a birthday tells nobody apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from sqlglot import exp

from tonglu.app.definitions import Definitions
from tonglu.app.present import Present, present
from tonglu.core.errors import Finding, InputError, Place, did_you_mean
from tonglu.core.sql import fill, table
from tonglu.language.segment import Segment, dependencies
from tonglu.settings import Settings
from tonglu.stages.segment import create_table

Row = Mapping[str, object]
COUNT = "SELECT count(*) FROM slot_members"
CHANGES = """
    SELECT count(*) FILTER (WHERE was.customer_id IS NULL), count(*) FILTER (WHERE now.customer_id IS NULL)
    FROM slot_members AS now
    FULL JOIN (SELECT customer_id FROM tonglu.membership WHERE segment = slot('segment') AND left_run IS NULL) AS was
        ON was.customer_id = now.customer_id
"""
SIZES = """
    SELECT z.run_no, r.as_of, z.members, z.entered, z.left_count FROM tonglu.segment_size AS z JOIN tonglu.run AS r USING (run_no)
    WHERE z.segment = $segment ORDER BY z.run_no DESC LIMIT 5
"""
SAMPLE = """
    SELECT m.customer_id FROM slot_members AS m ORDER BY md5(concat_ws('|', slot('segment'), m.customer_id)), m.customer_id LIMIT slot('most')
"""
JOINED = """
    SELECT customer_id FROM tonglu.membership WHERE segment = $segment AND entered_run = $last_run
    ORDER BY md5(concat_ws('|', segment, customer_id)), customer_id LIMIT $most
"""
LEFT = """
    SELECT customer_id FROM tonglu.membership WHERE segment = $segment AND left_run = $last_run
    ORDER BY md5(concat_ws('|', segment, customer_id)), customer_id LIMIT $most
"""


@dataclass(frozen=True)
class Size:
    """A segment in one run."""

    run_no: int
    as_of: datetime
    members: int
    joined: int
    left: int


@dataclass(frozen=True)
class Members:
    """A segment as it stands.

    Attributes:
        segment: the segment.
        as_of: the instant that is looked at.
        members: how many it has as it is written now.
        differs: whether it, or what it builds on, was written or edited since the last run.
        would_join: how many of them were no members in the last run, where it differs.
        would_leave: how many members of the last run are none now, where it differs.
        sizes: the last runs, the newest first.
        sample: members with their attributes.
        joined: some of those who joined in the last run, and `left`, who left.
    """

    segment: Segment
    as_of: datetime
    members: int
    differs: bool = False
    would_join: int = 0
    would_leave: int = 0
    sizes: tuple[Size, ...] = ()
    sample: tuple[Row, ...] = ()
    joined: tuple[int, ...] = ()
    left: tuple[int, ...] = ()


def segment_named(definitions: Definitions, name: str) -> Segment:
    """The segment of that name, or the profile.

    Raises:
        InputError: there is none.
    """
    by_name = {one.name: one for one in definitions.segments}
    if name not in by_name:
        hint = did_you_mean(name, by_name) or f"There are {', '.join(sorted(by_name))}."
        raise InputError([Finding("TL900", f"there is no segment '{name}'", Place("NAME"), hint)])
    return by_name[name]


def compiled(segment: Segment) -> str:
    """The statement that builds it, as runs execute it."""
    return create_table(segment).sql(dialect="duckdb", pretty=True)


def reads(segment: Segment) -> Sequence[str]:
    """The segments that it builds on, and 'profile'."""
    return sorted(dependencies(segment))


def members_of(
    root: Path, definitions: Definitions, segment: Segment, settings: Settings, *, sample: int = 0, as_of: datetime | None = None
) -> Members:
    """Look at a segment's members.

    Raises:
        InputError: nothing was run and no instant is given, or nothing has landed.
        Unavailable: a run has the warehouse at this moment.
    """
    with present(root, definitions, settings, as_of) as now:
        return _looked_at(now, definitions, segment, sample)


def _looked_at(now: Present, definitions: Definitions, segment: Segment, most: int) -> Members:
    warehouse, name = now.warehouse, segment.name
    here = table("profile", "tonglu") if segment.is_profile else table(name, "segment")
    [(count,)] = warehouse.fetch(fill(COUNT, members=here))
    customers = [one for (one,) in warehouse.fetch(fill(SAMPLE, members=here, segment=name, most=most))] if most else []
    sizes = tuple(Size(*row) for row in warehouse.fetch(SIZES, segment=name)) if not segment.is_profile else ()
    differs = name in now.built and now.last_run is not None
    join, leave = (0, 0)
    if differs and sizes:
        [(join, leave)] = warehouse.fetch(fill(CHANGES, members=here, segment=name))
    asked = {"segment": name, "last_run": now.last_run, "most": most}
    joined, left = (
        tuple(one for (one,) in warehouse.fetch(query, **asked)) if most and sizes and now.last_run else ()
        for query in (JOINED, LEFT)
    )
    rows = _attributes(now, definitions, customers)
    return Members(segment, now.run.as_of, count, differs, join, leave, sizes, rows, joined, left)


def _attributes(now: Present, definitions: Definitions, customers: Sequence[int]) -> tuple[Row, ...]:
    """The profile's columns of these customers, in their order."""
    if not customers:
        return ()
    names = ["customer_id", *(name for name in definitions.known.profile if name != "customer_id")]
    these = [exp.column(name, table="p", quoted=True) for name in names]
    query = exp.select(*these).from_("tonglu.profile AS p").where("list_contains($customers, p.customer_id)", dialect="duckdb")
    found = {row[0]: row for row in now.warehouse.fetch(query, customers=list(customers))}
    blank = (None,) * (len(names) - 1)
    return tuple(dict(zip(names, map(shown, found.get(one, (one, *blank))), strict=True)) for one in customers)


def shown(value: object) -> object:
    """An attribute as a sample shows it: a day as its month."""
    if isinstance(value, datetime | date):
        return f"{value:%Y-%m}"
    return float(value) if isinstance(value, Decimal) else value
