"""The tables of a tiny bank: columns with their types, and what their contracts promise."""

from collections.abc import Mapping

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "customers": {"customer_id": "bigint"},
    "contacts": {"customer_id": "bigint", "name": "text"},
    "addresses": {"customer_id": "bigint", "channel": "text", "address": "text"},
    "consents": {"customer_id": "bigint", "purpose": "text", "channel": "text", "granted": "boolean", "changed_at": "instant"},
    "events": {"event_id": "text", "customer_id": "bigint", "name": "text", "occurred_at": "instant", "properties": "json"},
    "lists": {"list": "text", "customer_id": "bigint", "listed_at": "instant", "key": "text"},
    "receipts": {"receipt_id": "text", "touch_key": "text", "receipt": "text", "occurred_at": "instant", "detail": "text"},
    "employees": {
        "employee_id": "bigint",
        "branch_id": "integer",
        "role": "text",
        "active": "boolean",
        "absent_from": "date",
        "absent_until": "date",
    },
}
PROMISES: Mapping[str, Mapping[str, object]] = {
    "customers": {"keep": "latest", "key": ["customer_id"]},
    "contacts": {"keep": "latest", "key": ["customer_id"], "personal": True},
    "addresses": {"keep": "latest", "key": ["customer_id", "channel"], "personal": True},
    "consents": {"keep": "latest", "key": ["customer_id", "purpose", "channel"], "newest_by": "changed_at"},
    "events": {"keep": "all", "key": ["event_id"], "time": "occurred_at"},
    "lists": {"keep": "all", "key": ["list", "customer_id", "listed_at"], "time": "listed_at"},
    "receipts": {"keep": "all", "key": ["receipt_id"], "time": "occurred_at"},
    "employees": {"keep": "latest", "key": ["employee_id"]},
}
