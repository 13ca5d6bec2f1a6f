"""Good journeys broken in every way that people break them: each mutation says which finding it must give.

A mutation is a function from a journey's data to copies of it with one thing wrong; it is tried at every place where it can be made.
"""

import copy
from collections.abc import Callable, Iterator
from typing import Any

Data = dict[str, Any]
Place = tuple[str | int, ...]
Change = Callable[[Data], Iterator[Data]]


def walk(node: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every node below, with its place."""
    yield place, node
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield from walk(value, (*place, key))


def at(data: Any, place: Place) -> Any:
    for key in place:
        data = data[key]
    return data


def changed(data: Data, place: Place, value: Any) -> Data:
    found = copy.deepcopy(data)
    at(found, place[:-1])[place[-1]] = value
    return found


def without(data: Data, place: Place) -> Data:
    found = copy.deepcopy(data)
    del at(found, place[:-1])[place[-1]]
    return found


def every(*keys: str, to: Any, where: Callable[[Data, Place, Any], bool] = lambda data, place, value: True) -> Change:
    """Replace the value of every such key; `to` is the new value or makes it from the old one."""

    def change(data: Data) -> Iterator[Data]:
        for place, value in walk(data):
            if place and place[-1] in keys and where(data, place, value):
                yield changed(data, place, to(value) if callable(to) else to)

    return change


def drop(*keys: str, where: Callable[[Data, Place, Any], bool] = lambda data, place, value: True) -> Change:
    """Remove every such key."""

    def change(data: Data) -> Iterator[Data]:
        for place, value in walk(data):
            if place and place[-1] in keys and where(data, place, value):
                yield without(data, place)

    return change


def add(key: str, value: Any, inside: Callable[[Place, Any], bool]) -> Change:
    """Add a key to every mapping that `inside` chooses."""

    def change(data: Data) -> Iterator[Data]:
        for place, node in walk(data):
            if isinstance(node, dict) and inside(place, node):
                yield changed(data, (*place, key), value)

    return change


def header(**values: Any) -> Change:
    """Set keys of the header, in one copy."""

    def change(data: Data) -> Iterator[Data]:
        yield {**copy.deepcopy(data), **copy.deepcopy(values)}

    return change


def steps(make: Callable[[list[Any]], list[Any]]) -> Change:
    """Rewrite the list of steps."""

    def change(data: Data) -> Iterator[Data]:
        found = copy.deepcopy(data)
        found["steps"] = make(found["steps"])
        yield found

    return change


def each_step(make: Callable[[str, Data], Any]) -> Change:
    """Rewrite every step, one in each copy; None leaves a step out."""

    def change(data: Data) -> Iterator[Data]:
        for number, step in enumerate(data["steps"]):
            [(name, body)] = step.items()
            new = make(name, copy.deepcopy(body))
            if new is not None:
                yield changed(data, ("steps", number), new)

    return change


def body(place: Place, node: Any) -> bool:
    return len(place) == 3 and place[0] == "steps"


def condition(text: str) -> Change:
    """Replace every condition on the customer."""
    return every("when", to=text)


def misspelt(name: Any) -> Any:
    return f"{name}x" if isinstance(name, str) else [f"{one}x" for one in name]


def target(data: Data, place: Place, value: Any) -> bool:
    return len(place) > 2 and place[0] == "steps" and isinstance(value, str)


def entered_by(**values: Any) -> Change:
    """Another way in, in one copy."""

    def change(data: Data) -> Iterator[Data]:
        yield changed(data, ("enter",), values)

    return change


def steps_in(values: Data, first: list[Any]) -> Change:
    """Set keys of the header, and put steps before the first one, in one copy."""

    def change(data: Data) -> Iterator[Data]:
        yield {**copy.deepcopy(data), **copy.deepcopy(values), "steps": [*copy.deepcopy(first), *copy.deepcopy(data["steps"])]}

    return change


FIRST_OF_JUNE = {"calendar": {"every": "year", "month": 6, "day": 1}}
NOT_LONG = {"live": {"until": "2027-01-01", "then": "stop"}}
SMALL = {"rate": "3%", "lift": "1%", "customers": 500}
CODES: tuple[tuple[str, str, Change], ...] = (
    ("TL120", "an unknown key in a step", add("colour", "blue", body)),
    ("TL120", "an unknown key in a part of the header", add("colour", "blue", lambda place, node: place in ((), ("enter",), ("goal",), ("title",)))),
    ("TL121", "a key that must be there is not", drop("purpose", "owner", "enter", "title", "within", "via", "zh")),
    ("TL122", "a value of another type", every("owner", "otherwise", "next", to=7)),
    ("TL122", "a mapping where a list stands", every("via", to={"a": "sms"})),
    ("TL123", "a duration that is none", every("wait", "within", "valid_for", "fresh", to="3 dayz", where=lambda d, p, v: isinstance(v, str))),
    ("TL123", "money that is none", every("value", to="plenty")),
    ("TL123", "a share that is none", every("holdout", to="lots")),
    ("TL123", "a limit that is none", every("limit", to="some per day")),
    ("TL123", "a rule of re-entry that is none", every("again", to="sometimes", where=lambda d, p, v: p[0] == "enter")),
    ("TL124", "a word that is not on the list", every("purpose", "learn", "on_goal", "randomise", to="marketin")),
    ("TL125", "an empty list", every("via", "branch", to=[])),
    ("TL201", "a segment that does not exist", every("segment", "left", to=misspelt)),
    ("TL202", "an event that does not exist", every("event", to=misspelt, where=lambda d, p, v: not v.startswith("touch."))),
    ("TL203", "an attribute that does not exist", condition("agee > 60")),
    ("TL203", "a property that does not exist", every("where", to="colour = 'blue'")),
    ("TL203", "a note that nobody wrote", condition("set.colour = 'blue'")),
    ("TL204", "a function that does not exist", condition("days_sinze(last_login_at) > 3")),
    ("TL205", "a target that does not exist", every("go", "next", "otherwise", "else", to=misspelt, where=target)),
    ("TL206", "a message that does not exist", every("touch", "task", "webhook", to=misspelt)),
    ("TL207", "an arm that the message does not have", every("arms", to=["one", "two"], where=lambda d, p, v: isinstance(v, list))),
    ("TL208", "a channel that does not exist", every("via", to=misspelt)),
    ("TL208", "touches of a channel that does not exist", condition("touches(smss, 7 days) > 1")),
    ("TL210", "a name that is not the file's", header(journey="another_name")),
    ("TL211", "a priority group that does not exist", header(priority="ofer")),
    ("TL212", "a key that the event does not have", every("keyed_by", to="lone_id")),
    ("TL213", "a journey that does not exist", header(enter={"journey": "no_such_journey"})),
    ("TL213", "passing on to a journey that does not exist", steps(lambda all_: [{"hand_on": {"enter": "no_such_journey"}}, *all_])),
    ("TL301", "a condition cut off", condition("age >")),
    ("TL301", "a condition with a quote left open", condition("province = '浙江")),
    ("TL301", "a condition with two signs", condition("age == 60")),
    ("TL301", "two conditions without a word between", condition("age > 60 vulnerable")),
    ("TL301", "a count without an event", condition("count(30 days) > 1")),
    ("TL302", "a number held against text", condition("age > 'sixty'")),
    ("TL302", "text held against a number", condition("province = 33")),
    ("TL303", "a number where a condition belongs", condition("age")),
    ("TL303", "text where a condition belongs", condition("vulnerable and province")),
    ("TL304", "nothing held against null", condition("age = null")),
    ("TL305", "a function of the wrong thing", condition("days_since(province) > 3")),
    ("TL305", "a function of too many things", condition("days_to_pay_day(today) > 3")),
    ("TL306", "a condition nested without end", condition("(" * 40 + "vulnerable" + ")" * 40)),
    ("TL307", "arithmetic on text", condition("province + 1 > 3")),
    ("TL307", "a number and a duration", condition("age + 3 days > 60")),
    ("TL308", "the past in an event's filter", every("where", to="count(app_login, 7 days) > 3")),
    ("TL401", "a step written twice", steps(lambda all_: [*all_, copy.deepcopy(all_[0])])),
    ("TL402", "a step of no kind", each_step(lambda name, one: {name: {"sleep": "3 days"}})),
    ("TL403", "a step of two kinds", each_step(lambda name, one: {name: {**one, "end": "x"}} if "end" not in one else {name: {**one, "go": "x"}})),
    ("TL404", "a step that is text", each_step(lambda name, one: f"{name} for a while")),
    ("TL404", "a step with two names", each_step(lambda name, one: {name: one, "another": {"end": "x"}})),
    ("TL404", "a step with a capital", each_step(lambda name, one: {name.upper(): one})),
    ("TL405", "no steps", header(steps=[])),
    ("TL406", "two ways in", entered_by(**{"segment": "youth", "event": "app_login"})),
    ("TL406", "no way in", entered_by(**{"again": "always"})),
    ("TL406", "a freshness of a segment", entered_by(**{"segment": "youth", "fresh": "1 day"})),
    ("TL406", "a key of the calendar", entered_by(**{"calendar": {"every": "day"}, "keyed_by": "loan_id"})),
    ("TL407", "two goals of one name", lambda data: iter([_goals(data)])),
    ("TL408", "an exit of two things", header(exit=[{"segment": "youth", "event": "app_login"}])),
    ("TL408", "an exit of nothing", header(exit=[{}])),
    ("TL409", "a control group of a notice", header(purpose="regulatory", holdout="10%")),
    ("TL410", "an end before the beginning", header(live={"from": "2026-12-01", "until": "2026-11-01"})),
    ("TL411", "a step that nothing leads to", steps(lambda all_: [*all_, {"last_end": {"end": "x"}}, {"lost": {"end": "y"}}])),
    ("TL412", "a cycle without a wait", steps(lambda all_: [{"round_a": {"go": "round_b"}}, {"round_b": {"go": "round_a"}}, *all_])),
    ("TL414", "an order by text", lambda data: iter([changed(data, ("enter", "order"), "province desc")])),
    ("TL415", "the engine's own reason", every("end", to="goal")),
    ("TL415", "the engine's own kind of reason", every("end", to="exit_app_login")),
    ("TL417", "a wait for two things", every("wait", to={"workdays": 3, "pay_day": 1}, where=lambda d, p, v: isinstance(v, str))),
    ("TL417", "a wait for nothing", every("wait", to={}, where=lambda d, p, v: isinstance(v, str))),
    ("TL417", "a shift of no date", every("wait", to={"workdays": 3, "plus": "1 day"}, where=lambda d, p, v: isinstance(v, str))),
    ("TL418", "a condition under two words", add("only_if", "age > 60", lambda place, node: body(place, node) and "via" in node and "when" in node)),
    ("TL419", "a week without its day", entered_by(**{"calendar": {"every": "week"}})),
    ("TL419", "workday nought", entered_by(**{"calendar": {"every": "month", "workday": 0}})),
    ("TL419", "a day that the month does not have", entered_by(**{"calendar": {"every": "year", "month": 2, "day": 30}})),
    ("TL420", "a wait for what is no date", every("wait", to={"date": "province"}, where=lambda d, p, v: isinstance(v, str))),
    ("TL424", "a migration to nowhere", header(migrate={"old": "no_such_step"})),
    ("TL425", "a cycle with a wait and no way out", steps(lambda all_: [{"round_a": {"wait": "1 day"}}, {"round_b": {"go": "round_a"}}, *all_])),
    ("TL426", "an exit that everybody meets", header(enter={"segment": "youth"}, exit=[{"segment": "youth"}])),
    ("TL427", "an exit by the goal", lambda data: header(on_goal="continue", exit=[{"event": _main(data)["event"]}])(data)),
    ("TL428", "a lift that cannot be seen", lambda data: iter([changed(data, (*_main_at(data), "expect"), SMALL)])),
    ("TL431", "a day before the journey begins", header(enter={"calendar": {"date": "2026-06-01"}}, live={"from": "2026-07-01"})),
    ("TL431", "a recurrence after the journey's end", header(enter=FIRST_OF_JUNE, live={"from": "2026-07-01", "until": "2027-05-01"})),
    ("TL431", "a wait until the journey has stopped", steps_in(NOT_LONG, [{"rest_long": {"wait": {"until": "2027-02-01"}}}])),
    ("TL432", "a goal that is over before the first touch", steps(lambda all_: [{"rest_long": {"wait": "400 days"}}, *all_])),
    ("TL433", "a goal that controls miss", every("event", to="touch.clicked", where=lambda d, p, v: p[0] in ("goal", "goals") and d.get("holdout"))),
    ("TL434", "a weight too few", add("weights", [1], lambda place, node: "arms" in node and isinstance(node["arms"], list))),
    ("TL434", "a weight for no arm", add("weights", {"nobody": 1}, lambda place, node: "arms" in node and isinstance(node["arms"], dict))),
)  # fmt: skip


def _main_at(data: Data) -> tuple[str | int, ...]:
    """Where the goal of a journey stands, the first where there are several."""
    return ("goals", 0) if "goals" in data else ("goal",)


def _main(data: Data) -> Data:
    return data["goals"][0] if "goals" in data else data["goal"]


def _goals(data: Data) -> Data:
    found = copy.deepcopy(data)
    goals = found.pop("goals", None) or [found.pop("goal")]
    return {**found, "goals": [*goals, copy.deepcopy(goals[0])]}


def broken(data: Data) -> Iterator[tuple[str, str, Data]]:
    """Every broken copy of a journey, with the code that it must give and what was done to it."""
    for code, what, change in CODES:
        for found in change(data):
            if found != data:
                yield code, what, found
