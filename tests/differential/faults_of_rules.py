"""Deliberate faults of the gates `suitable` and `risk`. The first batches have no such rules: these begin at the first that has."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from tests.differential.faults import Changed, Replaced
from tests.differential.making import POLICIES

from tonglu.language.risk import RiskRule

FIRST = len(POLICIES)


def in_force_but_for_its_last_day(rule: Any, day: date) -> bool:
    """A rule whose last day does not belong to it."""
    begun = rule.starts is None or rule.starts <= day
    return bool(rule.enabled and begun and (rule.until is None or day < rule.until))


def by_name(rules: Sequence[RiskRule]) -> tuple[RiskRule, ...]:
    """Risk rules in the order of their names, whatever their dimension."""
    return tuple(sorted(rules, key=lambda one: one.name))


FAULTS_OF_RULES: tuple[Changed | Replaced, ...] = (
    Changed(
        "assessment is valid a day longer",
        "f.rated_on <= as_of_date() - r.valid_days",
        "f.rated_on < as_of_date() - r.valid_days",
        begins=FIRST,
    ),
    Changed("assessment of tomorrow is valid", "f.rated_on > as_of_date() or", "false or", begins=FIRST),
    Changed("oldest age is too old", "age < youngest or age > oldest", "age < youngest or age >= oldest", begins=FIRST),
    Changed(
        "a person is asked for a year late",
        "f.age >= r.from_age and (r.tests",
        "f.age > r.from_age and (r.tests",
        begins=FIRST,
    ),
    Changed("what is missing suits", "coalesce(marked, strict)", "coalesce(marked, false)", begins=FIRST),
    Changed(
        "the last broken rule is the reason",
        "partition by proposal_no order by rule_no",
        "partition by proposal_no order by rule_no desc",
        "from unsuited",
        begins=FIRST,
    ),
    Changed(
        "no rule is needed",
        "where f.strict and not exists (select 1 from suitable_rule",
        "where false and not exists (select 1 from suitable_rule",
        begins=FIRST,
    ),
    Changed(
        "cooling off holds its beginning",
        "e.occurred_at > $as_of - to_microseconds($within_us)",
        "e.occurred_at >= $as_of - to_microseconds($within_us)",
        begins=FIRST,
    ),
    Changed(
        "no channel is barred",
        "insert into barred select distinct n.proposal_no, v.channel from needs_person as n join tonglu.via as v on v.step_key = n.step_key",
        "insert into barred select distinct n.proposal_no, v.channel from needs_person as n join tonglu.via as v on false",
        begins=FIRST,
    ),
    Changed("hold lasts a moment too long", "ends is null or ends > $as_of", "ends is null or ends >= $as_of", begins=FIRST),
    Changed("hold begins a moment late", "since is null or since <= $as_of", "since is null or since < $as_of", begins=FIRST),
    Changed(
        "the later end counts", "least(until, since + to_microseconds(", "greatest(until, since + to_microseconds(", begins=FIRST
    ),
    Changed(
        "a hold stops every purpose",
        "where p.outcome is null and list_contains(r.purposes, p.purpose)",
        "where p.outcome is null",
        begins=FIRST,
    ),
    Changed("a rule in shadow holds", "from risk_met where holds group by", "from risk_met group by", begins=FIRST),
    Changed("a list that is missing stops nothing", "and exists (select 1 from risk_missing)", "and false", begins=FIRST),
    Changed("a held touch is dropped", "arg_min(rule, rule_no), 'deferred'", "arg_min(rule, rule_no), 'dropped'", begins=FIRST),
    Replaced(
        "last day is not in force",
        "tonglu.language.suitability.SuitabilityRule.in_force",
        in_force_but_for_its_last_day,
        begins=FIRST,
    ),
    Replaced("rules that hold are named by name", "tonglu.app.definitions.in_order", by_name, begins=FIRST),
)
