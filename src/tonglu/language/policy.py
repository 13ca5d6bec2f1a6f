"""The contact policy, `journeys/policy.yaml`: what holds for all journeys. A journey may be stricter, never looser."""

import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from tonglu.core.durations import format_duration
from tonglu.core.errors import Finding, Severity, did_you_mean
from tonglu.language.allocation import Budget, Capacity
from tonglu.language.arbitration import Arbitration, Exclusion, Topic
from tonglu.language.consent_rules import ConsentRules
from tonglu.language.governance import Approval, Fairness, Retention
from tonglu.language.hours import OpenHours
from tonglu.language.loader import load_model
from tonglu.language.repairs import name_fix
from tonglu.language.risk import Risk
from tonglu.language.suitability import Suitability
from tonglu.language.values import Authored, Name, Purpose, Share, Span, refuse, shown
from tonglu.language.yamlfile import Loc, YamlFile, read_yaml

ANY = "any"
NEVER_SKIPPED = frozenset({"journey_live", "eligible", "reachable"})
"""Gates that no purpose skips."""
PROTECTING = frozenset({"consent", "suitable", "risk"})
"""Gates that protect the customer: skipping one is warned of where no law asks for the touch."""
HELD_TO: Mapping[str, frozenset[str]] = {"marketing": PROTECTING}
"""Gates that a purpose may not skip, by purpose."""
Purposes = Literal[Purpose, "any"]


def _epoch(value: object) -> object:
    if isinstance(value, str | int) and not isinstance(value, bool) and re.fullmatch(r"[\w.-]{1,40}", str(value)):
        return str(value)
    raise refuse(f"{shown(value)} does not name an epoch", 'Write a short name, such as "2026"; a new name draws a new group.')


class GlobalControl(Authored):
    """The customers whom no marketing journey touches. A new epoch draws a new group."""

    share: Share = 0.0
    epoch: Annotated[str, BeforeValidator(_epoch)] = "1"


class PurposePolicy(Authored):
    """What is special about a purpose: the gates that its touches skip."""

    skips: tuple[Name, ...] = ()


class Cap(Authored):
    """At most so many touches of one customer within a time, of a purpose, channel, journey and topic or of any."""

    name: Name
    purpose: Purposes = "any"
    channel: Name = ANY
    journey: Name = ANY
    topic: Topic | Literal["any"] = "any"
    at_most: Annotated[int, Field(ge=1)]
    within: Span

    @model_validator(mode="before")
    @classmethod
    def _named(cls, data: Any) -> Any:
        """A cap without a name is called by what it says: marketing_sms_2_in_7_days."""
        if not isinstance(data, dict) or "name" in data:
            return data
        words = [str(data.get(key, ANY)) for key in ("purpose", "channel", "journey", "topic")]
        words = [word for word in words if word != ANY] or [ANY]
        name = "_".join([*words, str(data.get("at_most")), "in", str(data.get("within"))])
        return {**data, "name": re.sub("[^a-z0-9]+", "_", name.lower())[:63]}

    def __str__(self) -> str:
        return f"{self.at_most} in {format_duration(self.within)}"


class Dwell(Authored):
    """The least time between two touches of one customer, of a purpose, channel, journey and topic or of any."""

    purpose: Purposes = "any"
    channel: Name = ANY
    journey: Name = ANY
    topic: Topic | Literal["any"] = "any"
    at_least: Span


class Learning(Authored):
    """What `learn` may do.

    `floor` is the least share that every arm keeps, `half_life` the time after which what was seen counts half. Arbitration's P is the
    `lower_bound` of a journey's lift, its `shrunk` mean with `bonus` standard errors, or the journey's own `prior`. A journey whose harm
    is shown pauses itself, unless `pause_on_harm` is false.
    """

    floor: Share = 0.1
    half_life: Span | None = None
    worth: Literal["lower_bound", "shrunk", "prior"] = "lower_bound"
    bonus: Annotated[float, Field(ge=0, le=3)] = 1.0
    pause_on_harm: bool = True

    @model_validator(mode="after")
    def _leaves_room(self) -> Self:
        if self.floor > 0.5:
            raise refuse(f"a floor of {self.floor:.0%} leaves nothing to learn for two arms", "Write at most 50%.", "TL803")
        return self


class Measurement(Authored):
    """How all journeys are measured.

    `segments` are those by which every lift is shown too, as of assignment; `covariates` the attributes that must be balanced before a
    lift is believed; `tightest_at` the number of units at which the always-valid interval is tightest, where a goal expects none;
    `together` the time after a customer's first entry in which the effect of all journeys together is measured.
    """

    segments: tuple[Name, ...] = ()
    covariates: Annotated[tuple[Name, ...], Field(max_length=8)] = ()
    tightest_at: Annotated[int, Field(ge=100)] = 5000
    together: Span = timedelta(days=30)


