"""From what a file holds to what the contract promises: casts that never round or guess, and the conditions of row rules."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from tonglu.language.contract import ColumnType, Contract, Rule, RuleKind, Scalar
from tonglu.stages.pattern import all_of, any_of, call, column

STORED: Mapping[ColumnType, str] = {
    ColumnType.TEXT: "VARCHAR",
    ColumnType.INTEGER: "INTEGER",
    ColumnType.BIGINT: "BIGINT",
    ColumnType.BOOLEAN: "BOOLEAN",
    ColumnType.DATE: "DATE",
    ColumnType.INSTANT: "TIMESTAMP",
    ColumnType.JSON: "VARCHAR",
    ColumnType.DECIMAL: "DECIMAL(24,6)",
}
_WHOLE_TEXT = r"\s*[+-]?[0-9]{1,19}\s*"  # as long as a BIGINT can be; what is greater fails the cast itself
_DATE_TEXT = r"\s*[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}\s*"
_ZONED_TEXT = r".*[0-9]{2}:[0-9]{2}.*(Z|[+-][0-9]{2}(:?[0-9]{2})?)\s*"
_ACCEPTED: Mapping[ColumnType, frozenset[str]] = {
    ColumnType.TEXT: frozenset({"text", "whole"}),
    ColumnType.INTEGER: frozenset({"whole", "fraction", "text"}),
    ColumnType.BIGINT: frozenset({"whole", "fraction", "text"}),
    ColumnType.DECIMAL: frozenset({"whole", "fraction", "text"}),
    ColumnType.BOOLEAN: frozenset({"boolean", "whole", "text"}),
    ColumnType.DATE: frozenset({"date", "instant", "text"}),
    ColumnType.INSTANT: frozenset({"instant", "zoned", "text"}),
    ColumnType.JSON: frozenset({"text", "nested"}),
}


@dataclass(frozen=True)
class Cast:
    """`value`: the typed column, null where it cannot be; `broken`: true for such rows, or None where that cannot happen."""

    value: exp.Expr
    broken: exp.Expr | None


def as_text(value: object) -> str | None:
    """A value of parsed JSON as a file would have it, for `cast` to judge: whatever cannot be read breaks a rule, never a run."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, ensure_ascii=False)


def family(raw: str) -> str:
    """The kind of a DuckDB type: text, whole, fraction, boolean, date, instant, zoned, null, nested or other."""
    word = raw.upper().split("(")[0]
    if raw.endswith("]") or word in ("STRUCT", "MAP", "UNION"):
        return "nested"
    kinds = {
        "text": ("VARCHAR", "JSON", "UUID", "ENUM"),
        "whole": (
            "TINYINT",
            "SMALLINT",
            "INTEGER",
            "BIGINT",
            "HUGEINT",
            "UTINYINT",
            "USMALLINT",
            "UINTEGER",
            "UBIGINT",
            "UHUGEINT",
        ),
        "fraction": ("DOUBLE", "FLOAT", "DECIMAL"),
        "boolean": ("BOOLEAN",),
        "date": ("DATE",),
        "instant": ("TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S"),
        "zoned": ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"),
        "null": ('"NULL"', "NULL"),
    }
    return next((kind for kind, words in kinds.items() if word in words), "other")


def accepts(wanted: ColumnType, raw: str) -> bool:
    """Whether values of a file's type can be read as the contract's type at all."""
    kind = family(raw)
    return kind == "null" or kind in _ACCEPTED[wanted]


def cast(source: exp.Expr, raw: str, wanted: ColumnType) -> Cast:
    """The cast of one column from a file's type `raw`; a value that would change its meaning is broken, never rounded."""
    kind, stored = family(raw), STORED[wanted]
    if wanted is ColumnType.JSON and kind == "text":
        valid = call("json_valid", source)
        return Cast(_when(valid, source), exp.not_(valid))
    if raw.upper() == stored:
        return Cast(source.copy(), None)
    if kind == "nested":
        return Cast(_to(call("to_json", source), "VARCHAR"), None)
    if kind in ("null", "instant") and wanted is not ColumnType.DATE:
        return Cast(_to(source, stored), None)
    if kind == "zoned":
        return Cast(_at_utc(source), None)
    value = _checked(source, kind, wanted, stored)
    return Cast(value, all_of([exp.not_(_is_null(source)), _is_null(value)]))


def _checked(source: exp.Expr, kind: str, wanted: ColumnType, stored: str) -> exp.Expr:
    value = _try(source, stored)
    whole = wanted in (ColumnType.INTEGER, ColumnType.BIGINT)
    if kind == "text" and whole:
        return _when(_full_match(source, _WHOLE_TEXT), value)
    if kind == "text" and wanted is ColumnType.DATE:
        return _when(_full_match(source, _DATE_TEXT), _try(call("replace", source, _text("/"), _text("-")), stored))
    if kind == "text" and wanted is ColumnType.INSTANT:
        # DuckDB drops the offset of a text that is cast to TIMESTAMP, and reads one without offset in the session's zone.
        zoned = _at_utc(_try(source, "TIMESTAMPTZ"))
        return exp.Case(ifs=[exp.If(this=_full_match(source, _ZONED_TEXT), true=zoned)], default=value)
    if kind == "fraction" and whole:
        return _when(exp.EQ(this=source.copy(), expression=call("trunc", source)), value)
    if kind == "whole" and wanted is ColumnType.BOOLEAN:
        return _when(exp.In(this=source.copy(), expressions=[exp.Literal.number(0), exp.Literal.number(1)]), value)
    if kind == "instant" and wanted is ColumnType.DATE:
        return _when(exp.EQ(this=source.copy(), expression=call("date_trunc", _text("day"), source)), value)
    return value


