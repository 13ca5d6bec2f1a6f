"""Pass: the product that each touch is about, as its version pinned it."""

import json
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from tonglu.compile.program import Program
from tonglu.language.message import Product


def products_of(program: Program) -> dict[int, Product]:
    """The products by step key, of every version that a run executes; touches without one are not there."""
    found = {}
    for journey in program.journeys:
        pinned = _pinned(journey.definition.text)
        for step in journey.steps:
            if step.lowered.message in pinned:
                found[step.key] = pinned[step.lowered.message]
    return found


@lru_cache(maxsize=4096)
def _pinned(text: str) -> Mapping[str | None, Product]:
    """The products by message of one version's kept text."""
    messages = {name: json.loads(written) for name, written in json.loads(text)["messages"].items()}
    told = {name: message["product"] for name, message in messages.items() if message.get("product")}
    return MappingProxyType({name: Product.model_validate(product) for name, product in told.items()})
