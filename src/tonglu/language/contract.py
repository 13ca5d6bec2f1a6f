"""What a bank promises about a source table: its columns, types and keys, how fresh and how large it comes, and what to do
when the promise is broken. One YAML file per table in `data/contracts/`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from tonglu.core.errors import Finding, InputError, Place, refuse_errors
from tonglu.language.loader import load_model
from tonglu.language.values import Authored, Duration, Name, Title, refuse
from tonglu.language.yamlfile import YamlFile, read_yaml

RESERVED = frozenset({"loaded_run", "replaced_run"})


class ColumnType(StrEnum):
    """What a column holds. `instant` means UTC; `json` is text that is valid JSON; `decimal` keeps six places."""

    TEXT = "text"
    INTEGER = "integer"
    BIGINT = "bigint"
    BOOLEAN = "boolean"
    DATE = "date"
    INSTANT = "instant"
    JSON = "json"
    DECIMAL = "decimal"


class Keep(StrEnum):
    """`latest`: one row per key, replaced versions go to history. `all`: facts that are appended once per id."""

    LATEST = "latest"
    ALL = "all"


class Breach(StrEnum):
    """What a broken rule does: stops the run, sets the rows aside, or is only shown."""

    BLOCK = "block"
    QUARANTINE = "quarantine"
    WARN = "warn"


class RuleKind(StrEnum):
    """The rules that are judged row by row."""

    TYPE = "type"
    REQUIRED = "required"
    VALUES = "values"
    RANGE = "range"
    MATCHES = "matches"
    NAME = "name"
    PROPERTY = "property"


RowBreach = Literal["block", "quarantine"]
TableBreach = Literal["block", "warn"]
Scalar = int | float | str


class Column(Authored):
    """One column: its type, and the values it may have. `breach` is one word, or one per kind of rule."""

    type: ColumnType
    title: Title | None = None
    required: bool = False
    values: tuple[Scalar, ...] | None = None
    min: Scalar | None = None
    max: Scalar | None = None
    matches: str | None = Field(default=None, max_length=500)
    breach: RowBreach | dict[Literal["type", "required", "values", "range", "matches"], RowBreach] | None = None

    @model_validator(mode="after")
    def _rules_fit_the_type(self) -> Self:
        if self.matches is not None and self.type is not ColumnType.TEXT:
            raise refuse("'matches' is a rule for text", "Remove it, or make the column text.")
        if self.values is not None and self.type not in (ColumnType.TEXT, ColumnType.INTEGER, ColumnType.BIGINT):
            raise refuse("'values' is a rule for text and whole numbers", "Use min and max instead.")
        if (self.min is not None or self.max is not None) and self.type in (ColumnType.JSON, ColumnType.BOOLEAN):
            raise refuse(f"'min' and 'max' say nothing about {self.type}", "Remove them.")
        return self


class Freshness(Authored):
    """The newest row of the table (by its `time` column) is at most this much older than the run."""

    newest_within: Duration
    breach: TableBreach = "warn"


class Volume(Authored):
    """How many rows a day's delivery has, and its ratio to the delivery of the day before."""

    min_rows: int | None = Field(default=None, ge=0)
    against_yesterday: tuple[float, float] | None = None
    breach: TableBreach = "warn"

    @model_validator(mode="after")
    def _ratios_rise(self) -> Self:
        if self.against_yesterday and not 0 <= self.against_yesterday[0] <= self.against_yesterday[1]:
            raise refuse("the two ratios of against_yesterday must rise", "Write them like [0.5, 2.0].")
        return self


class NamedExpectation(Authored):
    """One more expectation of Great Expectations, by its own name and arguments."""

    type: str = Field(pattern="^expect_[a-z_]+$")
    kwargs: dict[str, Any] = Field(default_factory=dict)
    breach: TableBreach = "block"


class Attached(Authored):
    """A table of another database, read by a column that only rises; the connection is named, never written here."""

    attach: Literal["duckdb", "sqlite", "postgres"]
    from_env: str = Field(pattern="^[A-Z][A-Z0-9_]*$")
    table: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$")
    watermark: str


@dataclass(frozen=True)
class Rule:
    """A row rule of a compiled contract. `name` is stable and is what quarantined rows carry."""

    kind: RuleKind
    column: str
    breach: Breach

    @property
    def name(self) -> str:
        """For example 'values:sex'."""
        return f"{self.kind}:{self.column}"


