"""Rows held against their acts: of each row that somebody's act wrote, the act keeps a digest in the chain, and both are compared.

The digest of a row about a customer is keyed with their pseudonym's key: when they are forgotten, nobody can try numbers against it.
"""

import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType

from tonglu.mailroom.connection import Database, Row

WITNESSED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "submission": (
            "kind",
            "name",
            "hash",
            "content",
            "reads",
            "author",
            "note",
            "audience",
            "needed",
            "roles",
            "at",
            "people",
        ),
        "approval": ("submission", "by", "at", "override"),
        "switch": ("scope", "name", "action", "by", "reason", "at"),
        "lever": ("scope", "name", "factor", "until", "by", "reason", "at"),
        "optout": ("customer_id", "channel", "purpose", "action", "at", "from_run"),
    }
)
"""The tables whose rows are held against acts, and what of each row counts; rows are added and never changed, but for words that
name somebody who is forgotten: the act `erase` keeps a new digest of such a row."""
_KEYS = "SELECT customer_id, key FROM pseudonym_key"
_FORGOTTEN = "SELECT subject FROM audit WHERE what = 'forget'"
_UNFINISHED = "SELECT customer_id FROM forgetting"


@dataclass(frozen=True)
class Told:
    """What an act keeps of a row: its table and number, its digest, and under which pseudonym it stands; '' without a customer."""

    table: str
    row: int
    digest: str
    pseudonym: str = ""

    def written(self) -> list[object]:
        """As it stands in the act's detail."""
        return [self.table, self.row, self.digest, self.pseudonym]


@dataclass(frozen=True)
class Changed:
    """A row that is not as its act says: the table, its key, and whether it was changed, added or deleted."""

    table: str
    key: str
    what: str
    message: str


def canonical(value: object) -> str:
    """JSON in one way only: keys in order, no spaces."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def rows_of(database: Database, table: str, after: int = 0) -> dict[int, Row]:
    """Every row of a table after a number, as its digest is made of it."""
    found = database.rows(f"SELECT seq, {_columns(table)} FROM {table} WHERE seq > :after ORDER BY seq", {"after": after})  # noqa: S608
    return {row[0]: row[1:] for row in found}


def last_row(database: Database, table: str) -> int:
    """The number of the newest row, 0 where there is none."""
    return int(database.rows(f"SELECT coalesce(max(seq), 0) FROM {table}")[0][0])  # noqa: S608


def told(table: str, number: int, row: Row, key: bytes = b"", pseudonym: str = "") -> Told:
    """What an act keeps of a row."""
    text = canonical([table, number, *row]).encode()
    digest = hmac.new(key, text, sha256).hexdigest() if key else sha256(text).hexdigest()
    return Told(table, number, digest[:32], pseudonym)


def customer_of(table: str, row: Row) -> int | None:
    """Whom a row is about; None where it is about nobody."""
    columns = WITNESSED[table]
    return int(row[columns.index("customer_id")]) if "customer_id" in columns else None


def said(detail: str) -> list[Told]:
    """What an act's detail keeps of rows."""
    return [Told(str(table), int(row), str(digest), str(who)) for table, row, digest, who in json.loads(detail).get("wrote", ())]


def changed(database: Database, pseudonym_of: Mapping[int, str], acts: Iterable[Row]) -> list[Changed]:
    """Every row that is not as its act says, by table and number.

    Args:
        database: the mailroom.
        pseudonym_of: how the log calls customers whose key is there.
        acts: number and detail of every act.
    """
    by_row = {(one.table, one.row): (seq, one) for seq, detail in acts for one in said(detail)}
    keys: dict[int | None, bytes] = dict(database.rows(_KEYS))
    gone = {str(subject).split(" ")[1] for (subject,) in database.rows(_FORGOTTEN)}
    gone |= {pseudonym_of[who] for (who,) in database.rows(_UNFINISHED) if who in pseudonym_of}
    found = []
    for table in WITNESSED:
        rows = rows_of(database, table)
        for number, row in rows.items():
            seq, act = by_row.get((table, number), (0, None))
            who = customer_of(table, row)
            if act is None:
                found.append(_changed(table, number, "added", "no act of the log wrote it"))
            elif told(table, number, row, keys.get(who, b""), act.pseudonym).digest != act.digest:
                found.append(_changed(table, number, "changed", f"it is not what row {seq} of the log says"))
        missing = (one for (where, number), (_, one) in by_row.items() if where == table and number not in rows)
        for one in missing:
            if one.pseudonym not in gone:
                seq = by_row[table, one.row][0]
                found.append(_changed(table, one.row, "deleted", f"row {seq} of the log says that it was written"))
    return sorted(found, key=lambda one: (one.table, int(one.key)))


def _changed(table: str, number: int, what: str, why: str) -> Changed:
    return Changed(f"mailroom {table}", str(number), what, why)


def _columns(table: str) -> str:
    return ", ".join(f'"{name}"' for name in WITNESSED[table])
