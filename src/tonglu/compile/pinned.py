"""Pass: whether a pinned version can still run. Its text is kept, but the names in it mean what the project says today."""

from collections.abc import Iterator, Mapping

from tonglu.compile.conditions import Known
from tonglu.compile.lower import with_end
from tonglu.compile.program import Definition
from tonglu.language.expression import channels_in, events_in, names_in, segments_in
from tonglu.language.values import Condition


def missing_names(
    definition: Definition, variables: Mapping[str, frozenset[str]], known: Known, personal: frozenset[str]
) -> list[str]:
    """What a version with open entries needs and the project no longer has, in words; empty when it can run.

    Args:
        definition: the pinned version.
        variables: the template variables of its messages, by message.
        known: what the project knows now.
        personal: the variables that come from the contacts.
    """
    needed: dict[str, None] = {}
    for condition in _conditions(definition):
        needed |= {f"profile attribute '{name}'": None for name in sorted(names_in(condition.tree)) if name not in known.columns}
        needed |= {f"event '{name}'": None for name in sorted(events_in(condition.tree)) if known.properties(name) is None}
        needed |= {f"channel '{name}'": None for name in sorted(channels_in(condition.tree)) if name not in known.channels}
        needed |= {f"segment '{name}'": None for name in sorted(segments_in(condition.tree)) if name not in known.segments}
    for segment in _segments(definition):
        if segment not in known.segments:
            needed[f"segment '{segment}'"] = None
    for _, _, lowered in with_end(definition):
        if lowered.reads is not None and lowered.reads not in known.profile:
            needed[f"profile attribute '{lowered.reads}'"] = None
        needed |= {f"channel '{name}'": None for name in lowered.via if name not in known.channels}
    for names in variables.values():
        needed |= {
            f"profile attribute '{name}'": None for name in sorted(names) if name not in known.profile and name not in personal
        }
    return list(needed)


def _conditions(definition: Definition) -> Iterator[Condition]:
    """The conditions over the customer that open entries can still meet; filters over events carry their own properties."""
    yield from (one.when for one in definition.header.exit if one.when is not None)
    for _, _, lowered in with_end(definition):
        if lowered.when is not None:
            yield lowered.when
        yield from (one.when for one in lowered.alternatives if one.when is not None)


def _segments(definition: Definition) -> Iterator[str]:
    for one in definition.header.exit:
        yield from (name for name in (one.segment, one.left) if name is not None)
    for _, _, lowered in with_end(definition):
        for alternative in lowered.alternatives:
            yield from (name for name in (alternative.segment, alternative.left) if name is not None)
