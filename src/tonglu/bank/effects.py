"""The hidden truth: what a touch does, by message, arm, channel and group of customer.

A delivered touch multiplies the hazard of a goal by 1 + (multiplier - 1) * strength * 0.5 ** (age / half_life), where
`strength` belongs to the channel and group and age is counted from delivery. Touches multiply each other; the product is kept
within 0.2 and 4.5. Messages or arms not listed do nothing. All numbers are assumptions of ours, made so that a lift can be
seen with 20,000 customers in 30 days; they claim nothing about real customers. On purpose there are zero effects (every
e-mail, some arms for some groups) and harmful ones (below 1): the product arm on pension day for the silver, the plan's yield
arm for the mature and silver, the questioning arm after an outflow for the young, a call about the plan offer for the young.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tonglu.bank.behaviour import Outcome
from tonglu.bank.places import CHANNELS

GROUPS = ("young", "prime", "mature", "silver")
LOWEST, HIGHEST = 0.2, 4.5
LASTS_DAYS = 21
"""A touch older than this does nothing."""

# Strength of a channel by group, in the order of GROUPS. E-mail is read by nobody here.
STRENGTH: dict[str, tuple[float, float, float, float]] = {
    "app_push": (1.0, 1.0, 0.8, 0.45),
    "sms": (0.6, 0.75, 0.9, 1.0),
    "wecom": (1.0, 1.1, 1.0, 0.7),
    "call": (0.5, 0.8, 1.0, 1.1),
    "email": (0.0, 0.0, 0.0, 0.0),
    "mini_program": (0.9, 0.8, 0.5, 0.2),
}


@dataclass(frozen=True)
class Effect:
    """One row of the truth: the multiplier on a goal's hazard just after delivery, and how fast it fades."""

    message: str
    arm: str
    channel: str
    group: str
    goal: str
    multiplier: float
    half_life_days: float


@dataclass(frozen=True)
class SideEffect:
    """Probability that one delivered touch brings an opt-out of its channel, or a complaint."""

    message: str
    arm: str
    channel: str
    group: str
    opt_out: float
    complaint: float


@dataclass(frozen=True)
class _Rule:
    message: str
    arm: str
    goal: Outcome
    multipliers: tuple[float, float, float, float]
    half_life: float


_RULES = (
    _Rule("payroll_welcome", "warm", Outcome.SALARY_PLAN, (3.0, 3.0, 2.8, 2.2), 6.0),
    _Rule("payroll_welcome", "plain", Outcome.SALARY_PLAN, (1.5, 1.5, 1.4, 1.0), 6.0),
    _Rule("payroll_welcome", "", Outcome.SALARY_PLAN, (2.2, 2.2, 2.0, 1.6), 6.0),
    _Rule("payroll_plan_offer", "yield", Outcome.SALARY_PLAN, (3.4, 2.6, 0.8, 0.6), 5.0),
    _Rule("payroll_plan_offer", "convenience", Outcome.SALARY_PLAN, (1.6, 2.4, 3.2, 2.6), 5.0),
    _Rule("payroll_plan_offer", "", Outcome.SALARY_PLAN, (2.4, 2.4, 2.0, 1.6), 5.0),
    _Rule("payroll_plan_reminder", "", Outcome.SALARY_PLAN, (1.5, 1.6, 1.4, 1.0), 3.0),
    _Rule("pension_day_greeting", "care", Outcome.PENSION_DEPOSIT, (1.0, 1.0, 2.4, 2.8), 6.0),
    _Rule("pension_day_greeting", "product", Outcome.PENSION_DEPOSIT, (1.0, 1.0, 1.6, 0.7), 6.0),
    _Rule("pension_day_greeting", "", Outcome.PENSION_DEPOSIT, (1.0, 1.0, 2.0, 1.7), 6.0),
    _Rule("pension_deposit_offer", "", Outcome.PENSION_DEPOSIT, (1.0, 1.0, 2.4, 2.2), 5.0),
    _Rule("outflow_care", "benefit", Outcome.FUNDS_RETURNED, (2.6, 2.8, 2.2, 2.0), 5.0),
    _Rule("outflow_care", "question", Outcome.FUNDS_RETURNED, (0.7, 1.2, 1.5, 1.8), 5.0),
    _Rule("outflow_care", "", Outcome.FUNDS_RETURNED, (1.7, 2.0, 1.8, 1.9), 5.0),
    _Rule("outflow_call", "", Outcome.FUNDS_RETURNED, (1.2, 2.6, 3.0, 2.6), 5.0),
    _Rule("outflow_offer", "", Outcome.FUNDS_RETURNED, (2.2, 2.2, 1.8, 1.6), 5.0),
)
_LOGIN = {"app_push": 1.8, "sms": 1.3, "wecom": 1.4, "call": 1.1, "email": 1.0, "mini_program": 1.3}
_ANNOYING = {("pension_day_greeting", "product"): 5.0, ("outflow_care", "question"): 3.0, ("payroll_plan_offer", "yield"): 1.5}
_OPT_OUT = {"app_push": 0.002, "sms": 0.003, "wecom": 0.002, "call": 0.010, "email": 0.001, "mini_program": 0.001}
_COMPLAINT = {"app_push": 0.0001, "sms": 0.0002, "wecom": 0.0002, "call": 0.0012, "email": 0.00005, "mini_program": 0.0001}


