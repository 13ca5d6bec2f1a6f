"""Journeys made by chance: who enters, what is measured, what ends a trip, and new versions of what is written."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from tests.differential import phrases
from tests.differential.cases import EIGHT_HOURS, PURPOSES
from tests.differential.dice import DAY, HOUR
from tests.differential.making_steps import Steps


class Journeys(Steps):
    """Makes the journeys of a case: who enters and who leaves as often as these weights say."""

    SOURCES: ClassVar[Mapping[str, int]] = {"event": 50, "segment": 14, "left": 8, "calendar": 14, "list": 9}
    LEAVES: ClassVar[Sequence[str]] = ("event", "event", "segment", "left", "when")
    LIMITED = 0.15
    FINITE = 0.08

    def journey(self, name: str, entered_by: str | None, passes_to: Sequence[str]) -> dict[str, Any]:
        """A journey; `passes_to` are those that customers must be passed on to."""
        purpose = "marketing" if self.pushy and self.likely(0.5) else self.rng.choices(PURPOSES, [60, 15, 15, 10])[0]
        self.purpose = purpose
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
        if self.likely(self.FINITE):
            body["live"] = self.lifetime()
        if self.likely(0.25) and self.frame.policy.get("priority"):
            body["priority"] = self.of(*self.frame.policy["priority"])
        if self.frame.contested and self.likely(0.5):
            body["prior"] = self.of("3%", "0.5%", "12.3456%", "33.33335%", "0%")
        body["steps"] = self.steps(name, passes_to)
        return body

    def edited(self, name: str, written: dict[int, dict[str, Any]], passes_to: Sequence[str]) -> dict[str, Any]:
        """A new version of a journey, often with a map for those who are under way; or an old version again."""
        versions = [bodies[name] for bodies in written.values() if name in bodies]
        if self.likely(0.15):
            return versions[0]
        body = {key: value for key, value in versions[-1].items() if key != "migrate"}
        self.purpose = body["purpose"]
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

    def enter(self, entered_by: str | None) -> dict[str, Any]:
        """Who enters, and how often."""
        kind = (
            "journey"
            if entered_by
            else "event"
            if self.pushy and self.likely(0.7)
            else self.rng.choices(list(self.SOURCES), list(self.SOURCES.values()))[0]
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
        if self.likely(self.LIMITED):
            enter |= self.limits()
        return enter

    def limits(self) -> dict[str, Any]:
        """How many may enter, and who goes first."""
        limit = self.rng.sample(["1 per run", "1 per day", "2 per day", "2 per run", "3 total", "1 total"], self.of(1, 1, 2))
        if len({one.split()[-1] for one in limit}) < len(limit):
            limit = limit[:1]
        order = {"order": self.of("balance desc", "balance", "age * 2 + 1 desc", "days_since(opened_on)")}
        return {"limit": limit, **(order if self.likely(0.6) else {})}

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
        """What the journey is for."""
        name = self.of("paid", "paid", "login")
        goal = {"name": f"g{number}", "event": f"{self.prefix}{name}", "within": self.span()}
        if self.likely(0.4):
            goal["where"] = phrases.event(self.rng, name)
        if self.likely(0.6):
            goal["value"] = self.of(10, 10, 99.5, 200)
        return goal

    def exit(self, enter: dict[str, Any]) -> dict[str, Any]:
        """What ends a trip."""
        match self.rng.choice(self.LEAVES):
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
        """Until when the journey lives."""
        ends = self.rng.choice(self.frame.runs[1:]) + EIGHT_HOURS + self.of(timedelta(0), -HOUR, HOUR)
        return {"until": f"{ends:%Y-%m-%d %H:%M:%S}", "then": self.of("stop", "finish")}
