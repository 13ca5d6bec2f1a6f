"""Employees of the bundled bank: to whom customers belong, and how people work the lists that are handed to them."""

import csv
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

import pyarrow.parquet as pq

from tonglu.bank import OPENING, World

START = datetime(OPENING.year, OPENING.month, OPENING.day)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
EIGHT = timedelta(hours=8)


def _reported(world):
    rows = []
    for file in world.outcomes():
        with file.open(encoding="utf-8", newline="") as lines:
            rows += [(line["key"], line["outcome"], datetime.fromisoformat(line["at"])) for line in csv.DictReader(lines)]
    return rows


def test_every_branch_has_its_managers_and_a_managed_customer_has_one_of_their_branch(read):
    staff = {row["employee_id"]: row for row in read("employees").to_pylist()}
    customers = read("customers").to_pylist()
    managed = [one for one in customers if one["manager_id"] is not None]
    assert 0 < len(managed) < len(customers) / 4
    assert all(staff[one["manager_id"]]["branch_id"] == one["branch_id"] for one in managed)
    assert set(Counter(one["branch_id"] for one in staff.values()).values()) == {2}
    assert {one["branch_id"] for one in customers} <= {one["branch_id"] for one in staff.values()}


def test_calls_of_a_list_are_tried_in_hours_apart_and_until_somebody_answers(bank, hand_over, read):
    customers = read("customers")["customer_id"].to_pylist()[:800]
    file = hand_over("list", customers, START + HOUR, channel="call", message="outflow_call", arm="", listed=True)
    world = World(bank)
    world.play(START, START + 4 * DAY, [file])
    tries = defaultdict(list)
    for key, outcome, at in _reported(world):
        tries[key].append((at, outcome))
    assert len(tries) == 800
    for tried in tries.values():
        assert tried == sorted(tried)
        assert len(tried) <= 3
        assert max(Counter(at.date() for at, _ in tried).values()) <= 2
        assert all(later[0] - earlier[0] >= 4 * HOUR for earlier, later in pairwise(tried))
        assert all(9 <= at.hour < 20 for at, _ in tried)
        assert all(outcome in ("no_answer", "call_back") for _, outcome in tried[:-1])
    first = Counter(tried[0][1] for tried in tries.values())
    assert 0.28 < first["answered"] / 800 < 0.42
    assert first.keys() == {"answered", "no_answer", "refused", "call_back"}
    told = {row["receipt"] for one in (bank / "landing/receipts").glob("*/*.parquet") for row in pq.read_table(one).to_pylist()}
    assert told == set()


def test_a_message_of_a_list_is_confirmed_by_most_and_the_platform_tells_the_rest(bank, hand_over, read):
    customers = read("customers")["customer_id"].to_pylist()[:600]
    world = World(bank)
    world.play(START, START + 2 * DAY, [hand_over("list", customers, START + HOUR, channel="wecom", listed=True)])
    reported = _reported(world)
    assert {outcome for _, outcome, _ in reported} == {"confirmed"}
    assert 0.83 < len(reported) / 600 < 0.93
    rows = [row for one in (bank / "landing/receipts").glob("*/*.parquet") for row in pq.read_table(one).to_pylist()]
    assert {row["receipt"] for row in rows} == {"delivered", "opened", "clicked"}
    confirmed = {key: at - EIGHT for key, _, at in reported}
    assert all(row["occurred_at"] > confirmed[row["touch_key"]] for row in rows)


def test_a_span_that_is_played_again_reports_the_same(bank, hand_over, read):
    customers = read("customers")["customer_id"].to_pylist()[:50]
    file = hand_over("list", customers, START + HOUR, channel="call", listed=True)
    world = World(bank)
    world.play(START, START + DAY, [file])
    first = [path.read_bytes() for path in world.outcomes()]
    World(bank).play(START, START + DAY, [file])
    assert [path.read_bytes() for path in world.outcomes()] == first
