"""Facts come late, twice, in two versions, or too early; each is kept where it belongs."""

import pyarrow as pa

DAY = "2026-03-02"
NOW = "2026-03-02T04:00:00"
LOGIN = ("e1", 1, "app_login", "2026-03-01T01:00:00", None)


def test_late_events_are_appended_and_copies_are_ignored_and_counted(bank, make_events):
    bank.drop("events", DAY, "a.parquet", make_events(LOGIN, ("e2", 2, "app_login", "2026-03-02T01:00:00", None)))
    bank.run(NOW)
    late = ("e0", 3, "app_login", "2026-02-01T01:00:00", None)
    bank.drop("events", "2026-03-03", "b.parquet", make_events(LOGIN, LOGIN, late))
    moved = bank.run("2026-03-03T04:00:00", 2).tables["events"]
    assert (moved.staged, moved.added, moved.duplicates, moved.quarantined) == (3, 1, 2, 0)
    assert bank.rows("SELECT event_id, loaded_run FROM source.events ORDER BY 1") == [("e0", 2), ("e1", 1), ("e2", 1)]


def test_copies_of_one_id_that_differ_are_both_set_aside(bank, make_events):
    other = ("e1", 9, *LOGIN[2:])
    bank.drop("events", DAY, "a.parquet", make_events(LOGIN, ("e2", 2, *LOGIN[2:])))
    bank.drop("events", DAY, "b.parquet", make_events(other))
    moved = bank.run(NOW).tables["events"]
    assert (moved.added, moved.quarantined) == (1, 2)
    assert bank.rows("SELECT rule, file FROM quarantine.events ORDER BY file") == [
        ("copies_differ", "events/2026-03-02/a.parquet"),
        ("copies_differ", "events/2026-03-02/b.parquet"),
    ]


def test_a_copy_that_differs_from_the_loaded_one_is_set_aside_and_the_loaded_one_stays(bank, make_events):
    bank.drop("events", DAY, "a.parquet", make_events(LOGIN))
    bank.run(NOW)
    bank.drop("events", DAY, "b.parquet", make_events(("e1", 9, *LOGIN[2:])))
    assert bank.run("2026-03-02T05:00:00", 2).tables["events"].quarantined == 1
    assert bank.rows("SELECT customer_id FROM source.events") == [(1,)]
    assert bank.rows("SELECT rule FROM quarantine.events") == [("differs_from_loaded",)]


def test_facts_of_the_future_are_held_until_their_time(bank, make_events):
    soon = ("e9", 1, "app_login", "2026-03-02T10:00:00", None)
    bank.drop("events", DAY, "a.parquet", make_events(LOGIN, soon))
    moved = bank.run(NOW).tables["events"]
    assert (moved.added, moved.held) == (1, 1)
    assert bank.rows("SELECT max(occurred_at) <= TIMESTAMP '2026-03-02 04:00:00' FROM source.events") == [(True,)]
    assert "events" not in bank.run("2026-03-02T09:59:59", 2).tables
    bank.drop("events", DAY, "b.parquet", make_events(soon))
    entered = bank.run("2026-03-02T10:00:00", 3).tables["events"]
    assert (entered.added, entered.duplicates, entered.held) == (1, 1, 0)
    assert bank.rows("SELECT count(*) FROM held.events") == [(0,)]
    assert bank.rows("SELECT event_id, loaded_run FROM source.events ORDER BY 1") == [("e1", 1), ("e9", 3)]


def test_unknown_event_names_and_properties_of_a_wrong_type_are_set_aside(bank, make_events):
    moment = "2026-03-01T01:00:00"
    bank.drop(
        "events",
        DAY,
        "a.parquet",
        make_events(
            ("a", 1, "app_logon", moment, None),
            ("b", 1, "product_opened", moment, '{"product": "fund", "amount": "many"}'),
            ("c", 1, "product_opened", moment, "{broken"),
            ("d", 1, "product_opened", moment, '{"product": "fund", "amount": 500}'),
            ("e", 1, "touch.clicked", moment, None),
        ),
    )
    bank.run(NOW)
    assert bank.rows("SELECT rule FROM quarantine.events ORDER BY row_no") == [
        ("name:name",),
        ("property:amount",),
        ("type:properties",),
        ("name:name",),
    ]
    assert bank.rows("SELECT event_id FROM source.events") == [("d",)]


def test_receipts_become_events_of_the_touched_customer(bank):
    bank.warehouse.execute("INSERT INTO tonglu.touch VALUES ('k1', 7, 'payroll', 'greet', 'sms', 1)")
    rows = pa.table(
        {
            "receipt_id": ["r1", "r2"],
            "touch_key": ["k1", "stranger"],
            "receipt": ["delivered", "opened"],
            "occurred_at": ["2026-03-02T01:00:00", "2026-03-02T01:00:00"],
        }
    )
    bank.ingest(NOW)
    assert bank.stage("receipts", rows) == 2
    bank.check(NOW)
    assert bank.promote(NOW).receipt_events == 1
    assert bank.rows(
        "SELECT event_id, customer_id, name, properties->>'$.journey', properties->>'$.channel' FROM source.events"
    ) == [("receipt:r1", 7, "touch.delivered", "payroll", "sms")]
    assert bank.rows("SELECT rule, row->>'$.touch_key' FROM quarantine.receipts") == [("unknown_touch", "stranger")]
    bank.ingest("2026-03-02T05:00:00", 2)
    bank.stage("receipts", rows.slice(0, 1))
    again = bank.promote("2026-03-02T05:00:00", 2)
    assert (again.receipt_events, again.tables["receipts"].duplicates) == (0, 1)


def test_rows_may_be_offered_in_several_parts(bank):
    bank.ingest(NOW)
    part = pa.table({name: ["x"] for name in ("event_id", "name", "properties")})
    part = part.set_column(1, "name", [["app_login"]]).set_column(2, "properties", [["{}"]])
    part = part.append_column("customer_id", [[1]]).append_column("occurred_at", [["2026-03-01 00:00:00"]])
    for name in ("x", "y", "x"):
        bank.stage("events", part.set_column(0, "event_id", [[name]]))
    moved = bank.promote(NOW).tables["events"]
    assert (moved.staged, moved.added, moved.duplicates) == (3, 2, 1)
