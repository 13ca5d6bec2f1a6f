"""Why a customer was touched or not: every proposal, each gate with the values that it used, the one binding reason, and the nearest
change that would have let it pass. Read from the published file alone.

What the gates saw is kept by the run where later facts could not tell it (`tonglu.judged`); the rest follows from the policy of
that run and from the customer's touches.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from tonglu.app import why_competition as competition
from tonglu.app import why_risk, why_suitable
from tonglu.app.why_limits import explain_limit, limits_seen
from tonglu.core.clock import show_instant
from tonglu.core.durations import format_duration
from tonglu.core.workdays import CalendarKind
from tonglu.gates import decision_chain
from tonglu.language.policy import ANY, Cap, Policy

VALID_FOR = "valid_for"
Values = dict[str, object]


class Asked(Protocol):
    """Where the rows come from: `warehouse.analysts.PublishedFile`."""

    def ask(self, name: str, /, **parameters: object) -> list[dict[str, Any]]:
        """The rows of a named question."""


class Verdict(StrEnum):
    """What a gate made of a proposal."""

    PASSED = "passed"
    STOPPED = "stopped"
    SKIPPED = "skipped"
    NOT_REACHED = "not reached"


@dataclass(frozen=True)
class Judgement:
    """One gate's verdict on one proposal, with the values that it used."""

    gate: str
    verdict: Verdict
    values: Values = field(default_factory=dict)


@dataclass(frozen=True)
class Proposal:
    """One candidate touch of one run: how it came out, why, and what would have changed that.

    `binding` says the one reason in words, `nearest` the least change that would have let it pass; both are empty for what was sent.
    """

    as_of: datetime
    run_no: int
    journey: str
    step: str
    visit: int
    held_out: bool
    outcome: str
    gate: str | None
    reason: str | None
    channel: str | None
    arm: str | None
    not_before: datetime | None
    judgements: tuple[Judgement, ...]
    binding: str
    nearest: str

    def as_json(self) -> Mapping[str, object]:
        """Everything, by name."""
        return asdict(self)


def proposals_of(
    file: Asked,
    customer_id: int,
    zone: ZoneInfo,
    journey: str | None = None,
    until: datetime | None = None,
    calendar: CalendarKind = "chinese",
) -> list[Proposal]:
    """Every proposal of a customer up to an instant, the newest first."""
    rows = file.ask("why", customer_id=customer_id, journey=journey, until=until)
    touches = file.ask("reserved", customer_id=customer_id)
    limits = file.ask("limits_of_customer", customer_id=customer_id)
    policies: dict[str, Policy] = {}
    found = []
    for row in rows:
        text = str(row["policy"] or "{}")
        if text not in policies:
            policies[text] = Policy.model_validate_json(text)
        same_run = [other for other in rows if other["run_no"] == row["run_no"] and not other["ghost"]]
        mine = [one for one in limits if all(one[key] == row[key] for key in ("run_no", "entry_id", "step_key"))]
        found.append(_Case(row, policies[text], touches, same_run, zone, calendar, mine).told())
    return found


