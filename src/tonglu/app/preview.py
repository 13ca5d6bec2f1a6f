"""Preview: every text of a journey as one customer would read it, and, if wanted, to a registered test recipient.

Outside of measurement: it reads the warehouse without being able to write, decides nothing, and leaves no trace in it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlglot import exp, parse_one

from tonglu.app.definitions import Definitions
from tonglu.channels.registry import kinds as channel_kinds
from tonglu.channels.registry import open_channel
from tonglu.channels.spec import ChannelContext
from tonglu.core.delivery import Delivered, OutboundMessage
from tonglu.core.errors import Finding, InputError, Place, coded, did_you_mean, refuse_errors
from tonglu.language.journey import Journey
from tonglu.language.loader import load_model
from tonglu.language.message import MessageLibrary
from tonglu.language.values import Authored
from tonglu.language.yamlfile import read_yaml
from tonglu.stages.deliver import personal_variables
from tonglu.steps import step_kinds
from tonglu.warehouse.analysts import live_reader

SEEDS = "seeds.yaml"


class Seed(Authored):
    """A registered test recipient: a channel of channels.yaml and the address there."""

    channel: str
    address: Annotated[str, Field(max_length=200, repr=False)] = ""


class Seeds(Authored):
    """The file of test recipients, by name."""

    seeds: dict[str, Seed]


@dataclass(frozen=True)
class Rendered:
    """One text: of which step, message, arm and channel; `problem` says why there is none."""

    step: str
    message: str
    arm: str
    channel: str
    title: str = ""
    body: str = ""
    problem: str = ""


def preview(definitions: Definitions, name: str, customer_id: int) -> list[Rendered]:
    """Every text of a journey for one customer, with the attributes of the last run.

    Raises:
        InputError: no such journey or customer, or no run yet.
        Unavailable: a run has the warehouse at this moment.
    """
    journey = _journey(definitions, name)
    variables = _variables(definitions, customer_id)
    library = MessageLibrary(definitions.messages)
    kinds = step_kinds()
    found: list[Rendered] = []
    for step in journey.steps:
        lowered = kinds[step.kind].lower(step.fields)
        if lowered.message is not None:
            found += _texts(library, definitions, step.name, lowered.message, lowered.via, variables)
    return found


def send(definitions: Definitions, to: str, texts: list[Rendered], secrets: Mapping[str, str], now: datetime) -> list[str]:
    """Send texts to a registered test recipient; of each, empty or why it did not go.

    Raises:
        InputError: no such recipient, or its channel cannot be opened or hands over files.
    """
    seed = _seed(definitions, to)
    entry = definitions.channels.get(seed.channel)
    place = Place(_seeds_file(definitions))
    if entry is None:
        hint = did_you_mean(seed.channel, definitions.channels)
        raise InputError([Finding("TL208", f"recipient '{to}': there is no channel '{seed.channel}'", place, hint)])
    if channel_kinds()[entry.kind].bulk:
        hint = "Give the recipient a channel of kind apprise."
        raise InputError([Finding("TL900", f"channel '{seed.channel}' hands over whole files, not single texts", place, hint)])
    if channel_kinds()[entry.kind].terms is not None:
        hint = "Give the recipient a channel of kind apprise."
        raise InputError([Finding("TL900", f"channel '{seed.channel}' is a list that employees work", place, hint)])
    library = MessageLibrary(definitions.messages)
    channel = open_channel(
        entry.kind, entry.options, ChannelContext(seed.channel, definitions.path("handover"), library, secrets)
    )
    answers = []
    for number, text in enumerate(texts, 1):
        key = f"preview|{now.isoformat()}|{number}"
        title = f"[预览 preview] {text.step} {text.channel} {text.arm} {text.title}".strip()
        outcome = channel.send(  # type: ignore[union-attr]
            OutboundMessage(key, seed.channel, 0, seed.address, text.message, text.arm, title, text.body)
        )
        answers.append("" if isinstance(outcome, Delivered) else outcome.reason)
    return answers


def _journey(definitions: Definitions, name: str) -> Journey:
    names = [journey.name for journey in definitions.journeys]
    if name not in names:
        raise InputError([Finding("TL900", f"there is no journey '{name}'", Place("JOURNEY"), did_you_mean(name, names))])
    return definitions.journeys[names.index(name)]


def _texts(
    library: MessageLibrary,
    definitions: Definitions,
    step: str,
    message: str,
    via: tuple[str, ...],
    variables: Mapping[str, object],
) -> list[Rendered]:
    file = definitions.messages[message]
    found = []
    for arm, by_channel in file.by_arm().items():
        for channel in (one for one in via if one in by_channel):
            try:
                text = library.text(message, "", arm, channel, variables)
                found.append(Rendered(step, message, arm, channel, text.title, text.body))
            except InputError as error:
                found.append(Rendered(step, message, arm, channel, problem=coded(error)))
    return found


def _variables(definitions: Definitions, customer_id: int) -> dict[str, object]:
    """What templates may name, as the hand-over has it: the profile as JSON, and the parts of the name."""
    told = personal_variables(definitions.known.profile)
    personal = [exp.alias_(_of_contact(text), name) for name, text in told.items()]
    whole = exp.cast(exp.Anonymous(this="to_json", expressions=[exp.column("profile")]), "VARCHAR")
    select = exp.select(exp.alias_(whole, "attributes"), *personal).from_(
        exp.alias_(exp.table_("profile", db="tonglu"), "profile")
    )
    select = select.join(exp.alias_(exp.table_("contacts", db="personal"), "contact"), using=["customer_id"], join_type="left")
    select = select.where(
        exp.EQ(this=exp.column("customer_id", table="profile"), expression=exp.Parameter(this=exp.Var(this="id")))
    )
    with live_reader(definitions.path("warehouse")) as reader:
        if not reader.has("tonglu", "profile"):
            raise _unknown("no run has built the profile yet", "Run `tonglu run --as-of ...` first.")
        names, rows = reader.rows(select.sql(dialect="duckdb"), id=customer_id)
    if not rows:
        raise _unknown(
            f"there is no customer {customer_id} in the last run", "`tonglu query 'SELECT customer_id FROM entries LIMIT 9'`"
        )
    values = dict(zip(names, rows[0], strict=True))
    return {**json.loads(values.pop("attributes")), **values}


def _of_contact(text: str) -> exp.Expr:
    """A personal part as the hand-over has it, over `contact` instead of the hand-over's own join."""
    tree = parse_one(text, dialect="duckdb")
    for column in tree.find_all(exp.Column):
        if column.table != "profile":
            column.set("table", exp.to_identifier("contact"))
    return tree


def _unknown(message: str, hint: str) -> InputError:
    return InputError([Finding("TL900", message, Place("--as"), hint)])


def _seeds_file(definitions: Definitions) -> str:
    return f"{definitions.project.paths.journeys}/{SEEDS}"


def _seed(definitions: Definitions, name: str) -> Seed:
    shown = _seeds_file(definitions)
    if not (definitions.root / shown).exists():
        hint = "Write it: `seeds: {me: {channel: rm_notice, address: ...}}`."
        raise InputError([Finding("TL101", "there is no file of test recipients", Place(shown), hint)])
    findings: list[Finding] = []
    file = read_yaml(definitions.root / shown, shown)
    seeds = load_model(file, Seeds, findings)
    refuse_errors(findings)
    assert seeds is not None
    if name not in seeds.seeds:
        raise InputError(
            [Finding("TL900", f"there is no test recipient '{name}'", Place(shown), did_you_mean(name, seeds.seeds))]
        )
    return seeds.seeds[name]