class Contract(Authored):
    """The promise about one table."""

    table: Name
    title: Title
    personal: bool = False
    keep: Keep
    key: tuple[str, ...] = Field(min_length=1)
    time: str | None = None
    newest_by: str | None = None
    breach: RowBreach = "quarantine"
    columns: dict[Name, Column] = Field(min_length=1)
    names: dict[str, dict[Name, ColumnType]] | None = None
    freshness: Freshness | None = None
    volume: Volume | None = None
    expectations: tuple[NamedExpectation, ...] = ()
    source: Literal["landing"] | Attached = "landing"
    _file: YamlFile | None = PrivateAttr(default=None)

    def place(self, *loc: str | int, key: bool = False) -> Place:
        """Where a part of the contract stands in its file; the table's name for a contract that came from no file."""
        return Place(self.table) if self._file is None else self._file.place(loc, key)

    @model_validator(mode="after")
    def _columns_are_there(self) -> Self:
        for column in [*self.key, self.time, self.newest_by]:
            if column is not None and column not in self.columns:
                raise refuse(f"'{column}' is not among the columns", f"The columns are: {', '.join(self.columns)}.")
        for column in RESERVED & self.columns.keys():
            raise refuse(f"'{column}' is a name that the warehouse needs for itself", "Rename the column.")
        for column in (self.time, self.newest_by):
            if column is not None and self.columns[column].type not in (ColumnType.INSTANT, ColumnType.DATE):
                raise refuse(f"'{column}' must be an instant or a date, it is {self.columns[column].type}")
        if self.keep is Keep.ALL and self.time is None:
            raise refuse("a table that keeps all rows says when they occurred", "Write 'time: occurred_at'.")
        if self.freshness is not None and self.time is None:
            raise refuse("freshness needs to know when a row came true", "Write 'time: <column>'.")
        if self.names is not None and not {"name", "properties"} <= self.columns.keys():
            raise refuse("'names' belongs to a table with the columns name and properties", "Remove it.")
        return self

    @property
    def schema_name(self) -> str:
        """The warehouse schema that holds the current rows."""
        return "personal" if self.personal else "source"

    def is_required(self, column: str) -> bool:
        """Whether the column may not be null: it says so, or the table is keyed or ordered by it."""
        return self.columns[column].required or column in (*self.key, self.time, self.newest_by)

    def rules(self) -> tuple[Rule, ...]:
        """All row rules, blocking ones first, then by kind and column as written."""
        found = [self._rule(kind, name) for name, column in self.columns.items() for kind in self._kinds(name, column)]
        if self.names is not None:
            found.append(Rule(RuleKind.NAME, "name", Breach(self.breach)))
            properties = dict.fromkeys(prop for fields in self.names.values() for prop in fields)
            found.extend(Rule(RuleKind.PROPERTY, prop, Breach(self.breach)) for prop in properties)
        kinds = list(RuleKind)
        return tuple(sorted(found, key=lambda rule: (rule.breach is not Breach.BLOCK, kinds.index(rule.kind))))

    def _kinds(self, name: str, column: Column) -> list[RuleKind]:
        asked = {
            RuleKind.TYPE: True,
            RuleKind.REQUIRED: self.is_required(name),
            RuleKind.VALUES: column.values is not None,
            RuleKind.RANGE: column.min is not None or column.max is not None,
            RuleKind.MATCHES: column.matches is not None,
        }
        return [kind for kind, wanted in asked.items() if wanted]

    def _rule(self, kind: RuleKind, name: str) -> Rule:
        own = self.columns[name].breach
        word = own.get(kind.value, self.breach) if isinstance(own, dict) else own or self.breach  # type: ignore[call-overload]
        return Rule(kind, name, Breach(word))


def read_contracts(folder: Path, shown: str = "") -> dict[str, Contract]:
    """Every contract of a folder, by table name in alphabetical order.

    Args:
        folder: holds one `<table>.yaml` per table.
        shown: the folder as people know it, for places; by default as given.

    Raises:
        InputError: with every finding of every file at once.
    """
    prefix = shown or str(folder)
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise InputError(
            [Finding("TL701", "there are no contracts here", Place(prefix), "Write one YAML file per source table.")]
        )
    findings: list[Finding] = []
    contracts: dict[str, Contract] = {}
    for path in files:
        file = read_yaml(path, f"{prefix}/{path.name}")
        contract = load_model(file, Contract, findings)
        if contract is None:
            continue
        if contract.table != path.stem:
            hint = f"Name the file {contract.table}.yaml, or the table '{path.stem}'."
            findings.append(
                file.finding("TL702", f"the table is '{contract.table}' but the file is {path.name}", ("table",), hint)
            )
        contract._file = file
        contracts[contract.table] = contract
    refuse_errors(findings)
    return contracts


def personal_tables(contracts: Mapping[str, Contract]) -> frozenset[str]:
    """The names of the tables that hold personal data."""
    return frozenset(name for name, contract in contracts.items() if contract.personal)