class _Case:
    """One proposal under examination."""

    def __init__(
        self,
        row: Mapping[str, Any],
        policy: Policy,
        touches: Sequence[Mapping[str, Any]],
        same_run: Sequence[Mapping[str, Any]],
        zone: ZoneInfo,
        calendar: CalendarKind,
        limits: Sequence[Mapping[str, Any]],
    ) -> None:
        self.limits = limits
        self.row, self.policy, self.touches, self.same_run, self.zone = row, policy, touches, same_run, zone
        self.calendar: CalendarKind = calendar

    def told(self) -> Proposal:
        row = self.row
        binding, nearest = ("", "") if row["outcome"] == "sent" else self.explained()
        return Proposal(
            as_of=row["as_of"],
            run_no=row["run_no"],
            journey=row["journey"],
            step=row["step"],
            visit=row["visit"],
            held_out=row["ghost"],
            outcome=row["outcome"],
            gate=row["gate"],
            reason=row["reason"],
            channel=row["channel"],
            arm=row["arm"],
            not_before=row["not_before"],
            judgements=tuple(self.judgements()),
            binding=binding,
            nearest=nearest,
        )

    def judgements(self) -> list[Judgement]:
        """Every gate in the order of the chain; ghosts see those that do not depend on competition."""
        found, stopped = [], self.row["gate"] == VALID_FOR
        for gate in decision_chain():
            if self.row["ghost"] and not gate.judges_ghosts:
                continue
            if stopped:
                found.append(Judgement(gate.name, Verdict.NOT_REACHED))
                continue
            stopped = gate.name == self.row["gate"]
            verdict = Verdict.STOPPED if stopped else Verdict.PASSED
            if not stopped and gate.name in self.skips():
                verdict = Verdict.SKIPPED
            values = VALUES.get(gate.name)
            found.append(Judgement(gate.name, verdict, values(self) if values else {}))
        return found

    def skips(self) -> Sequence[str]:
        purpose = self.policy.purposes.get(self.row["purpose"])
        return purpose.skips if purpose else ()

    def explained(self) -> tuple[str, str]:
        """The binding reason in words, and the nearest change."""
        explain = REASONS.get(str(self.row["reason"]))
        return explain(self) if explain else (str(self.row["reason"]), "")

    def at(self, instant: datetime) -> str:
        return show_instant(instant, self.zone)

    # what each gate used

    def eligible(self) -> Values:
        return {"condition": json.loads(self.row["parts"] or "{}"), "values": json.loads(self.row["saw"] or "{}")}

    def consent(self) -> Values:
        return {"purpose": self.row["purpose"], "via": self.row["via"], "permitted": self.row["permitted"] or []}

    def reachable(self) -> Values:
        return {"with_address": self.row["addressed"] or [], "chosen": self.row["channel"]}

    def quiet_hours(self) -> Values:
        planned = self.row["not_before"]
        return {"open": competition.hours_of(self.row, self.policy), "planned_at": None if planned is None else self.at(planned)}

    def contact_policy(self) -> Values:
        return {"caps": [{"cap": cap.name, "at_most": str(cap), "counted": len(self.counted(cap))} for cap in self.caps()]}

    def arbitration(self) -> Values:
        mine = [one for one in self.same_run if one["score"] is not None]
        ranking = sorted(mine, key=lambda one: (one["priority"], -one["score"], one["tie"]))
        place = next((number for number, one in enumerate(ranking, 1) if one is self.row), 0)
        told: Values = {"place": place, "of": len(ranking), "per_run": self.policy.per_run}
        return {**told, **competition.factors(self.row, self.policy)}

    def capacity(self) -> Values:
        return {"limits": limits_seen(self.limits, "capacity", self.zone)}

    def budget(self) -> Values:
        return {"limits": limits_seen(self.limits, "budget", self.zone)}

    # caps

    def caps(self) -> list[Cap]:
        return [cap for cap in self.policy.all_caps if _covers(cap, self.row)]

    def counted(self, cap: Cap) -> list[datetime]:
        """When the touches were planned that the cap counted: of earlier runs and not freed, and better ranked ones of this run."""
        planned = self.row["not_before"] or self.row["as_of"]
        run_no = self.row["run_no"]
        found = []
        for touch in self.touches:
            earlier = touch["run_no"] < run_no and not (touch["freed_run"] is not None and touch["freed_run"] <= run_no)
            beside = touch["run_no"] == run_no and (touch["journey"], touch["step"]) != (self.row["journey"], self.row["step"])
            counts_at = _counts_at(touch, run_no)
            if (earlier or beside) and _covers(cap, touch) and counts_at > planned - cap.within:
                found.append(counts_at)
        return sorted(found)

    # reasons

    def not_eligible(self) -> tuple[str, str]:
        parts: Mapping[str, bool] = json.loads(self.row["parts"] or "{}")
        saw: Mapping[str, object] = json.loads(self.row["saw"] or "{}")
        false = [part for part, holds in parts.items() if not holds]
        read = [
            f"{name} is {'missing' if value is None else value}"
            for name, value in saw.items()
            if any(name in part for part in false)
        ]
        told = f" ({', '.join(read)})" if read else ""
        return f"its own condition is false{told}", f"would pass if {' and '.join(false)} held" if false else ""

    def no_consent(self) -> tuple[str, str]:
        via = " or ".join(self.row["via"] or [])
        return f"no consent to {self.row['purpose']} on {via}", f"would pass with a consent to {self.row['purpose']} on {via}"

    def opted_out(self) -> tuple[str, str]:
        via = " and ".join(self.row["via"] or [])
        return f"opted out of {via}", "would pass after a newer consent, or after opting in again"

    def profiling_refused(self) -> tuple[str, str]:
        return "the customer wants no personalised marketing", "would pass after they take it back"

    def complaint_hold(self) -> tuple[str, str]:
        hold = self.policy.consent.complaint_hold
        length = "" if hold is None else format_duration(hold)
        return "a complaint holds marketing", f"would pass {length} after it is closed"

    def excluded(self) -> tuple[str, str]:
        return competition.excluded(self.row, self.policy, self.zone)

    def no_address(self) -> tuple[str, str]:
        via = " or ".join(self.row["permitted"] or self.row["via"] or [])
        return f"no address for {via}", f"would pass with an address for {via}"

    def closed(self) -> tuple[str, str]:
        channel, as_of = str(self.row["channel"]), self.row["as_of"]
        opens = competition.opening_of(self.row, self.policy, self.zone, self.calendar)
        if opens is None:
            return f"{channel} is closed", ""
        valid = timedelta(microseconds=self.row["valid_us"])
        needed = opens - (self.row["first_proposed_at"] or as_of)
        return (
            f"{channel} opens at {self.at(opens)}, after the {format_duration(valid)} for which the touch is valid",
            f"would pass with valid_for of {format_duration(_whole_minutes(needed))} or more, or from {self.at(opens)} on",
        )

    def cap_reached(self) -> tuple[str, str]:
        cap = next((one for one in self.caps() if one.name == self.row["detail"]), None)
        if cap is None:
            return f"the cap {self.row['detail']} is used up", ""
        used = self.counted(cap)
        full = used[len(used) - cap.at_most] if len(used) >= cap.at_most else used[0] if used else self.row["as_of"]
        took = competition.took_the_place(self.row, self.zone)
        last = f"; {took} took the place" if took else ""
        return (
            f"{cap} reached ({cap.name}): {', '.join(self.at(one) for one in used)}{last}",
            f"would pass from {self.at(full + cap.within)} on, or with a cap of {len(used) + 1}",
        )

    def outranked(self) -> tuple[str, str]:
        winner = next((one for one in self.same_run if f"{one['journey']}.{one['step']}" == self.row["detail"]), None)
        mine = f"{float(self.row['score'] or 0):g}"
        against = f" (score {mine} against {float(winner['score']):g})" if winner else ""
        return (
            f"{self.row['detail']} won{against}; at most {self.policy.per_run} a run",
            f"would pass with per_run of {self.policy.per_run + 1}, a higher priority or score, or with wait: true in a later run",
        )

    def no_room(self) -> tuple[str, str]:
        row, valid = self.row, timedelta(microseconds=self.row["valid_us"])
        return explain_limit(self.limits, str(row["detail"]), float(row["score"] or 0), row["as_of"], valid, self.zone)

    def expired(self) -> tuple[str, str]:
        valid = format_duration(timedelta(microseconds=self.row["valid_us"]))
        first = self.row["first_proposed_at"]
        since = f" since {self.at(first)}" if first else ""
        return (
            f"it competed{since}, longer than the {valid} for which it is valid",
            "would have competed on with a longer valid_for",
        )

    def switched(self) -> tuple[str, str]:
        what = {
            "killed": "the journey was killed",
            "channel_paused": "the channel was paused",
            "channel_killed": "the channel was killed",
            "product_killed": f"the product {self.row['detail']} was killed",
            "product_paused": f"the product {self.row['detail']} was paused",
            "branch_killed": f"branch {self.row['detail']} was killed",
            "branch_paused": f"branch {self.row['detail']} was paused",
        }
        return what[str(self.row["reason"])], "would pass after tonglu resume"


