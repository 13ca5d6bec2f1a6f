"""The kinds of channel: every module of this folder that holds a `SPEC`."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Any

from tonglu import channels
from tonglu.channels.spec import ChannelContext, ChannelSpec
from tonglu.core.delivery import Channel
from tonglu.core.errors import Finding, InputError, Place, did_you_mean


@cache
def kinds() -> Mapping[str, ChannelSpec[Any]]:
    """Every kind by its name, in the order of the alphabet."""
    modules = (import_module(f"{channels.__name__}.{module.name}") for module in iter_modules(channels.__path__))
    specs = (module.SPEC for module in modules if hasattr(module, "SPEC"))
    return MappingProxyType({spec.kind: spec for spec in sorted(specs, key=lambda spec: spec.kind)})


def open_channel(kind: str, options: Mapping[str, object], context: ChannelContext, place: Place | None = None) -> Channel:
    """A channel of a kind, from the options of channels.yaml.

    Raises:
        InputError: no such kind, or options that the kind does not take.
    """
    spec = kinds().get(kind)
    if spec is None:
        where = place or Place("journeys/channels.yaml")
        raise InputError([Finding("TL805", f"there is no kind of channel '{kind}'", where, did_you_mean(kind, kinds()))])
    return spec.open(options, context, place or Place("journeys/channels.yaml"))
