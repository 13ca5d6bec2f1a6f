"""The policy's section `consent`: how long a complaint holds marketing, and which answers of customers are opt-outs."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from tonglu.language.values import Authored, Name, Span, as_list

STOP_WORDS = ("T", "TD", "R", "退订", "拒收")
Word = Annotated[str, Field(min_length=1, max_length=20)]


class ConsentRules(Authored):
    """What makes a customer unavailable for marketing beside a missing consent.

    Attributes:
        complaint_hold: an open complaint stops marketing until it is closed and so long after; None: complaints stop nothing.
        stop_words: what an answer says that is an opt-out of marketing on its channel; capitals, blanks and full stops do not matter.
        stop_channels: the channels on which such an answer counts.
        refusals: the channels on which `touch.refused` is an opt-out of marketing there.
    """

    complaint_hold: Span | None = None
    stop_words: Annotated[tuple[Word, ...], BeforeValidator(as_list)] = STOP_WORDS
    stop_channels: Annotated[tuple[Name, ...], BeforeValidator(as_list)] = ("sms",)
    refusals: Annotated[tuple[Name, ...], BeforeValidator(as_list)] = ("call",)
