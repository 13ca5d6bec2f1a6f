"""Which definitions a run may use where four eyes are required: of each name the latest approved version, and of the policy likewise.

A journey is approved together with the segments that its text names, those that these build on, and the profile. When one of them has changed
since, the approval does not hold: nobody enters and nothing is proposed until somebody approves it again.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from pydantic import ValidationError

from tonglu.app.definitions import Definitions
from tonglu.app.workplace import Workplace
from tonglu.compile.pin import pin, unpin
from tonglu.compile.pinned import missing_names
from tonglu.compile.program import Definition
from tonglu.core.ports import Warehouse
from tonglu.language.message import MessageFile
from tonglu.language.policy import Policy
from tonglu.language.segment import PROFILE, dependencies
from tonglu.mailroom.approvals import JOURNEY, POLICY, Approvals, Submission
from tonglu.stages.deliver import personal_variables

WORD = re.compile(r"[a-z][a-z0-9_]*")
APPROVED, EARLIER, UNAPPROVED = "approved", "earlier", "unapproved"
KEEP = "INSERT INTO tonglu.governed SELECT $run_no, unnest($kind), unnest($name), unnest($state), unnest($hash)"
KEPT = """
    SELECT g.kind, g.name, g.state, g.hash, d.text FROM tonglu.governed AS g LEFT JOIN tonglu.definition AS d ON d.hash = g.hash
    WHERE g.run_no = $run_no ORDER BY g.kind, g.name
"""


@dataclass(frozen=True)
class Chosen:
    """What a run uses of one name: as it is written (`approved`), the version approved before (`earlier`), or nothing (`unapproved`)."""

    kind: str
    name: str
    state: str
    hash: str = ""
    content: str = ""


@dataclass(frozen=True)
class Governed:
    """What a run uses. Without four eyes everything as it is written, and `chosen` is empty."""

    policy: Policy
    chosen: Mapping[tuple[str, str], Chosen] = field(default_factory=dict)

    @property
    def required(self) -> bool:
        """Whether four eyes are required."""
        return bool(self.chosen)

    def halted(self, journey: str) -> bool:
        """Whether nobody may enter a journey, and nothing be proposed in it."""
        concerned = (one for one in self.chosen.values() if one.kind == POLICY or one.name == journey)
        return any(one.state == UNAPPROVED for one in concerned)

    def definition_of(self, written: Definition) -> Definition | None:
        """The version of a journey that enrols: what is written, or an earlier one; None when none may."""
        if not self.required:
            return written
        one = self.chosen[JOURNEY, written.name]
        if self.halted(written.name):
            return None
        return written if one.state == APPROVED else unpin(one.content, one.hash)

    def keep(self, warehouse: Warehouse) -> None:
        """Keep for this run what it used."""
        if self.chosen:
            told = list(self.chosen.values())
            lists = {name: [getattr(one, name) for one in told] for name in ("kind", "name", "state", "hash")}
            warehouse.execute(KEEP, **lists)

    def counts(self) -> dict[str, object]:
        """For the run's summary: names whose written version is not the one in force."""
        aside = [one for one in self.chosen.values() if one.state != APPROVED]
        return {"unapproved": [f"{one.kind} {one.name}: {one.state}" for one in aside]} if aside else {}


def govern(definitions: Definitions, approvals: Approvals) -> Governed:
    """What a run uses of the definitions as they are written, given what was approved."""
    found = approvals.approved(POLICY)
    latest = _policy_of(found)
    in_force = latest or definitions.policy
    if not (in_force.approval.required or definitions.policy.approval.required):
        return Governed(definitions.policy)
    written = policy_hash(definitions.policy)
    policy = Chosen(POLICY, definitions.policy.policy, UNAPPROVED)
    if latest is not None:
        state = APPROVED if found[0].hash == written else EARLIER
        if dict(found[0].reads) != policy_reads(definitions, found[0].content):
            state = UNAPPROVED
        policy = Chosen(POLICY, definitions.policy.policy, state, found[0].hash, found[0].content)
        in_force = definitions.policy if state == APPROVED else latest
    chosen = {(POLICY, policy.name): policy}
    given = approvals.approved(JOURNEY)
    for journey in definitions.journeys:
        mine = [one for one in given if one.name == journey.name]
        chosen[JOURNEY, journey.name] = _choose(definitions, pin(journey, definitions.message_texts(journey)), mine)
    return Governed(in_force, chosen)


def governed_now(place: Workplace) -> Governed:
    """What may be used of the definitions at this moment."""
    return Governed(place.definitions.policy) if place.waived else govern(place.definitions, place.mailroom.approvals)


def as_kept(definitions: Definitions, warehouse: Warehouse, run_no: int) -> Governed:
    """What a past run used, from what it kept."""
    chosen = {
        (kind, name): Chosen(kind, name, state, digest, text or "")
        for kind, name, state, digest, text in warehouse.fetch(KEPT, run_no=run_no)
    }
    policy = next((one for one in chosen.values() if one.kind == POLICY and one.state == EARLIER), None)
    return Governed(definitions.policy if policy is None else Policy.model_validate_json(policy.content), chosen)


def policy_hash(policy: Policy) -> str:
    """The hash of a policy, by which the warehouse keeps its text as well."""
    return sha256(f"policy {policy.policy} {policy.model_dump_json()}".encode()).hexdigest()[:16]


def reads(definitions: Definitions, text: str) -> dict[str, str]:
    """The hashes of the segments that a text names, of those that they build on, and of the profile; by name."""
    known = {one.name: one for one in definitions.segments}
    found: set[str] = set()
    open_names = [PROFILE, *(set(WORD.findall(text)) & known.keys())]
    while open_names:
        name = open_names.pop()
        if name in known and name not in found:
            found.add(name)
            open_names += dependencies(known[name])
    return {name: known[name].hash for name in sorted(found)}


def policy_reads(definitions: Definitions, text: str) -> dict[str, str]:
    """What a policy is approved together with: the segments that its text names, and every risk rule that holds touches for it."""
    return reads(definitions, text) | {f"risk/{one.name}": one.hash for one in definitions.risk_rules}


def _choose(definitions: Definitions, written: Definition, approved: Sequence[Submission]) -> Chosen:
    for one in approved:
        if dict(one.reads) == reads(definitions, one.content) and (one.hash == written.hash or _runs(definitions, one)):
            return Chosen(JOURNEY, written.name, APPROVED if one.hash == written.hash else EARLIER, one.hash, one.content)
    return Chosen(JOURNEY, written.name, UNAPPROVED)


def _runs(definitions: Definitions, one: Submission) -> bool:
    """Whether the program and the project of today can run an earlier version."""
    import json

    try:
        definition = unpin(one.content, one.hash)
        texts = {name: MessageFile.model_validate_json(text) for name, text in json.loads(one.content)["messages"].items()}
    except ValueError:
        return False
    variables = {name: text.variables() for name, text in texts.items()}
    return not missing_names(definition, variables, definitions.known, frozenset(personal_variables(definitions.known.profile)))


def _policy_of(approved: Iterable[Submission]) -> Policy | None:
    """The policy that was approved last; None when there is none that this program reads."""
    for one in approved:
        try:
            return Policy.model_validate_json(one.content)
        except ValidationError:
            return None
    return None
