"""Four eyes: what authors put forward by its hash, and who approved exactly that hash. Every act is in the audit log."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tonglu.core.delivery import instant_of, instant_text
from tonglu.core.errors import Finding, InputError, Place
from tonglu.mailroom.audit import Audit
from tonglu.mailroom.connection import Database, Row
from tonglu.mailroom.witness import canonical, last_row

_SUBMIT = """
INSERT INTO submission (kind, name, hash, content, reads, author, note, audience, needed, roles, at, people)
VALUES (:kind, :name, :hash, :content, :reads, :author, :note, :audience, :needed, :roles, :at, :people)
"""
_SUBMISSIONS = """
SELECT seq, kind, name, hash, content, reads, author, note, audience, needed, roles, at, people FROM submission ORDER BY seq
"""
_APPROVE = "INSERT INTO approval (submission, by, at, override) VALUES (:submission, :by, :at, :override)"
_APPROVALS = "SELECT submission, by, at, seq FROM approval ORDER BY seq"
_SEEN = "INSERT OR REPLACE INTO fairness_seen (name, hash, source, counts) VALUES (:name, :hash, :source, :counts)"
_WAS_SEEN = "SELECT source, counts FROM fairness_seen WHERE name = :name AND hash = :hash"
JOURNEY, POLICY = "journey", "policy"


@dataclass(frozen=True)
class Submission:
    """What an author put forward.

    Attributes:
        kind: journey or policy.
        name: the journey's name, or the policy's.
        hash: of exactly what is put forward: a journey with its messages, or the policy.
        content: the text from which it can be run again.
        reads: the hashes of the segments that it reads, by name; approved with it.
        author: who puts it forward.
        note: why.
        audience: whom it may reach, as counted when it was put forward; None when nothing was published to count in.
        needed: how many must approve.
        roles: every one of them has one of these roles; empty for any.
        at: when.
        seq: rises with every submission, 0 before it is kept.
        approved_by: who approved it so far.
        approved_seq: the number of the last approval.
        people: with a policy the people of the project and their roles; approved with it.
    """

    kind: str
    name: str
    hash: str
    content: str
    reads: Mapping[str, str]
    author: str
    note: str
    audience: int | None
    needed: int
    roles: tuple[str, ...]
    at: datetime
    seq: int = 0
    approved_by: tuple[str, ...] = ()
    approved_seq: int = 0
    people: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def approved(self) -> bool:
        """Whether enough people approved it."""
        return len(self.approved_by) >= self.needed

    def same(self, other: "Submission") -> bool:
        """Whether the two are exactly the same text over the same segments, with the same people."""
        return self._put_forward() == other._put_forward()

    def _put_forward(self) -> tuple[object, ...]:
        return (self.kind, self.name, self.hash, dict(self.reads), {name: tuple(roles) for name, roles in self.people.items()})


class Approvals:
    """Submissions and approvals; appended, never changed. One that is not as its act in the audit log says counts as not there."""

    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    def all(self) -> list[Submission]:
        """Every submission with who approved it, oldest first."""
        given: dict[int, list[Row]] = {}
        approved, submitted = self._audit.holding("approval", "approve"), self._audit.holding("submission", "submit")
        for row in self._database.rows(_APPROVALS):
            if row[3] in approved:
                given.setdefault(row[0], []).append(row)
        return [_submission(row, given.get(row[0], [])) for row in self._database.rows(_SUBMISSIONS) if row[0] in submitted]

    def people(self) -> Mapping[str, Sequence[str]] | None:
        """Who may approve, with their roles: the people that came with the policy approved last; None while none was approved."""
        return next((one.people for one in self.approved(POLICY)), None)

    def approved(self, kind: str) -> list[Submission]:
        """What enough people approved, the latest approval first."""
        found = [one for one in self.all() if one.kind == kind and one.approved]
        return sorted(found, key=lambda one: -one.approved_seq)

    def waiting(self) -> list[Submission]:
        """The newest submission of each name, while it is not approved."""
        newest = {(one.kind, one.name): one for one in self.all()}
        return [one for one in newest.values() if not one.approved]

    def submit(self, wanted: Submission) -> Submission:
        """Keep a submission; it takes the place of an earlier one of that name that waits.

        Raises:
            InputError: exactly this is approved already.
        """
        with self._database.transaction():
            if any(one.same(wanted) and one.approved for one in self.all()):
                raise refused(wanted, "exactly this is approved already")
            self._database.change(
                _SUBMIT,
                {
                    "kind": wanted.kind,
                    "name": wanted.name,
                    "hash": wanted.hash,
                    "content": wanted.content,
                    "reads": canonical(wanted.reads),
                    "author": wanted.author,
                    "note": wanted.note,
                    "audience": wanted.audience,
                    "needed": wanted.needed,
                    "roles": canonical(wanted.roles),
                    "at": instant_text(wanted.at),
                    "people": canonical(wanted.people),
                },
            )
            row = ("submission", last_row(self._database, "submission"))
            detail: dict[str, object] = {
                "hash": wanted.hash,
                "reads": wanted.reads,
                "audience": wanted.audience,
                "needed": wanted.needed,
            }
            detail |= {"roles": wanted.roles}
            subject = f"{wanted.kind} {wanted.name}"
            self._audit.append("submit", subject, by=wanted.author, at=wanted.at, detail=detail, words=wanted.note, rows=[row])
            return self.all()[-1]

    def approve(self, submitted: Submission, by: str, at: datetime, override: str = "") -> Submission:
        """Approve a submission; how it stands afterwards. `override` says why limits of fairness are set aside.

        Raises:
            InputError: somebody who put exactly this forward cannot approve it, nobody counts twice, and only the newest can be approved.
        """
        with self._database.transaction():
            every = self.all()
            newest = [one for one in every if (one.kind, one.name) == (submitted.kind, submitted.name)][-1]
            if newest.seq != submitted.seq:
                raise refused(submitted, "something else was submitted since", "See `tonglu approvals`.")
            if by in {one.author for one in every if one.same(newest)}:
                raise refused(newest, f"{by} is its author: somebody else has to approve it")
            if by in newest.approved_by:
                raise refused(newest, f"{by} has approved it already: another person has to")
            if newest.approved:
                raise refused(newest, "it is approved already")
            self._database.change(_APPROVE, {"submission": newest.seq, "by": by, "at": instant_text(at), "override": override})
            detail = {"hash": newest.hash, "reads": newest.reads, "author": newest.author, "overridden": bool(override)}
            row = ("approval", last_row(self._database, "approval"))
            subject = f"{newest.kind} {newest.name}"
            self._audit.append("approve", subject, by=by, at=at, detail=detail, words=override, rows=[row])
            return next(one for one in self.all() if one.seq == newest.seq)

    def note_fairness(self, name: str, digest: str, source: str, counts: Sequence[Sequence[object]]) -> None:
        """Keep what a dry run or backtest of a definition came to, for the limits of fairness."""
        with self._database.transaction():
            self._database.change(_SEEN, {"name": name, "hash": digest, "source": source, "counts": canonical(list(counts))})

    def fairness(self, name: str, digest: str) -> tuple[str, list[list[object]]] | None:
        """What the last dry run or backtest of exactly this definition came to."""
        rows = self._database.rows(_WAS_SEEN, {"name": name, "hash": digest})
        return (rows[0][0], json.loads(rows[0][1])) if rows else None


def refused(one: Submission, why: str, hint: str = "") -> InputError:
    """The error of an approval that is not given."""
    return InputError([Finding("TL850", f"{one.kind} '{one.name}' cannot be approved so: {why}", Place("approval"), hint)])


def _submission(row: Row, given: Sequence[Row]) -> Submission:
    seq, kind, name, digest, content, reads, author, note, audience, needed, roles, at, people = row
    return Submission(
        kind, name, digest, content, json.loads(reads), author, note, audience, needed, tuple(json.loads(roles)), instant_of(at), seq,
        tuple(one[1] for one in given), max((one[3] for one in given), default=0), json.loads(people),
    )  # fmt: skip
