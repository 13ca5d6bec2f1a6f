"""Steps made by chance: every kind, in every form."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from tests.differential import phrases
from tests.differential.cases import EIGHT_HOURS
from tests.differential.dice import DAY, HOUR
from tests.differential.making_rules import Rules


class Steps(Rules):
    """Makes the steps of a journey: kinds and alternatives as often as these weights say."""

    KINDS: ClassVar[Mapping[str, int]] = {"wait": 26, "wait_for": 24, "touch": 20, "set": 9, "end": 4}
    WITH_ONE_LATER: ClassVar[Mapping[str, int]] = {"branch": 12, "experiment": 8, "go": 3}
    AWAITED: ClassVar[Mapping[str, int]] = {"event": 60, "segment": 10, "left": 8, "when": 14, "receipt": 12}
    BRANCHES_BY_SEGMENT = 0.25

    def steps(self, journey: str, passes_to: Sequence[str]) -> list[dict[str, Any]]:
        """A few steps, all of which some path leads to."""
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
        """The body of one step."""
        later = names[place + 1 :]
        weights = dict(self.KINDS)
        if len(later) >= 1:
            weights |= self.WITH_ONE_LATER
        if len(later) >= 2:
            weights["split"] = 8
        if self.pushy:
            weights["touch"] = 70
        kind = self.rng.choices(list(weights), list(weights.values()))[0]
        if self.frame.contested and place == 0 and self.likely(0.7):
            kind = "touch"
        makers: dict[str, Callable[[Sequence[str]], dict[str, Any]]] = {
            "wait": self.wait,
            "wait_for": self.wait_for,
            "set": self.set,
            "branch": self.branch,
            "split": lambda later: {"split": {to: self.of(1, 2, 30, 0.5) for to in self.ways(later)}},
            "experiment": self.experiment,
            "go": lambda later: {"go": self.of(*later)},
            "end": lambda _: {"end": self.of("done", "no_need")},
            "touch": self.touch,
        }
        fields = makers[kind](later)
        if kind == "touch":
            self.touches.append((journey, names[place]))
        if kind in ("wait", "wait_for", "set", "touch") and later and self.likely(0.15):
            fields["next"] = self.of(*later)
        if kind == "wait" and isinstance(fields["wait"], str) and self.likely(0.3):
            fields["next"] = self.of(*names[: place + 1])  # a cycle, with a wait of positive length in it
        return fields

    def set(self, _: Sequence[str]) -> dict[str, Any]:
        """Notes about the customer."""
        return {"set": self.of({"level": "gold"}, {"tries": 2}, {"seen": True}, {"level": None}, {"tries": 1, "level": "silver"})}

    def wait(self, later: Sequence[str]) -> dict[str, Any]:
        """A wait in one of its forms."""
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
        """One to three alternatives."""
        alternatives = [self.alternative(later) for _ in range(self.of(1, 1, 2, 2, 3))]
        plain = alternatives[0] if len(alternatives) == 1 and self.likely(0.5) else alternatives
        fields: dict[str, Any] = {"wait_for": plain, "within": self.span()}
        if later and self.likely(0.6):
            fields["otherwise"] = self.of(*later)
        return fields

    def alternative(self, later: Sequence[str]) -> dict[str, Any]:
        """One thing to wait for."""
        match self.rng.choices(list(self.AWAITED), list(self.AWAITED.values()))[0]:
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
        """Up to three cases, and the others."""
        cases: list[dict[str, Any]] = []
        for _ in range(self.of(1, 2, 3)):
            asked = {"segment": self.of(*self.segments)} if self.likely(self.BRANCHES_BY_SEGMENT) else {"when": self.condition()}
            cases.append({**asked, "go": self.of(*later)})
        return {"branch": [*cases, {"else": self.of(*later)}]}

    def experiment(self, later: Sequence[str]) -> dict[str, Any]:
        """Two or three paths."""
        arms = {arm: self.of(*later) for arm in ("x", "y", "z")[: self.of(2, 2, 3)]}
        weights = {"weights": {arm: self.of(1, 2, 5) for arm in arms}} if self.likely(0.5) else {}
        return {"experiment": {"arms": arms, **weights}}

    def touch(self, later: Sequence[str]) -> dict[str, Any]:
        """A touch, a task or a webhook; of some the texts are arms."""
        message = self.rng.choices(["hello", "two", "three"], [6, 2, 1])[0]
        kind = self.rng.choices(["touch", "task", "webhook"], [8, 1, 1])[0]
        if self.frame.products and self.likely(0.75):
            message = self.product_message()
        fields: dict[str, Any] = {kind: message, "via": self.of(["sms"], ["app_push"], ["sms", "app_push"], ["app_push", "sms"])}
        if message in ("two", "three"):
            arms = {"two": ["a", "b"], "three": ["a", "b", "c"]}[message]
            fields["experiment"] = {"arms": arms, **({"weights": [self.of(1, 3) for _ in arms]} if self.likely(0.5) else {})}
        if self.likely(0.3):
            fields[self.of("when", "only_if")] = self.condition()
        if later and self.likely(0.4):
            fields["otherwise"] = self.of(*later)
        if self.likely(0.5):
            fields["valid_for"] = self.span()
        if self.likely(0.4):
            fields["wait"] = True
        return fields


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