def broken(contract: Contract, rule: Rule) -> exp.Expr | None:
    """The condition under which a typed row breaks a rule; None for type rules, which the casts judge."""
    value = column(rule.column)
    if rule.kind is RuleKind.TYPE:
        return None
    if rule.kind is RuleKind.REQUIRED:
        return _is_null(value)
    if rule.kind is RuleKind.NAME:
        return exp.not_(exp.In(this=value, expressions=[_text(name) for name in contract.names or {}]))
    if rule.kind is RuleKind.PROPERTY:
        return _broken_property(contract, rule.column)
    promised = contract.columns[rule.column]
    if rule.kind is RuleKind.VALUES:
        return exp.not_(exp.In(this=value, expressions=[_literal(one) for one in promised.values or ()]))
    if rule.kind is RuleKind.MATCHES:
        return exp.not_(_full_match(value, promised.matches or ""))
    limits: list[exp.Expr] = []
    stored = STORED[promised.type]
    if promised.min is not None:
        limits.append(exp.LT(this=value.copy(), expression=_to(_literal(promised.min), stored)))
    if promised.max is not None:
        limits.append(exp.GT(this=value.copy(), expression=_to(_literal(promised.max), stored)))
    return any_of(limits)


def _broken_property(contract: Contract, name: str) -> exp.Expr:
    held = call("json_extract_string", column("properties"), _text("$." + name))
    cases: list[exp.Expr] = []
    for event, fields in (contract.names or {}).items():
        wanted = fields.get(name)
        if wanted not in (None, ColumnType.TEXT, ColumnType.JSON):
            unreadable = cast(held, "VARCHAR", wanted).broken
            cases.append(all_of([exp.EQ(this=column("name"), expression=_text(event)), unreadable or exp.false()]))
    return any_of(cases)


def first_breach(contract: Contract, type_breach: exp.Expr, pardoned: bool = False) -> exp.Expr:
    """The name of the first rule that a row breaks, or null.

    Args:
        contract: the promise.
        type_breach: the name of the broken type rule, or null.
        pardoned: the row was accepted in spite of its rule; only what the warehouse cannot do without is judged.
    """
    needed = {*contract.key, contract.time, contract.newest_by}
    ifs: list[exp.If] = []
    for rule in contract.rules():
        if pardoned and not (rule.kind is RuleKind.REQUIRED and rule.column in needed):
            continue
        condition = broken(contract, rule)
        if condition is not None and condition != exp.false():
            ifs.append(exp.If(this=condition, true=_text(rule.name)))
    return call("coalesce", type_breach, exp.Case(ifs=ifs, default=exp.null())) if ifs else type_breach


def content(contract: Contract) -> list[str]:
    """The columns that are not the key."""
    return [name for name in contract.columns if name not in contract.key]


def differs(contract: Contract, left: str, right: str) -> exp.Expr:
    """Whether two rows of one key differ in any other column."""
    pairs = [(column(name, left), column(name, right)) for name in content(contract)]
    return any_of([exp.NullSafeNEQ(this=one, expression=other) for one, other in pairs])


def same_key(contract: Contract, left: str, right: str) -> exp.Expr:
    """Whether two rows have one key; keys are never null here."""
    return all_of([exp.EQ(this=column(name, left), expression=column(name, right)) for name in contract.key])


def as_json(names: list[str], table: str | None = None) -> exp.Expr:
    """A row's columns as one JSON object, by column name."""
    parts: list[exp.Expr] = []
    for name in names:
        parts += [_text(name), column(name, table)]
    return _to(call("json_object", *parts), "VARCHAR")


def _literal(value: Scalar) -> exp.Expr:
    return (
        _text(value)
        if isinstance(value, str)
        else exp.Literal.number(value)
        if value >= 0
        else exp.Neg(this=exp.Literal.number(-value))
    )


def _text(value: str) -> exp.Expr:
    return exp.Literal.string(value)


def _is_null(value: exp.Expr) -> exp.Expr:
    return exp.Is(this=exp.paren(value.copy()), expression=exp.null())


def _to(value: exp.Expr, stored: str) -> exp.Expr:
    return exp.Cast(this=value.copy(), to=exp.DataType.build(stored, dialect="duckdb"))


def _try(value: exp.Expr, stored: str) -> exp.Expr:
    return exp.TryCast(this=value.copy(), to=exp.DataType.build(stored, dialect="duckdb"))


def _when(condition: exp.Expr, value: exp.Expr) -> exp.Expr:
    return exp.Case(ifs=[exp.If(this=condition.copy(), true=value.copy())])


def _full_match(value: exp.Expr, pattern: str) -> exp.Expr:
    return call("regexp_full_match", value, _text(pattern))


def _at_utc(value: exp.Expr) -> exp.Expr:
    return call("timezone", _text("UTC"), value)
