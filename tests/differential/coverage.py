"""What a run of thousands of cases must have met, by name; and how much of it was met. `counting` and `edges` say when something is."""

from collections.abc import Iterator, Mapping

from tonglu.steps import step_kinds

ENOUGH = 10_000
"""From so many cases on nothing that is declared may be missing, but what is rare."""
RARE = frozenset(
    {
        "reasons: journey_live: branch_killed",
        "reasons: journey_live: branch_paused",
        "reasons: suitable: student",
        "edges: an answer is an opt-out",
        "edges: budget of a journey used up",
        "edges: cap of a journey used up",
        "edges: cap of a topic used up",
        "edges: excluded by what is planned later",
        "edges: touch taken back by a complaint",
    }
)
"""Met by few cases in thousands or by none so far: told, and not asked for. Hand-computed tests hold each of them."""
GATES = {
    "journey_live": ("killed", "product_killed", "product_paused", "branch_killed", "branch_paused"),
    "eligible": ("not_eligible",),
    "suitable": (
        *("rating_too_low", "rating_missing", "rating_expired", "too_young", "too_old", "age_missing", "too_risky_for_age"),
        *("needs_second_confirmation", "vulnerable", "in_arrears", "in_collections", "student", "flag_missing", "cooling_off"),
        "no_rule",
    ),
    "consent": ("no_consent", "opted_out", "profiling_refused", "complaint_hold"),
    "risk": ("risk_hold", "no_risk_list"),
    "reachable": ("no_address", "channel_paused", "channel_killed"),
    "quiet_hours": ("closed",),
    "contact_policy": ("cap_reached",),
    "arbitration": ("outranked", "excluded"),
    "capacity": ("no_capacity",),
    "budget": ("no_budget",),
}
DECLARED: Mapping[str, tuple[str, ...]] = {
    "step kinds": tuple(sorted(step_kinds())),
    "ways in": (
        "event",
        "event with a filter",
        "event keyed",
        "list",
        "list keyed",
        "journey",
        *(f"{word} {enrolment}" for word in ("segment", "left") for enrolment in ("future", "current", "both")),
        "calendar date",
        *(f"calendar every {what}" for what in ("day", "workday", "week", "month by day", "month by workday", "year")),
        "calendar pay_day",
        *(f"again, {again}" for again in ("always", "after", "unless")),
    ),
    "sides": ("treated", "holdout", "global_control"),
    "wait forms": (
        "length",
        "until",
        "date",
        "date plus",
        "date minus",
        "hours",
        "days",
        "hours and days",
        "workdays",
        "pay_day",
    ),
    "alternatives": ("event", "event with a filter", "receipt", "segment", "left", "when", "the limit"),
    "ends": ("completed", "goal", "event", "segment", "left", "when", "journey_over", "migrated", "a named end"),
    "reasons": (
        "sent by all gates: passed",
        "dropped by valid_for: expired",
        *(f"{gate}: {reason}" for gate, reasons in GATES.items() for reason in reasons),
    ),
    "conditions": (
        *(
            "count",
            "last",
            "touches",
            "set",
            "in segment",
            "is_workday",
            "workdays_since",
            "days_to_pay_day",
            "days_since_pay_day",
        ),
        *("today", "now", "days_since", "years_since", "like", "between", "is null", "not", "division"),
    ),
    "edges": (
        # facts
        "second copy of an event",
        "event loaded in a later run than it happened",
        "event loaded before it happened",
        "event at a run's instant",
        "event at the bank's midnight",
        "events of one customer at one instant",
        "profile changed between runs",
        "attribute missing",
        "journey paused, killed or resumed",
        "channel paused, killed or resumed",
        "product or branch paused, killed or resumed",
        # clocks
        "wait ends at the run's instant",
        "wait_for ends at the run's instant",
        "clock on a leap day",
        "clock at the bank's midnight",
        "wait ends on a make-up workday",
        "wait on a missing date",
        "wait into a year that the calendar does not know",
        "a step is come to again",
        # windows of wait_for
        "event of a window at its beginning",
        "event of a window just after its beginning",
        "event of a window at its end",
        "event of a window just after its end",
        "two alternatives at one instant",
        "event and state at one instant",
        "event of a window known after the trip left it",
        "window ends at the run, with a state",
        "window ends at the run, without a state",
        # ends
        "exit at the instant of the last move",
        "exit while several events happen",
        "goal and exit at one instant",
        "exit known after the trip would have moved",
        # entering
        "enters again exactly after its time",
        "occasion a moment before its time",
        "occasion at the very end of the trip before",
        "occasion exactly as old as is fresh",
        "several occasions of one key in a run",
        "left out by a limit",
        "enters in a later run than the one that saw the occasion",
        "exit at the instant of entering",
        # versions
        "moved to another version",
        "held on an older version",
        "dropped by a new version",
        # touches
        "touch leaves at a later opening",
        "second visit of a touch",
        "a touch that was sent is taken back",
        "validity ends at the run's instant",
        "touch exactly as old as a cap's window",
        "touch planned for the instant of a later run",
        "channel opens at the run's instant",
        "channel closes at the run's instant",
        "several proposals of one customer in a run",
        # suitability and risk
        "assessment exactly as old as is valid",
        "assessment a day newer than what is too old",
        "assessment of tomorrow",
        "age exactly at the limit",
        "first or last day of a rule",
        "cooling off ends at the run's instant",
        "several rules broken",
        "a channel barred, another one used",
        "a touch judged by the product of an older version",
        "risk hold begins at the run's instant",
        "risk hold ends at the run's instant",
        "several rules hold",
        "a hit that stops nothing",
        # competition
        "touch taken back by a kill",
        "touch taken back by a consent that is withdrawn",
        "touch taken back by a complaint",
        "cap of a journey used up",
        "cap of a topic used up",
        "cap used up by what is planned later",
        "dwell time not over",
        "excluded between journeys",
        "excluded by the topic",
        "excluded by a touch of this run",
        "excluded by a touch of an earlier run",
        "excluded by what is planned later",
        "touch exactly as far from another journey's as an exclusion lasts",
        "opens as the hours of a group say",
        "opens again on the same day",
        "opens after a day that is closed",
        "several levers on one touch",
        "lever ends at the run's instant",
        "complaint closed exactly as long ago as it holds",
        "complaint closed a moment less ago than it holds",
        "an answer is an opt-out",
        "sent to who is out of another purpose, or in again",
        # capacity and budget
        "held back by the limit of a branch or an employee",
        "held back by the limit of the bank",
        "budget of a journey used up",
        "planned in a later slot",
        "sent where another one of the run found no room",
        # measuring
        "conversion at the end of its window",
        "goal at the instant of assignment",
        "count's window begins at an event",
    ),
}


def missing(counts: Mapping[str, int]) -> list[str]:
    """What is declared and was not met."""
    return [
        label for group, names in DECLARED.items() for label in (f"{group}: {name}" for name in names) if not counts.get(label)
    ]


def required(counts: Mapping[str, int]) -> list[str]:
    """What was not met and is not rare."""
    return [label for label in missing(counts) if label not in RARE]


def summary(counts: Mapping[str, int]) -> Iterator[str]:
    """How much of each group was met, and what was not."""
    gone = missing(counts)
    for group, names in DECLARED.items():
        left = sum(label.startswith(f"{group}: ") for label in gone)
        yield f"{len(names) - left} of {len(names)} {group}"
    yield from (f"not met: {label}" for label in gone)
