"""Pass: authored journeys to pinned definitions. What is kept of a version is enough to compile it again without its file."""

import json
from collections.abc import Mapping
from hashlib import sha256

from tonglu.compile.program import Definition
from tonglu.language.journey import Journey, JourneyFile, kind_of
from tonglu.steps import step_kinds


def pin(journey: Journey, messages: Mapping[str, str]) -> Definition:
    """The definition of an authored journey with the canonical texts of the messages that it names."""
    digest = sha256(journey.normalised.encode())
    for name in sorted(messages):
        digest.update(b"\0" + name.encode() + b"\0" + messages[name].encode())
    text = json.dumps({"journey": journey.file.data, "messages": dict(messages)}, ensure_ascii=False, sort_keys=True, default=str)
    steps = tuple((step.name, step.kind, step.fields) for step in journey.steps)
    return Definition(journey.header, steps, text, digest.hexdigest()[:16])


def unpin(text: str, digest: str) -> Definition:
    """The definition from the text that was kept.

    Raises:
        ValueError: the text has a step that this program does not know.
    """
    data = json.loads(text)["journey"]
    header = JourneyFile.model_validate(data)
    kinds = step_kinds()
    steps = []
    for item in data["steps"]:
        [(name, body)] = item.items()
        kind = kind_of(body, kinds)
        if kind is None:
            raise ValueError(f"step '{name}' of version {digest} is of no kind that this program knows")
        steps.append((name, kind, kinds[kind].fields.model_validate(body)))
    return Definition(header, tuple(steps), text, digest)
