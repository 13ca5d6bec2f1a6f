"""The worklists of branches and employees: list, take, settle, hand on, export. All of it goes to the mailroom, at once.

Names and addresses are masked; who wants to see them says why, and that is noted. `Desk` is what a page or a service would use too.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tonglu.app.inspect import path_of, project_of
from tonglu.channels.registry import kinds
from tonglu.core.clock import day_of, next_opening, show_instant
from tonglu.core.delivery import masked
from tonglu.core.errors import Finding, refuse_errors, wrong
from tonglu.core.work import Terms, WorkItem
from tonglu.core.workdays import CalendarKind, work_calendar
from tonglu.language.channels import read_channels
from tonglu.language.hours import Days, next_opening_of
from tonglu.language.policy import Policy, read_policy
from tonglu.mailroom.mailroom import Mailroom
from tonglu.mailroom.work_answers import Answer, Asked, Noted, Report, Took

SHEET = (
    "key", "version", "channel", "journey", "branch_id", "employee_id", "customer", "address", "title", "script", "due", "expires",
    "attempts", "outcome", "at", "call_back_at", "note",
)  # fmt: skip
"""The columns of an exported list; the last four are for the employee to fill in."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Desk:
    """A project's lists, open: the mailroom, the terms of every channel of people, the policy's hours, the bank's zone and worked days."""

    mailroom: Mailroom
    terms: Mapping[str, Terms]
    policy: Policy
    zone: ZoneInfo
    calendar: CalendarKind = "chinese"

    def closed(self, now: datetime) -> frozenset[str]:
        """The channels of people that are outside of their hours: those of the policy for everybody, and the people's own."""
        days = Days(work_calendar(self.calendar), day_of(now, self.zone))
        hours = {name: one for name, one in self.policy.open_hours.items() if name in self.terms}
        shut = {name for name, one in hours.items() if next_opening_of(one, now, self.zone, days) > now}
        spans = [(name, terms.hours) for name, terms in self.terms.items() if terms.hours is not None]
        return frozenset(shut | {name for name, (start, end) in spans if next_opening(now, start, end, self.zone) > now})

    def listed(self, asked: Asked, now: datetime, *, by: str, reveal: str | None = None) -> list[WorkItem]:
        """Open items, masked unless there is a reason to reveal them; a reveal is noted with its reason.

        Raises:
            InputError: the reason is empty.
        """
        items = self.mailroom.worklist.items(asked, now)
        if reveal is None:
            return [hidden(item) for item in items]
        self._note_reveal([item.key for item in items], now, by, reveal)
        return items

    def take(self, key: str, now: datetime, *, by: str, reveal: str | None = None) -> Took:
        """Take an item for half an hour; its text is shown, name and address only for a reason.

        Raises:
            InputError: no such key, or the reason is empty.
        """
        took = self.mailroom.worklist.take(self.key_of(key), now, by=by, closed=self.closed(now))
        if took.item is None or reveal is None:
            return replace(took, item=hidden(took.item) if took.item else None)
        self._note_reveal([took.item.key], now, by, reveal)
        return took

    def report(self, report: Report) -> Answer:
        """Record an outcome.

        Raises:
            InputError: no such key, or its channel is no longer one of people.
        """
        key = self.key_of(report.key)
        item = self.mailroom.worklist.item(key, report.at)
        terms = self.terms.get(item.channel) if item else None
        if item is None or terms is None:
            raise wrong(f"no channel of people has an item {report.key}", "KEY", "List them with tonglu worklist list.")
        return self.mailroom.worklist.report(replace(report, key=key), terms, self.zone)

    def item(self, key: str, now: datetime) -> WorkItem:
        """One item as it stands now, whatever became of it, masked.

        Raises:
            InputError: no such key.
        """
        found = self.mailroom.worklist.item(self.key_of(key), now)
        if found is None:
            raise wrong(f"the item {key} has not come to a list yet", "KEY", "Deliver first: tonglu deliver.")
        return hidden(found)

    def hand_on(self, key: str, now: datetime, *, by: str, employee_id: int | None, branch_id: int | None = None) -> Answer:
        """Give an item to a colleague, or back to the branch.

        Raises:
            InputError: no such key.
        """
        return self.mailroom.worklist.hand_on(self.key_of(key), now, by=by, employee_id=employee_id, branch_id=branch_id)

    def export(self, asked: Asked, now: datetime, target: Path, *, by: str, reveal: str | None = None) -> int:
        """Write a list as CSV that Excel opens (UTF-8 with a byte order mark), for `import_outcomes` to read back; how many items.

        Raises:
            InputError: the reason to reveal is empty.
        """
        items = self.listed(asked, now, by=by, reveal=reveal)
        text = io.StringIO(newline="")
        lines = csv.writer(text)
        lines.writerow(SHEET)
        lines.writerows([_plain(cell) for cell in self._line(item)] for item in items)
        target.write_text(text.getvalue(), encoding="utf-8-sig", newline="")
        target.chmod(0o600)
        self.mailroom.worklist.note(Noted("", "export", by, now, f"{len(items)} items to {target.name}"))
        return len(items)

    def key_of(self, written: str) -> str:
        """The key that somebody wrote, or the beginning of.

        Raises:
            InputError: no item, or more than one, has such a key.
        """
        found = self.mailroom.worklist.keys_like(written)
        if len(found) == 1:
            return found[0]
        message = f"two items have keys that begin with '{written}'" if found else f"no item has the key '{written}'"
        raise wrong(message, "KEY", "Write at least four characters of a key that tonglu worklist list shows.")

    def _note_reveal(self, keys: Sequence[str], now: datetime, by: str, reason: str) -> None:
        if not reason.strip():
            raise wrong(
                "a reason is needed to see names and addresses", "--reveal", "Write a few words; they are kept for audit."
            )
        for key in keys:
            self.mailroom.worklist.note(Noted(key, "reveal", by, now, reason.strip()))
            item = self.mailroom.worklist.item(key, now)
            if item is not None:
                self.mailroom.audit.append(
                    "reveal", "on a worklist", by=by, at=now, words=reason.strip(), customer_id=item.customer_id
                )

    def _line(self, item: WorkItem) -> tuple[object, ...]:
        due, expires = show_instant(item.due_at, self.zone), show_instant(item.expires_at, self.zone)
        place = (item.branch_id or "", item.employee_id or "", item.name, item.address, item.title, item.body)
        return (item.key, item.version, item.channel, item.journey, *place, due, expires, item.attempts, "", "", "", "")


@contextmanager
def desk(root: Path) -> Iterator[Desk]:
    """Open a project's worklists.

    Raises:
        InputError: project, channels or policy cannot be read.
    """
    project = project_of(root)
    findings: list[Finding] = []
    channels, _ = read_channels(path_of(root, project, "channels"), project.paths.channels, findings, kinds())
    policy, _ = read_policy(path_of(root, project, "policy"), project.paths.policy, findings)
    refuse_errors(findings)
    worked = {name: kinds()[entry.kind].work(entry.options) for name, entry in channels.items()}
    with Mailroom(path_of(root, project, "mailroom")) as mailroom:
        terms = {name: one for name, one in worked.items() if one is not None}
        yield Desk(mailroom, terms, policy or Policy(), project.zone_info, project.calendar)


def hidden(item: WorkItem) -> WorkItem:
    """An item without its name and address, but for what tells two apart; the text loses the name too."""
    bare = item.body.replace(item.name, masked(item.name)) if item.name else item.body
    return replace(item, name=masked(item.name), address=masked(item.address), body=bare)


def _plain(cell: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
