"""`wait`: rest for a duration, until a moment, a date of the customer's, a window of hours, a workday, or pay-day (semantics 13).

An end already past does not wait: the clock becomes the later of itself and the end. Ends that depend on the profile (`date`,
`pay_day`) are read anew in every run; an attribute that is missing takes `otherwise`, else passes, and keeps the clock. An end
that lies where the calendar knows no days makes the entry rest, and the run says so.
"""

from collections.abc import Sequence
from datetime import time, timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator
from sqlglot import exp

from tonglu.core.durations import format_duration_zh, microseconds
from tonglu.core.sql import Slot, about_customer, parsed
from tonglu.language.calendar_rule import WEEKDAYS, Weekday
from tonglu.language.expression import ColumnType
from tonglu.language.values import Authored, ClockTime, Duration, Hours, Moment, Name, as_list, refuse
from tonglu.steps.kind import FOLLOWING, CompiledStep, Lowered, StepKind

WEEKDAYS_ZH = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
NAMED_DAYS: dict[str, tuple[int, ...]] = {"weekdays": (1, 2, 3, 4, 5), "weekends": (6, 7)}
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
MIDNIGHT = time()
DAY_END = 86_400_000_000

END = """
    INSERT INTO wait_end
    SELECT p.entry_id, p.round, slot('ends_at'), slot('state')
    FROM position AS p LEFT JOIN tonglu.profile AS profile ON profile.customer_id = p.customer_id
    WHERE p.round = $round AND p.step_key = slot('step_key') AND p.since <= p.horizon
"""
# The first day of the window from the clock's own day on whose hours are not over at the clock.
WINDOW = """
    INSERT INTO wait_end
    SELECT p.entry_id, p.round, greatest(p.since, min(bank_instant(p.day + to_microseconds(slot('opens'))))), 'known'
    FROM (
        SELECT here.entry_id, here.round, here.since, CAST(bank_clock(here.since) AS DATE) + k.ahead AS day
        FROM position AS here CROSS JOIN (SELECT CAST(unnest(range(9)) AS INTEGER) AS ahead) AS k
        WHERE here.round = $round AND here.step_key = slot('step_key') AND here.since <= here.horizon
    ) AS p
    WHERE list_contains(slot('days'), isodow(p.day)) AND p.since < bank_instant(p.day + to_microseconds(slot('closes')))
    GROUP BY p.entry_id, p.round, p.since
"""
WORKDAY_WINDOW = """
    INSERT INTO wait_end
    SELECT p.entry_id, p.round,
        CASE WHEN c.is_workday AND p.since < bank_instant(c.day + to_microseconds(slot('closes')))
             THEN greatest(p.since, bank_instant(c.day + to_microseconds(slot('opens'))))
             ELSE bank_instant(n.day + to_microseconds(slot('opens'))) END AS ends_at,
        CASE WHEN ends_at IS NULL THEN 'unknown' ELSE 'known' END
    FROM position AS p
    LEFT JOIN tonglu.calendar_day AS c ON c.day = CAST(bank_clock(p.since) AS DATE)
    LEFT JOIN tonglu.calendar_day AS n ON n.is_workday AND n.workday_no = c.workday_no + 1
    WHERE p.round = $round AND p.step_key = slot('step_key') AND p.since <= p.horizon
"""
WORKDAYS = """
    INSERT INTO wait_end
    SELECT p.entry_id, p.round, bank_instant(n.day + slot('time_of_day')) AS ends_at,
        CASE WHEN ends_at IS NULL THEN 'unknown' ELSE 'known' END
    FROM position AS p
    LEFT JOIN tonglu.calendar_day AS c ON c.day = CAST(bank_clock(p.since) AS DATE)
    LEFT JOIN tonglu.calendar_day AS n ON n.is_workday AND n.workday_no = c.workday_no + slot('count')
    WHERE p.round = $round AND p.step_key = slot('step_key') AND p.since <= p.horizon
"""
# Pay-days of the month that lies `after` days before the clock, and of the three that follow, are enough to find the next.
PAY_DAY = """
    INSERT INTO wait_end
    SELECT p.entry_id, p.round, min(bank_instant(d.day + slot('after') + to_microseconds(slot('at')))) AS ends_at,
        CASE WHEN any_value(p.nominal) IS NULL THEN 'missing' WHEN ends_at IS NULL THEN 'unknown' ELSE 'known' END
    FROM (
        SELECT p.entry_id, p.round, p.since, CASE WHEN profile.pay_day BETWEEN 1 AND 31 THEN profile.pay_day END AS nominal,
            CAST(bank_clock(p.since) AS DATE) - slot('after') AS from_day
        FROM position AS p LEFT JOIN tonglu.profile AS profile ON profile.customer_id = p.customer_id
        WHERE p.round = $round AND p.step_key = slot('step_key') AND p.since <= p.horizon
    ) AS p
    CROSS JOIN (SELECT CAST(unnest(range(4)) AS INTEGER) AS ahead) AS k
    LEFT JOIN tonglu.pay_day AS d ON d.nominal = p.nominal
        AND d.month = CAST(date_trunc('month', p.from_day) + to_months(k.ahead) AS DATE)
        AND bank_instant(d.day + slot('after') + to_microseconds(slot('at'))) >= p.since
    GROUP BY p.entry_id, p.round
"""


