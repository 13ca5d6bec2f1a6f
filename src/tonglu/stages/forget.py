"""Forgetting a customer in the warehouse: their facts go, the engine's rows stay under a number that nothing maps back.

Every table of the engine that has a `customer_id` is found by its column, so that a table added later is not left out. What else could tell
who it was is listed here: keys and units made of the number, draws that are hashes of it, values that conditions read, free words.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlglot import exp

from tonglu.core.ports import Warehouse
from tonglu.core.sql import fill, table
from tonglu.language.contract import Contract, Keep
from tonglu.stages.pattern import column
from tonglu.stages.pattern import fill as pattern
from tonglu.stages.tables import current, held, history, quarantine, staging

TABLES = """
    SELECT t.schema_name, t.table_name FROM duckdb_tables() AS t JOIN duckdb_columns() AS c USING (database_name, schema_name, table_name)
    WHERE t.database_name = current_database() AND c.column_name = 'customer_id' AND t.schema_name IN ('tonglu', 'segment') ORDER BY ALL
"""
GOES = {"profile", "candidate", "candidate_span"}
"""The engine's tables from which the customer's rows go: they would enter nothing any more."""
RENAME = "UPDATE slot_target SET customer_id = $surrogate WHERE customer_id = $customer_id"
REMOVE = "DELETE FROM slot_target WHERE customer_id = $customer_id"
KEYS = "SELECT touch_key FROM tonglu.touch WHERE customer_id = $customer_id ORDER BY touch_key"
THEIRS = """
    CREATE OR REPLACE TEMP TABLE their_entry AS SELECT entry_id FROM tonglu.entry WHERE customer_id = $customer_id;
    CREATE OR REPLACE TEMP TABLE their_touch AS SELECT touch_key FROM tonglu.touch WHERE customer_id = $customer_id
"""
TELLING = """
    UPDATE tonglu.entry SET unit = $surrogate::VARCHAR WHERE customer_id = $customer_id AND unit = $customer_id::VARCHAR;
    UPDATE tonglu.entry SET key = md5($salt || '|' || key) WHERE customer_id = $customer_id AND key <> '';
    UPDATE tonglu.passed_on SET key = md5($salt || '|' || key) WHERE customer_id = $customer_id AND key <> '';
    UPDATE tonglu.decision SET tie = NULL WHERE customer_id = $customer_id;
    UPDATE tonglu.judged SET parts = NULL, saw = NULL WHERE entry_id IN (SELECT entry_id FROM their_entry);
    UPDATE tonglu.conversion SET event_id = md5($salt || '|' || event_id) WHERE entry_id IN (SELECT entry_id FROM their_entry);
    UPDATE tonglu.ejection SET reason = 'erased' WHERE customer_id = $customer_id;
    UPDATE tonglu.delivery SET touch_key = md5($salt || '|' || touch_key), detail = '' WHERE touch_key IN (SELECT touch_key FROM their_touch);
    UPDATE tonglu.suitability SET rating = NULL, rated_on = NULL, age = NULL, vulnerable = NULL, arrears = NULL, collections = NULL,
        student = NULL
    WHERE entry_id IN (SELECT entry_id FROM their_entry);
    UPDATE tonglu.work_item SET touch_key = md5($salt || '|' || touch_key) WHERE touch_key IN (SELECT touch_key FROM their_touch);
    UPDATE tonglu.touch SET touch_key = md5($salt || '|' || touch_key) WHERE customer_id = $customer_id
"""
RECEIPTS = """
    UPDATE here SET touch_key = md5($salt || '|' || touch_key), receipt_id = md5($salt || '|' || receipt_id)
    WHERE touch_key IN (SELECT touch_key FROM their_touch)
"""
RECEIPT_WORDS = "UPDATE here SET detail = NULL WHERE touch_key IN (SELECT md5($salt || '|' || touch_key) FROM their_touch)"
RECEIPT_EVENTS = """
    UPDATE here SET customer_id = $surrogate, event_id = md5($salt || '|' || event_id),
        properties = json_object('touch_key', md5($salt || '|' || json_extract_string(properties, '$.touch_key')))::VARCHAR
    WHERE customer_id = $customer_id AND name LIKE 'touch.%'
"""
COUNTED = "INSERT INTO tonglu.erased SELECT $at, $table, loaded_run, count(*) FROM here WHERE customer_id = $customer_id GROUP BY loaded_run"
GO = "DELETE FROM here WHERE customer_id = $customer_id"
SET_ASIDE = """
    DELETE FROM here WHERE json_extract_string(row, '$.customer_id') = $customer_id::VARCHAR
        OR json_extract_string(row, '$.touch_key') IN (SELECT touch_key FROM their_touch)
