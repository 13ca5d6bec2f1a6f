"""Every form of a wait, with the instants worked out by hand. The calendar is China's of 2026."""

from datetime import date, timedelta

import pytest

from tonglu.testing import TinyBank, at

IN = at(
    "2026-02-12 10:00"
)  # a Thursday; 14 February is a Saturday that is worked, 15 to 23 February are the holidays of the New Year


def walk(tmp_path, wait, *, since=IN, until=None, attributes=None, customer=None, extra=None, runs=()):
    """The clock at which a customer who entered at `since` passed the wait, run at the end and at `runs`; None while it rests."""
    steps = [{"rest": {"wait": wait, **(extra or {})}}, {"after": {"end": "after"}}, {"none": {"end": "none"}}]
    journeys = {"waits": {"enter": {"event": "begin", "fresh": "3600 days"}, "steps": steps}}
    with TinyBank(tmp_path, journeys=journeys, attributes=attributes or {}) as bank:
        bank.customers({"customer_id": 1, **(customer or {})})
        bank.event("begin", 1, since)
        for instant in [*runs, until or since + timedelta(days=100)]:
            bank.run(instant)
        found = bank.walked(1)
        return found[0] if found else None


ENDS = [
    ({"until": "2026-02-20 09:30"}, IN, "2026-02-20 09:30"),
    ({"until": "2026-02-01"}, IN, "2026-02-12 10:00"),  # past: it does not wait
    ({"hours": "09:00-18:00"}, IN, "2026-02-12 10:00"),  # inside
    ({"hours": "09:00-18:00"}, at("2026-02-12 08:59"), "2026-02-12 09:00"),
    ({"hours": "09:00-18:00"}, at("2026-02-12 18:00"), "2026-02-13 09:00"),  # the end is outside
    ({"hours": "09:00-18:00", "days": "workdays"}, at("2026-02-13 18:00"), "2026-02-14 09:00"),  # a make-up Saturday
    ({"hours": "09:00-18:00", "days": "weekdays"}, at("2026-02-13 18:00"), "2026-02-16 09:00"),
    ({"hours": "09:00-18:00", "days": "workdays"}, at("2026-02-14 18:00"), "2026-02-24 09:00"),  # after the holidays
    ({"days": "workdays"}, at("2026-02-15 10:00"), "2026-02-24 00:00"),
    ({"days": "workdays"}, at("2026-02-14 23:59"), "2026-02-14 23:59"),
    ({"days": "weekends"}, IN, "2026-02-14 00:00"),
    ({"days": ["thursday"], "hours": "08:00-09:00"}, IN, "2026-02-19 08:00"),  # a week later
    ({"days": "wednesday"}, IN, "2026-02-18 00:00"),
    ({"workdays": 1}, IN, "2026-02-13 10:00"),
    ({"workdays": 2}, IN, "2026-02-14 10:00"),
    ({"workdays": 3}, IN, "2026-02-24 10:00"),
    ({"workdays": 3, "at": "09:00"}, IN, "2026-02-24 09:00"),
    ({"workdays": 1, "at": "09:00"}, at("2026-02-16 23:30"), "2026-02-24 09:00"),
]


def test_ends(tmp_path):
    """All of them in one bank, a journey and an event of its own for each."""
    steps = [{"after": {"end": "after"}}]
    journeys = {
        f"w{number}": {"enter": {"event": f"begin_{number}", "fresh": "3600 days"}, "steps": [{"rest": {"wait": wait}}, *steps]}
        for number, (wait, _, _) in enumerate(ENDS)
    }
    with TinyBank(tmp_path, journeys=journeys) as bank:
        bank.customers(1)
        for number, (_, since, _) in enumerate(ENDS):
            bank.event(f"begin_{number}", 1, since)
        bank.run(IN + timedelta(days=100))
        clocks = {journey: clock for _, journey, _, clock, _, _, _ in bank.paths()}
    assert [clocks.get(f"w{number}") for number in range(len(ENDS))] == [at(ends) for _, _, ends in ENDS]


def test_a_day_begins_at_the_banks_midnight(tmp_path):
    assert walk(tmp_path, {"days": "saturday"}, since=at("2026-02-13 23:59")) == ("after", at("2026-02-14 00:00"))


@pytest.mark.parametrize(
    ("wait", "born", "ends"),
    [
        ({"date": "due_on"}, date(2026, 3, 1), "2026-03-01 00:00"),
        ({"date": "due_on", "at": "09:00", "minus": "1 day"}, date(2026, 3, 1), "2026-02-28 09:00"),
        ({"date": "due_on", "plus": "36 hours"}, date(2026, 3, 1), "2026-03-02 12:00"),
        ({"date": "due_on"}, date(2025, 3, 1), "2026-02-12 10:00"),
    ],
)
def test_a_date_of_the_customers(tmp_path, wait, born, ends):
    assert walk(tmp_path, wait, attributes={"due_on": "date"}, customer={"due_on": born}) == ("after", at(ends))


