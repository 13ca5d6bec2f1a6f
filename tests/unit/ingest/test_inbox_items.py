"""What other processes bring is judged like a file: what cannot be read is set aside, and never stops a run."""

import pytest

from tonglu.mailroom.inbox import InboxItem
from tonglu.testing import at

T = at("2026-03-02 08:00")
OCCURRED = "2026-03-02T00:00:00"
JOURNEY = {"order": {"enter": {"event": "ordered"}, "steps": [{"a": {"wait": "1 day"}}]}}
GOOD = {"event_id": "m1", "customer_id": 1, "name": "ordered", "occurred_at": OCCURRED, "properties": {"amount": 5}}


@pytest.fixture
def bank(tiny):
    made = tiny(journeys=JOURNEY, events={"ordered": {"amount": "bigint"}})
    made.customers(1)
    return made


def post(bank, *payloads, kind="event"):
    items = [InboxItem(kind, str(number), 1, payload, T) for number, payload in enumerate(payloads)]
    assert bank.place.mailroom.inbox.post(items) == len(items)


WRONG = [
    ({"customer_id": "abc"}, "type:customer_id"),
    ({"customer_id": {"id": 1}}, "type:customer_id"),
    ({"customer_id": 1.5}, "type:customer_id"),
    ({"customer_id": 10**30}, "type:customer_id"),
    ({"customer_id": True}, "type:customer_id"),
    ({"event_id": None}, "required:event_id"),
    ({"name": "danced"}, "name:name"),
    ({"name": ["ordered"]}, "name:name"),
    ({"occurred_at": "soon"}, "type:occurred_at"),
    ({"properties": "not JSON"}, "type:properties"),
    ({"properties": {"amount": "much"}}, "property:amount"),
]


def test_malformed_items_are_quarantined_and_their_neighbours_come_in(bank):
    post(bank, GOOD, *({**GOOD, "event_id": f"w{number:02}", **wrong} for number, (wrong, _) in enumerate(WRONG)))
    summary = bank.run(T)
    assert bank.entered("order") == [1]
    assert (summary["quarantined"], summary["inbox_unknown"]) == (len(WRONG), 0)
    found = bank.rows("SELECT rule FROM quarantine.events WHERE file = 'inbox' ORDER BY row->>'$.event_id' NULLS FIRST")
    nameless = [rule for wrong, rule in WRONG if "event_id" in wrong]
    assert [rule for (rule,) in found] == nameless + [rule for wrong, rule in WRONG if "event_id" not in wrong]
    assert bank.run(at("2026-03-03 08:00"))["quarantined"] == 0


def test_values_keep_their_meaning_on_the_way(bank):
    whole = 9_000_000_000_000_000_001
    post(bank, {**GOOD, "customer_id": whole}, {**GOOD, "event_id": "m2", "customer_id": 2.0, "properties": None})
    bank.run(T)
    assert bank.rows("SELECT customer_id, occurred_at::VARCHAR, properties FROM source.events ORDER BY event_id") == [
        (whole, "2026-03-02 00:00:00", '{"amount": 5}'),
        (2, "2026-03-02 00:00:00", None),
    ]


def test_news_that_nothing_reads_is_counted_warned_of_and_kept(bank):
    post(bank, GOOD)
    post(bank, {"x": 1}, {"x": 2}, kind="outcome")
    assert bank.run(T)["inbox_unknown"] == 2
    assert bank.rows(
        "SELECT source_table, severity, success, observed FROM tonglu.check_result WHERE source_table = 'inbox'"
    ) == [("inbox", "warn", False, "2 item(s) of kind 'outcome'")]
    assert [item.payload for item in bank.place.mailroom.inbox.since(0) if item.kind == "outcome"] == [{"x": 1}, {"x": 2}]
    assert bank.run(at("2026-03-03 08:00"))["inbox_unknown"] == 0


def test_the_summary_counts_what_did_not_become_a_fact(bank):
    later = "2026-03-04T00:00:00"
    post(bank, GOOD, {**GOOD, "note": "the same event in other words"})
    post(bank, {**GOOD, "event_id": "m2", "occurred_at": later}, {**GOOD, "event_id": "m3", "name": "danced"}, kind="event")
    summary = bank.run(T)
    assert {key: summary[key] for key in ("duplicates", "held", "quarantined")} == {"duplicates": 1, "held": 1, "quarantined": 1}
    assert bank.rows("SELECT (summary->>'held')::INTEGER FROM tonglu.run") == [(1,)]
