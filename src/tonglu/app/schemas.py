"""JSON Schemas of the files that people write, for editors: made from the models that read them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from tonglu.language.channels import ChannelsFile
from tonglu.language.contract import Contract
from tonglu.language.journey import JourneyFile
from tonglu.language.message import MessageFile
from tonglu.language.policy import Policy
from tonglu.language.project import Project
from tonglu.steps import step_kinds

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAME = "^[a-z][a-z0-9_]{0,62}$"
Schema = dict[str, Any]


class _Written(GenerateJsonSchema):
    """A field is written under its alias, and a default is no part of what must be written."""

    def default_schema(self, schema: Any) -> Schema:
        """Defaults are left out: not all of them can be written as JSON."""
        return self.generate_inner(schema["schema"])


def schemas() -> dict[str, Schema]:
    """Every schema by kind of file: journey, message, policy, channels, contract, project."""
    makers: dict[str, Callable[[], Schema]] = {
        "journey": _journey,
        "message": lambda: _of(MessageFile),
        "policy": _policy,
        "channels": lambda: _of(ChannelsFile),
        "contract": lambda: _of(Contract),
        "project": lambda: _of(Project),
    }
    return {kind: {"$schema": DIALECT, "title": f"Tonglu {kind}", **make()} for kind, make in makers.items()}


def write_schemas(folder: Path) -> list[Path]:
    """Write `<kind>.schema.json` for every kind into a folder; the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for kind, schema in schemas().items():
        path = folder / f"{kind}.schema.json"
        path.write_text(json.dumps(schema, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        written.append(path)
    return written


def _of(model: type[BaseModel]) -> Schema:
    schema = model.model_json_schema(schema_generator=_Written, by_alias=True)
    schema.pop("title", None)
    return schema


def _policy() -> Schema:
    """A cap or a limit that is not named is called after what it says."""
    schema = _of(Policy)
    for one in (schema["$defs"][name] for name in ("Cap", "Capacity", "Budget")):
        one["required"] = [name for name in one["required"] if name != "name"]
    return schema


def _journey() -> Schema:
    """The header, and steps that are a name and a body of exactly one kind."""
    schema = _of(JourneyFile)
    definitions: Schema = schema.setdefault("$defs", {})
    bodies = []
    for name, kind in step_kinds().items():
        body = _of(kind.fields)
        definitions |= body.pop("$defs", {})
        body["title"] = kind.title
        body["examples"] = [kind.example]
        definitions[f"step_{name}"] = body
        bodies.append({"$ref": f"#/$defs/step_{name}"})
    step = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "propertyNames": {"pattern": NAME},
        "additionalProperties": {"anyOf": bodies},
    }
    properties: Schema = schema["properties"]
    properties["steps"] = {"type": "array", "minItems": 1, "items": step}
    properties["randomise"] = {
        "anyOf": [properties["randomise"], {"type": "object", "properties": {"by": properties["randomise"]}, "required": ["by"]}]
    }
    for where, key in (
        (properties, "exit"),
        (definitions["Enter"]["properties"], "limit"),
        (definitions["Enter"]["properties"], "journey"),
    ):
        where[key] = {"anyOf": [where[key]["items"], where[key]]}
    return schema
