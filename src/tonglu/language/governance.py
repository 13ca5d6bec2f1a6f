"""What the policy says of governance: four eyes (`approval`), how long rows are kept (`retention`), limits of fairness (`fairness`)."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema, model_validator

from tonglu.core.durations import format_duration
from tonglu.core.errors import Finding, did_you_mean
from tonglu.language.values import Authored, Duration, Name, Purpose, as_list, refuse, shown
from tonglu.language.yamlfile import YamlFile

_AUDIENCE = re.compile(r"(up to|above)\s+([0-9][0-9_,]*)")


class Bounds(Authored):
    """A range of audience sizes: more than `above`, at most `up_to` customers."""

    above: int = 0
    up_to: int | None = None

    def holds(self, audience: int | None) -> bool:
        """Whether an audience is of this size; one that could not be counted is as large as any."""
        if audience is None:
            return self.up_to is None
        return (
            audience > self.above or (audience == 0 and self.above == 0)
            if self.up_to is None
            else self.above <= audience <= self.up_to
        )

    def __str__(self) -> str:
        return (
            f"above {self.above}" if self.up_to is None and self.above else "any" if self.up_to is None else f"up to {self.up_to}"
        )


def _bounds(value: object) -> Bounds:
    if isinstance(value, Bounds):
        return value
    match = _AUDIENCE.fullmatch(str(value).strip()) if isinstance(value, str) else None
    if value == "any":
        return Bounds()
    if match is None:
        raise refuse(f"{shown(value)} is not a size of an audience", "Write 'up to 1000', 'above 100000' or 'any'.", "TL851")
    number = int(match[2].replace(",", "").replace("_", ""))
    return Bounds(up_to=number) if match[1] == "up to" else Bounds(above=number)


Audience = Annotated[
    Bounds,
    PlainValidator(_bounds),
    PlainSerializer(str, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^(any|(up to|above) +[0-9][0-9_,]*)$"}),
]
"""How many customers a definition may reach: 'up to 1000', 'above 100000', 'any'."""


class Tier(Authored):
    """How many people must approve what reaches so many customers for such a purpose; each of them has one of the roles."""

    audience: Audience = Bounds()
    purposes: Annotated[tuple[Purpose, ...], BeforeValidator(as_list)] = ()
    approvals: Annotated[int, Field(ge=1, le=9)] = 1
    roles: Annotated[tuple[Name, ...], BeforeValidator(as_list)] = ()

    def fits(self, audience: int | None, purpose: str | None) -> bool:
        """Whether it is about this audience and purpose; the policy itself has no purpose and is of every one."""
        return self.audience.holds(audience) and (not self.purposes or purpose is None or purpose in self.purposes)


class Need(Authored):
    """What an approval takes: so many people, each with one of the roles (any role when there are none)."""

    approvals: int = 1
    roles: tuple[str, ...] = ()


class Approval(Authored):
    """Four eyes. Without tiers one person other than the author approves."""

    required: bool = False
    tiers: tuple[Tier, ...] = ()

    def need(self, audience: int | None, purpose: str | None) -> Need:
        """The strictest of the tiers that fit; where tiers are written and none fits, the strictest of all."""
        fitting = [tier for tier in self.tiers if tier.fits(audience, purpose)] or list(self.tiers)
        if not fitting:
            return Need()
        strictest = max(fitting, key=lambda tier: (tier.approvals, bool(tier.roles)))
        return Need(approvals=strictest.approvals, roles=strictest.roles)


DAY = timedelta(days=1)
MINIMUM: Mapping[str, tuple[timedelta, str]] = {
    "send_log": (183 * DAY, "proof of sending, time and number, at least six months: MIIT order 74 [S12]"),
    "receipts": (183 * DAY, "they prove what became of a sending, so they stay as long as it: MIIT order 74 [S12]"),
    "judged": (DAY, "a run must still be explained on the day after it [D]"),
    "ghosts": (DAY, "a run must still be explained on the day after it [D]"),
    "quarantine": (7 * DAY, "who delivers a file again needs to see what was wrong with it [D]"),
}
"""What can be kept for a time only: the least time, and why."""


class Retention(Authored):
    """How long rows are kept, by kind; what is not named stays. Never less than the legal minimum."""

    judged: Duration | None = None
    ghosts: Duration | None = None
    receipts: Duration | None = None
    send_log: Duration | None = None
    quarantine: Duration | None = None

    @model_validator(mode="before")
    @classmethod
    def _years(cls, data: Any) -> Any:
        """Years are 365 days, rounded up by one for each begun four: a year kept is never shorter than the calendar's."""
        if not isinstance(data, dict):
            return data
        return {key: _without_years(value) for key, value in data.items()}

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        for name, (least, why) in MINIMUM.items():
            wanted = getattr(self, name)
            if wanted is not None and wanted < least:
                raise refuse(
                    f"{name} must be kept {format_duration(least)} at least: {why}",
                    f"Write {format_duration(least)} or more.",
                    "TL853",
                )
        return self

    def written(self) -> dict[str, timedelta]:
        """The kinds that are kept for a time only, with the time."""
        kept = {name: getattr(self, name) for name in MINIMUM}
        return {name: value for name, value in kept.items() if value is not None}


def _without_years(value: object) -> object:
    match = re.fullmatch(r"\s*([0-9]{1,2})\s*years?\s*", value) if isinstance(value, str) else None
    return f"{int(match[1]) * 365 + -(-int(match[1]) // 4)} days" if match else value


class Fairness(Authored):
    """By which columns of the profile treatment is compared, and between which ratios it must lie; `blocks`: beyond them nothing is approved."""

    by: Annotated[tuple[Name, ...], BeforeValidator(as_list)] = ()
    least: Annotated[float, Field(gt=0, le=1)] = 0.8
    most: Annotated[float, Field(ge=1)] = 1.25
    blocks: bool = False


def check_governance(
    approval: Approval,
    fairness: Fairness,
    file: YamlFile,
    findings: list[Finding],
    *,
    profile: Mapping[str, object],
    people: Mapping[str, tuple[str, ...]],
) -> None:
    """Find roles that nobody has, and columns that the profile has not.

    Args:
        approval: the section.
        fairness: the section.
        file: the policy's file, for places.
        findings: where everything found is added.
        profile: the columns of the profile; empty when it could not be read.
        people: who there is, with their roles.
    """
    known = {role for roles in people.values() for role in roles}
    for number, tier in enumerate(approval.tiers):
        able = [name for name, roles in people.items() if not tier.roles or set(tier.roles) & set(roles)]
        place = ("approval", "tiers", number)
        for at, role in enumerate(tier.roles):
            if role not in known:
                hint = did_you_mean(role, known) or "Give it to somebody under people: in tonglu.yaml."
                findings.append(file.finding("TL852", f"nobody has the role '{role}'", (*place, "roles", at), hint))
        if people and len(able) < tier.approvals:
            text = f"{tier.approvals} people must approve, {len(able)} could"
            findings.append(file.finding("TL852", text, place, "Name more people in tonglu.yaml, or ask for fewer."))
    for number, name in enumerate(fairness.by):
        if profile and name not in profile:
            hint = did_you_mean(name, profile)
            findings.append(file.finding("TL854", f"the profile has no column '{name}'", ("fairness", "by", number), hint))
