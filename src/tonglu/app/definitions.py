"""Reading a project: every definition on disk, checked together; all findings at once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from tonglu.app.unread import unread_findings
from tonglu.channels.registry import kinds as channel_kinds
from tonglu.compile.check import check_journey, gate_names
from tonglu.compile.competition import check_competition
from tonglu.compile.conditions import Known
from tonglu.compile.pin import pin
from tonglu.compile.together import check_together, noted_attributes
from tonglu.core.errors import Finding, InputError, Place, Severity, refuse_errors
from tonglu.core.work import Terms
from tonglu.language.allocation import check_limits
from tonglu.language.channels import ChannelEntry, read_channels
from tonglu.language.claims import claim_findings
from tonglu.language.contract import ColumnType as SourceType
from tonglu.language.contract import Contract, personal_tables, read_contracts
from tonglu.language.expression import ColumnType
from tonglu.language.governance import check_governance
from tonglu.language.journey import Journey, read_journey
from tonglu.language.loader import load_model
from tonglu.language.message import ChannelLimit, MessageFile, message_findings
from tonglu.language.policy import Policy, check_in_one_run, check_policy, read_policy
from tonglu.language.project import PROJECT_FILE, Project, read_project
from tonglu.language.risk import RiskRule, check_risk_rule, in_order, read_risk_rule
from tonglu.language.segment import Segment, in_dependency_order, read_segment
from tonglu.language.segment_names import RISK, KnownTables, check_names
from tonglu.language.suitability import KnownNames, check_suitability
from tonglu.language.yamlfile import read_yaml
from tonglu.stages.deliver import personal_variables
from tonglu.steps import step_kinds
from tonglu.warehouse.shape import bind

CONDITION_TYPES = {
    SourceType.TEXT: ColumnType.TEXT,
    SourceType.INTEGER: ColumnType.INTEGER,
    SourceType.BIGINT: ColumnType.INTEGER,
    SourceType.BOOLEAN: ColumnType.BOOLEAN,
    SourceType.DATE: ColumnType.DATE,
    SourceType.INSTANT: ColumnType.INSTANT,
    SourceType.JSON: ColumnType.TEXT,
    SourceType.DECIMAL: ColumnType.DECIMAL,
}
SQL_TYPES = {
    SourceType.TEXT: "VARCHAR",
    SourceType.JSON: "VARCHAR",
    SourceType.INSTANT: "TIMESTAMP",
    SourceType.DECIMAL: "DECIMAL(18, 6)",
}


@dataclass(frozen=True)
class Definitions:
    """A project as it is written, checked. `segments` are in the order in which they build on each other, `risk_rules` in the one in
    which they are named; `files` are the texts that all of it was read from, by path inside the project."""

    root: Path
    project: Project
    contracts: Mapping[str, Contract]
    segments: tuple[Segment, ...]
    messages: Mapping[str, MessageFile]
    journeys: tuple[Journey, ...]
    policy: Policy
    channels: Mapping[str, ChannelEntry]
    known: Known
    warnings: tuple[Finding, ...]
    files: Mapping[str, str]
    risk_rules: tuple[RiskRule, ...] = ()

    def path(self, name: str) -> Path:
        """One of the project's own paths, such as 'landing'."""
        return self.root / str(getattr(self.project.paths, name))

    def message_texts(self, journey: Journey) -> dict[str, str]:
        """The canonical text of every message that a journey names, for pinning."""
        kinds = step_kinds()
        names = {kinds[step.kind].lower(step.fields).message for step in journey.steps} - {None}
        return {name: self.messages[name].model_dump_json() for name in sorted(map(str, names)) if name in self.messages}

    def people_channels(self) -> dict[str, Terms]:
        """The channels whose touches people work, and by which terms."""
        return people_channels(self.channels)

    def journey_hashes(self) -> dict[str, str]:
        """The hash of every journey with its messages, by name."""
        return {one.name: pin(one, self.message_texts(one)).hash for one in self.journeys}

    @property
    def hash(self) -> str:
        """The hash of everything that a run depends on beside the facts."""
        parts = [*(one.hash for one in self.journeys), *(one.hash for one in self.segments), self.policy.model_dump_json()]
        parts += [one.hash for one in self.risk_rules]
        parts += [json.dumps({name: text.model_dump_json() for name, text in self.messages.items()}, sort_keys=True)]
        return sha256("\0".join(parts).encode()).hexdigest()[:16]


