"""Cases made by chance from a seed: journeys of every kind, and lives that keep to the edges of what those journeys ask."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from tests.differential import phrases
from tests.differential.cases import CHANNELS, EIGHT_HOURS, LONG_AGO, PURPOSES, Case, known_properties, usual_rows
from tests.differential.facts import Consent, Event, Facts, Flag, Profile, Switch
from tests.differential.phrases import DURATIONS, length

HOUR, DAY, TICK = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
MOST_CUSTOMERS = 6
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
]


@dataclass(frozen=True)
class Frame:
    """What the cases of a batch share; before the runs of `edits` journeys may be written anew."""

    runs: tuple[datetime, ...]
    policy: dict[str, Any]
    edits: tuple[int, ...] = ()


def frame(seed: int, batch: int) -> Frame:
    """The runs and the policy of a batch."""
    rng = random.Random(f"frame {seed} {batch}")
    instant = datetime.fromisoformat(rng.choice(STARTS)) - EIGHT_HOURS
    runs = [instant]
    for _ in range(rng.randint(1, 5)):
        instant += rng.choice(GAPS)
        runs.append(instant)
    edits = sorted(rng.sample(range(2, len(runs) + 1), min(rng.choice([0, 0, 1, 1, 2]), len(runs) - 1)))
    return Frame(tuple(runs), POLICIES[batch % len(POLICIES)], tuple(edits))


def make(seed: int, number: int, shared: Frame) -> Case:
    """One case."""
    return Maker(random.Random(f"case {seed} {number}"), number, shared).case()


@dataclass
class Maker:
    """Makes one case; `spans` are the lengths that its journeys speak of, `touches` where a receipt may come from."""

    rng: random.Random
    number: int
    frame: Frame
    spans: list[timedelta] = field(default_factory=list)
    touches: list[tuple[str, str]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    notes: bool = False
    pushy: bool = False
    letter: str = "s"

    @property
    def prefix(self) -> str:
        return f"c{self.number:05d}_"

    @property
    def segments(self) -> tuple[str, ...]:
        return (f"{self.prefix}s", f"{self.prefix}t")

    def likely(self, chance: float) -> bool:
        return self.rng.random() < chance

    def of(self, *choices: Any) -> Any:
        return self.rng.choice(choices)

    def span(self) -> str:
        """A length of time, kept for the events to come."""
        words = self.rng.choice(DURATIONS)
        self.spans.append(length(words))
        return words

    def condition(self) -> str:
        """A condition on a customer; its lengths are kept too."""
        words = phrases.customer(self.rng, self.segments, notes=self.notes)
        self.spans += [length(one) for one in DURATIONS if one in words]
        return words

    def case(self) -> Case:
        """Journeys, then lives that meet them."""
        self.notes, self.pushy = self.likely(0.3), self.likely(0.35)
        names = [f"{self.prefix}{letter}" for letter in "abc"[: self.rng.choices([1, 2, 3], [5, 4, 2])[0]]]
        targets = {name: self.rng.choice(names[:place]) for place, name in enumerate(names) if place and self.likely(0.3)}
        bodies = {name: self.journey(name, targets.get(name), [to for to, by in targets.items() if by == name]) for name in names}
        customers = [self.number * PER_NUMBER + one for one in range(1, self.rng.randint(2, MOST_CUSTOMERS) + 1)]
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
            properties=known_properties(self.prefix),
        )
        written = {1: bodies}
        for run in self.frame.edits:
            if self.likely(0.6):
                name = self.of(*names)
                written[run] = {name: self.edited(name, written, [to for to, by in targets.items() if by == name])}
        return Case(self.number, facts, self.frame.policy, written, self.segments)

    def edited(self, name: str, written: dict[int, dict[str, Any]], passes_to: Sequence[str]) -> dict[str, Any]:
        """A new version of a journey, often with a map for those who are under way; or an old version again."""
        versions = [bodies[name] for bodies in written.values() if name in bodies]
        if self.likely(0.15):
            return versions[0]
        body = {key: value for key, value in versions[-1].items() if key != "migrate"}
        if self.likely(0.4):
            body["exit"] = [self.exit(body["enter"]) for _ in range(self.of(1, 2))]
        if self.likely(0.2):
            body["goals"] = [self.goal(number) for number in range(self.of(1, 2))]
        if self.likely(0.2):
            body["on_goal"] = self.of("exit", "continue")
        self.letter = "tuv"[len(written) - 1]  # each version names its steps its own way
        body["steps"] = self.steps(name, passes_to)
        old = sorted({step for version in versions for one in version["steps"] for step in one})
        new = [step for one in body["steps"] for step in one]
        moves = {step: self.of(*new, "exit") for step in old if self.likely(0.6)}
        return body | ({"migrate": moves} if moves and self.likely(0.85) else {})

    # journeys

    def journey(self, name: str, entered_by: str | None, passes_to: Sequence[str]) -> dict[str, Any]:
        purpose = self.rng.choices(PURPOSES, [60, 15, 15, 10])[0]
        body: dict[str, Any] = {"purpose": purpose, "enter": self.enter(entered_by)}
        if self.likely(0.65):
            body["goals"] = [self.goal(number) for number in range(self.of(1, 1, 2))]
            if purpose != "regulatory" and self.likely(0.35):
                body["holdout"] = self.of("30%", "50%", "80%")
                if self.likely(0.3):
                    body["randomise"] = {"by": "employer"}
            if self.likely(0.3):
                body["on_goal"] = "continue"
        if self.likely(0.5):
            body["exit"] = [self.exit(body["enter"]) for _ in range(self.of(1, 1, 2, 3))]
        if self.likely(0.08):
            body["live"] = self.lifetime()
        if self.likely(0.25) and self.frame.policy.get("priority"):
            body["priority"] = self.of(*self.frame.policy["priority"])
        body["steps"] = self.steps(name, passes_to)
        return body

    def enter(self, entered_by: str | None) -> dict[str, Any]:
        kind = (
            "journey"
            if entered_by
            else "event"
            if self.pushy and self.likely(0.7)
            else self.rng.choices(["event", "segment", "left", "calendar", "list"], [50, 14, 8, 14, 9])[0]
        )
        enter: dict[str, Any] = {
            "again": self.of("never", "never", "always", "always", f"after {self.span()}", "unless goal reached")
        }
        if entered_by:
            enter["journey"] = entered_by
        elif kind == "event":
            name = "order" if self.pushy else self.of("order", "order", "order", "paid")
            enter["event"] = f"{self.prefix}{name}"
            if self.likely(0.25):
                enter["where"] = phrases.event(self.rng, name)
            if self.likely(0.2):
                enter["keyed_by"] = "loan"
        elif kind in ("segment", "left"):
            enter |= {kind: self.of(*self.segments), "enrolment": self.of("future", "future", "both", "current")}
        elif kind == "list":
            enter["list"] = f"{self.prefix}vip"
            if self.likely(0.2):
                enter["keyed_by"] = "key"
        else:
            enter["calendar"] = self.rule()
        if kind in ("calendar", "left"):  # these bring everybody else's customers too
            enter["when"] = f"case_no = {self.number}"
            if self.likely(0.3):
                enter["when"] += f" and ({self.condition()})"
        elif self.likely(0.2):
            enter["when"] = self.condition()
        if kind not in ("segment", "left", "journey") and self.likely(0.4):
            enter["fresh"] = self.span()
        if self.likely(0.15):
            enter["limit"] = self.rng.sample(
                ["1 per run", "1 per day", "2 per day", "2 per run", "3 total", "1 total"], self.of(1, 1, 2)
            )
            if len({limit.split()[-1] for limit in enter["limit"]}) < len(enter["limit"]):
                enter["limit"] = enter["limit"][:1]
            if self.likely(0.6):
                enter["order"] = self.of("balance desc", "balance", "age * 2 + 1 desc", "days_since(opened_on)")
        return enter

    def rule(self) -> dict[str, Any]:
        """A calendar that comes about within these runs."""
        day = (self.rng.choice(self.frame.runs) + EIGHT_HOURS - self.of(0, 0, 1, 2) * DAY).replace(microsecond=0)
        at = {"at": self.of("00:00", "08:00", "12:00", "23:59", f"{day:%H:%M}")} if self.likely(0.7) else {}
        match self.of("date", "day", "workday", "week", "month", "nth", "year", "pay_day"):
            case "date":
                return {"date": f"{day:%Y-%m-%d %H:%M}" if self.likely(0.7) else f"{day:%Y-%m-%d}"}
            case "day" | "workday" as every:
                return {"every": every, **at}
            case "week":
                return {"every": "week", "weekday": f"{day:%A}".lower(), **at}
            case "month":
                return {"every": "month", "day": self.of(day.day, day.day, 29, 30, 31, 1), **at}
            case "nth":
                return {"every": "month", "workday": self.of(1, 2, 3, -1, -2, 20, 21, 23), **at}
            case "year":
                return {"every": "year", "month": day.month, "day": day.day, **at}
        return {"pay_day": self.of(0, 0, 1, 2, -1, -3), **at}

    def goal(self, number: int) -> dict[str, Any]:
        name = self.of("paid", "paid", "login")
        goal = {"name": f"g{number}", "event": f"{self.prefix}{name}", "within": self.span()}
        if self.likely(0.4):
            goal["where"] = phrases.event(self.rng, name)
        if self.likely(0.6):
            goal["value"] = self.of(10, 10, 99.5, 200)
        return goal

    def exit(self, enter: dict[str, Any]) -> dict[str, Any]:
        match self.of("event", "event", "segment", "left", "when"):
            case "event":
                name = self.of("left", "left", "login", "order")
                return {"event": f"{self.prefix}{name}"} | (
                    {"where": phrases.event(self.rng, name)} if name != "left" and self.likely(0.3) else {}
                )
            case "when":
                return {"when": self.condition()}
            case state:  # nobody may leave by what brings them in
                return {state: self.of(*(one for one in self.segments if enter.get(state) != one))}

    def lifetime(self) -> dict[str, Any]:
        ends = self.rng.choice(self.frame.runs[1:]) + EIGHT_HOURS + self.of(timedelta(0), -HOUR, HOUR)
        return {"until": f"{ends:%Y-%m-%d %H:%M:%S}", "then": self.of("stop", "finish")}

    def steps(self, journey: str, passes_to: Sequence[str]) -> list[dict[str, Any]]:
        count = self.rng.choices(range(1, 9), [1, 3, 5, 6, 6, 4, 3, 2])[0]
        names = [f"{self.letter}{number}" for number in range(1, count + 1)]
        written = [{name: self.step(journey, names, place)} for place, name in enumerate(names)]
        if self.notes and journey.endswith("a"):
            written.insert(
                self.rng.randint(0, 1),
                {"noted": {"set": {"level": "gold", "tries": self.of(1, 2), "seen": self.of(True, False)}}},
            )
        for target in passes_to:
            place = self.rng.randint(0, len(written))
            written.insert(place, {f"pass_{target[-1]}": {"enter": target}})
        needed = [f"pass_{target[-1]}" for target in passes_to] + [name for step in written for name in step if name == "noted"]
        return reachable(written, needed)

    def step(self, journey: str, names: Sequence[str], place: int) -> dict[str, Any]:
        later = names[place + 1 :]
        weights = {"wait": 26, "wait_for": 24, "touch": 20, "set": 9, "end": 4}
        if len(later) >= 1:
            weights |= {"branch": 12, "experiment": 8, "go": 3}
        if len(later) >= 2:
            weights["split"] = 8
        if self.pushy:
            weights["touch"] = 70
        kind = self.rng.choices(list(weights), list(weights.values()))[0]
        makers: dict[str, Callable[[Sequence[str]], dict[str, Any]]] = {
            "wait": self.wait,
            "wait_for": self.wait_for,
            "set": lambda _: {
                "set": self.rng.choice(
                    [{"level": "gold"}, {"tries": 2}, {"seen": True}, {"level": None}, {"tries": 1, "level": "silver"}]
                )
            },
            "branch": self.branch,
            "split": lambda later: {"split": {to: self.of(1, 2, 30, 0.5) for to in self.ways(later)}},
            "experiment": self.experiment,
            "go": lambda later: {"go": self.of(*later)},
            "end": lambda _: {"end": self.of("done", "no_need")},
        }
        if kind == "touch":
            self.touches.append((journey, names[place]))
            fields = self.touch(later)
        else:
            fields = makers[kind](later)
        if kind in ("wait", "wait_for", "set", "touch") and later and self.likely(0.15):
            fields["next"] = self.of(*later)
        if kind == "wait" and isinstance(fields["wait"], str) and self.likely(0.3):
            fields["next"] = self.of(*names[: place + 1])  # a cycle, with a wait of positive length in it
        return fields

    def ways(self, later: Sequence[str]) -> list[str]:
        return self.rng.sample(list(later), min(len(later), self.of(2, 2, 3)))

    def wait(self, later: Sequence[str]) -> dict[str, Any]:
        at = {"at": self.of("09:00", "00:00", "23:30")} if self.likely(0.5) else {}
        instant = self.rng.choice(self.frame.runs) + EIGHT_HOURS + self.of(timedelta(0), -HOUR, HOUR, DAY)
        match self.rng.choices(["length", "until", "date", "hours", "workdays", "pay_day"], [48, 8, 14, 12, 8, 10])[0]:
            case "until":
                return {"wait": {"until": f"{instant:%Y-%m-%d %H:%M}"}}
            case "date":
                offset = self.of({}, {"plus": self.span()}, {"minus": self.span()})
                fields: dict[str, Any] = {"wait": {"date": self.of("due_on", "opened_on", "due_on"), **offset, **at}}
            case "hours":
                hours = self.of("09:00-18:00", "00:00-24:00", "20:00-21:00", f"{instant:%H}:00-24:00")
                days = self.of("workdays", "weekdays", "weekends", "monday", ["tuesday", "saturday"])
                return {"wait": self.of({"hours": hours}, {"days": days}, {"hours": hours, "days": days})}
            case "workdays":
                return {"wait": {"workdays": self.of(1, 2, 3), **at}}
            case "pay_day":
                fields = {"wait": {"pay_day": self.of(0, 1, 2, -1), **at}}
            case _:
                return {"wait": self.span()}
        if later and self.likely(0.5):
            fields["otherwise"] = self.of(*later)
        return fields

    def wait_for(self, later: Sequence[str]) -> dict[str, Any]:
        alternatives = [self.alternative(later) for _ in range(self.of(1, 1, 2, 2, 3))]
        plain = alternatives[0] if len(alternatives) == 1 and self.likely(0.5) else alternatives
        fields: dict[str, Any] = {"wait_for": plain, "within": self.span()}
        if later and self.likely(0.6):
            fields["otherwise"] = self.of(*later)
        return fields

    def alternative(self, later: Sequence[str]) -> dict[str, Any]:
        match self.rng.choices(["event", "segment", "left", "when", "receipt"], [60, 10, 8, 14, 12])[0]:
            case "event":
                name = self.of("login", "paid", "login", "order")
                one = {"event": f"{self.prefix}{name}"}
                if self.likely(0.3):
                    one["where"] = phrases.event(self.rng, name)
            case "receipt":
                one = {"event": self.of("touch.clicked", "touch.replied")}
            case "when":
                one = {"when": self.condition()}
            case state:
                one = {state: self.of(*self.segments)}
        if later and self.likely(0.6):
            one["go"] = self.of(*later)
        return one

    def branch(self, later: Sequence[str]) -> dict[str, Any]:
        cases: list[dict[str, Any]] = []
        for _ in range(self.of(1, 2, 3)):
            asked = {"segment": self.of(*self.segments)} if self.likely(0.25) else {"when": self.condition()}
            cases.append({**asked, "go": self.of(*later)})
        return {"branch": [*cases, {"else": self.of(*later)}]}

    def experiment(self, later: Sequence[str]) -> dict[str, Any]:
        arms = {arm: self.of(*later) for arm in ("x", "y", "z")[: self.of(2, 2, 3)]}
        weights = {"weights": {arm: self.of(1, 2, 5) for arm in arms}} if self.likely(0.5) else {}
        return {"experiment": {"arms": arms, **weights}}

    def touch(self, later: Sequence[str]) -> dict[str, Any]:
        message = self.rng.choices(["hello", "two", "three"], [6, 2, 1])[0]
        kind = self.rng.choices(["touch", "task", "webhook"], [8, 1, 1])[0]
        fields: dict[str, Any] = {kind: message, "via": self.of(["sms"], ["app_push"], ["sms", "app_push"], ["app_push", "sms"])}
        if message != "hello":
            arms = {"two": ["a", "b"], "three": ["a", "b", "c"]}[message]
            fields["experiment"] = {"arms": arms, **({"weights": [self.of(1, 3) for _ in arms]} if self.likely(0.5) else {})}
        if self.likely(0.25):
            fields[self.of("when", "only_if")] = self.condition()
        if later and self.likely(0.4):
            fields["otherwise"] = self.of(*later)
        if self.likely(0.5):
            fields["valid_for"] = self.span()
        if self.likely(0.4):
            fields["wait"] = True
        return fields

    # lives

    def profiles(self, customer: int) -> list[Profile]:
        rows = []
        for run in range(1 if self.likely(0.95) else 2, len(self.frame.runs) + 1):
            if not rows or self.likely(0.25):
                rows.append(Profile(run, customer, self.attributes(run)))
        return rows

    def attributes(self, run: int) -> dict[str, Any]:
        today = (self.frame.runs[run - 1] + EIGHT_HOURS).date()
        values = {
            "age": self.of(17, 18, 30, 59, 60, 61),
            "level": self.of("gold", "silver", "金卡", "g_ld", ""),
            "vip": self.of(True, False),
            "balance": self.of(0, 99, 10_000, 10_001, 2_500_000),
            "opened_on": today - self.of(0, 1, 30, 31, 365, 366, 3652) * DAY,
            "due_on": today + self.of(-2, -1, 0, 1, 2, 3, 10) * DAY,
            "last_at": self.frame.runs[run - 1] - self.of(timedelta(0), TICK, HOUR, DAY, 7 * DAY, 7 * DAY - TICK, 30 * DAY),
            "pay_day": self.of(today.day, min(today.day + 1, 31), min(today.day + 2, 31), 31, 15, 1, 29),
            "employer_id": self.of(1, 2, 3),
        }
        if self.likely(0.1):
            values["opened_on"] = date(2004, 2, 29)
        return {name: value for name, value in values.items() if self.likely(0.85)} | {"case_no": self.number}

    def flags(self, customer: int) -> list[Flag]:
        rows = []
        for segment in self.segments:
            on = False
            for run in range(1, len(self.frame.runs) + 1):
                if self.likely(0.35):
                    on = not on
                    rows.append(Flag(run, segment, customer, on))
        return rows

    def consents(self, customer: int) -> list[Consent]:
        rows = []
        for run, as_of in enumerate(self.frame.runs, 1):
            if self.likely(0.25):
                rows.append(Consent(run, customer, self.of(*PURPOSES), self.of(*CHANNELS), self.of(True, False), as_of - HOUR))
        return rows

    def switches(self, names: Sequence[str]) -> list[Switch]:
        if not self.likely(0.08):
            return []
        runs = sorted(self.rng.sample(range(1, len(self.frame.runs) + 1), min(2, len(self.frame.runs))))
        name = self.of(*names)
        return [
            Switch(run, name, action) for run, action in zip(runs, (self.of("pause", "pause", "kill"), "resume"), strict=False)
        ]

    def live(self, customer: int, bodies: dict[str, dict[str, Any]]) -> None:
        """What a customer does: comes by the events that journeys wait for, then acts on their edges."""
        anchors = [self.rng.choice(self.frame.runs)]
        for name, body in bodies.items():
            enter = body["enter"]
            came = enter.get("event") or (f"list.{enter['list']}" if "list" in enter else None)
            for _ in range(self.of(0, 1, 1, 1, 2, 3) if came else 0):
                edge = self.of(timedelta(0), HOUR, 5 * HOUR, DAY, length(enter.get("fresh", "1 day")), DAY - TICK, -TICK, -HOUR)
                at = self.rng.choice(self.frame.runs) - edge - self.of(timedelta(0), timedelta(0), TICK)
                anchors.append(at)
                self.happen(str(came), customer, at)
            if enter.get("calendar", {}).get("at") or not came:
                anchors.append(self.rng.choice(self.frame.runs))
            for journey, step in self.touches:
                if journey == name and self.likely(0.3):
                    self.receipt(customer, journey, step)
        for _ in range(self.rng.choices(range(9), [1, 2, 3, 4, 4, 3, 2, 1, 1])[0]):
            self.happen(self.prefix + self.of("login", "login", "paid", "paid", "order", "left"), customer, self.edge(anchors))
        if self.likely(0.08):
            word = self.of("opt_out", "opt_out", "opt_in")
            self.happen(word, customer, self.edge(anchors))

    def edge(self, anchors: Sequence[datetime]) -> datetime:
        """An instant that something may hang on: some lengths after something else, or a microsecond beside it."""
        if self.events and self.likely(0.15):
            return self.rng.choice(self.events).at
        at = self.rng.choice([*anchors, *self.frame.runs])
        for _ in range(self.of(0, 0, 1, 1, 1, 2, 3) if self.spans else 0):
            at += self.rng.choice(self.spans)
        if self.likely(0.15):
            at = (at + EIGHT_HOURS).replace(hour=0, minute=0, second=0, microsecond=0) - EIGHT_HOURS
        return at + self.of(timedelta(0), timedelta(0), timedelta(0), TICK, -TICK, HOUR, -HOUR)

    def happen(self, name: str, customer: int, at: datetime) -> None:
        """An event that lands when it happened, earlier, or late; sometimes twice."""
        runs = self.frame.runs
        if at < LONG_AGO or at > runs[-1] + 30 * DAY:
            return
        due = next((run for run, as_of in enumerate(runs, 1) if as_of >= at), len(runs))
        run = self.rng.choices([due, self.rng.randint(1, due), self.rng.randint(due, len(runs))], [7, 1, 2])[0]
        if name.startswith("list."):
            if any(one.name == name and one.customer == customer and one.at == at for one in self.events):
                return
            event_id, properties = f"{name.replace('.', ':')}:{customer}:{at}", {"key": self.of("k", "l", None)}
        else:
            event_id, properties = f"{self.prefix}{len(self.events):03d}", self.properties(name.removeprefix(self.prefix))
        event = Event(run, event_id, customer, name, at, properties)
        self.events.append(event)
        if self.likely(0.08) and not name.startswith("list."):
            self.events.append(Event(self.rng.randint(run, len(runs)), event_id, customer, name, at, properties))

    def properties(self, name: str) -> dict[str, Any]:
        values = {
            "loan": self.of(1, 2),
            "amount": self.of(99, 100, 101, 50_000),
            "product": self.of("a", "b", "a_b"),
            "channel": self.of("sms", "app_push"),
        }
        return {key: values[key] for key in phrases.PROPERTIES.get(name, ()) if self.likely(0.85)}

    def receipt(self, customer: int, journey: str, step: str) -> None:
        """A receipt of the first touch of a first trip, if there is one."""
        if len(self.frame.runs) < 2:
            return
        run = self.rng.randint(2, len(self.frame.runs))
        name, touch = self.of("touch.clicked", "touch.replied", "touch.opened"), (journey, customer, "", 1, step, 1)
        if any(one.name == name and one.touch == touch for one in self.events):
            return
        at = self.frame.runs[run - 2] + self.of(HOUR, TICK, DAY, timedelta(0), 6 * HOUR)
        self.events.append(Event(run, f"r-{name}-{journey}-{customer}-{step}", customer, name, at, {}, touch))


def reachable(steps: list[dict[str, Any]], needed: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The steps that a path leads to; a needed one is put first where none does."""
    bodies = {name: body for step in steps for name, body in step.items()}
    order = list(bodies)
    found, ahead = set[str](), order[:1]
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += [to for to in targets(bodies[name], order[order.index(name) + 1 :]) if to in bodies]
    if missing := [name for name in needed if name not in found]:
        return reachable([{missing[0]: bodies[missing[0]]}, *(step for step in steps if missing[0] not in step)], needed)
    return [step for step in steps if set(step) <= found]


def targets(body: dict[str, Any], following: Sequence[str]) -> set[str]:
    """Where a step may lead."""
    found = {body[key] for key in ("next", "otherwise", "go") if key in body}
    listed = body.get("wait_for") or body.get("branch") or []
    items = [listed] if isinstance(listed, dict) else listed
    found |= {item.get("go") or item.get("else") for item in items} - {None}
    found |= set(body.get("split", ())) | set(
        body["experiment"]["arms"].values() if isinstance(body.get("experiment", {}).get("arms"), dict) else ()
    )
    stays = {"go", "branch", "split", "end"} & set(body) or (
        "experiment" in body and not {"touch", "task", "webhook"} & set(body)
    )
    goes_on = "next" not in body and not stays
    return found | set(following[:1] if goes_on or ("wait_for" in body and "next" not in body) else ())
