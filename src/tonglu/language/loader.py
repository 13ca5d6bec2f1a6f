"""From a file's data to a model: every finding at once, in words for the person who wrote the file, each at its place."""

from collections.abc import Collection, Iterable, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from tonglu.core.errors import Finding, did_you_mean
from tonglu.language.expression import ColumnType, Fault, History, check_expression, check_ordering
from tonglu.language.repairs import name_fix, value_fix, word_fix
from tonglu.language.values import Condition, Ordering, shown
from tonglu.language.yamlfile import Loc, YamlFile

OF_WRONG_TYPE = "TL122"
M = TypeVar("M", bound=BaseModel)


def load_model(
    file: YamlFile, model: type[M], findings: list[Finding], loc: Loc = (), *, without: Collection[str] = ()
) -> M | None:
    """The file's data (or its part at `loc`, but the keys in `without`) as a model, or None with at least one finding more.

    Findings of the reading itself are added when the whole file is loaded (`loc` is empty).
    """
    if not loc:
        findings.extend(file.findings)
        if not file.readable:
            return None
    data = file.at(loc)
    if not isinstance(data, dict):
        findings.append(file.finding("TL122", f"{_subject(loc)} must be a mapping of keys, not {shown(data)}", loc))
        return None
    data = {key: value for key, value in data.items() if key not in without}
    try:
        return model.model_validate(data)
    except ValidationError as error:
        # the branches of a union each complain; one complaint per place is enough
        found: dict[tuple[Loc, bool, Loc], Finding] = {}
        for detail in error.errors(include_url=False):
            if _only_thinned(detail):
                continue
            inner = _real_loc(data, detail["loc"])
            same = (inner, detail["type"] == "missing", detail["loc"][-1:])
            found.setdefault(same, _finding(file, model, loc, inner, detail))
        # a part that was looked into is of a right type, whatever another branch of the union says of it
        parents = {inner[:length] for inner, _, _ in found for length in range(len(inner))}
        findings.extend(one for (inner, _, _), one in found.items() if one.code != OF_WRONG_TYPE or inner not in parents)
        return None


def _only_thinned(detail: Any) -> bool:
    """Whether a list is too short only because items of it have findings of their own."""
    return detail["type"] == "too_short" and bool(len(detail["input"]) >= detail["ctx"]["min_length"])


def check_condition(
    file: YamlFile,
    loc: Loc,
    written: Condition | Ordering | None,
    columns: Mapping[str, ColumnType],
    findings: list[Finding],
    *,
    segments: Collection[str] | None = None,
    history: History | None = None,
) -> bool:
    """Check the names and types of a condition or an order that stands at `loc`; True when nothing was found.

    A condition that is not there (None) is fine.
    """
    if written is None:
        return True
    tree, of_order = written.tree, isinstance(written, Ordering)
    faults = check_ordering(tree, columns, history) if of_order else check_expression(tree, columns, segments, history)
    findings.extend(fault_finding(file, loc, fault) for fault in faults)
    return not faults


def fault_finding(file: YamlFile, loc: Loc, fault: Fault) -> Finding:
    """An expression's fault as a finding at its place in the file."""
    fix = word_fix(file, loc, fault.word, fault.instead, offset=fault.offset) if fault.instead else None
    return Finding(fault.code, fault.message, file.place_in(loc, fault.offset), fault.hint, fix=fix)


def _real_loc(data: Any, loc: Iterable[str | int]) -> Loc:
    """A path of pydantic without what is not in the file: tags of unions, indexes of a single item taken as a list."""
    real: list[str | int] = []
    for element in loc:
        here = element in data if isinstance(data, dict) else isinstance(data, list) and element in range(len(data))
        if here:
            data = data[element]
            real.append(element)
    return tuple(real)


def _subject(loc: Loc) -> str:
    names = [str(element) for element in loc if isinstance(element, str)]
    return f"'{names[-1]}'" if names else "the file"


