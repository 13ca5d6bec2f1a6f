"""What the list answers, in words: what became of an item or is in its way, who or what that is, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tonglu.app.worklist import Desk
from tonglu.core.clock import show_instant
from tonglu.core.work import DISPOSITIONS, WorkItem, WorkState
from tonglu.mailroom.switches import Action
from tonglu.mailroom.work_answers import Answer

OFF: Mapping[str, str] = {
    "opted out": "the customer opted out of {channel} meanwhile",
    "consent withdrawn": "the customer withdrew the consent for {channel}",
    "a complaint holds it": "the customer complained, and that holds marketing",
    "the entry ended": "the customer's trip through {journey} has ended",
    "forgotten": "the customer was forgotten",
    "killed": "a kill reached it",
}
"""Why an item was taken back, by the reason that is kept with it; another reason stands for itself."""


@dataclass(frozen=True)
class Said:
    """One sentence about an item, and what to do now."""

    message: str
    hint: str = ""


def words_of(desk: Desk, answer: Answer, item: WorkItem, at: datetime, outcome: str = "") -> Said:
    """What an answer means for the item as it stands now; `outcome` is what somebody reported of it, or nothing."""
    who, zone = f"customer {item.customer_id} ({item.channel})", desk.zone
    found = {
        Answer.HELD: lambda: _held(desk, item),
        Answer.LATE: lambda: Said(f"{who} is off the list: {_end(item, at, desk)}", _late(item, outcome)),
        Answer.CANCELLED: lambda: Said(f"{who} is taken off the list: {_taken_back(item)}", "Do not contact them about this."),
        Answer.CLOSED: lambda: Said(
            f"{who} cannot be reached now: {item.channel} is outside its hours", "Take it when it opens."
        ),
        Answer.TOO_SOON: lambda: Said(
            f"{who} may not be tried again before {show_instant(item.due_at, zone)}", "Take another one until then."
        ),
        Answer.SOMEBODY_ELSE: lambda: Said(
            f"{who} is with {item.taken_by or 'somebody else'}"
            + (f" until {show_instant(item.taken_until, zone)}" if item.taken_until else ""),
            f"Let them settle it, or have them pass it on: tonglu worklist pass {item.key[:8]}.",
        ),
        Answer.CHANGED: lambda: Said(f"{who} has changed since you saw it", "Look at it again: tonglu worklist list."),
        Answer.UNKNOWN_OUTCOME: lambda: Said(
            f"{item.channel} does not take the outcome '{outcome}'",
            f"It takes {', '.join(desk.terms[item.channel].outcomes)}." if item.channel in desk.terms else "",
        ),
    }
    said = found[answer]() if answer in found else Said(answer.value)
    meant = DISPOSITIONS.get(outcome)
    if meant is not None and meant.opts_out and answer not in (Answer.LATE, Answer.CANCELLED):
        return Said(said.message, f"{said.hint} What the customer wants holds at once: {_opt_out(item)}.".strip())
    return said


def _held(desk: Desk, item: WorkItem) -> Said:
    reached = {"all": "", "channel": item.channel, "journey": item.journey, "product": item.product, "branch": item.branch}
    for switch in desk.mailroom.switches.in_force():
        if switch.action is Action.PAUSE and reached[switch.scope.value] == switch.name:
            what = f"{switch.scope.value} {switch.name}" if switch.name else "everything"
            lift = f"{switch.scope.value}:{switch.name}" if switch.name else "all"
            message = f"customer {item.customer_id} ({item.channel}) waits: {switch.by} paused {what}: {switch.reason}"
            return Said(message, f"It can be worked after tonglu resume {lift}.")
    return Said("a pause held it and was lifted just now", "Try again.")


def _end(item: WorkItem, at: datetime, desk: Desk) -> str:
    if item.state is WorkState.DONE:
        return f"it was settled as {item.outcome}"
    if item.state is WorkState.CANCELLED:
        return _taken_back(item)
    return f"it expired at {show_instant(item.expires_at, desk.zone)}"


def _taken_back(item: WorkItem) -> str:
    reason = OFF.get(item.taken_back, item.taken_back or "it was taken back")
    return reason.format(channel=item.channel, journey=item.journey)


def _late(item: WorkItem, outcome: str) -> str:
    meant = DISPOSITIONS.get(outcome)
    if meant is None:
        return "Nothing is left to do; take another one."
    if meant.opts_out:
        return f"What was reported counts all the same: the customer gets nothing more on {item.channel}."
    if meant.receipt == "refused":
        return "That the customer refused is told to the next run all the same."
    return "What was reported is noted and changes nothing."


def _opt_out(item: WorkItem) -> str:
    return f"tonglu opt-out {item.customer_id} --channel {item.channel}"