def effects() -> Iterator[Effect]:
    """All rows of the truth."""
    for rule in _RULES:
        for channel in CHANNELS:
            for g, group in enumerate(GROUPS):
                size = round(1 + (rule.multipliers[g] - 1) * STRENGTH[channel][g], 4)
                if (rule.message, channel, group) == ("payroll_plan_offer", "call", "young"):
                    size = 0.6
                yield Effect(rule.message, rule.arm, channel, group, rule.goal.value, size, rule.half_life)
                yield Effect(rule.message, rule.arm, channel, group, Outcome.APP_LOGIN.value, _LOGIN[channel], 1.5)


def side_effects() -> Iterator[SideEffect]:
    """Opt-outs and complaints per delivered touch of the listed messages."""
    for rule in _RULES:
        for channel in CHANNELS:
            for group in GROUPS:
                times = _ANNOYING.get((rule.message, rule.arm), 1.0) if group in ("mature", "silver") else 1.0
                times = 3.0 if (rule.message, rule.arm, group) == ("outflow_care", "question", "young") else times
                yield SideEffect(
                    rule.message,
                    rule.arm,
                    channel,
                    group,
                    round(_OPT_OUT[channel] * times, 6),
                    round(_COMPLAINT[channel] * times, 6),
                )


def other_side_effect(channel: str) -> tuple[float, float]:
    """Probability of opt-out and of complaint for a touch of an unlisted message."""
    return _OPT_OUT.get(channel, 0.001), _COMPLAINT.get(channel, 0.0001)


def write_effects(hidden: Path) -> None:
    """Write the truth to `hidden/effects.json`, which the world reads back."""
    hidden.mkdir(parents=True, exist_ok=True)
    text = json.dumps(
        {
            "groups": {"young": "under 30", "prime": "30 to 44", "mature": "45 to 59", "silver": "60 and over"},
            "lowest": LOWEST,
            "highest": HIGHEST,
            "lasts_days": LASTS_DAYS,
            "effects": [asdict(e) for e in effects()],
            "side_effects": [asdict(e) for e in side_effects()],
        },
        indent=0,
    )
    (hidden / "effects.json").write_text(text + "\n", encoding="utf-8")


def read_effects(hidden: Path) -> tuple[list[Effect], list[SideEffect]]:
    """Read the truth back. Raises FileNotFoundError where no bank was made."""
    facts = json.loads((hidden / "effects.json").read_text(encoding="utf-8"))
    return [Effect(**e) for e in facts["effects"]], [SideEffect(**e) for e in facts["side_effects"]]
