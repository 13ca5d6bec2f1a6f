"""The worklist channel: a touch becomes an item on the list of an employee or a branch, and is pending until they settle it."""

from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from tonglu.channels.spec import ChannelContext, ChannelOptions, ChannelSpec
from tonglu.core.delivery import Assigned, Delivered, DeliveryState, OutboundMessage, Outcome, Refused
from tonglu.core.errors import did_you_mean
from tonglu.core.work import DISPOSITIONS, Lists, NewItem, Terms
from tonglu.language.values import Authored, Duration, Hours, Name, refuse

CALLED = tuple(name for name in DISPOSITIONS if name not in ("confirmed", "not_a_friend", "capped"))
CONFIRMED = ("confirmed", "not_a_friend", "capped", "refused", "do_not_call")


class Attempts(Authored):
    """How often people try one item. [D] bank-domain §5: two a day, three in all, four hours apart."""

    per_day: Annotated[int, Field(ge=1, le=10)] = 2
    total: Annotated[int, Field(ge=1, le=20)] = 3
    apart: Duration = timedelta(hours=4)

    @model_validator(mode="after")
    def _day_within_total(self) -> Self:
        if self.per_day > self.total:
            raise refuse(f"{self.per_day} a day are more than {self.total} in all", "Lower 'per_day', or raise 'total'.")
        return self


def _outcome(value: Any) -> Any:
    if isinstance(value, str) and value not in DISPOSITIONS:
        hint = did_you_mean(value, DISPOSITIONS) or f"Known are {', '.join(DISPOSITIONS)}."
        raise refuse(f"'{value}' is not an outcome that a worklist knows", hint, "TL860")
    return value


class WorklistOptions(ChannelOptions):
    """How items of this channel are worked.

    `confirm`: the employee confirms, and that sends (WeCom); otherwise the employee acts and says how it came out. `expires`: how long an
    item stays on its list. `attempts`: tries of one item by people; one if not written. `assign`: to one employee or to the branch.
    `role`: which employees of a branch. `outcomes`: what may be reported. `hours`: of the people, inside those of the policy.
    """

    confirm: bool = False
    expires: Duration = timedelta(days=2)
    attempts: Attempts | None = None
    assign: Literal["employee", "branch"] = "employee"
    role: Name | None = None
    outcomes: tuple[Annotated[str, BeforeValidator(_outcome)], ...] = ()
    hours: Hours | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not self.expires:
            raise refuse("an item that expires at once is never done", "Write at least '1 hour'.")
        if self.confirm and self.outcomes and "confirmed" not in self.outcomes:
            raise refuse("a channel that confirms needs the outcome 'confirmed'", "Add confirmed to 'outcomes'.", "TL860")
        if not self.confirm and "confirmed" in self.outcomes:
            raise refuse("'confirmed' is an outcome of a channel that confirms", "Write confirm: true, or answered.", "TL860")
        return self

    @property
    def terms(self) -> Terms:
        """The options as the worklist and the runs use them."""
        tries = self.attempts or Attempts(per_day=1, total=1, apart=timedelta())
        return Terms(
            confirm=self.confirm,
            lasts=self.expires,
            by_branch=self.assign == "branch",
            outcomes=self.outcomes or (CONFIRMED if self.confirm else CALLED),
            role=self.role,
            total=tries.total,
            per_day=tries.per_day,
            apart=tries.apart,
            hours=(self.hours.start, self.hours.end) if self.hours else None,
        )


class WorklistChannel:
    """Puts touches on lists. A key is put once, however often it is sent."""

    kind = "worklist"
    deduplicates = True

    def __init__(self, lists: Lists) -> None:
        self._lists = lists

    def send(self, message: OutboundMessage) -> Outcome:
        """Put the touch on its list; it is pending from then on."""
        if message.not_before is None or message.expires_at is None:
            return Refused("an item needs to know until when it stands")
        item = NewItem(
            key=message.touch_key,
            channel=message.channel,
            journey=message.journey,
            customer_id=message.customer_id,
            assigned=message.assigned or Assigned(None, None),
            address=message.address,
            message=message.message,
            arm=message.arm,
            title=message.title,
            body=message.body,
            not_before=message.not_before,
            expires_at=message.expires_at,
            heeds_hours=message.heeds_hours,
            heeds_opt_out=message.heeds_opt_out,
        )
        self._lists.put(item)
        return Delivered("on the list", DeliveryState.PENDING)


def _build(options: WorklistOptions, context: ChannelContext) -> WorklistChannel:
    if context.lists is None:
        raise ValueError("a worklist channel is opened with a mailroom's worklist")
    return WorklistChannel(context.lists)


SPEC = ChannelSpec("worklist", "A list that employees work", False, WorklistOptions, _build, lambda options: options.terms)