def test_a_missing_date_passes_at_once_or_goes_elsewhere(tmp_path):
    attributes, runs = {"due_on": "date"}, [IN]
    assert walk(tmp_path / "a", {"date": "due_on"}, attributes=attributes, runs=runs) == ("after", IN)
    assert walk(tmp_path / "b", {"date": "due_on"}, attributes=attributes, extra={"otherwise": "none"}, runs=runs) == ("none", IN)


def test_a_date_is_read_again_in_every_run(tmp_path):
    steps = [{"rest": {"wait": {"date": "due_on"}}}, {"after": {"end": "after"}}]
    journeys = {"waits": {"enter": {"event": "begin"}, "steps": steps}}
    with TinyBank(tmp_path, journeys=journeys, attributes={"due_on": "date"}) as bank:
        bank.customers({"customer_id": 1, "due_on": date(2026, 3, 1)})
        bank.event("begin", 1, IN)
        bank.run(IN)
        bank.customers({"customer_id": 1, "due_on": date(2026, 2, 13)})
        bank.run(at("2026-02-12 12:00"))
        assert bank.walked(1) == []
        bank.run(at("2026-02-13 12:00"))
        assert bank.walked(1) == [("after", at("2026-02-13 00:00"))]


PAID = [
    (15, 0, "2026-03-01 10:00", "2026-03-13 00:00"),  # 15 March is a Sunday: paid on Friday
    (15, 2, "2026-03-01 10:00", "2026-03-15 00:00"),
    (15, -1, "2026-03-01 10:00", "2026-03-12 00:00"),
    (31, 0, "2026-04-02 10:00", "2026-04-30 00:00"),  # April has 30 days
    (1, 0, "2026-04-02 10:00", "2026-04-30 00:00"),  # 1 May is a holiday
    (1, 0, "2026-04-30 00:01", "2026-06-01 00:00"),
    (15, 0, "2026-03-13 00:00", "2026-03-13 00:00"),
    (15, 0, "2026-03-13 00:01", "2026-04-15 00:00"),
]


def test_pay_day(tmp_path):
    journeys = {
        f"w{number}": {
            "enter": {"event": f"begin_{number}", "fresh": "3600 days"},
            "steps": [{"rest": {"wait": {"pay_day": after}}}, {"after": {"end": "after"}}],
        }
        for number, (_, after, _, _) in enumerate(PAID)
    }
    with TinyBank(tmp_path, journeys=journeys, attributes={"pay_day": "integer"}) as bank:
        bank.customers(*({"customer_id": number, "pay_day": nominal} for number, (nominal, *_) in enumerate(PAID)))
        for number, (_, _, since, _) in enumerate(PAID):
            bank.event(f"begin_{number}", number, at(since))
        bank.run(IN + timedelta(days=200))
        clocks = {journey: clock for _, journey, _, clock, _, _, _ in bank.paths()}
    assert [clocks.get(f"w{number}") for number in range(len(PAID))] == [at(ends) for *_, ends in PAID]


def test_no_pay_day_passes(tmp_path):
    assert walk(tmp_path, {"pay_day": 0}, attributes={"pay_day": "integer"}, runs=[IN]) == ("after", IN)


def test_a_year_that_the_calendar_does_not_know_rests_and_is_told(tmp_path):
    steps = [{"rest": {"wait": {"workdays": 3}}}, {"after": {"end": "after"}}]
    with TinyBank(tmp_path, journeys={"waits": {"enter": {"event": "begin"}, "steps": steps}}) as bank:
        bank.customers(1)
        since = at("2026-12-30 10:00")  # Wednesday; Thursday is the last workday of 2026
        bank.event("begin", 1, since)
        bank.run(since)
        bank.run(at("2027-01-20 10:00"))
        assert bank.walked(1) == []
        assert bank.rows("SELECT * FROM tonglu.calendar_gap ORDER BY ALL") == [(1, "waits", "rest", 1), (2, "waits", "rest", 1)]


@pytest.mark.parametrize("wait", [{"hours": "09:00-18:00", "days": "workdays"}, {"workdays": 2}, {"until": "2026-02-20 09:30"}])
def test_hourly_and_daily_runs_agree(tmp_path, wait):
    hourly = walk(
        tmp_path / "h",
        wait,
        since=at("2026-02-13 19:10"),
        runs=[at("2026-02-13 20:00") + timedelta(hours=7 * n) for n in range(40)],
    )
    daily = walk(
        tmp_path / "d", wait, since=at("2026-02-13 19:10"), runs=[at("2026-02-14 08:00") + timedelta(days=n) for n in range(12)]
    )
    assert hourly == daily is not None
