"""The kinds of values: what they take, what they refuse, and the one text that they give back."""

from datetime import datetime, time, timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from tonglu.language.journey import Goal
from tonglu.language.values import (
    Again,
    ClockTime,
    Condition,
    Duration,
    EventName,
    Hours,
    Limit,
    Moment,
    Money,
    Name,
    Ordering,
    Share,
    Span,
    Title,
)

TYPES = {
    "duration": Duration, "span": Span, "share": Share, "money": Money, "limit": Limit, "again": Again, "hours": Hours, "clock": ClockTime,
    "moment": Moment, "name": Name, "event": EventName, "title": Title, "condition": Condition, "ordering": Ordering,
}  # fmt: skip


def adapter(kind):
    return TypeAdapter(TYPES[kind])


@pytest.mark.parametrize(
    ("kind", "written", "held"),
    [
        ("duration", "3 days", timedelta(days=3)),
        ("duration", "90 s", timedelta(seconds=90)),
        ("duration", "30 minutes", timedelta(minutes=30)),
        ("share", "10%", 0.1),
        ("share", "12.5 %", 0.125),
        ("share", 0.1, 0.1),
        ("share", 1, 1.0),
        ("money", 120, 12000),
        ("money", 99.5, 9950),
        ("money", "1,200.05", 120005),
        ("money", "8 元", 800),
        ("limit", "50000 per day", Limit(50000, "day")),
        ("limit", "1,000 per run", Limit(1000, "run")),
        ("limit", "7 in total", Limit(7, "total")),
        ("again", "never", Again("never")),
        ("again", "after 90 days", Again("after", timedelta(days=90))),
        ("again", "unless goal reached", Again("unless_goal_reached")),
        ("hours", "08:00-21:00", Hours(time(8), time(21))),
        ("hours", "9:30 - 24:00", Hours(time(9, 30), time.max)),
        ("clock", "08:00", time(8)),
        ("moment", "2026-12-01", datetime(2026, 12, 1)),
        ("moment", "2026-12-01 09:30", datetime(2026, 12, 1, 9, 30)),
        ("name", "app_push2", "app_push2"),
        ("event", "touch.clicked", "touch.clicked"),
    ],
)
def test_a_value_is_read(kind, written, held):
    assert adapter(kind).validate_python(written) == held


@pytest.mark.parametrize(
    ("kind", "written", "word"),
    [
        ("duration", "3 dayz", "duration"),
        ("duration", 3, "'3 days'"),
        ("duration", True, "duration"),
        ("duration", "11 years", "duration"),
        ("duration", "100000 days", "ten years"),
        ("share", 10, "10%"),
        ("share", "110%", "between"),
        ("share", -0.1, "between"),
        ("share", "a tenth", "percentage"),
        ("money", 0.005, "fen"),
        ("money", "much", "yuan"),
        ("money", float("inf"), "too large"),
        ("money", True, "yuan"),
        ("limit", 50000, "50000 per day"),
        ("limit", "50000 per dy", "per day"),
        ("again", "allways", "always"),
        ("again", "after 3 dayz", "duration"),
        ("hours", "21:00-08:00", "midnight"),
        ("hours", "08:00-24:30", "08:00-21:00"),
        ("hours", "8-21", "08:00-21:00"),
        ("clock", "24:00", "08:00"),
        ("moment", "1 December", "2026-12-01"),
        ("moment", "2026-12-01T00:00+08:00", "bank's clock"),
        ("name", "AppPush", "small letter"),
        ("name", "x" * 64, "name"),
        ("event", "a.b.c", "event"),
        ("title", "标题", "zh"),
        ("condition", True, "quotes"),
        ("condition", "a >", "ends too early"),
        ("ordering", "a desc desc", "not expected"),
        ("ordering", 1, "desc"),
    ],
)
def test_a_value_is_refused_with_a_sentence_and_a_hint(kind, written, word):
    with pytest.raises(ValidationError) as caught:
        adapter(kind).validate_python(written)
    context = caught.value.errors()[0]["ctx"]
    assert word in context["message"] + context["hint"]
    assert context["code"].startswith("TL")


@pytest.mark.parametrize(
    ("kind", "written", "canonical"),
    [
        ("duration", "24 hours", "1 day"),
        ("limit", "50,000  per day", "50000 per day"),
        ("again", "after  24 hours", "after 1 day"),
        ("hours", "8:00 - 24:00", "08:00-24:00"),
        ("clock", "8:00", "08:00"),
        ("moment", "2026-12-01", "2026-12-01T00:00:00"),
        ("condition", "A>=1   AND (b='x')", "A >= 1 and b = 'x'"),
        ("ordering", "monthly_income   DESC", "monthly_income desc"),
    ],
)
def test_the_canonical_text_does_not_depend_on_the_spelling_and_reads_back(kind, written, canonical):
    value = adapter(kind).validate_python(written)
    assert adapter(kind).dump_python(value, mode="json") == canonical
    assert adapter(kind).validate_python(canonical) == value


@pytest.mark.parametrize("kind", TYPES)
def test_every_kind_has_a_json_schema(kind):
    assert adapter(kind).json_schema()


def test_a_condition_that_was_read_is_taken_as_it_is():
    condition = Condition.read("age > 3")
    assert adapter("condition").validate_python(condition) is condition
    assert condition == Condition.read("age>3")


@pytest.mark.parametrize(
    ("kind", "written", "said"),
    [
        ("span", "0 days", "a time of zero length holds nothing"),
        ("limit", "0 per day", "with a limit of 0 nobody could ever enter"),
        ("title", {"zh": "", "en": "Welcome"}, "at least 1 character"),
    ],
)
def test_what_can_hold_nothing_is_refused(kind, written, said):
    with pytest.raises(ValidationError, match=said):
        adapter(kind).validate_python(written)


def test_a_span_is_a_duration_otherwise():
    assert adapter("span").validate_python("4 hours") == timedelta(hours=4)
    with pytest.raises(ValidationError, match="not a duration"):
        adapter("span").validate_python(4)


def test_a_goal_is_not_worth_less_than_nothing():
    with pytest.raises(ValidationError, match="not worth less than nothing"):
        Goal.model_validate({"event": "won", "value": -5, "within": "3 days"})
    with pytest.raises(ValidationError, match="zero length"):
        Goal.model_validate({"event": "won", "within": "0 days"})
