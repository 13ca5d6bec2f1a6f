"""From a contract to a suite: which named expectations say what its rules say."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tonglu.language.contract import Breach, Column, ColumnType, Contract, Rule, RuleKind
from tonglu.stages.check import expected


@dataclass(frozen=True)
class Expectation:
    """One expectation of Great Expectations: its own name and arguments, what a breach means, and the rule in words."""

    type: str
    kwargs: Mapping[str, Any]
    severity: Breach
    words: str

    @property
    def label(self) -> str:
        """The name under which its verdict is kept."""
        return f"{self.type}({self.kwargs['column']})" if "column" in self.kwargs else self.type


def suite_of(contract: Contract) -> list[Expectation]:
    """Every expectation of a contract: its row rules that can be said as one, then the extra ones as written.

    Types, event names and properties are judged by the casts at ingest; uniqueness by `promote`, where a copy is no breach.
    """
    found = [said for rule in contract.rules() if (said := _from_rule(contract, rule)) is not None]
    for extra in contract.expectations:
        words = ", ".join(f"{name} {value}" for name, value in extra.kwargs.items() if name != "column")
        found.append(Expectation(extra.type, dict(extra.kwargs), Breach(extra.breach), words))
    return found


def _from_rule(contract: Contract, rule: Rule) -> Expectation | None:
    if rule.kind in (RuleKind.TYPE, RuleKind.NAME, RuleKind.PROPERTY):
        return None
    promised = contract.columns[rule.column]
    kind, extra = {
        RuleKind.REQUIRED: ("expect_column_values_to_not_be_null", {}),
        RuleKind.VALUES: ("expect_column_values_to_be_in_set", {"value_set": list(promised.values or ())}),
        RuleKind.RANGE: ("expect_column_values_to_be_between", _limits(promised)),
        RuleKind.MATCHES: ("expect_column_values_to_match_regex", {"regex": promised.matches}),
    }[rule.kind]
    return Expectation(kind, {"column": rule.column, **extra}, rule.breach, expected(contract, rule.kind, rule.column))


def _limits(promised: Column) -> dict[str, Any]:
    def limit(value: float | str | None) -> Any:
        if not isinstance(value, str):
            return value
        return date.fromisoformat(value) if promised.type is ColumnType.DATE else datetime.fromisoformat(value)

    pairs = {"min_value": limit(promised.min), "max_value": limit(promised.max)}
    return {name: value for name, value in pairs.items() if value is not None}
