"""Why the next run changes, in words."""

import pytest

from tonglu.render.changes import arm_changes, worth_changes
from tonglu.render.measures import Worth
from tonglu.render.published import Arm


def arm(run_no, name, n, conversions, share, standing="", stratum=""):
    return Arm(run_no, "j", "greet", stratum, name, n, conversions, 0.5, share, standing)


def why(*arms):
    [change] = arm_changes(list(arms))
    return change.why


def test_new_exposures_move_the_shares():
    told = why(arm(1, "a", 10, 1, 0.5), arm(1, "b", 10, 1, 0.5), arm(2, "a", 15, 4, 0.7, "leads"), arm(2, "b", 12, 1, 0.3))
    assert told == (
        "a +5 matured (+3 converted), b +2 matured (+0 converted); so a 50.0% to 70.0%, b 50.0% to 30.0%; a leads, not yet shown to win"
    )


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (0.5, "nothing new has matured; the shares stay"),
        (0.45, "nothing new has matured; what was seen before fades: a 50.0% to 45.0%, b 50.0% to 55.0%"),
    ],
)
def test_without_new_exposures_it_says_so(now, said):
    assert why(arm(1, "a", 10, 1, 0.5), arm(1, "b", 10, 1, 0.5), arm(2, "a", 10, 1, now), arm(2, "b", 10, 1, 1 - now)) == said


def test_winners_and_arms_that_break_a_guardrail_are_named():
    told = why(arm(3, "a", 900, 90, 0.9, "winner"), arm(3, "b", 900, 20, 0.0, "breaks a guardrail"))
    assert told == (
        "learned for the first time; a beats the others at any number of looks: winner; b breaks a guardrail and is not played"
    )


def test_where_nothing_can_be_learned_the_reason_is_given():
    assert why(
        arm(1, "a", 1, 1, 0.5, "every arm breaks a guardrail"), arm(1, "b", 1, 1, 0.5, "every arm breaks a guardrail")
    ) == ("nothing learned: every arm breaks a guardrail; the arms are drawn evenly")


def test_strata_are_told_apart_and_experiments_that_ended_are_not_told():
    changes = arm_changes(
        [
            arm(1, "old", 1, 1, 1.0, stratum="gone"),
            arm(1, "a", 1, 0, 1.0),
            arm(2, "a", 2, 0, 1.0),
            arm(2, "a", 3, 0, 1.0, stratum="x"),
        ]
    )
    assert [(change.stratum, change.previous) for change in changes] == [("", 1), ("x", None)]
    assert arm_changes([]) == []


def test_what_a_touch_is_worth_says_where_it_comes_from_and_what_it_was():
    rows = [
        Worth(1, "j", 0.02, 120.0, "prior"),
        Worth(2, "j", 0.02, 120.0, "prior"),
        Worth(3, "j", 0.05, 118.0, "lift, lower bound"),
    ]
    [first] = worth_changes(rows[:2])
    assert first.why == "the journey's own prior: its lift cannot be told yet; unchanged"
    [then] = worth_changes(rows)
    assert (then.before_p, then.before_source) == (0.02, "prior")
    assert then.why == "the measured lift, lower bound; before run 3 prior 2.00%"
    [again] = worth_changes([*rows, Worth(4, "j", 0.06, 118.0, "lift, lower bound")])
    assert again.why == "the measured lift, lower bound; before 5.00% x 118.00 yuan"
