"""What a kind of channel says of itself, and what the app hands to a channel when it opens one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from tonglu.core.delivery import Channel, Texts
from tonglu.core.errors import Finding, InputError, Place
from tonglu.core.work import Lists, Terms


class ChannelOptions(BaseModel):
    """Base of a kind's options in channels.yaml; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class ChannelContext:
    """What the app knows: the channel's name, where hand-over files go, the texts, secrets by their environment name, and the worklist."""

    name: str
    handover_root: Path
    texts: Texts
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    lists: Lists | None = None


O = TypeVar("O", bound=ChannelOptions)  # noqa: E741


@dataclass(frozen=True)
class ChannelSpec(Generic[O]):
    """A kind: its name and title, whether its unit is the batch, its options, how one is opened, and the terms of people's work."""

    kind: str
    title: str
    bulk: bool
    options: type[O]
    build: Callable[[O, ChannelContext], Channel]
    terms: Callable[[O], Terms] | None = None

    def open(self, options: Mapping[str, object], context: ChannelContext, place: Place) -> Channel:
        """A channel with these options.

        Raises:
            InputError: the kind does not take them; every finding at once.
        """
        try:
            taken = self.options.model_validate(dict(options))
        except ValidationError as error:
            raise InputError([_finding(context.name, details, place) for details in error.errors()]) from None
        return self.build(taken, context)

    def work(self, options: Mapping[str, object]) -> Terms | None:
        """How people work the channel's touches; None where none do. The options were checked when they were read."""
        return self.terms(self.options.model_validate(dict(options))) if self.terms else None


def _finding(name: str, details: Mapping[str, object], place: Place) -> Finding:
    loc = details["loc"]
    option = ".".join(map(str, loc)) if isinstance(loc, tuple) else ""
    return Finding("TL812", f"channel '{name}': option '{option}': {details['msg']}", place)
