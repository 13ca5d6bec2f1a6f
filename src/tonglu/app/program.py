"""The program of a run: what is written on disk, pinned and compiled, and every earlier version that somebody entered."""

from hashlib import sha256

from tonglu.app.governed import Governed
from tonglu.app.workplace import Workplace
from tonglu.compile.conditions import customer_condition
from tonglu.compile.lower import lower
from tonglu.compile.pin import pin, unpin
from tonglu.compile.pinned import missing_names
from tonglu.compile.program import CompiledJourney, Program
from tonglu.core.errors import Finding, Place, refuse_errors
from tonglu.language.policy import Policy
from tonglu.stages.deliver import personal_variables
from tonglu.stages.migrate import migrate_entries
from tonglu.stages.register import keep_texts, register

WALKED = "SELECT version_no, count(*) FROM tonglu.rest GROUP BY version_no"
STILL_OPEN = "SELECT journey, count(*) FROM tonglu.rest GROUP BY journey ORDER BY journey"


def read_program(place: Workplace, governed: Governed) -> Program:
    """Pin what is on disk, compile it and every version that ever had an entry. Part of the run's transaction.

    Where four eyes are required, the version that enrols is the approved one. A journey without one has no version that enrols or proposes;
    what is open in it stays on its own version.

    Raises:
        InputError: open entries need a journey, attribute, segment or channel that is gone.
    """
    warehouse, definitions = place.warehouse, place.definitions
    known = {digest: (number, name, text, used) for number, name, digest, text, used in warehouse.rows("pin/versions")}
    next_number = max((number for number, *_ in known.values()), default=0) + 1
    journeys: list[CompiledJourney] = []
    for authored in definitions.journeys:
        definition = governed.definition_of(pin(authored, definitions.message_texts(authored)))
        if definition is None:
            continue
        known_as = known.pop(definition.hash, None)
        number = known_as[0] if known_as else next_number
        compiled = lower(definition, number, definitions.known, current=True)
        if known_as is None:
            register(warehouse, compiled, {name: one.title.zh for name, one in definitions.messages.items()})
            migrate_entries(warehouse, compiled)
            next_number += 1
        journeys.append(compiled)
    _refuse_orphans(place, {one.name for one in definitions.journeys})
    walked: dict[int, int] = {number: count for number, count in warehouse.fetch(WALKED)}  # noqa: C416 (rows have any type)
    variables = place.message_variables()
    findings = []
    for digest, (number, name, text, used) in known.items():
        definition = unpin(text, digest)
        if number in walked:
            mine = {message: names for (version, message), names in variables.items() if version == number}
            missing = missing_names(definition, mine, definitions.known, frozenset(personal_variables(definitions.known.profile)))
            findings += [_gone(place, name, walked[number], one) for one in missing]
        if (used or number in walked) and not findings:
            journeys.append(lower(definition, number, definitions.known, current=False, walked=number in walked))
    refuse_errors(findings)
    _keep_texts(place, journeys, governed.policy)
    weights = governed.policy.arbitration.context
    context = tuple((one.weight, customer_condition(one.when, definitions.known, entry=False)) for one in weights)
    return Program(tuple(journeys), governed.policy, context)


def _gone(place: Workplace, journey: str, count: int, what: str) -> Finding:
    where = Place(f"{place.definitions.project.paths.journeys}/{journey}.yaml")
    hint = "Put it back, or end the journey first with live: {until: ..., then: stop}."
    return Finding("TL416", f"{count} open entries of an earlier version need {what}, which is gone", where, hint)


def _keep_texts(place: Workplace, journeys: list[CompiledJourney], policy: Policy) -> None:
    """Everything that this run depends on beside the facts, kept once and noted for the run."""
    warehouse, definitions = place.warehouse, place.definitions
    texts = [(one.definition.hash, "journey", one.name, one.definition.text) for one in journeys if one.current]
    texts += [(one.hash, "segment", one.name, one.sql.text) for one in definitions.segments]
    texts += [(one.hash, "risk", one.name, one.segment.sql.text) for one in definitions.risk_rules]
    rest = [("policy", policy.policy, policy.model_dump_json())]
    rest += [("channel", name, entry.model_dump_json()) for name, entry in definitions.channels.items()]
    rest += [("contract", name, contract.model_dump_json()) for name, contract in definitions.contracts.items()]
    rest.append(("project", "tonglu", definitions.project.model_dump_json()))
    rest += [("file", name, text) for name, text in definitions.files.items()]
    keep_texts(warehouse, texts + [(_digest(f"{kind} {name} {text}"), kind, name, text) for kind, name, text in rest])


def _refuse_orphans(place: Workplace, written: set[str]) -> None:
    """A journey whose file is gone must have nobody in it."""
    findings = [
        Finding(
            "TL413",
            f"journey '{name}' is gone, but {count} entries are still open in it",
            Place(f"{place.definitions.project.paths.journeys}/{name}.yaml"),
            "Put the file back with live: {until: ..., then: stop}, run, and delete it then.",
        )
        for name, count in place.warehouse.fetch(STILL_OPEN)
        if name not in written
    ]
    refuse_errors(findings)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]