class Until(Authored):
    """What a wait ends by, in the forms that are not a plain duration: exactly one of until, date, hours/days, workdays, pay_day."""

    until: Moment | None = None
    date: Name | None = None
    plus: Duration | None = None
    minus: Duration | None = None
    hours: Hours | None = None
    days: (
        Literal["workdays", "weekdays", "weekends"]
        | Annotated[tuple[Weekday, ...], BeforeValidator(as_list), Field(min_length=1)]
    ) | None = None
    workdays: Annotated[int, Field(ge=1, le=250)] | None = None
    pay_day: Annotated[int, Field(ge=-31, le=31)] | None = None
    at: ClockTime | None = None

    @model_validator(mode="after")
    def _one_form(self) -> "Until":
        form = [self.until, self.date, self.hours or self.days, self.workdays, self.pay_day]
        if sum(one is not None for one in form) != 1:
            hint = "Write one of {until: ...}, {date: ...}, {hours: ..., days: ...}, {workdays: 3}, {pay_day: 2}."
            raise refuse("a wait ends by exactly one thing", hint, "TL417")
        if (self.plus is not None or self.minus is not None) and self.date is None:
            raise refuse(
                "'plus' and 'minus' belong to a date of the customer's", "Write {date: birthday, plus: 3 days}.", "TL417"
            )
        if self.plus is not None and self.minus is not None:
            raise refuse("write 'plus' or 'minus', not both", "", "TL417")
        if self.at is not None and (self.until is not None or self.hours is not None or self.days is not None):
            raise refuse("'at' belongs to date, workdays and pay_day", "Put the time into 'until', or into 'hours'.", "TL417")
        return self


def _form(value: object) -> str:
    return "form" if isinstance(value, dict | Until) else "duration"


class WaitFields(Authored):
    """`{wait: 3 days}`, `{wait: {until: "2026-03-01 09:00"}}`, `{wait: {hours: "09:00-18:00", days: workdays}}` and so on."""

    wait: Annotated[Annotated[Until, Tag("form")] | Annotated[Duration, Tag("duration")], Discriminator(_form)]
    otherwise: Name | None = None
    next: Name | None = None

    @model_validator(mode="after")
    def _otherwise_needs_a_value_that_may_be_missing(self) -> "WaitFields":
        may_miss = isinstance(self.wait, Until) and (self.wait.date is not None or self.wait.pay_day is not None)
        if self.otherwise is not None and not may_miss:
            hint = "It is taken when the attribute of {date: ...} or the pay-day is missing."
            raise refuse("'otherwise' belongs to a wait that reads the profile", hint, "TL417")
        return self


def lower(fields: WaitFields) -> Lowered:
    """A wait in the engine's terms: how long it takes, or what its end is found by."""
    onward = fields.next or FOLLOWING
    if isinstance(fields.wait, timedelta):
        return Lowered(takes=fields.wait, lasts=fields.wait > timedelta(0), next=onward)
    reads = fields.wait.date or ("pay_day" if fields.wait.pay_day is not None else None)
    # only workdays lie ahead of every clock: an instant and a date may be past, hours may have begun, pay-day may be now
    lasts = fields.wait.workdays is not None
    return Lowered(next=onward, otherwise=fields.otherwise, lasts=lasts, until=fields.wait, reads=reads)


def judge(steps: Sequence[CompiledStep]) -> tuple[exp.Expression, ...]:
    """The statements that find the ends for the entries at hand; none for plain durations."""
    return tuple(statement for step in steps for statement in _ends(step))


def _ends(step: CompiledStep) -> tuple[exp.Expression, ...]:
    until = step.lowered.until
    if until is None:
        return ()
    assert isinstance(until, Until)
    common: dict[str, Slot] = {"step_key": step.key}
    at = _microseconds(until.at or MIDNIGHT)
    if until.until is not None:
        moment = exp.cast(exp.Literal.string(until.until.isoformat(sep=" ")), "TIMESTAMP")
        ends: exp.Expression = exp.Anonymous(this="bank_instant", expressions=[moment])
        return (about_customer(END, "p", ends_at=ends, state="known", **common),)
    if until.date is not None:
        ends = _date_end(step, until)
        state = parsed("CASE WHEN slot_value IS NULL THEN 'missing' ELSE 'known' END").transform(
            lambda node: ends.copy() if isinstance(node, exp.Column) and node.name == "slot_value" else node
        )
        return (about_customer(END, "p", ends_at=ends, state=state, **common),)
    if until.workdays is not None:
        clock = parsed(
            "to_microseconds(epoch_us(bank_clock(p.since)) - epoch_us(CAST(CAST(bank_clock(p.since) AS DATE) AS TIMESTAMP)))"
        )
        fixed = exp.Anonymous(this="to_microseconds", expressions=[exp.convert(at)])
        return (about_customer(WORKDAYS, "p", count=until.workdays, time_of_day=clock if until.at is None else fixed, **common),)
    if until.pay_day is not None:
        return (about_customer(PAY_DAY, "p", after=until.pay_day, at=at, **common),)
    opens = _microseconds(until.hours.start) if until.hours else 0
    closes = _closing(until.hours.end) if until.hours else DAY_END
    if until.days == "workdays":
        return (about_customer(WORKDAY_WINDOW, "p", opens=opens, closes=closes, **common),)
    days = exp.Array(expressions=[exp.convert(day) for day in _isodows(until)])
    return (about_customer(WINDOW, "p", opens=opens, closes=closes, days=days, **common),)


