"""Tables as files: schemas of the landing tables, dictionary columns, files that appear complete."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tonglu.bank.calendar import FAR
from tonglu.bank.chance import Flags, Ints
from tonglu.bank.money import CODES, KINDS, Money
from tonglu.bank.people import FIRST_CUSTOMER

LARGE = 1_000_000
"""Rows above which a table is split into part files."""


def words(names: Sequence[str], codes: Ints, missing: Flags | None = None) -> pa.Array:
    """Text column from positions in `names`, null where `missing`."""
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32), mask=missing), pa.array(list(names), pa.string()))


def dates(days: Ints, missing: Flags | None = None) -> pa.Array:
    """DATE column from bank days; `FAR` is null."""
    absent = days >= FAR if missing is None else missing | (days >= FAR)
    return pa.array(days.astype(np.int32), mask=absent).cast(pa.date32())


def instants(micros: Ints, missing: Flags | None = None) -> pa.Array:
    """TIMESTAMP column (naive UTC) from microseconds."""
    return pa.array(micros, mask=missing).cast(pa.timestamp("us"))


def numbers(values: Ints, missing: Flags | None = None) -> pa.Array:
    """BIGINT column."""
    return pa.array(values.astype(np.int64, copy=False), mask=missing)


def texts(prefix: str, values: Ints, suffix: str = "") -> pa.Array:
    """Text column prefix + number + suffix."""
    return pc.binary_join_element_wise(prefix, pa.array(values).cast(pa.string()), suffix, "")


def joined(*parts: pa.Array | str) -> pa.Array:
    """Text column of parts put together row by row."""
    return pc.binary_join_element_wise(*parts, "")


def transactions(money: Money, first_id: int) -> pa.Table:
    """Rows of the table `transactions`, numbered from `first_id` in their order."""
    n = len(money)
    customer = money.person + FIRST_CUSTOMER
    return pa.table(
        {
            "transaction_id": numbers(np.arange(first_id, first_id + n, dtype=np.int64)),
            "customer_id": numbers(customer),
            "account_id": numbers(customer * 10 + money.account),
            "occurred_at": instants(money.at),
            "direction": words(("out", "in"), money.incoming.astype(np.int64)),
            "amount": numbers(money.amount),
            "counterparty_id": numbers(money.counterparty, money.counterparty == 0),
            "counterparty_kind": words(KINDS, money.kind),
            "code": words(CODES, money.code),
        }
    )


def event_rows(ids: pa.Array, person: Ints, name: str, at: Ints, properties: pa.Array) -> pa.Table:
    """Rows of the table `events`, all of one name."""
    return pa.table(
        {
            "event_id": ids,
            "customer_id": numbers(person + FIRST_CUSTOMER),
            "name": constant(name, len(person)),
            "occurred_at": instants(at),
            "properties": properties.cast(pa.string()),
        }
    )


def constant(word: str, rows: int) -> pa.Array:
    """Text column with the same word in each row."""
    return pa.repeat(pa.scalar(word, pa.string()), rows)


def put(path: Path, table: pa.Table) -> None:
    """Write a Parquet file that appears complete: under a temporary name first, then renamed. Text columns are plain text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_name(path.name + ".tmp")
    pq.write_table(table, waiting, compression="zstd", compression_level=1, store_schema=False)
    waiting.replace(path)


def put_parts(folder: Path, name: str, table: pa.Table) -> int:
    """Write `name`.parquet, or several `name`-NN.parquet when large. Returns the rows."""
    if table.num_rows <= LARGE:
        put(folder / f"{name}.parquet", table)
        return int(table.num_rows)
    for part, start in enumerate(range(0, table.num_rows, LARGE), 1):
        put(folder / f"{name}-{part:02d}.parquet", table.slice(start, LARGE))
    return int(table.num_rows)
