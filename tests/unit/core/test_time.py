"""Durations, days and openings."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonglu.core.clock import day_of, local, next_opening, parse_instant, show_instant, to_utc
from tonglu.core.durations import LONGEST, format_duration, microseconds, parse_duration

SHANGHAI = ZoneInfo("Asia/Shanghai")
INSTANTS = st.datetimes(min_value=datetime(2000, 1, 2), max_value=datetime(2060, 1, 1))


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("3 days", timedelta(days=3)),
        ("1 day", timedelta(days=1)),
        ("1day", timedelta(days=1)),
        ("90 s", timedelta(seconds=90)),
        ("30 Minutes", timedelta(minutes=30)),
        (" 4 hours ", timedelta(hours=4)),
        ("2 w", timedelta(days=14)),
        ("0 days", timedelta(0)),
        ("3660 days", LONGEST),
    ],
)
def test_a_duration_is_a_count_and_a_unit(text, length):
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "text", ["", "3", "days", "-3 days", "1.5 days", "3 months", "3661 days", "999999999 s", "3 days 4 hours", "３ 天"]
)
def test_what_is_not_a_duration_is_refused(text):
    with pytest.raises(ValueError, match=r"duration|longer"):
        parse_duration(text)


@given(st.timedeltas(min_value=timedelta(0), max_value=LONGEST).map(lambda t: timedelta(seconds=t // timedelta(seconds=1))))
def test_a_written_duration_reads_back(length):
    assert parse_duration(format_duration(length)) == length


@given(st.timedeltas(min_value=timedelta(0), max_value=LONGEST))
def test_microseconds_are_exact(length):
    assert timedelta(microseconds=microseconds(length)) == length


@given(INSTANTS)
def test_wall_clock_and_instant_undo_each_other(instant):
    assert to_utc(local(instant, SHANGHAI), SHANGHAI) == instant
    assert local(instant, SHANGHAI) - instant == timedelta(hours=8)


def test_a_day_is_the_banks_day():
    assert day_of(datetime(2026, 3, 1, 15, 59, 59, 999999), SHANGHAI) == date(2026, 3, 1)
    assert day_of(datetime(2026, 3, 1, 16), SHANGHAI) == date(2026, 3, 2)


def test_an_aware_moment_keeps_its_own_zone():
    assert to_utc(datetime(2026, 3, 2, 9, tzinfo=UTC), SHANGHAI) == datetime(2026, 3, 2, 9)
    assert parse_instant("2026-03-02T09:00+09:00", SHANGHAI) == datetime(2026, 3, 2)
    assert parse_instant("2026-03-02", SHANGHAI) == datetime(2026, 3, 1, 16)
    assert show_instant(datetime(2026, 3, 1, 16), SHANGHAI) == "2026-03-02 00:00"


HOURS = st.tuples(st.times(), st.times()).filter(lambda pair: pair[0] < pair[1])


@given(instant=INSTANTS, hours=HOURS)
def test_the_next_opening_is_open_and_nothing_earlier_is(instant, hours):
    opens, closes = hours
    opening = next_opening(instant, opens, closes, SHANGHAI)
    assert instant <= opening < instant + timedelta(days=1)
    assert opens <= local(opening, SHANGHAI).time() < closes
    if opening > instant:
        assert not opens <= local(instant, SHANGHAI).time() < closes
        assert local(opening, SHANGHAI).time() == opens


@pytest.mark.parametrize(
    ("clock", "opening"),
    [("07:59", "2026-03-02 08:00"), ("08:00", "2026-03-02 08:00"), ("20:59", "2026-03-02 20:59"), ("21:00", "2026-03-03 08:00")],
)
def test_opening_hours_include_their_start_and_not_their_end(clock, opening):
    instant = parse_instant(f"2026-03-02 {clock}", SHANGHAI)
    assert next_opening(instant, time(8), time(21), SHANGHAI) == parse_instant(opening, SHANGHAI)
