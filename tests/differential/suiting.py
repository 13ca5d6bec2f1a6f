"""The gates `suitable` and `risk` for one customer: whom a product suits, and whom a hold protects."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.differential.conditions import Sight
from tests.differential.world import World

from tonglu.language.message import Product
from tonglu.language.risk import RiskRule

INVESTMENTS = ("wealth", "fund", "insurance")
STRICT = (*INVESTMENTS, "credit")
COVERED = {
    **dict.fromkeys(("rating", "assessment", "age_risk", "second_confirmation"), INVESTMENTS),
    **dict.fromkeys(("arrears", "collections", "student"), ("credit",)),
    "age": STRICT,
    **dict.fromkeys(("product_ages", "vulnerable", "cooling_off"), (*STRICT, "deposit")),
}
MARKS = {"vulnerable": "vulnerable", "arrears": "in_arrears", "collections": "in_collections", "student": "student"}
DIMENSIONS = ("customer", "account", "transaction", "device", "location", "operation")


@dataclass(frozen=True)
class Suited:
    """What the rules say: the reason and the rule that stop the touch, if one does, and the channels that need a person."""

    reason: str | None = None
    rule: str | None = None
    barred: frozenset[str] = frozenset()
    broken: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hold:
    """Why a touch is put off, and the rule or the list that says so."""

    reason: str
    name: str


@dataclass(frozen=True)
class Offer:
    """A product offered to a customer over some channels; `bots` are those without a person."""

    product: Product
    via: tuple[str, ...]
    bots: frozenset[str]
    known: dict[str, Any]
    ratings: dict[str, int]
    sight: Sight

    @property
    def strict(self) -> bool:
        """Whether what is missing stops it."""
        return self.product.kind in STRICT

    @property
    def risk(self) -> int:
        """The higher of both risks; 0 without one."""
        return max([level(one) for one in (self.product.risk, self.product.issuer_risk) if one], default=0)


def level(risk: str) -> int:
    """R3 is 3."""
    return int(risk.removeprefix("R"))


def suited(world: World, customer: int, product: Product, via: Sequence[str]) -> Suited:
    """Every rule in force that covers the product; the first broken one gives the reason."""
    section, sight = world.policy.suitability, world.sight(customer)
    row = world.facts.profile(customer, world.run) or {}
    known = {name: row.get(column) for name, column in dict(section.reads).items() if column is not None}
    rules = [one for one in section.rules if in_force(one, sight.today) and product.kind in (one.products or COVERED[one.tests])]
    bots = frozenset(via) - frozenset(section.with_a_person)
    ratings = {rating: level(risk) for rating, risk in section.ratings.items()}
    offer = Offer(product, tuple(via), bots, known, ratings, sight)
    broken = [(reason, one.rule) for one in rules if (reason := breach(one, offer))]
    barred = bots if any(bars(one, offer) for one in rules) else frozenset[str]()
    needed = "arrears" if product.kind == "credit" else "rating"
    unjudged = offer.strict and needed not in {one.tests for one in rules}
    reason, name = ("no_rule", None) if unjudged else broken[0] if broken else (None, None)
    return Suited(reason, name, barred, tuple(name for _, name in broken))


def in_force(rule: Any, today: date) -> bool:
    """Both days belong to it."""
    return rule.enabled and (rule.starts or today) <= today <= (rule.until or today)


def breach(rule: Any, offer: Offer) -> str | None:
    """Why a product breaks a rule; None where it does not."""
    known, product, missing = offer.known.get, offer.product, offer.strict
    match rule.tests:
        case "rating":
            allowed = offer.ratings.get(known("rating") or "")
            if offer.risk == 0:
                return None
            if allowed is None:
                return "rating_missing" if missing else None
            return "rating_too_low" if offer.risk > allowed else None
        case "assessment":
            rated_on = known("rated_on")
            if rated_on is None:
                return "rating_missing" if missing else None
            return None if 0 <= (offer.sight.today - rated_on).days < rule.valid_days else "rating_expired"
        case "vulnerable" | "arrears" | "collections" | "student":
            mark = known(rule.tests)
            return MARKS[rule.tests] if mark else "flag_missing" if mark is None and missing else None
        case "cooling_off":
            return "cooling_off" if cools(rule, offer.sight) else None
    age = known("age")
    if rule.tests == "product_ages" and product.ages is None:
        return None
    if age is None:
        return "age_missing" if missing else None
    match rule.tests:
        case "age" | "product_ages":
            least, most = product.ages if rule.tests == "product_ages" else (rule.at_least, rule.at_most)
            return "too_young" if age < least else "too_old" if age > most else None
        case "age_risk" | "second_confirmation":
            alone = bars(rule, offer) and offer.bots == set(offer.via)
            return {"age_risk": "too_risky_for_age"}.get(rule.tests, "needs_second_confirmation") if alone else None
    raise AssertionError(rule.tests)


def bars(rule: Any, offer: Offer) -> bool:
    """Whether only a person may offer it."""
    if rule.tests not in ("age_risk", "second_confirmation"):
        return False
    age = offer.known.get("age")
    return age is not None and age >= rule.from_age and (rule.tests != "age_risk" or offer.risk > level(rule.at_most))


def cools(rule: Any, sight: Sight) -> bool:
    """Whether the customer is left alone, after what happened or as a member."""
    since = sight.as_of - (rule.within or timedelta(0))
    happened = any(event.name in rule.events and since < event.at <= sight.as_of for event in sight.events())
    return happened or any(sight.member(segment) for segment in rule.segments)


def held(world: World, customer: int, product: Product | None, purpose: str) -> Hold | None:
    """The first rule that holds touches of this purpose; else a list that is missing."""
    holding = [one for one in world.risk_rules if one.mode == "live" and one.action in ("hold", "alert")]
    hits = [one for one in holding if purpose in one.purposes and is_hit(world, customer, one)]
    if hits:
        first = min(hits, key=lambda one: (DIMENSIONS.index(one.dimension), one.name))
        return Hold("risk_hold", first.name)
    gone = [one.needs for one in holding if one.needs and not world.facts.delivered(one.needs, world.run)]
    without = world.policy.risk.without_list
    if gone and product is not None and product.kind in without.products and purpose in without.purposes:
        return Hold("no_risk_list", min(gone))
    return None


def is_hit(world: World, customer: int, rule: RiskRule) -> bool:
    """Whether a hit of the customer counts at the run's instant."""
    for hit in world.facts.found(customer, rule.name, world.run):
        lapses = hit.since + timedelta(hours=rule.hours) if hit.since and rule.hours else None
        end = min((one for one in (hit.until, lapses) if one is not None), default=None)
        if (hit.since is None or hit.since <= world.as_of) and (end is None or end > world.as_of):
            return True
    return False