def people_channels(channels: Mapping[str, ChannelEntry]) -> dict[str, Terms]:
    """Those channels whose touches people work, and by which terms."""
    kinds = channel_kinds()
    terms = {name: kinds[entry.kind].work(entry.options) for name, entry in channels.items()}
    return {name: one for name, one in terms.items() if one is not None}


class _Reader:
    """Reads one project; findings gather."""

    def __init__(self, root: Path) -> None:
        self.root, self.findings = root, list[Finding]()

    def read(self) -> Definitions:
        project, _ = read_project(self.root / PROJECT_FILE, PROJECT_FILE, self.findings)
        refuse_errors(self.findings)
        assert project is not None
        self.project = project
        self.findings += dict.fromkeys(unread_findings(self.root, project))
        contracts = self._contracts()
        segments, rules, profile = self._segments(contracts)
        channels, _ = read_channels(self._at("channels"), self.project.paths.channels, self.findings, channel_kinds())
        policy, policy_file = read_policy(self._at("policy"), self.project.paths.policy, self.findings)
        if policy is not None:
            check_policy(policy, policy_file, self.findings, channels=channels, gates=gate_names())
            people = self.project.people
            check_governance(policy.approval, policy.fairness, policy_file, self.findings, profile=profile, people=people)
        known = Known(
            profile, _events(contracts), frozenset(one.name for one in segments if not one.is_profile), frozenset(channels)
        )
        if policy is not None and known.profile:
            names = KnownNames(profile, channels, known.events, known.segments)
            check_suitability(policy.suitability, policy_file, names, self.findings)
        messages = self._messages(known, channels)
        journeys, known = self._journeys(known, messages, policy)
        if policy is not None:
            marketing = [one.name for one in journeys if one.header.purpose == "marketing"]
            check_in_one_run(policy, marketing, policy_file, self.findings)
        if policy is not None and known.profile:
            check_competition(policy, policy_file, known, contracts, self.findings)
        if policy is not None:
            check_limits(
                policy.capacity,
                policy.budget,
                policy_file,
                self.findings,
                channels={name: one.cost for name, one in channels.items()},
                journeys=known.journeys,
                profile=profile,
                tables={name: one.columns for name, one in contracts.items() if not one.personal},
                worked=() if any(one.severity is Severity.ERROR for one in self.findings) else people_channels(channels),
            )
        refuse_errors(self.findings)
        assert policy is not None
        return Definitions(
            self.root,
            project,
            contracts,
            segments,
            messages,
            journeys,
            policy,
            channels,
            known,
            tuple(self.findings),
            self._texts(),
            rules,
        )

    def _texts(self) -> dict[str, str]:
        """Every file of definitions, as it is written."""
        paths = self.project.paths
        folders = (
            (paths.journeys, "*.yaml"),
            (paths.messages, "*.yaml"),
            (paths.segments, "*.sql"),
            (paths.contracts, "*.yaml"),
            (f"{paths.segments}/{RISK}", "*.sql"),
        )
        found = [f"{folder}/{path.name}" for folder, pattern in folders for path in (self.root / folder).glob(pattern)]
        names = dict.fromkeys([PROJECT_FILE, paths.policy, paths.channels, *found])
        return {name: (self.root / name).read_text(encoding="utf-8") for name in sorted(names) if (self.root / name).is_file()}

    def _at(self, name: str) -> Path:
        return self.root / str(getattr(self.project.paths, name))

    def _contracts(self) -> Mapping[str, Contract]:
        try:
            return read_contracts(self._at("contracts"), self.project.paths.contracts)
        except InputError as error:
            self.findings += error.findings
            return {}

    def _segments(
        self, contracts: Mapping[str, Contract]
    ) -> tuple[tuple[Segment, ...], tuple[RiskRule, ...], Mapping[str, ColumnType]]:
        """Segments, risk rules, and the profile's columns."""
        folder = self.project.paths.segments
        paths = sorted(self._at("segments").glob("*.sql"))
        read = [read_segment(path, f"{folder}/{path.name}", self.findings) for path in paths]
        found = [one for one in read if one is not None]
        if not any(one.is_profile for one in found) and not any(path.stem == "profile" for path in paths):
            hint = "It begins with '-- profile: customer' and gives one row per customer."
            self.findings.append(Finding("TL512", "there is no profile", Place(f"{folder}/profile.sql"), hint))
        aside = sorted((self._at("segments") / RISK).glob("*.sql"))
        named = [read_risk_rule(path, f"{folder}/{RISK}/{path.name}", self.findings) for path in aside]
        rules = [one for one in named if one is not None]
        tables = KnownTables(
            tables={name: _columns(contract) for name, contract in contracts.items() if not contract.personal},
            personal=personal_tables(contracts),
            segments=frozenset(one.name for one in found),
        )
        ordered = in_dependency_order(found, self.findings)
        if not contracts:  # none can be read: every table would be unknown
            return ordered, in_order(rules), {}
        for one in found:
            check_names(one, tables, self.findings)
        rules = [replace(one, columns=check_risk_rule(one, tables, self.findings)) for one in rules]
        if any(finding.severity is Severity.ERROR for finding in self.findings):
            return ordered, in_order(rules), {}
        profile = bind(contracts, ordered, rules, self.findings)
        known = replace(tables, profile=frozenset(profile))
        for one in (*ordered, *(rule.segment for rule in rules)):
            check_names(one, known, self.findings)
        self.findings = list(dict.fromkeys(self.findings))
        return ordered, in_order(rules), profile

    def _messages(self, known: Known, channels: Mapping[str, ChannelEntry]) -> Mapping[str, MessageFile]:
        messages: dict[str, MessageFile] = {}
        limits = {name: ChannelLimit(one.max_length.title, one.max_length.body) for name, one in channels.items()}
        variables = {*known.profile, *personal_variables(known.profile)}
        for path in sorted(self._at("messages").glob("*.yaml")):
            file = read_yaml(path, f"{self.project.paths.messages}/{path.name}")
            message = load_model(file, MessageFile, self.findings)
            if message is None:
                continue
            if message.message != path.stem:
                text = f"the message is called '{message.message}' but its file '{path.stem}'"
                self.findings.append(file.finding("TL210", text, ("message",), f"Rename the file to {message.message}.yaml."))
            if known.profile:
                self.findings += message_findings(message, variables, limits, file.place, file)
                self.findings += claim_findings(message, file.place)
            messages[message.message] = message
        return messages

    def _journeys(
        self, known: Known, messages: Mapping[str, MessageFile], policy: Policy | None
    ) -> tuple[tuple[Journey, ...], Known]:
        """Every journey that reads well, checked against all of them, and what is known with them."""
        folder = self.project.paths.journeys
        aside = {self._at("policy"), self._at("channels"), self._at("journeys") / "seeds.yaml"}
        paths = [path for path in sorted(self._at("journeys").glob("*.yaml")) if path not in aside]
        read = [read_journey(path, f"{folder}/{path.name}", step_kinds(), self.findings) for path in paths]
        journeys = tuple(journey for journey in read if journey is not None)
        names = frozenset(path.stem for path in paths) | {journey.name for journey in journeys}
        written = frozenset(path.stem for path in self._at("messages").glob("*.yaml"))
        known = replace(known, journeys=names, messages=written, attributes=noted_attributes(journeys, self.findings))
        if known.profile:
            for journey in journeys:
                check_journey(journey, known, messages, policy, self.findings)
            check_together(journeys, self.findings)
        return journeys, known


def read_definitions(root: Path) -> Definitions:
    """Read and check a project.

    Raises:
        InputError: with every finding of every file; warnings alone pass and are kept.
    """
    return _Reader(root).read()


def _columns(contract: Contract) -> dict[str, str]:
    return {name: SQL_TYPES.get(column.type, column.type.value.upper()) for name, column in contract.columns.items()}


def _events(contracts: Mapping[str, Contract]) -> dict[str, dict[str, ColumnType]]:
    events = contracts.get("events")
    names = {} if events is None or events.names is None else events.names
    return {name: {key: CONDITION_TYPES[kind] for key, kind in properties.items()} for name, properties in names.items()}