def _covers(cap: Cap, touch: Mapping[str, Any]) -> bool:
    """Whether a cap is about a touch or proposal."""
    return all(getattr(cap, name) in (touch[name], ANY) for name in ("purpose", "channel", "journey", "topic"))


def _counts_at(touch: Mapping[str, Any], run_no: int) -> datetime:
    """When a touch counted for a run: as `tonglu.reserved_touch` had it then."""
    settled = touch["settled_at"] is not None and touch["settled_run"] <= run_no
    at: datetime = touch["settled_at"] if settled else touch["counts_until"] or touch["not_before"]
    return at


def _whole_minutes(length: timedelta) -> timedelta:
    minute = timedelta(minutes=1)
    return -(-length // minute) * minute


VALUES: Mapping[str, Callable[[_Case], Values]] = {
    "eligible": _Case.eligible,
    "suitable": lambda case: why_suitable.values(case.row),
    "consent": _Case.consent,
    "risk": lambda case: why_risk.values(case.row, case.zone),
    "reachable": _Case.reachable,
    "quiet_hours": _Case.quiet_hours,
    "contact_policy": _Case.contact_policy,
    "arbitration": _Case.arbitration,
    "capacity": _Case.capacity,
    "budget": _Case.budget,
}
REASONS: Mapping[str, Callable[[_Case], tuple[str, str]]] = {
    "not_eligible": _Case.not_eligible,
    "no_consent": _Case.no_consent,
    "opted_out": _Case.opted_out,
    "no_address": _Case.no_address,
    "closed": _Case.closed,
    "cap_reached": _Case.cap_reached,
    "outranked": _Case.outranked,
    "excluded": _Case.excluded,
    "profiling_refused": _Case.profiling_refused,
    "complaint_hold": _Case.complaint_hold,
    "product_killed": _Case.switched,
    "product_paused": _Case.switched,
    "branch_killed": _Case.switched,
    "branch_paused": _Case.switched,
    "no_capacity": _Case.no_room,
    "no_budget": _Case.no_room,
    "expired": _Case.expired,
    "killed": _Case.switched,
    "channel_paused": _Case.switched,
    "channel_killed": _Case.switched,
    **dict.fromkeys(why_suitable.REASONS, lambda case: why_suitable.explained(case.row, case.policy)),
    **dict.fromkeys(why_risk.REASONS, lambda case: why_risk.explained(case.row, case.zone)),
}
"""How each reason is explained; a test holds them against the reasons that the gates give."""
