"""Cases made by chance from a seed: journeys of every kind, and lives that keep to the edges of what those journeys ask."""

import random
import re
from datetime import datetime, time
from typing import Any

from tests.differential.cases import CHANNELS, EIGHT_HOURS, Case, known_properties, usual_rows
from tests.differential.dice import DAY, HOUR, TICK, Frame
from tests.differential.facts import Facts
from tests.differential.making_contests import SECTIONS, contested
from tests.differential.making_journeys import Journeys
from tests.differential.making_limits import KINDS, limited
from tests.differential.making_lives import Lives
from tests.differential.making_rules import BASES, ruled

MOST_CUSTOMERS = 9
PER_NUMBER = 10
STARTS = [
    "2026-03-02 08:00:00",
    "2026-03-01 00:00:00",  # the bank's midnight is 16:00 UTC
    "2026-02-12 10:00:00",  # before the holidays of the New Year, with their make-up days
    "2026-04-29 23:30:00",
    "2024-02-28 12:00:00",  # before a leap day
    "2025-12-30 16:00:00",
    "2026-01-29 08:00:00",
    "2026-12-29 09:00:00",  # the calendar ends with this year
    "2026-09-29 08:00:00.000001",
]
GAPS = [HOUR, 6 * HOUR, 16 * HOUR, DAY - TICK, DAY, DAY, DAY, DAY + TICK, 36 * HOUR, 2 * DAY, 3 * DAY, 5 * DAY]
POLICIES: list[dict[str, Any]] = [
    {"per_run": 100},
    {"per_run": 1, "priority": ["regulatory", "service", "care", "marketing"]},
    {
        "per_run": 2,
        "caps": [
            {"purpose": "marketing", "at_most": 1, "within": "1 day"},
            {"channel": "sms", "at_most": 2, "within": "3 days"},
        ],
        "open_hours": {"sms": "08:00-21:00", "app_push": "09:00-22:00"},
    },
    {
        "per_run": 1,
        "caps": [
            {"at_most": 2, "within": "2 days"},
            {"purpose": "care", "channel": "app_push", "at_most": 1, "within": "36 hours"},
        ],
        "open_hours": {"sms": "20:00-21:00"},
        "purposes": {
            "service": {"skips": ["contact_policy", "arbitration"]},
            "regulatory": {"skips": ["consent", "quiet_hours"]},
        },
        "priority": ["care", "marketing"],
    },
    {
        "per_run": 3,
        "global_control": {"share": "20%", "epoch": "2026"},
        "dwell": [{"at_least": "1 day"}],
        "purposes": {"care": {"skips": ["contact_policy"]}},
    },
    {
        "per_run": 2,
        "global_control": {"share": "10%", "epoch": "1"},
        "caps": [{"purpose": "marketing", "at_most": 2, "within": "6 hours"}, {"at_most": 3, "within": "7 days"}],
        "dwell": [{"purpose": "marketing", "channel": "sms", "at_least": "12 hours"}],
        "open_hours": {"app_push": "00:00-24:00", "sms": "07:30-08:00"},
        "purposes": {"regulatory": {"skips": ["contact_policy", "arbitration", "consent"]}},
    },
    {
        "per_run": 1,
        "caps": [{"at_most": 1, "within": "2 days"}, {"channel": "sms", "at_most": 1, "within": "5 days"}],
        "open_hours": {"sms": "10:00-20:00", "app_push": "08:00-20:00"},
        "purposes": {"service": {"skips": ["contact_policy"]}, "regulatory": {"skips": ["arbitration"]}},
    },
]


RULED = len(POLICIES)
"""The first batch whose policy has rules of suitability, and which has risk rules."""
CONTESTS = RULED + len(BASES)
"""The first batch whose policy is all about competition."""
LIMITS = CONTESTS + len(SECTIONS)
"""The first batch whose policy has limits of capacity and budget."""


