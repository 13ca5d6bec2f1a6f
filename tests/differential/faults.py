"""Deliberate faults, fixed beforehand: what is changed in the engine. Each must make it differ from the interpreter; see `mutants`.

A fault changes the text of a statement on its way to DuckDB, or a function. One that no statement shows any more is stale.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from sqlglot import exp

from tonglu.core import clock as clocks
from tonglu.core.sql import alike
from tonglu.language import hours
from tonglu.stages.occasions import Instants, instants
from tonglu.warehouse.connection import DuckDBWarehouse

TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Changed:
    """A fault in SQL: wherever a statement holds `old` (spaces and capitals do not matter), and `beside` too, `new` stands instead.

    `begins` is the first batch that may show it.
    """

    name: str
    old: str
    new: str
    beside: str = ""
    begins: int = 0

    @contextmanager
    def at_work(self, used: Counter[str]) -> Iterator[None]:
        """The engine with this fault; `used` counts the statements that have it."""
        pattern = re.compile(r"\s+".join(map(re.escape, self.old.split())), re.IGNORECASE)
        beside = re.compile(r"\s+".join(map(re.escape, self.beside.split())), re.IGNORECASE)
        whole = DuckDBWarehouse._last

        def last(warehouse: DuckDBWarehouse, statement: str | exp.Expression, parameters: dict[str, object]) -> Any:
            text = statement if isinstance(statement, str) else statement.sql(dialect="duckdb")
            if pattern.search(text) and beside.search(text):
                used[self.name] += 1
                text = pattern.sub(lambda _: self.new, text)
            return whole(warehouse, text, parameters)

        with patch.object(DuckDBWarehouse, "_last", last):
            yield


@dataclass(frozen=True)
class Replaced:
    """A fault in a function: another one stands in its place."""

    name: str
    place: str
    by: Any
    begins: int = 0

    @contextmanager
    def at_work(self, used: Counter[str]) -> Iterator[None]:
        """The engine with this fault."""

        def counted(*given: Any, **named: Any) -> Any:
            used[self.name] += 1
            return self.by(*given, **named)

        with patch(self.place, counted):
            yield


def opening_with_its_end(rule: hours.ByDay, instant: datetime, zone: ZoneInfo, days: hours.Days) -> datetime:
    """Quiet hours that begin a moment late: the end of the hours still belongs to them."""
    here = clocks.local(instant, zone)
    closings = [closes for _, closes in hours.windows_on(rule, here.date(), days)]
    return instant if here.time() in closings else hours.next_opening_of(rule, instant, zone, days)


def instants_with_their_beginning(rule: Any, after: datetime, until: datetime, zone: ZoneInfo, calendar: Any) -> Instants:
    """A calendar whose interval is closed on the wrong side."""
    return instants(rule, after - TICK, until - TICK, zone, calendar)


def flags_without_make_up_days(calendar: Any, years: range) -> str:
    """A calendar of holidays in which no weekend is worked."""
    from tonglu.core.workdays import days_of

    return "".join("1" if day.weekday() < 5 and calendar.is_workday(day) else "0" for day in days_of(years))


def weekday(calendar: Any, day: date) -> bool:
    """A calendar without holidays."""
    return day.weekday() < 5


def alike_but_for_the_last(items: Iterable[Any], what: Callable[[Any], tuple[Any, ...]]) -> list[list[Any]]:
    """Statements made for many at once though they do not ask for the same."""
    return alike(items, lambda one: what(one)[:-1])


def all_one(items: Iterable[Any], _: Callable[[Any], tuple[Any, ...]]) -> list[list[Any]]:
    """One statement for all."""
    return [given] if (given := list(items)) else []


def as_the_first(_: exp.Expression, choices: dict[int, Any]) -> exp.Expression:
    """What belongs to the first step, for all of them."""
    return exp.convert(next(iter(choices.values())))


FAULTS: tuple[Changed | Replaced, ...] = (
    Changed("window holds its beginning", "e.occurred_at > p.since", "e.occurred_at >= p.since"),
    Changed("window lacks its end", "e.occurred_at <= p.since + to_microseconds(", "e.occurred_at < p.since + to_microseconds("),
    Changed("tie goes to the alternative written last", "order by won_at, ordinal", "order by won_at, -ordinal"),
    Changed("latest event wins", "order by won_at, ordinal", "order by won_at desc, ordinal"),
    Changed("limit's clock is the run's", "p.since + to_microseconds(s.takes_us), 'timed out'", "$as_of, 'timed out'"),
    Changed(
        "limit leads to next",
        "coalesce(s.otherwise_key, s.next_key), p.since + to_microseconds(s.takes_us)",
        "s.next_key, p.since + to_microseconds(s.takes_us)",
    ),
    Changed("state wins after the limit", "to_microseconds(86400000000) >= $as_of", "to_microseconds(864000000000) >= $as_of"),
    Changed("move before exit at one instant", "l.exit_at - interval 1 microsecond", "l.exit_at"),
    Changed(
        "goal after other exits", "order by exit_at, ordinal", "order by exit_at, case when ordinal < 0 then 999 else ordinal end"
    ),
    Changed("exit by the latest event", "order by exit_at, ordinal", "order by exit_at desc, ordinal"),
    Changed("exit ends at the event though the clock is later", "greatest(exit_at, since), exit_reason", "exit_at, exit_reason"),
    Changed("exit counts events before the trip", "e.occurred_at > r.first_since", "e.occurred_at >= r.first_since"),
    Changed("event before the step counts", "e.occurred_at > p.since and", "e.occurred_at > p.since - interval 1 day and"),
    Changed("who comes in looks only at what is new", "e.entry_id is not null, null, null", "false, null, null", "r.due_at"),
    Changed("who comes to a step looks only at what is new", "p.horizon, true,", "p.horizon, false,"),
    Changed("who comes in is not looked at", "(e.entry_id is not null or r.customer_id in", "(false or r.customer_id in"),
    Changed("again needs a moment more than its time", "o.since >= p.ended_at +", "o.since > p.ended_at +"),
    Changed(
        "again at the very end", "j.again = 'always' and o.since > p.ended_at", "j.again = 'always' and o.since >= p.ended_at"
    ),
    Changed(
        "earliest occasion is not the one",
        "partition by o.journey, o.customer_id, o.key order by o.since",
        "partition by o.journey, o.customer_id, o.key order by o.since desc",
    ),
    Changed(
        "fresh lacks its edge",
        "e.occurred_at >= $as_of - to_microseconds",
        "e.occurred_at > $as_of - to_microseconds",
        "insert into occasion",
    ),
    Changed("trips are all number one", "coalesce(p.entry_no, 0) + 1 as entry_no", "1 as entry_no"),
    Changed("limit's order is upside down", "order by e.order_value desc nulls last", "order by e.order_value asc nulls last"),
    Changed("missing order goes first", "order by e.order_value desc nulls last", "order by e.order_value desc nulls first"),
    Changed("day's limit counts all days", "filter (where assigned_at >= $day_start)", "filter (where true)"),
    Changed("holdout's salt lacks the journey", "draw('holdout', journey, unit)", "draw('holdout', 'all', unit)"),
    Changed("key is ignored", "keyed.key =", "keyed.key is not null or keyed.key ="),
    Changed(
        "split from the other side",
        "p.entry_no) >= w.low and draw('split', p.journey, p.customer_id, p.step, p.entry_no) < w.high",
        "p.entry_no) >= 1 - w.high and draw('split', p.journey, p.customer_id, p.step, p.entry_no) < 1 - w.low",
    ),
    Changed("arms from the last", "partition by step_key order by arm_no", "partition by step_key order by arm_no desc"),
    Changed(
        "wait's clock is the run's", "s.next_key, p.since + to_microseconds(s.takes_us), 'waited'", "s.next_key, $as_of, 'waited'"
    ),
    Changed(
        "wait needs a moment more",
        "p.kind = 'wait' and p.since + to_microseconds(s.takes_us) <= p.horizon",
        "p.kind = 'wait' and p.since + to_microseconds(s.takes_us) < p.horizon",
    ),
    Changed("note seen by others at once", "noted.run_no < $run_no", "noted.run_no <= $run_no"),
    Changed(
        "controls note too",
        "p.kind = 'set' and p.since <= p.horizon and p.assignment = 'treated'",
        "p.kind = 'set' and p.since <= p.horizon",
    ),
    Changed("passed on with the run's clock", "t.target, e.key, p.since", "t.target, e.key, $as_of"),
    Changed("count's window holds its beginning", "counted.occurred_at > $as_of -", "counted.occurred_at >= $as_of -"),
    Changed("touches' window holds its beginning", "touched.not_before > $as_of -", "touched.not_before >= $as_of -"),
    Changed("touches of this run's instant do not count", "touched.not_before <= $as_of", "touched.not_before < $as_of"),
    Changed("not in segment is in", "not coalesce(p.customer_id in", "coalesce(p.customer_id in"),
    Changed("cap's window holds its beginning", "t.not_before > r.not_before -", "t.not_before >= r.not_before -"),
    Changed("cap counts what was taken back", "d.state in ('cancelled', 'expired')", "d.state in ('expired')"),
    Changed(
        "cap does not count what skips it",
        "where p.outcome is null and not p.ghost and list_contains($skipping, p.purpose)",
        "where p.outcome is null and not p.ghost and false",
    ),
    Changed(
        "control waits like the treated", "then 'sent' else 'dropped' end where ghost", "then 'sent' else outcome end where ghost"
    ),
    Changed(
        "arbitration lets the worst through",
        "order by priority, score desc, tie",
        "order by priority desc, score, tie desc",
        "'outranked'",
    ),
    Changed("tie is not by hash", "order by priority, score desc, tie", "order by priority, score desc, journey", "'outranked'"),
    Changed("deferred is dropped", "then 'deferred' else 'dropped'", "then 'dropped' else 'dropped'"),
    Changed(
        "validity lacks its end",
        "$as_of > first_proposed_at + to_microseconds(",
        "$as_of >= first_proposed_at + to_microseconds(",
    ),
    Changed("dropped touch goes on to next", "else coalesce(s.otherwise_key, s.next_key)", "else s.next_key"),
    Changed(
        "sent touch keeps the run's clock",
        "greatest(p.since, $as_of, case when p.outcome = 'sent' then p.not_before else $as_of end)",
        "greatest(p.since, $as_of)",
    ),
    Changed("opt-out loses against an equal consent", "o.since >= c.changed_at", "false"),
    Changed(
        "conversion counts from assignment on",
        "e.occurred_at <= en.assigned_at + to_microseconds(",
        "e.occurred_at < en.assigned_at + to_microseconds(",
    ),
    Changed("led away at the trip's own clock", "greatest($as_of, since), 'migrated'", "since, 'migrated'"),
    Changed("pay-day is not moved", "max(day) filter (is_workday) over (order by day) as paid", "day as paid"),
    Replaced("end of the hours is open", "tonglu.gates.quiet_hours.next_opening_of", opening_with_its_end),
    Replaced("calendar's interval on the wrong side", "tonglu.stages.enrol.instants", instants_with_their_beginning),
    Replaced("make-up days are off", "tonglu.stages.calendar.flags_of", flags_without_make_up_days),
    Replaced("no holidays for entering", "tonglu.core.workdays.ChineseCalendar.is_workday", weekday),
    Replaced("exits by one event have one filter", "tonglu.stages.exits.alike", alike_but_for_the_last),
    Replaced("waits for one event have one filter", "tonglu.steps.wait_for.alike", alike_but_for_the_last),
    Replaced("goals by one event have one filter", "tonglu.stages.measure.alike", alike_but_for_the_last),
    Replaced("all wait as long as the first, and go where it goes", "tonglu.steps.wait_for.by_value", as_the_first),
    Replaced("all enter by the condition of the first", "tonglu.stages.enrol.alike", all_one),
)
