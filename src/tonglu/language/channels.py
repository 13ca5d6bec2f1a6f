"""The channels of the bank, `journeys/channels.yaml`: by name, of which kind, and what they take.

Kinds live in a higher layer, so the reader receives them; each says which options it takes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, field_validator

from tonglu.core.errors import Finding, did_you_mean
from tonglu.language.loader import load_model
from tonglu.language.repairs import name_fix
from tonglu.language.values import Authored, Money, Name, Title, refuse
from tonglu.language.yamlfile import YamlFile, read_yaml

UNKNOWN_KEY, UNKNOWN_OPTION = "TL120", "TL812"

Characters = Annotated[int, Field(ge=0, le=100_000)]


class MaxLength(Authored):
    """The most characters that a channel takes; None is no limit, a title of 0 is no title."""

    title: Characters | None = None
    body: Characters | None = None


class ChannelEntry(Authored):
    """One channel. `cost` is what one touch costs. What is written beside these are options of its kind."""

    model_config = ConfigDict(extra="allow", frozen=True)

    kind: Name
    title: Title
    max_length: MaxLength = MaxLength()
    cost: Annotated[Money, PlainSerializer(lambda fen: f"{fen / 100:.2f}", return_type=str, when_used="json")] = 0

    @field_validator("cost")
    @classmethod
    def _not_negative(cls, fen: int) -> int:
        if fen < 0:
            raise refuse("a touch costs less than nothing", "Write 0 or more.", "TL125")
        return fen

    @property
    def options(self) -> Mapping[str, Any]:
        """The options of the channel's kind, such as `url_from` (the name of an environment variable)."""
        return dict(self.model_extra or {})


class ChannelsFile(Authored):
    """All channels by name."""

    channels: dict[Name, ChannelEntry]


class ChannelKindLike(Protocol):
    """What a kind of channel has to tell the reader."""

    @property
    def options(self) -> type[BaseModel]:
        """The model of its options."""


def read_channels(
    path: Path, shown_as: str, findings: list[Finding], kinds: Mapping[str, ChannelKindLike] | None = None
) -> tuple[Mapping[str, ChannelEntry], YamlFile]:
    """Read the channels; none of them, with findings, when the file cannot be used.

    Args:
        path: the file on disk.
        shown_as: its path as people know it.
        findings: where everything found is added.
        kinds: the kinds by name; None leaves kinds and options unchecked.
    """
    file = read_yaml(path, shown_as)
    written = load_model(file, ChannelsFile, findings)
    if written is None:
        return {}, file
    if not written.channels:
        findings.append(file.finding("TL804", "there are no channels", ("channels",), "Add at least one."))
    for name, channel in written.channels.items():
        if kinds is not None and channel.kind not in kinds:
            hint = did_you_mean(channel.kind, kinds) or f"Known are {', '.join(sorted(kinds))}."
            at = ("channels", name, "kind")
            fix = name_fix(file, at, channel.kind, kinds)
            findings.append(file.finding("TL805", f"there is no kind of channel '{channel.kind}'", at, hint, fix=fix))
        elif kinds is not None:
            findings += _options(file, name, channel.kind, kinds[channel.kind].options)
    return written.channels, file


def _options(file: YamlFile, name: str, kind: str, options: type[BaseModel]) -> Iterator[Finding]:
    """What is wrong with a channel's options; one that its kind does not take has a code of its own."""
    found: list[Finding] = []
    load_model(file, options, found, ("channels", name), without=ChannelEntry.model_fields)
    for one in found:
        yield (
            replace(one, code=UNKNOWN_OPTION, message=f"{one.message} of a channel of kind '{kind}'")
            if one.code == UNKNOWN_KEY
            else one
        )
