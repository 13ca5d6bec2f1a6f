"""What a run wrote for good, sealed: digests of its rows go into the audit log, and the rows of every run can be held against them later.

A table's rows of a run are sealed in up to `MARKS` parts by rising entry_id, so that what was changed by hand is found to a few entries, of a
small run to one. Nothing that tells of a customer is sealed, so forgetting one leaves every seal whole; whose a row is, is held against its
entry. Retention removes rows of none of these tables.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from sqlglot import exp

from tonglu.core.ports import Warehouse
from tonglu.core.sql import fill, table
from tonglu.mailroom.witness import Changed

MARKS = 100
NOTHING = "(nothing)"
SEALED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "decision": ("step_key", "journey", "version_no", "step", "visit", "outcome", "gate", "reason", "detail", "channel", "message", "arm",
                     "priority", "score", "not_before", "first_proposed_at"),
        "touch": ("journey", "version_no", "step", "visit", "purpose", "channel", "message", "arm", "decided_at", "not_before", "expires_at"),
        "entry": ("journey", "version_no", "entry_no", "assignment", "assigned_at", "since"),
        "ended": ("ended_at", "reason"),
        "move": ("ordinal", "from_key", "to_key", "clock", "cause"),
        "exposure": ("step_key", "step", "arm", "propensity", "exposed_at"),
    }
)  # fmt: skip
"""The tables whose rows a run writes once, all with run_no and entry_id, and what of each row is sealed."""
THEIRS = ("decision", "touch", "exposure")
"""Those that say beside the entry whose it is."""
SEAL = """
    SELECT min(entry_id), count(*), substr(sha256(string_agg(digest, '' ORDER BY entry_id, digest)), 1, 16)
    FROM (
        SELECT entry_id, digest, (rank - 1) * slot('marks') // max(rank) OVER () AS part
        FROM (SELECT entry_id, slot('digest') AS digest, dense_rank() OVER (ORDER BY entry_id) AS rank FROM slot_sealed WHERE run_no = $run_no)
    )
    GROUP BY part ORDER BY 1
"""
HOLD = """
    WITH mark AS (
        SELECT unnest($runs::INTEGER[]) AS run_no, unnest($firsts::BIGINT[]) AS first, unnest($counts::BIGINT[]) AS rows,
            unnest($digests::VARCHAR[]) AS digest
    ), found AS (
        SELECT h.run_no, m.first, min(h.entry_id) AS lowest, max(h.entry_id) AS highest, count(*) AS rows,
            substr(sha256(string_agg(h.digest, '' ORDER BY h.entry_id, h.digest)), 1, 16) AS digest
        FROM (SELECT run_no, entry_id, slot('digest') AS digest FROM slot_sealed) AS h
        ASOF LEFT JOIN mark AS m ON m.run_no = h.run_no AND m.first <= h.entry_id
        GROUP BY h.run_no, m.first
    )
    SELECT coalesce(f.run_no, m.run_no), coalesce(m.first, f.lowest), greatest(f.highest, m.first), coalesce(m.rows, 0), coalesce(f.rows, 0)
    FROM found AS f FULL JOIN mark AS m ON m.run_no = f.run_no AND m.first = f.first
    WHERE f.digest IS DISTINCT FROM m.digest ORDER BY ALL
"""
WHOSE = """
    SELECT t.run_no, t.entry_id FROM slot_sealed AS t LEFT JOIN tonglu.entry AS e USING (entry_id)
    WHERE t.customer_id IS DISTINCT FROM e.customer_id ORDER BY ALL
"""
Seal = list[list[object]]


def seal(warehouse: Warehouse, run_no: int) -> dict[str, Seal]:
    """The seals of a run: of each table its parts, each with its lowest entry, its rows and their digest."""
    return {
        name: [list(row) for row in warehouse.fetch(fill(SEAL, sealed=table(name, "tonglu"), digest=_digest(name), marks=MARKS), run_no=run_no)]
        for name in SEALED
    }  # fmt: skip


def unsealed(warehouse: Warehouse, seals: Mapping[int, Mapping[str, Sequence[Sequence[object]]]]) -> list[Changed]:
    """Every place at which the rows of a run are not those that were sealed.

    Args:
        warehouse: the warehouse as it is now.
        seals: what the audit log keeps, by run and table.
    """
    found = []
    for name in SEALED:
        marks = [(run_no, *mark) for run_no, kept in seals.items() for mark in kept.get(name, ())]
        runs, firsts, counts, digests = ([mark[place] for mark in marks] for place in range(4))
        statement = fill(HOLD, sealed=table(name, "tonglu"), digest=_digest(name))
        rows = warehouse.fetch(statement, runs=runs, firsts=firsts, counts=counts, digests=digests)
        found += [_changed(name, *row) for row in rows]
    for name in THEIRS:
        rows = warehouse.fetch(fill(WHOSE, sealed=table(name, "tonglu")))
        found += [_other(name, run_no, entry_id) for run_no, entry_id in rows]
    return found


def _changed(name: str, run_no: int, first: int, last: int, sealed: int, there: int) -> Changed:
    what = "deleted" if there < sealed else "added" if there > sealed else "changed"
    alone = first == last
    key = f"run {run_no}, entry {first}" if alone else f"run {run_no}, one of entries {first} to {last}"
    message = f"{there} row(s) where the run wrote {sealed}" if what != "changed" else "it is not what the run wrote"
    return Changed(f"warehouse tonglu.{name}", key, what, message)


def _other(name: str, run_no: int, entry_id: int) -> Changed:
    return Changed(
        f"warehouse tonglu.{name}", f"run {run_no}, entry {entry_id}", "changed", "it names another customer than its entry"
    )


def _digest(name: str) -> exp.Expression:
    parts: Iterable[exp.Expr] = (
        exp.func("coalesce", exp.cast(exp.column(one, quoted=True), "varchar"), exp.convert(NOTHING)) for one in SEALED[name]
    )
    return exp.Anonymous(this="sha256", expressions=[exp.Anonymous(this="concat_ws", expressions=[exp.convert("|"), *parts])])