def _date_end(step: CompiledStep, until: Until) -> exp.Expression:
    """The end by a date of the customer's: the bank's midnight of a date, or its hour `at`; an instant as it is; then plus or minus."""
    assert step.reads is not None
    value, kind = step.reads
    if kind is ColumnType.INSTANT and until.at is None:
        instant: exp.Expression = exp.cast(value.copy(), "TIMESTAMP")
    else:
        day: exp.Expression = exp.cast(value.copy(), "DATE")
        if kind is ColumnType.INSTANT:
            day = exp.cast(exp.Anonymous(this="bank_clock", expressions=[value.copy()]), "DATE")
        clock: exp.Expression = exp.Anonymous(
            this="to_microseconds", expressions=[exp.convert(_microseconds(until.at or MIDNIGHT))]
        )
        instant = exp.Anonymous(this="bank_instant", expressions=[exp.Add(this=day, expression=clock)])
    shift = microseconds(until.plus or timedelta(0)) - microseconds(until.minus or timedelta(0))
    return exp.paren(exp.Add(this=instant, expression=exp.Anonymous(this="to_microseconds", expressions=[exp.convert(shift)])))


def _isodows(until: Until) -> tuple[int, ...]:
    if until.days is None:
        return EVERY_DAY
    if isinstance(until.days, str):
        return NAMED_DAYS[until.days]
    return tuple(sorted({WEEKDAYS.index(day) + 1 for day in until.days}))


def _microseconds(clock: time) -> int:
    return ((clock.hour * 60 + clock.minute) * 60 + clock.second) * 1_000_000 + clock.microsecond


def _closing(clock: time) -> int:
    return DAY_END if clock == time.max else _microseconds(clock)


def label(fields: WaitFields) -> str:
    """What the map writes."""
    wait = fields.wait
    if isinstance(wait, timedelta):
        return f"等待 {format_duration_zh(wait)}"
    at = f" {wait.at:%H:%M}" if wait.at else ""
    if wait.until is not None:
        return f"等到 {wait.until:%Y-%m-%d %H:%M}"
    if wait.date is not None:
        shift = (
            f" 后 {format_duration_zh(wait.plus)}" if wait.plus else f" 前 {format_duration_zh(wait.minus)}" if wait.minus else ""
        )
        return f"等到 {wait.date}{shift}{at}"
    if wait.workdays is not None:
        return f"等到第 {wait.workdays} 个工作日{at}"
    if wait.pay_day is not None:
        shift = "当天" if wait.pay_day == 0 else f"后 {wait.pay_day} 天" if wait.pay_day > 0 else f"前 {-wait.pay_day} 天"
        return f"等到发薪日{shift}{at}"
    named = {"workdays": "工作日", "weekdays": "周一至周五", "weekends": "周末", None: "每天"}
    days = (
        named[wait.days] if not isinstance(wait.days, tuple) else "、".join(WEEKDAYS_ZH[WEEKDAYS.index(day)] for day in wait.days)
    )
    return f"等到 {days}{f' {wait.hours}' if wait.hours else ''}"


KIND = StepKind(
    name="wait",
    title="等待 Wait",
    fields=WaitFields,
    lower=lower,
    judge=judge,
    label=label,
    example="settle: {wait: 3 days}",
    moves="""
        INSERT INTO hop
        SELECT p.entry_id, s.next_key, p.since + to_microseconds(s.takes_us), 'waited'
        FROM position AS p JOIN tonglu.step AS s USING (step_key)
        WHERE p.round = $round AND p.kind = 'wait' AND p.since + to_microseconds(s.takes_us) <= p.horizon
          AND NOT EXISTS (SELECT 1 FROM wait_end AS w WHERE w.entry_id = p.entry_id AND w.round = p.round);
        INSERT INTO hop
        SELECT p.entry_id, s.next_key, greatest(p.since, w.ends_at), 'waited'
        FROM position AS p JOIN tonglu.step AS s USING (step_key) JOIN wait_end AS w ON w.entry_id = p.entry_id AND w.round = p.round
        WHERE p.round = $round AND p.kind = 'wait' AND w.state = 'known' AND greatest(p.since, w.ends_at) <= p.horizon;
        INSERT INTO hop
        SELECT p.entry_id, coalesce(s.otherwise_key, s.next_key), p.since, 'no date'
        FROM position AS p JOIN tonglu.step AS s USING (step_key) JOIN wait_end AS w ON w.entry_id = p.entry_id AND w.round = p.round
        WHERE p.round = $round AND p.kind = 'wait' AND w.state = 'missing'
    """,
)
