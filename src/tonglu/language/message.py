"""Message files, `journeys/messages/<name>.yaml`: the texts of a message by arm and channel, and what can be wrong in them."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tonglu.core.delivery import Text
from tonglu.core.errors import Finding, Fix, InputError, Place, Severity, did_you_mean
from tonglu.language.repairs import name_fix
from tonglu.language.template import flaws_of, least_length, render, variable_lines, variables_of
from tonglu.language.values import refuse
from tonglu.language.yamlfile import YamlFile

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Loc = tuple[str | int, ...]
PlaceOf = Callable[[Loc], Place]
NO_ARM = ""


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MessageTitle(_Written):
    """What people call the message, in both languages."""

    zh: str
    en: str


class ChannelText(_Written):
    """The templates of one channel; `title` only where the channel shows one."""

    title: str | None = None
    body: Annotated[str, Field(min_length=1)]


ProductKind = Literal["deposit", "wealth", "fund", "insurance", "credit", "service"]
RiskLevel = Literal["R1", "R2", "R3", "R4", "R5"]
INVESTED: tuple[ProductKind, ...] = ("wealth", "fund", "insurance")
STRICT: tuple[ProductKind, ...] = (*INVESTED, "credit")
"""The kinds that nobody is offered of whom too little is known."""


class Product(_Written):
    """The product that a message is about. What is invested has a risk, what is borrowed the ages to which it may be offered.

    `risk` is the bank's own rating, `issuer_risk` that of its issuer: the higher of both counts. An `agency` product is issued by
    somebody else; it may be offered once head office has `listed` it.
    """

    kind: ProductKind
    risk: RiskLevel | None = None
    issuer_risk: RiskLevel | None = None
    ages: tuple[Annotated[int, Field(ge=0, le=120)], Annotated[int, Field(ge=0, le=120)]] | None = None
    agency: bool = False
    listed: bool = False

    @model_validator(mode="after")
    def _suitable_for_somebody(self) -> Self:
        if self.kind in INVESTED and self.risk is None:
            raise refuse(f"a product of kind '{self.kind}' needs its risk", "Add risk: R1 to R5.", "TL617")
        if self.kind == "credit" and self.ages is None:
            raise refuse("a product of kind 'credit' needs the ages that it may be offered to", "Add ages: [18, 65].", "TL617")
        if self.ages is not None and self.ages[0] > self.ages[1]:
            raise refuse("the first age is above the second", "", "TL617")
        if self.agency and not self.listed:
            hint = "Write listed: true once head office has admitted it."
            raise refuse("an agency product is not offered before head office has listed it", hint, "TL621")
        return self

    @property
    def level(self) -> int:
        """Its risk from 1 to 5, by the stricter of both ratings; 0 without one."""
        return max((risk_number(one) for one in (self.risk, self.issuer_risk) if one is not None), default=0)


def risk_number(risk: RiskLevel) -> int:
    """R3 -> 3."""
    return int(risk[1:])


class MessageFile(_Written):
    """One message: either `arms`, each with its texts by channel, or `text` alone."""

    message: Name
    title: MessageTitle
    product: Product | None = None
    arms: Annotated[dict[Name, dict[Name, ChannelText]], Field(min_length=1)] | None = None
    text: Annotated[dict[Name, ChannelText], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _arms_or_text(self) -> Self:
        if (self.arms is None) == (self.text is None):
            raise refuse("a message has either 'arms' or 'text'", "Write one of them.", "TL610")
        return self

    def by_arm(self) -> dict[str, dict[str, ChannelText]]:
        """Texts by arm and channel; a message without arms has the one arm ''."""
        return self.arms if self.arms is not None else {NO_ARM: self.text or {}}

    def channels(self) -> frozenset[str]:
        """The channels in which every arm can be said."""
        return frozenset.intersection(*(frozenset(texts) for texts in self.by_arm().values()))

    def variables(self) -> frozenset[str]:
        """Every variable that a text of the message names.

        Raises:
            InputError: a template is not allowed.
        """
        texts = [text for by_channel in self.by_arm().values() for text in by_channel.values()]
        return frozenset().union(*(variables_of(part) for text in texts for part in (text.title, text.body) if part))


@dataclass(frozen=True)
class ChannelLimit:
    """What a channel takes: the most characters of title and body; None is no limit, a title of 0 is no title at all."""

    title: int | None = None
    body: int | None = None


def text_parts(message: MessageFile) -> Iterator[tuple[Loc, str]]:
    """Every title and body of a message, with where it stands in the file."""
    for arm, texts in message.by_arm().items():
        at: Loc = ("text",) if arm == NO_ARM else ("arms", arm)
        for channel, text in texts.items():
            yield from (((*at, channel, part), said) for part, said in (("title", text.title), ("body", text.body)) if said)


def message_findings(
    message: MessageFile,
    known_variables: Collection[str],
    channel_limits: Mapping[str, ChannelLimit],
    place_of: PlaceOf,
    file: YamlFile | None = None,
) -> list[Finding]:
    """Everything that is wrong in a message.

    Args:
        message: the message as read.
        known_variables: the customer's attributes that texts may name.
        channel_limits: every channel that exists, with what it takes; empty when they are not known.
        place_of: where a part of the file stands, such as ('arms', 'warm', 'sms', 'body').
        file: where repairs are to be made; None makes none.
    """
    findings: list[Finding] = []
    everywhere = frozenset().union(*message.by_arm().values())
    for arm, texts in message.by_arm().items():
        at: Loc = ("text",) if arm == NO_ARM else ("arms", arm)
        for missing in sorted(everywhere - set(texts)):
            said = f"arm '{arm}' has no text for '{missing}', other arms have"
            findings.append(Finding("TL611", said, place_of(at), severity=Severity.WARNING))
        for channel, text in texts.items():
            if channel_limits and channel not in channel_limits:
                hint = did_you_mean(channel, channel_limits)
                spare = set(channel_limits) - set(texts)
                fix = None if file is None else name_fix(file, (*at, channel), channel, spare, key=True)
                findings.append(Finding("TL612", f"there is no channel '{channel}'", place_of((*at, channel)), hint, fix=fix))
            limit = channel_limits.get(channel, ChannelLimit())
            parts = (("title", text.title, limit.title), ("body", text.body, limit.body))
            for part, template, longest in parts:
                if template is not None:
                    loc: Loc = (*at, channel, part)
                    repair = None if file is None else partial(name_fix, file, loc, known=known_variables)
                    findings += _text_findings(template, longest, known_variables, place_of(loc), repair)
    return findings


def _text_findings(
    template: str, longest: int | None, known: Collection[str], place: Place, repair: Callable[[str], Fix | None] | None
) -> Iterator[Finding]:
    if flaws := flaws_of(template):
        for flaw in flaws:
            yield Finding(flaw.code, flaw.message, _line(place, flaw.line), flaw.hint)
        return
    told: set[str] = set()
    for name, line in variable_lines(template):
        if name not in known and name not in told:
            told.add(name)
            hint, fix = did_you_mean(name, known), None if repair is None else repair(name)
            yield Finding("TL613", f"there is no variable '{name}'", _line(place, line), hint, fix=fix)
    if longest == 0:
        yield Finding("TL614", "this channel shows no title", place)
    elif longest is not None and (least := least_length(template)) > longest:
        yield Finding("TL615", f"the text has at least {least} characters, the channel takes {longest}", place)


def _line(place: Place, line: int) -> Place:
    return place if line <= 1 or place.line == 0 else Place(place.path, place.line + line - 1, 1)


class MessageLibrary:
    """Renders messages by name (implements `tonglu.core.delivery.Texts`)."""

    def __init__(
        self, messages: Mapping[str, MessageFile], versions: Mapping[str, Mapping[str, MessageFile]] | None = None
    ) -> None:
        """`messages` are the current files by name; `versions` the pinned ones, by version and name."""
        self._messages = messages
        self._versions = versions or {}

    def text(self, message: str, version: str, arm: str, channel: str, variables: Mapping[str, object]) -> Text:
        """The text for these variables; version '' is the current one, arm '' that of a message without arms.

        Raises:
            InputError: no such message, version, arm or channel, or a variable is missing.
        """
        files = self._versions.get(version, {}) if version else self._messages
        found = files.get(message)
        text = None if found is None else found.by_arm().get(arm, {}).get(channel)
        if text is None:
            words = f"message '{message}'{f' version {version}' if version else ''} has no text for arm '{arm}' in '{channel}'"
            raise InputError([Finding("TL616", words, Place(f"journeys/messages/{message}.yaml"))])
        return Text(render(text.title, variables) if text.title else "", render(text.body, variables))
