"""What the gate `suitable` made of a proposal, in words: the product, the customer as known then, and the least that would have had
to be otherwise. A touch without a product has no values.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from tonglu.core.durations import format_duration
from tonglu.language.policy import Policy
from tonglu.language.suitability import READ_AS, CoolingOffRule, Rule

Row = Mapping[str, Any]
Told = tuple[str, str]


def values(row: Row) -> dict[str, object]:
    """The product and the customer as they were judged, the rules broken, the channels barred."""
    judged = row["product"]
    if judged is None:
        return {}
    ages = f"{judged['low']} to {judged['high']}" if judged["low"] is not None else None
    product = {"kind": judged["kind"], "risk": f"R{judged['risk']}" if judged["risk"] else None, "ages": ages}
    known = {name: judged[name] for name in READ_AS}
    return {"product": product, "customer": known, "broken": judged["broken"], "barred": judged["barred"]}


def explained(row: Row, policy: Policy) -> Told:
    """The binding reason in words, with the rule and what it stands for, and the nearest change."""
    rule = next((one for one in policy.suitability.rules if one.rule == row["detail"]), None)
    judged = row["product"] or {}
    if rule is None:  # the reason names no rule of that run's policy: nothing judges the product, or the proposal is a control's
        broken = judged.get("broken") or []
        rule = next((one for one in policy.suitability.rules if broken and one.rule == broken[0]), None)
    said, nearest = REASONS[str(row["reason"])](judged, rule, policy)
    told = f"{said} (rule {rule.rule}: {rule.regulation})" if rule is not None else said
    return told, nearest


def _needed(judged: Row, policy: Policy) -> str:
    levels = [rating for rating, most in policy.suitability.ratings.items() if int(most[1:]) >= int(judged.get("risk") or 0)]
    return " or ".join(levels)


def _too_low(judged: Row, rule: Rule | None, policy: Policy) -> Told:
    said = f"the product is R{judged.get('risk')}, the customer {judged.get('rating')}"
    return said, f"would pass with a rating of {_needed(judged, policy)}"


def _no_rating(judged: Row, rule: Rule | None, policy: Policy) -> Told:
    return "the customer has no usable risk assessment", f"would pass with an assessment that gives {_needed(judged, policy)}"


def _expired(judged: Row, rule: Rule | None, policy: Policy) -> Told:
    days = getattr(rule, "valid_days", None)
    since = judged["rated_on"] if judged else None
    ends = "" if days is None or since is None else f", good for {days} days, until {since + timedelta(days=days - 1)}"
    return f"the assessment is of {since}{ends}", "would pass with a new assessment"


def _young(judged: Row, rule: Rule | None, policy: Policy) -> Told:
    least = getattr(rule, "at_least", judged.get("low"))
    return f"the customer is {judged.get('age')}, the least age is {least}", f"would pass from the age of {least} on"


def _old(judged: Row, rule: Rule | None, policy: Policy) -> Told:
    most = getattr(rule, "at_most", judged.get("high"))
    return f"the customer is {judged.get('age')}, the highest age is {most}", ""


def _by_a_person(judged: Row, rule: Rule | None, policy: Policy) -> Told:
    people = " or ".join(policy.suitability.with_a_person) or "a channel with a person, of which the policy names none"
    said = f"the customer is {judged.get('age')}, from {getattr(rule, 'from_age', '?')} on a person has to be there"
    return said, f"would pass through {people}"


def _cooling(judged: Row, rule: Rule | None, policy: Policy) -> Told:
    if not isinstance(rule, CoolingOffRule):
        return "the customer is cooling off", ""
    after = [f"{' or '.join(rule.events)} in the last {format_duration(rule.within)}"] if rule.within is not None else []
    inside = [f"member of {' or '.join(rule.segments)}"] if rule.segments else []
    nearest = f"would pass {format_duration(rule.within)} after the last of them" if rule.within is not None else ""
    return "; ".join([*after, *inside]), nearest or "would pass after leaving the segment"


def _marked(words: str) -> Callable[[Row, Rule | None, Policy], Told]:
    return lambda judged, rule, policy: (words, "would pass without that mark")


def _unknown(what: str) -> Callable[[Row, Rule | None, Policy], Told]:
    return lambda judged, rule, policy: (
        f"{what} is not known, and this product is not offered then",
        f"would be judged once {what} is known",
    )


def _no_rule(judged: Row, rule: Rule | None, policy: Policy) -> Told:
    return (
        f"no rule in force judges a product of kind {judged.get('kind')}",
        "would be judged with a rule of suitability in force",
    )


REASONS: Mapping[str, Callable[[Row, Rule | None, Policy], Told]] = {
    "rating_too_low": _too_low,
    "rating_missing": _no_rating,
    "rating_expired": _expired,
    "too_young": _young,
    "too_old": _old,
    "age_missing": _unknown("the age"),
    "too_risky_for_age": _by_a_person,
    "needs_second_confirmation": _by_a_person,
    "vulnerable": _marked("the customer is marked as vulnerable"),
    "in_arrears": _marked("the customer is behind with a payment"),
    "in_collections": _marked("a debt of the customer is being collected"),
    "student": _marked("the customer is a student"),
    "flag_missing": _unknown("a mark that the rule asks for"),
    "cooling_off": _cooling,
    "no_rule": _no_rule,
}