def _finding(file: YamlFile, model: type[BaseModel], base: Loc, inner: Loc, detail: Any) -> Finding:
    kind, context, full = detail["type"], detail.get("ctx", {}), (*base, *inner)
    if kind == "tonglu":
        offset = context["offset"]
        place = file.place_in(full, offset) if offset >= 0 else file.place(full, key=isinstance(file.at(full), dict))
        instead = context.get("instead")
        fix = None if instead is None else value_fix(file, full, instead)
        return Finding(context["code"], context["message"], place, context["hint"], fix=fix)
    if kind == "extra_forbidden":
        key, known = str(full[-1]), _keys_at(model, detail["loc"][:-1])
        hint = did_you_mean(key, known) or (f"Known are {', '.join(sorted(known))}." if known else "")
        fix = name_fix(file, full, key, known - set(file.at(full[:-1]) or ()), key=True)
        return file.finding("TL120", f"unknown key '{key}'", full, hint, key=True, fix=fix)
    if kind == "missing":
        hint = f"Add '{detail['loc'][-1]}: ...'{' to ' + _subject(full) if full else ''}."
        return file.finding("TL121", f"'{detail['loc'][-1]}' is missing", full, hint, key=True)
    code, message, hint = _explain(kind, context, _subject(full), detail)
    fix = name_fix(file, full, str(detail["input"]), _choices(context)) if kind == "literal_error" else None
    return file.finding(code, message, full, hint, key=detail["loc"][-1:] == ("[key]",), fix=fix)


def _choices(context: Mapping[str, Any]) -> list[str]:
    """The words that a field takes, from pydantic's list of them."""
    return [word.strip().strip("'") for word in str(context["expected"]).replace(" or ", ",").split(",")]


_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping of keys",
    "mapping_type": "a mapping of keys",
    "model_type": "a mapping of keys",
    "model_attributes_type": "a mapping of keys",
    "date_type": "a date",
    "date_parsing": "a date",
    "date_from_datetime_parsing": "a date",
}
_BOUNDS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}


def _explain(kind: str, context: Mapping[str, Any], subject: str, detail: Any) -> tuple[str, str, str]:
    """Code, message and hint for pydantic's own kinds of errors."""
    value = detail["input"]
    if kind in _TYPES:
        quote = "Put it in quotes." if kind == "string_type" and isinstance(value, int | float) else ""
        return "TL122", f"{subject} must be {_TYPES[kind]}, not {shown(value)}", quote
    if kind in ("literal_error", "enum"):
        choices, known = str(context["expected"]), _choices(context)
        message = f"{subject} must be {'one of ' if len(known) > 1 else ''}{choices}, not {shown(value)}"
        return "TL124", message, did_you_mean(str(value), known)
    if kind in _BOUNDS:
        words, key = _BOUNDS[kind]
        return "TL125", f"{subject} must be {words} {context[key]}, not {shown(value)}", ""
    if kind in ("too_short", "string_too_short"):
        what = "is empty" if not value else "is too short"
        return "TL125", f"{subject} {what}", f"It has at least {context.get('min_length')}."
    if kind in ("too_long", "string_too_long"):
        return "TL125", f"{subject} is too long", f"It has at most {context.get('max_length')}."
    if kind == "string_pattern_mismatch":
        return "TL123", f"{subject} does not have the right form: {shown(value)}", f"It matches {context['pattern']}."
    if kind == "value_error":
        return "TL123", str(context["error"]), ""
    message = str(detail["msg"])
    return "TL123", f"{subject}: {message[:1].lower()}{message[1:]}", ""


def _keys_at(model: type[BaseModel], loc: Iterable[str | int]) -> set[str]:
    """The keys that may stand at a path of a model: those of all models that its annotations allow there."""
    models = [model]
    for element in loc:
        annotations = [field.annotation for one in models for name, field in _fields(one) if name == element]
        # an index, or the tag of a union, stays within the models that are already open
        models = [found for annotation in annotations for found in _models_in(annotation)] if annotations else models
    return {name for one in models for name, _ in _fields(one)}


def _fields(model: type[BaseModel]) -> Iterable[tuple[str, Any]]:
    return ((field.alias or name, field) for name, field in model.model_fields.items())


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) is None or annotation is NoneType:
        return []
    arguments = get_args(annotation)
    if get_origin(annotation) is Annotated:
        arguments = arguments[:1]
    elif get_origin(annotation) not in (Union, UnionType):
        arguments = arguments[-1:] if get_origin(annotation) is dict else arguments
    return [model for argument in arguments for model in _models_in(argument)]
