"""What is other than a test of a journey expects, in words; and what it would expect if it expected what came."""

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from tonglu.app.rehearsal_play import Decided, Went
from tonglu.core.clock import day_of, show_instant
from tonglu.language.rehearsal import Case, Touched

LASTING = ("sent", "dropped")
"""The outcomes that a recorded case expects. How often a touch is deferred depends on how often runs are made."""


def differences(case: Case, trip: Went | None, zone: ZoneInfo) -> Iterator[str]:
    """What is other than a case expects; nothing for a case that expects nothing."""
    expect = case.expect
    if expect is None:
        return
    if expect.enters is False:
        if trip is not None:
            yield "expected nobody to enter, but the customer did"
        return
    if trip is None:
        yield "the customer never entered the journey"
        return
    if expect.path is not None:
        yield from _path_differences(expect.path, [step for step, _ in trip.path], trip.decided)
    if expect.touches is not None:
        yield from _touch_differences(expect.touches, trip, zone)
    if expect.end is not None and trip.end != expect.end:
        yield f"expected the end '{expect.end}', but {f'it ended as {trip.end}' if trip.end else f'it rests at {trip.rests_at}'}"
    if expect.rests_at is not None and trip.rests_at != expect.rests_at:
        yield f"expected it to rest at '{expect.rests_at}', but {f'it rests at {trip.rests_at}' if trip.rests_at else f'it ended as {trip.end}'}"


def expectation(trip: Went | None, zone: ZoneInfo) -> dict[str, object]:
    """The `expect` of a case to which this came: its path, the touches that were sent or dropped, and where it ended or rests."""
    if trip is None:
        return {"enters": False}
    touches = [
        {
            "step": one.step,
            **({"channel": one.channel} if one.outcome == "sent" else {"outcome": one.outcome, "reason": one.reason}),
            "on": day_of(one.at, zone),
        }
        for one in trip.decided
        if one.outcome in LASTING
    ]
    left: dict[str, object] = {"end": trip.end} if trip.end else {"rests_at": trip.rests_at}
    return {"path": [step for step, _ in trip.path], "touches": touches, **left}


def _touch_differences(wanted: Sequence[Touched], trip: Went, zone: ZoneInfo) -> Iterator[str]:
    cared = {touch.outcome for touch in wanted} | {"sent"}
    got = [one for one in trip.decided if one.outcome in cared]
    for place in range(max(len(wanted), len(got))):
        if place >= len(got):
            why = _why(trip.decided, wanted[place].step)
            yield f"expected touch {place + 1} at '{wanted[place].step}', but there were {len(got)}{why}"
        elif place >= len(wanted):
            yield f"unexpected: {_shown(got[place], zone)}"
        elif not _same(wanted[place], got[place], zone):
            touch = wanted[place]
            parts = (touch.outcome, touch.step, touch.channel, touch.on, touch.reason)
            asked = " ".join(str(part) for part in parts if part)
            yield f"expected touch {place + 1}: {asked}; got {_shown(got[place], zone)}"


def _same(touch: Touched, got: Decided, zone: ZoneInfo) -> bool:
    return (
        touch.step == got.step
        and touch.outcome == got.outcome
        and touch.channel in (None, got.channel)
        and touch.reason in (None, got.reason)
        and touch.on in (None, day_of(got.at, zone))
    )


def _shown(one: Decided, zone: ZoneInfo) -> str:
    why = "" if one.outcome == "sent" else f" by {one.gate}: {one.reason}{f' ({one.detail})' if one.detail else ''}"
    return f"{one.outcome} {one.step}{f' {one.channel}' if one.channel else ''} {show_instant(one.at, zone)}{why}"


def _path_differences(expected: Sequence[str], actual: Sequence[str], decided: Sequence[Decided]) -> Iterator[str]:
    if list(expected) == list(actual):
        return
    pairs = enumerate(zip(expected, actual, strict=False))
    first = next((n for n, (one, other) in pairs if one != other), min(len(expected), len(actual)))
    wanted = expected[first] if first < len(expected) else "nothing more"
    got = actual[first] if first < len(actual) else "nothing more"
    before = actual[first - 1] if first else ""
    yield f"the path differs at step {first + 1}: expected {wanted}, got {got}{_why(decided, before)}"
    yield f"  expected: {' > '.join(expected)}"
    yield f"  got:      {' > '.join(actual)}"


def _why(decided: Sequence[Decided], step: str) -> str:
    """The last decision at a step, where it was not to send."""
    mine = [one for one in decided if one.step == step and one.outcome != "sent"]
    return f" ({mine[-1].outcome} at {step} by {mine[-1].gate}: {mine[-1].reason})" if mine else ""