def frame(seed: int, batch: int) -> Frame:
    """The runs and the policy of a batch, and the switches of its channels."""
    rng = random.Random(f"frame {seed} {batch}")
    place = batch % (LIMITS + len(KINDS))
    policy = POLICIES[place] if place < RULED else BASES[place - RULED][0] if place < CONTESTS else {}
    instant = datetime.fromisoformat(rng.choice(STARTS)) - EIGHT_HOURS
    runs = [instant]
    for _ in range(rng.randint(2, 5)):
        instant = turn(rng, policy, instant) if "open_hours" in policy and rng.random() < 0.3 else instant + rng.choice(GAPS)
        runs.append(instant)
    edits = sorted(rng.sample(range(2, len(runs) + 1), min(rng.choice([0, 0, 1, 1, 2]), len(runs) - 1)))
    switches = []
    if batch % 5 == 3:
        first, channel = rng.randint(1, len(runs) - 1), rng.choice(CHANNELS)
        switches = [(first, channel, ("pause", "kill")[batch // 5 % 2]), (rng.randint(first + 1, len(runs)), channel, "resume")]
    shared: dict[str, Any] = {"policy": policy}
    if RULED <= place < CONTESTS:
        shared = ruled(random.Random(f"rules {seed} {batch}"), place - RULED, runs)
    elif place >= CONTESTS:
        chance = random.Random(f"contests {seed} {batch}")
        maker, kind = (contested, place - CONTESTS) if place < LIMITS else (limited, place - LIMITS)
        shared = maker(chance, kind, batch, runs)
        if "open_hours" in shared["policy"]:
            turned = {turn(chance, shared["policy"], one) if chance.random() < 0.3 else one for one in runs}
            runs = sorted(turned) if len(turned) == len(runs) else runs
    shared = {"switches": (), **shared}
    return Frame(tuple(runs), edits=tuple(edits), **{**shared, "switches": (*switches, *shared["switches"])})


def turn(rng: random.Random, policy: dict[str, Any], after: datetime) -> datetime:
    """The next instant at which some channel opens, or closes."""
    hours = rng.choice(clocks(sorted(policy["open_hours"].items()))).replace("24:00", "00:00")
    today = datetime.combine((after + EIGHT_HOURS).date(), time.fromisoformat(hours)) - EIGHT_HOURS
    return today if today > after else today + DAY


def clocks(said: object) -> list[str]:
    """Every time of day that hours speak of."""
    return re.findall(r"\d\d:\d\d", str(said))


def make(seed: int, number: int, shared: Frame) -> Case:
    """One case."""
    return Maker(random.Random(f"case {seed} {number}"), number, shared).case()


class Maker(Journeys, Lives):
    """Makes one case."""

    PASSED_ON = 0.3

    def case(self) -> Case:
        """Journeys, then lives that meet them."""
        busy = self.frame.contested
        self.notes, self.pushy = self.likely(0.3), self.likely(0.95 if busy else 0.75 if self.frame.products else 0.35)
        weights = [1, 4, 15] if busy else [2, 4, 4] if self.pushy else [5, 4, 2]
        names = [f"{self.prefix}{letter}" for letter in "abc"[: self.rng.choices([1, 2, 3], weights)[0]]]
        targets = {
            name: self.rng.choice(names[:place])
            for place, name in enumerate(names)
            if place and self.likely(0.1 if busy else self.PASSED_ON)
        }
        bodies = {name: self.journey(name, targets.get(name), [to for to, by in targets.items() if by == name]) for name in names}
        customers = [self.number * PER_NUMBER + one for one in range(1, self.rng.randint(3, MOST_CUSTOMERS) + 1)]
        profiles = [row for customer in customers for row in self.profiles(customer)]
        flags = [row for customer in customers for row in self.flags(customer)]
        consents, addresses = [], []
        for customer in customers:
            given, reached = usual_rows(customer)
            if self.likely(0.25):
                given = tuple(one for one in given if self.likely(0.6)) + tuple(self.consents(customer))
                reached = tuple(one for one in reached if self.likely(0.7))
            consents += given
            addresses += reached
        for customer in customers:
            self.live(customer, bodies)
        facts = Facts(
            runs=self.frame.runs,
            events=tuple(self.events),
            profiles=tuple(profiles),
            flags=tuple(flags),
            consents=tuple(consents),
            addresses=tuple(addresses),
            switches=tuple(self.switches(names)),
            hits=tuple(hit for customer in customers for hit in (self.hits(customer) if self.frame.risk else ())),
            deliveries=self.frame.deliveries,
            levers=(*self.frame.levers, *(self.levers_on(names) if self.frame.contested else ())),
            complaints=tuple(c for customer in customers for c in (self.complaints_of(customer) if self.frame.contested else ())),
            properties=known_properties(self.prefix),
        )
        written = {1: bodies}
        for run in self.frame.edits:
            if self.likely(0.6):
                name = self.of(*names)
                written[run] = {name: self.edited(name, written, [to for to, by in targets.items() if by == name])}
        return Case(self.number, facts, self.frame.policy, written, self.segments, self.frame.products, self.frame.risk)