"""
BY_TOUCH = "DELETE FROM here WHERE touch_key IN (SELECT touch_key FROM their_touch)"
CHANGED = "INSERT INTO tonglu.source_change SELECT max(run_no), $table FROM tonglu.run HAVING max(run_no) IS NOT NULL"


WORDS = ("lever_position", "ejection", "quarantine_action")
"""The tables in which operators give a `reason` in free words, which may name a customer whom the row is not about."""
SAID = "SELECT DISTINCT reason FROM slot_target WHERE reason IS NOT NULL"
SAY = "UPDATE slot_target SET reason = $fresh WHERE reason = $words"


@dataclass(frozen=True)
class Whom:
    """Whom to forget, and what stands for them."""

    customer_id: int
    surrogate: int
    salt: str


def touch_keys(warehouse: Warehouse, customer_id: int) -> list[str]:
    """The keys of every touch of a customer."""
    return [key for (key,) in warehouse.fetch(KEYS, customer_id=customer_id)]


def forget(warehouse: Warehouse, contracts: Collection[Contract], whom: Whom, at: object) -> dict[str, int]:
    """Take a customer out of every table, in the caller's transaction; rows removed or renamed, by table. Doing it again finds nothing."""
    given = {"customer_id": whom.customer_id, "surrogate": whom.surrogate, "salt": whom.salt}
    warehouse.execute(THEIRS, **given)
    counts: dict[str, int] = {}
    for contract in contracts:
        counts[contract.table] = _facts(warehouse, contract, given, at)
    warehouse.execute(TELLING, **given)
    for schema, name in warehouse.fetch(TABLES):
        goes = schema == "segment" or name in GOES
        counts[f"{schema}.{name}"] = warehouse.execute(fill(REMOVE if goes else RENAME, target=table(name, schema)), **given)
    return {name: count for name, count in counts.items() if count}


def take_out_of_words(warehouse: Warehouse, spared: Callable[[str], str]) -> int:
    """Rewrite what operators wrote in free words, in the caller's transaction; rows changed."""
    changed = 0
    for name in WORDS:
        here = table(name, "tonglu")
        for (said,) in warehouse.fetch(fill(SAID, target=here)):
            if (fresh := spared(said)) != said:
                changed += warehouse.execute(fill(SAY, target=here), words=said, fresh=fresh)
    return changed


def _facts(warehouse: Warehouse, contract: Contract, given: dict[str, object], at: object) -> int:
    """The facts of one table: gone, but receipts, which stay under the new keys because deliveries are counted by them."""
    changed = warehouse.execute(pattern(SET_ASIDE, {"here": quarantine(contract)}), **given)
    if contract.table == "receipts":
        changed += warehouse.execute(pattern(RECEIPTS, {"here": current(contract)}), **given)
        if "detail" in contract.columns:
            warehouse.execute(pattern(RECEIPT_WORDS, {"here": current(contract)}), **given)
        for rest in _rest(contract):
            changed += warehouse.execute(pattern(BY_TOUCH, {"here": rest}), **given)
    if "customer_id" not in contract.columns:
        return changed
    if contract.table == "events":
        changed += warehouse.execute(pattern(RECEIPT_EVENTS, {"here": current(contract)}), **given)
    kept = [current(contract), *([history(contract)] if contract.keep is Keep.LATEST else [])]
    gone = 0
    for here in kept:
        warehouse.execute(pattern(COUNTED, {"here": here}), table=contract.table, at=at, **given)
        gone += warehouse.execute(pattern(GO, {"here": here}), **given)
    for here in _rest(contract):
        changed += warehouse.execute(pattern(GO, {"here": here}), **given)
    if gone:
        warehouse.execute(CHANGED, table=contract.table)
    return changed + gone


def _rest(contract: Contract) -> list[exp.Table]:
    return [staging(contract), *([held(contract)] if contract.time is not None else [])]


DROP = """
    DELETE FROM staged WHERE coalesce(own::VARCHAR, json_extract_string(_raw, '$.customer_id')) IN (
        SELECT customer FROM (SELECT DISTINCT coalesce(own::VARCHAR, json_extract_string(_raw, '$.customer_id')) AS customer FROM staged)
        WHERE list_contains($hashes, sha256($outer::BLOB || unhex(sha256($inner::BLOB || encode(customer))))))
"""


def drop_suppressed(warehouse: Warehouse, contracts: Collection[Contract], hashes: list[str], secret: str) -> int:
    """Take rows of customers who were forgotten out of staging; how many. Their hash is HMAC-SHA256 of the number under the secret."""
    block = secret.encode()
    if len(block) > _BLOCK:
        from hashlib import sha256

        block = sha256(block).digest()
    padded = block.ljust(_BLOCK, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in padded) for pad in (0x36, 0x5C))
    dropped = 0
    for contract in contracts:
        if "customer_id" in contract.columns:
            statement = pattern(DROP, {"staged": staging(contract)}, conditions={"own": column("customer_id")})
            dropped += warehouse.execute(statement, hashes=hashes, inner=inner, outer=outer)
    return dropped


_BLOCK = 64