class Policy(Authored):
    """The whole policy. Purposes that it does not name skip nothing; channels without hours are always open."""

    policy: Name = "bank"
    global_control: GlobalControl = GlobalControl()
    purposes: Mapping[Purpose, PurposePolicy] = Field(default_factory=dict)
    caps: tuple[Cap, ...] = ()
    dwell: tuple[Dwell, ...] = ()
    open_hours: Mapping[Name, OpenHours] = Field(default_factory=dict)
    consent: ConsentRules = ConsentRules()
    exclusions: tuple[Exclusion, ...] = ()
    arbitration: Arbitration = Arbitration()
    per_run: Annotated[int, Field(ge=1, le=100)] = 1
    priority: tuple[Name, ...] = ()
    measurement: Measurement = Measurement()
    learning: Learning = Learning()
    suitability: Suitability = Suitability()
    risk: Risk = Risk()
    capacity: tuple[Capacity, ...] = ()
    budget: tuple[Budget, ...] = ()
    approval: Approval = Approval()
    retention: Retention = Retention()
    fairness: Fairness = Fairness()

    @model_validator(mode="after")
    def _no_repeats(self) -> Self:
        named = (
            ("caps", [cap.name for cap in self.caps]),
            ("limits", [*(one.name for one in self.capacity), *(one.name for one in self.budget)]),
            ("exclusions", [one.name for one in self.exclusions]),
            ("priority groups", list(self.priority)),
        )
        for what, names in named:
            twice = next((name for number, name in enumerate(names) if name in names[:number]), None)
            if twice is not None:
                raise refuse(f"two {what} are called '{twice}'", "Give each its own name, or remove one.", "TL801")
        return self

    @property
    def all_caps(self) -> tuple[Cap, ...]:
        """The caps, and every dwell time as a cap of one."""
        dwells = [
            Cap(
                name=f"dwell_{number}",
                purpose=one.purpose,
                channel=one.channel,
                journey=one.journey,
                topic=one.topic,
                at_most=1,
                within=one.at_least,
            )
            for number, one in enumerate(self.dwell, 1)
        ]
        return (*self.caps, *dwells)

    def rank(self, group: str | None) -> int:
        """The place of a journey's priority group: 0 goes first; journeys without a group, or with an unknown one, go last."""
        return self.priority.index(group) if group in self.priority else len(self.priority)


def read_policy(path: Path, shown_as: str, findings: list[Finding]) -> tuple[Policy | None, YamlFile]:
    """Read the policy; None with findings when it cannot be used. The file is given back for later findings' places."""
    file = read_yaml(path, shown_as)
    return load_model(file, Policy, findings), file


def check_policy(
    policy: Policy, file: YamlFile, findings: list[Finding], *, channels: Collection[str], gates: Collection[str] | None = None
) -> None:
    """Find names in the policy that nothing else knows.

    Args:
        policy: the policy.
        file: the file that it was read from.
        findings: where everything found is added; a cap or hours of a channel that does not exist are only warned of.
        channels: the channels that exist; empty when they are not known.
        gates: the gates that a purpose may skip; None when that is checked elsewhere.
    """
    named: list[tuple[Loc, str]] = [(("open_hours", name), name) for name in policy.open_hours]
    named += [(("caps", number, "channel"), cap.channel) for number, cap in enumerate(policy.caps)]
    named += [(("dwell", number, "channel"), dwell.channel) for number, dwell in enumerate(policy.dwell)]
    for loc, channel in named:
        if channels and channel not in (*channels, ANY):
            place = file.place(loc, key=loc[0] == "open_hours")
            hint = did_you_mean(channel, channels)
            fix = name_fix(file, loc, channel, set(channels) - set(policy.open_hours), key=loc[0] == "open_hours")
            findings.append(Finding("TL208", f"channel '{channel}' does not exist", place, hint, Severity.WARNING, fix))
    for purpose, special in policy.purposes.items():
        for number, gate in enumerate(special.skips):
            if gates is not None and gate not in gates:
                at: Loc = ("purposes", purpose, "skips", number)
                hint, fix = did_you_mean(gate, gates), name_fix(file, at, gate, gates)
                findings.append(file.finding("TL802", f"gate '{gate}' does not exist", at, hint, fix=fix))
            elif gate in NEVER_SKIPPED or gate in HELD_TO.get(purpose, frozenset()):
                message = f"{purpose} may not skip '{gate}'"
                findings.append(file.finding("TL843", message, ("purposes", purpose, "skips", number), "Remove it."))
            elif gate in PROTECTING and purpose != "regulatory":
                place = file.place(("purposes", purpose, "skips", number))
                message = f"touches of purpose '{purpose}' are sent without asking the gate '{gate}'"
                hint = "Remove it, unless each of these touches is what the contract with the customer asks for."
                findings.append(Finding("TL845", message, place, hint, Severity.WARNING))


def check_in_one_run(policy: Policy, marketing: Collection[str], file: YamlFile, findings: list[Finding]) -> None:
    """Warn of several journeys whose offers one customer may get in one run, where no cap over all channels holds them to fewer."""
    several = min(policy.per_run, len(marketing))
    capped = [one.at_most for one in policy.all_caps if one.purpose in (ANY, "marketing") and _of_all(one)]
    if several > 1 and several <= min(capped, default=several):
        message = f"one customer may get {several} marketing touches in one run: per_run allows {policy.per_run}, and no cap holds them to fewer"
        hint = "Write per_run: 1, or a cap of marketing: {purpose: marketing, at_most: 1, within: 1 day}."
        findings.append(Finding("TL846", message, file.place(("per_run",)), hint, Severity.WARNING))


def _of_all(cap: Cap) -> bool:
    return (cap.channel, cap.journey, cap.topic) == (ANY, ANY, ANY)
