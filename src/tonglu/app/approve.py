"""Four eyes: an author submits what is written, somebody else approves exactly that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tonglu.app.definitions import Definitions
from tonglu.app.fairness import beyond_limits
from tonglu.app.governed import govern, policy_hash, policy_reads, reads
from tonglu.app.inspect import path_of, published
from tonglu.app.people import governed_person, known_person, need_role
from tonglu.app.plan import Change, changes_of
from tonglu.compile.pin import pin
from tonglu.core.errors import Finding, InputError, Place, did_you_mean
from tonglu.language.governance import Need
from tonglu.language.policy import Policy
from tonglu.language.project import Project
from tonglu.mailroom.approvals import JOURNEY, POLICY, Approvals, Submission, refused
from tonglu.mailroom.mailroom import Mailroom

MEMBERS = "members"
PEOPLE = "the people of tonglu.yaml are not those that were approved with the policy: who is new approves nothing yet"


@dataclass(frozen=True)
class Waiting:
    """A submission that waits, what it changes against the version in force, and whether it is still what is written."""

    submission: Submission
    changes: tuple[Change, ...]
    still_written: bool


def submit(root: Path, definitions: Definitions, name: str, *, by: str, note: str, at: datetime) -> Submission:
    """Put a journey, or 'policy', forward as it is written.

    Raises:
        InputError: no such journey, nobody of that name, or exactly this is approved already.
    """
    author = known_person(definitions.project, by)
    with Mailroom(path_of(root, definitions.project, "mailroom")) as mailroom:
        policy = govern(definitions, mailroom.approvals).policy
        wanted = _written(root, definitions, policy, name, author, note, at)
        return mailroom.approvals.submit(wanted)


def approve(root: Path, definitions: Definitions, name: str, *, by: str, at: datetime, override: str = "") -> Submission:
    """Approve what was submitted, if it is exactly what is written; how it stands afterwards.

    Raises:
        InputError: by the author, twice by one person, without the role, not what is written now, an audience that has outgrown its
            tier, or treatment beyond the limits of fairness without `override`.
    """
    approver = known_person(definitions.project, by)
    with Mailroom(path_of(root, definitions.project, "mailroom")) as mailroom:
        policy, people = govern(definitions, mailroom.approvals).policy, people_in_force(definitions.project, mailroom.approvals)
        governed_person(people, approver)
        written = _written(root, definitions, policy, name, approver, "", at)
        submitted = next(
            (one for one in reversed(mailroom.approvals.all()) if (one.kind, one.name) == (written.kind, written.name)), None
        )
        if submitted is None:
            raise refused(written, "nobody submitted it", f"tonglu submit {name} --by NAME")
        if not submitted.same(written):
            hint = f"Submit it as it is now: tonglu submit {name} --by NAME."
            raise refused(
                written, f"what is written is not what was submitted ({written.hash}, submitted {submitted.hash})", hint
            )
        if written.needed > submitted.needed or (written.needed == submitted.needed and written.roles != submitted.roles):
            grown = f"it reaches {_people(written.audience)} now, and {_people(submitted.audience)} when it was submitted"
            raise refused(written, f"{grown}: it takes {written.needed} approvals", f"tonglu submit {name} --by NAME")
        need_role(definitions.project.people, approver, submitted.roles)
        need_role(people, approver, submitted.roles)
        breaches = beyond_limits(root, definitions, policy, written, mailroom) if written.kind == JOURNEY else []
        if breaches and not override.strip():
            hint = "Look with `tonglu fairness`; to approve all the same: --override --reason '...'."
            raise InputError([Finding("TL856", text, Place(f"journey {name}"), hint) for text in breaches])
        return mailroom.approvals.approve(submitted, approver, at, override.strip() if breaches else "")


def waiting(root: Path, definitions: Definitions) -> list[Waiting]:
    """What waits for approval, with what it changes."""
    path = path_of(root, definitions.project, "mailroom")
    if not path.exists():
        return []
    with Mailroom(path) as mailroom:
        policy = govern(definitions, mailroom.approvals).policy
        found = []
        for one in mailroom.approvals.waiting():
            before = next((other for other in mailroom.approvals.approved(one.kind) if other.name == one.name), None)
            try:
                still = one.same(_written(root, definitions, policy, POLICY if one.kind == POLICY else one.name, "x", "", one.at))
            except InputError:
                still = False
            found.append(
                Waiting(one, tuple(changes_of(one.kind, one.name, before.content if before else None, one.content)), still)
            )
        return found


def unapproved(root: Path, definitions: Definitions) -> list[str]:
    """In words, what is written and not in force because nobody approved it."""
    path = path_of(root, definitions.project, "mailroom")
    if not path.exists() and not definitions.policy.approval.required:
        return []
    with Mailroom(path) as mailroom:
        chosen = govern(definitions, mailroom.approvals).chosen.values()
        people = people_in_force(definitions.project, mailroom.approvals)
    told = {
        "earlier": "is not approved as it is written; the version approved last stays in force",
        "unapproved": "has no approved version",
    }
    after = {JOURNEY: ": nobody enters and nothing is proposed", POLICY: ": nobody enters any journey and nothing is proposed"}
    new_people = bool(chosen) and _plain(people) != _plain(definitions.project.people)
    return [PEOPLE] * new_people + [
        f"{one.kind} {one.name} {told[one.state]}{after[one.kind] if one.state == 'unapproved' else ''}"
        for one in chosen
        if one.state in told
    ]


def _plain(people: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {name: sorted(roles) for name, roles in people.items()}


def _written(root: Path, definitions: Definitions, policy: Policy, name: str, author: str, note: str, at: datetime) -> Submission:
    """What is written now under a name, with the audience and what its approval takes."""
    if name == POLICY:
        own = definitions.policy
        content, audience = own.model_dump_json(), _everybody(root, definitions)
        need = policy.approval.need(audience, None)
        read, people = policy_reads(definitions, content), definitions.project.people
        return _made(POLICY, own.policy, policy_hash(own), content, read, author, note, audience, need, at, people)
    journey = next((one for one in definitions.journeys if one.name == name), None)
    if journey is None:
        hint = did_you_mean(name, {*(one.name for one in definitions.journeys), POLICY})
        raise InputError([Finding("TL900", f"there is no journey '{name}'", Place("JOURNEY"), hint)])
    pinned = pin(journey, definitions.message_texts(journey))
    audience = _audience(root, definitions, journey.header.enter.segment)
    need = policy.approval.need(audience, journey.header.purpose)
    return _made(JOURNEY, name, pinned.hash, pinned.text, reads(definitions, pinned.text), author, note, audience, need, at)


def _made(
    kind: str, name: str, digest: str, content: str, read: Mapping[str, str], author: str, note: str, audience: int | None, need: Need,
    at: datetime, people: Mapping[str, Sequence[str]] | None = None,
) -> Submission:  # fmt: skip
    return Submission(
        kind, name, digest, content, read, author, note.strip(), audience, need.approvals, need.roles, at, people=people or {}
    )


def people_in_force(project: Project, approvals: Approvals) -> Mapping[str, Sequence[str]]:
    """Who may approve: the people that were approved last, with the policy; those that are written until some were."""
    return approvals.people() or project.people


def _audience(root: Path, definitions: Definitions, segment: str | None) -> int | None:
    """Whom a journey may reach, in the published file: the members of the segment that it is entered by, otherwise everybody."""
    if segment is None:
        return _everybody(root, definitions)
    try:
        with published(root, definitions.project) as file:
            rows = file.ask("audience", segment=segment)
    except InputError:
        return None
    return rows[0]["members"] if rows else _everybody(root, definitions)


def _everybody(root: Path, definitions: Definitions) -> int | None:
    try:
        with published(root, definitions.project) as file:
            return next((row["customers"] for row in file.ask("everybody")), None)
    except InputError:
        return None


def _people(audience: int | None) -> str:
    return "an audience that cannot be counted" if audience is None else f"{audience:,} customers"
