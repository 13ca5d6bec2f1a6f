"""What the columns of the published views mean, for people who meet them in DuckDB: one meaning per name, a few per view."""

from collections.abc import Mapping
from types import MappingProxyType

COMMON: Mapping[str, str] = MappingProxyType(
    {
        "run_no": "number of the run, rising",
        "as_of": "instant of the run, UTC",
        "definitions": "hash of journeys, messages, segments and policy of that run",
        "entered": "customers who entered or joined in that run",
        "ended": "entries that ended in that run",
        "proposals": "touches that entries asked for in that run",
        "sent": "proposals that were sent",
        "deferred": "proposals that compete again in a later run",
        "dropped": "proposals that were given up",
        "conversions": "goal events found in that run, treated and control",
        "journey": "name of the journey",
        "version_no": "number of the pinned version, over all journeys",
        "hash": "hash of the version's journey and messages",
        "title_zh": "title in Chinese",
        "title_en": "title in English",
        "purpose": "marketing, service, care or regulatory",
        "first_run": "the run that first knew the version",
        "step_no": "place of the step in its journey, from 1",
        "step": "name of the step",
        "kind": "kind of the step",
        "label_zh": "what the map writes in the step's box",
        "next_step": "the step that follows",
        "otherwise_step": "the step after a time limit, a drop or an else",
        "branches": "labelled ways out, JSON list of {to, label}",
        "entry_id": "number of the entry, over all journeys",
        "customer_id": "the bank's number of the customer",
        "entry_no": "number of the customer's trips through this journey, from 1",
        "assignment": "treated, holdout or global_control, drawn by hash at entry",
        "assigned_at": "instant of the run that enrolled the entry, UTC",
        "state": "open or ended",
        "since": "the entry's own clock: when it came to rest there, UTC",
        "ended_at": "when the entry ended, UTC",
        "end_reason": "name of the end step or of the exit",
        "arrived": "entries that ever came to the step",
        "resting": "entries that rest there now",
        "left_step": "entries that went on from there",
        "visit": "how often this entry has come to the step",
        "outcome": "sent, deferred or dropped",
        "gate": "the gate that stopped it, empty where none did",
        "reason": "the one binding reason",
        "detail": "what the reason is about, such as the cap or the winner",
        "channel": "channel that was chosen",
        "arm": "arm of the experiment, empty without one",
        "score": "P x V in yuan, by which proposals compete",
        "not_before": "the touch may leave from then on, UTC",
        "touch_key": "key of the touch at its receiver, unique for ever",
        "message": "name of the message",
        "decided_at": "instant of the run that decided it, UTC",
        "delivery_state": "waiting, accepted, pending, delivered, failed, unknown, cancelled or expired",
        "delivered_at": "receipt of delivery, UTC",
        "opened_at": "first receipt of opening, UTC",
        "clicked_at": "first receipt of a click, UTC",
        "propensity": "probability with which the arm is drawn",
        "exposed_at": "when the arm was drawn, UTC",
        "goal": "name of the goal",
        "event_id": "id of the goal event",
        "occurred_at": "when it happened, UTC",
        "value": "the goal's value in fen",
        "assigned_treated": "entries assigned to be treated, matured or not",
        "assigned_control": "entries held out, matured or not",
        "n_treated": "treated entries whose window has passed",
        "n_control": "held-out entries whose window has passed",
        "conversions_treated": "of them, converted",
        "conversions_control": "of them, converted",
        "rate_treated": "share converted, 0 to 1",
        "rate_control": "share converted, 0 to 1",
        "lift": "rate_treated - rate_control",
        "lift_low": "lower end of the 95 % interval of the lift",
        "lift_high": "upper end of the 95 % interval of the lift",
        "value_lift": "difference of value per entry, yuan",
        "value_low": "lower end of its 95 % interval, yuan",
        "value_high": "upper end of its 95 % interval, yuan",
        "method": "how the interval was computed, or why the lift is withheld",
        "matured_only": "whether only entries whose window has passed are counted",
        "n": "matured treated entries that were shown the arm",
        "p_best": "probability that the arm is the best one",
        "segment": "name of the segment",
        "members": "customers in it in that run",
        "left_count": "customers who left it in that run",
        "happened_at": "when it happened, UTC",
        "what": "entered, moved, sent, deferred, dropped, a receipt, converted, ended",
        "source_table": "table of the contract",
        "expectation": "what the contract promises",
        "severity": "what a breach means: block, quarantine or warn",
        "success": "whether the promise was kept",
        "observed": "what was found",
        "rule": "what must hold after every run",
        "breaches": "how often it did not",
    }
)
SPECIAL: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("learned", "conversions"): "of these entries, converted on the first goal",
        ("segment_size", "entered"): "customers who joined in that run",
        ("customer_timeline", "detail"): "assignment, cause, gate and reason, channel or goal",
    }
)


def meaning_of(view: str, column: str) -> str:
    """The comment of a view's column.

    Raises:
        KeyError: nobody has written down what it means.
    """
    return SPECIAL.get((view, column)) or COMMON[column]
