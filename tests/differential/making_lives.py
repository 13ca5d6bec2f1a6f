"""Lives made by chance, that keep to the edges of what the journeys ask: each comes to a step at an instant that can be reckoned."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from tests.differential import phrases
from tests.differential.cases import CHANNELS, EIGHT_HOURS, LONG_AGO, PURPOSES
from tests.differential.dice import DAY, HOUR, NOW, TICK
from tests.differential.facts import Consent, Event, Flag, Profile, Switch
from tests.differential.making_contests import Contests
from tests.differential.making_rules import Rules
from tests.differential.making_steps import targets
from tests.differential.phrases import length

FARTHEST = 30 * DAY


class Lives(Rules, Contests):
    """Makes what happens to the customers of a case."""

    # what is known of them

    def profiles(self, customer: int) -> list[Profile]:
        """A customer's attributes, which may change between runs."""
        rows = []
        for run in range(1 if self.likely(0.95) else 2, len(self.frame.runs) + 1):
            if not rows or self.likely(0.25):
                rows.append(Profile(run, customer, self.attributes(run)))
        return rows

    def attributes(self, run: int) -> dict[str, Any]:
        """Attributes on the edges of conditions; some are missing."""
        today = (self.frame.runs[run - 1] + EIGHT_HOURS).date()
        values = {
            "age": self.of(17, 18, 30, 59, 60, 61),
            "level": self.of("gold", "silver", "金卡", "g_ld", ""),
            "vip": self.of(True, False),
            "balance": self.of(0, 99, 10_000, 10_001, 2_500_000),
            "opened_on": today - self.of(0, 1, 30, 31, 365, 366, 3652) * DAY,
            "due_on": today + self.of(-2, -1, 0, 1, 2, 3, 10) * DAY,
            "last_at": self.frame.runs[run - 1] - self.of(NOW, TICK, HOUR, DAY, 7 * DAY, 7 * DAY - TICK, 30 * DAY),
            "pay_day": self.of(today.day, min(today.day + 1, 31), min(today.day + 2, 31), 31, 15, 1, 29),
            "employer_id": self.of(1, 2, 3),
        }
        if self.likely(0.1):
            values["opened_on"] = date(2004, 2, 29)
        if self.frame.products:
            values |= self.suited(run)
        kept = {name: value for name, value in values.items() if self.likely(0.85)} | {"case_no": self.number}
        return kept | (self.placed() if self.frame.contested else {})

    def flags(self, customer: int) -> list[Flag]:
        """When a customer joins segments and leaves them."""
        rows = []
        for segment in self.segments:
            on = False
            for run in range(1, len(self.frame.runs) + 1):
                if self.likely(0.35):
                    on = not on
                    rows.append(Flag(run, segment, customer, on))
        rows += self.calm(customer) if self.frame.products else []
        return rows + (self.silver(customer) if self.frame.contested else [])

    def consents(self, customer: int) -> list[Consent]:
        """A customer's words about purposes."""
        rows = []
        for run, as_of in enumerate(self.frame.runs, 1):
            if self.likely(0.25):
                rows.append(Consent(run, customer, self.of(*PURPOSES), self.of(*CHANNELS), self.of(True, False), as_of - HOUR))
        return rows

    def switches(self, names: Sequence[str]) -> list[Switch]:
        """What operators do to journeys; and to channels, in all cases of a batch alike."""
        rows = [Switch(*thrown) for thrown in self.frame.switches]
        if self.likely(0.08):
            runs = sorted(self.rng.sample(range(1, len(self.frame.runs) + 1), min(2, len(self.frame.runs))))
            name, actions = self.of(*names), (self.of("pause", "pause", "kill"), "resume")
            rows += [Switch(run, name, action) for run, action in zip(runs, actions, strict=False)]
        return rows

    # what they do

    def live(self, customer: int, bodies: dict[str, dict[str, Any]]) -> None:
        """Come by what journeys wait for, act on the edges of the trips, and do this and that."""
        anchors = [self.rng.choice(self.frame.runs)]
        for name, body in bodies.items():
            enter = body["enter"]
            came = enter.get("event") or (f"list.{enter['list']}" if "list" in enter else None)
            for _ in range(self.of(0, 1, 1, 1, 2, 3) if came else 0):
                edge = self.of(NOW, HOUR, 5 * HOUR, DAY, length(enter.get("fresh", "1 day")), DAY - TICK, -TICK, -HOUR)
                at = self.rng.choice(self.frame.runs) - edge - self.of(NOW, NOW, TICK)
                anchors.append(at)
                self.happen(str(came), customer, at)
                if self.likely(0.7):
                    self.follow(customer, body, at, came)
            if enter.get("calendar", {}).get("at") or not came:
                anchors.append(self.rng.choice(self.frame.runs))
                if self.likely(0.5):
                    self.follow(customer, body, anchors[-1], None)
            for journey, step in self.touches:
                if journey == name and self.likely(0.3):
                    self.receipt(customer, journey, step)
        for name, back in self.asked:
            if self.likely(0.3):
                self.happen(name, customer, self.rng.choice(self.frame.runs) - back + self.of(NOW, NOW, TICK))
        for _ in range(self.rng.choices(range(9), [2, 3, 4, 4, 3, 2, 1, 1, 1])[0]):
            self.happen(self.prefix + self.of("login", "login", "paid", "paid", "order", "left"), customer, self.edge(anchors))
        if self.likely(0.3 if self.frame.contested else 0.08):
            word = self.of("opt_out", "opt_out", "opt_in")
            self.happen(word, customer, self.edge(anchors))
        if self.frame.products:
            self.complaints(customer)

    def edge(self, anchors: Sequence[datetime]) -> datetime:
        """An instant that something may hang on: some lengths after something else, or a microsecond beside it."""
        if self.events and self.likely(0.15):
            return self.rng.choice(self.events).at
        at = self.rng.choice([*anchors, *self.frame.runs])
        for _ in range(self.of(0, 0, 1, 1, 1, 2, 3) if self.spans else 0):
            at += self.rng.choice(self.spans)
        if self.likely(0.15):
            at = (at + EIGHT_HOURS).replace(hour=0, minute=0, second=0, microsecond=0) - EIGHT_HOURS
        return at + self.of(NOW, NOW, NOW, TICK, -TICK, HOUR, -HOUR)

    # along a trip

    def follow(self, customer: int, body: dict[str, Any], since: datetime, came: str | None) -> None:
        """Act where a trip that began at an instant comes by, if nothing else happens to it."""
        for clock, fields in self.walk(body["steps"], since):
            if "wait_for" in fields and self.likely(0.6):
                self.beset(customer, clock, fields)
            ended = clock if "end" in fields or not fields else None
            if ended is None and self.likely(0.12):
                ended = clock + self.of(NOW, NOW, TICK, HOUR)
                self.leave(customer, body, ended)
            if ended is not None:
                if came is not None:
                    self.come_again(customer, came, body["enter"]["again"], ended)
                return

    def walk(self, steps: Sequence[dict[str, Any]], clock: datetime) -> Iterator[tuple[datetime, dict[str, Any]]]:
        """The steps that a trip may come to, each with its clock then, as far as that can be reckoned; nothing at the end."""
        bodies = {name: fields for step in steps for name, fields in step.items()}
        names = list(bodies)
        name, last = names[0], self.frame.runs[-1]
        for _ in range(8):
            fields = bodies[name]
            yield clock, fields
            following = names[names.index(name) + 1 :]
            ways = targets(fields, following)
            if "wait_for" in fields:
                clock += length(fields["within"])
                ways = {fields.get("otherwise") or fields.get("next") or (following[0] if following else "")} - {""}
            elif isinstance(fields.get("wait"), str):
                clock += length(fields["wait"])
            elif "via" in fields:
                clock = next((as_of for as_of in self.frame.runs if as_of >= clock), last)
            if "end" in fields or isinstance(fields.get("wait"), dict) or clock > last:
                return
            if not ways:
                yield clock, {}
                return
            name = self.rng.choice(sorted(ways))

    def beset(self, customer: int, clock: datetime, fields: dict[str, Any]) -> None:
        """Something that a step waits for: at an edge of the window, all at one instant, or known only when the trip is past it."""
        listed = fields["wait_for"] if isinstance(fields["wait_for"], list) else [fields["wait_for"]]
        names = sorted({one["event"] for one in listed if one.get("event", "touch.").startswith(self.prefix)})
        limit = clock + length(fields["within"])
        at = self.of(clock, clock + TICK, limit, limit, limit + TICK, clock + (limit - clock) / 2)
        past = [run for run, as_of in enumerate(self.frame.runs, 1) if as_of >= limit]
        known = self.of(*past[1:]) if past[1:] and self.likely(0.25) else None
        for name in names if self.likely(0.5) else names[:1]:
            self.happen(name, customer, at, known)

    def leave(self, customer: int, body: dict[str, Any], at: datetime) -> None:
        """What ends a trip, sometimes two such things at once."""
        names = [one["event"] for one in [*body.get("exit", ()), *body.get("goals", ())] if "event" in one]
        for name in self.rng.sample(names, min(len(names), self.of(1, 1, 2))):
            self.happen(name, customer, at)

    def come_again(self, customer: int, came: str, again: str, ended: datetime) -> None:
        """Another occasion, as soon as it may be of use after the end of a trip, or a moment sooner."""
        if again != "never" and self.likely(0.7):
            wait = length(again.removeprefix("after ")) if again.startswith("after ") else NOW
            self.happen(came, customer, ended + wait + self.of(NOW, NOW, TICK, -TICK))

    # events

    def happen(self, name: str, customer: int, at: datetime, known: int | None = None) -> None:
        """An event that lands when it happened, earlier, or late, or before the run `known`; sometimes twice."""
        runs = self.frame.runs
        if at < LONG_AGO or at > runs[-1] + FARTHEST:
            return
        due = next((run for run, as_of in enumerate(runs, 1) if as_of >= at), len(runs))
        run = known or self.rng.choices([due, self.rng.randint(1, due), self.rng.randint(due, len(runs))], [7, 1, 2])[0]
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
        """What an event says; some of it is missing."""
        if self.frame.contested and name in ("opt_out", "opt_in"):
            return self.word()
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
        refused = ("touch.refused",) if self.frame.products else ()
        name, touch = self.of("touch.clicked", "touch.replied", "touch.opened", *refused), (journey, customer, "", 1, step, 1)
        if any(one.name == name and one.touch == touch for one in self.events):
            return
        at = self.frame.runs[run - 2] + self.of(HOUR, TICK, DAY, timedelta(0), 6 * HOUR)
        said = self.answer() if self.frame.contested and name == "touch.replied" else {}
        self.events.append(Event(run, f"r-{name}-{journey}-{customer}-{step}", customer, name, at, said, touch))
