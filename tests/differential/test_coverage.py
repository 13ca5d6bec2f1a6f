"""What a run of the judge must have met is declared, and what it has not met is told."""

from collections import Counter

from tests.differential.coverage import DECLARED, GATES, RARE, missing, required, summary

from tonglu.gates import decision_chain
from tonglu.language.calendar_rule import CalendarRule
from tonglu.steps.wait import Until
from tonglu.steps.wait_for import AlternativeFields

ALL = Counter(f"{group}: {name}" for group, names in DECLARED.items() for name in names)


def test_whoever_met_all_that_is_declared_misses_nothing():
    assert missing(ALL) == []
    assert list(summary(ALL)) == [f"{len(names)} of {len(names)} {group}" for group, names in DECLARED.items()]


def test_what_was_not_met_is_told_by_name():
    for label in ALL:
        met = ALL - Counter([label])
        assert missing(met) == [label]
        assert list(summary(met))[-1] == f"not met: {label}"


def test_what_is_rare_is_told_and_not_asked_for():
    assert set(ALL) > RARE
    met = ALL - Counter(RARE)
    assert (set(missing(met)), required(met)) == (set(RARE), [])
    assert required(ALL - Counter(["step kinds: wait"])) == ["step kinds: wait"]


def test_nothing_is_declared_twice():
    assert set(ALL.values()) == {1}


def test_every_reason_that_is_declared_is_one_of_its_gate():
    reasons = {gate.name: set(gate.reasons) for gate in decision_chain()}
    assert [gate for gate, names in GATES.items() if set(names) != reasons[gate]] == []


def test_every_form_that_the_language_has_is_declared():
    waits = " ".join(DECLARED["wait forms"])
    assert [name for name in Until.model_fields if name != "at" and name not in waits] == []
    alternatives = " ".join(DECLARED["alternatives"])
    assert [name for name in AlternativeFields.model_fields if name not in ("where", "go") and name not in alternatives] == []
    rules = " ".join(DECLARED["ways in"])
    assert [name for name in CalendarRule.model_fields if name not in ("at", "weekday") and name not in rules] == []
