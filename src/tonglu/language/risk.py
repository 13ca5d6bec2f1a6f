"""A risk rule as it is written: `segments/risk/<rule>.sql`, a header of comments and one SELECT of `customer_id`.

    -- risk: impossible_travel
    -- dimension: location
    -- title: 异地登录 / Logins too far apart
    -- owner: risk
    -- action: hold
    -- hours: 48
    -- mode: live
    -- purposes: marketing
    -- list: risk_alerts

It may give `since` and `until` beside the customer, both instants. What may stand in it is what may stand in a segment. The policy's
section `risk:` says what happens while a list was never loaded.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePath
from typing import Literal, get_args

from sqlglot import exp

from tonglu.core.errors import Finding, Place, did_you_mean
from tonglu.language.message import STRICT, ProductKind
from tonglu.language.segment import Header, Segment, read_header, read_sql, read_title
from tonglu.language.segment_names import KnownTables, check_names, output_columns
from tonglu.language.segment_sql import SqlText, parse_select
from tonglu.language.values import Authored, Purpose

Dimension = Literal["customer", "account", "transaction", "device", "location", "operation"]
Action = Literal["hold", "alert", "pass"]
Mode = Literal["live", "shadow"]
DIMENSIONS: tuple[str, ...] = get_args(Dimension)
SINCE, UNTIL = "since", "until"
UNTIL_CLEARED = "until cleared"
_KEYS = ("risk", "dimension", "title", "owner", "action", "hours", "mode", "purposes", "list")
_CHOICES = {"dimension": DIMENSIONS, "action": get_args(Action), "mode": get_args(Mode)}
_LONGEST = 24 * 366


class WithoutList(Authored):
    """What is held while a list that a rule stands on was never loaded: touches of these products and purposes."""

    products: tuple[ProductKind, ...] = ("deposit", *STRICT)
    purposes: tuple[Purpose, ...] = ("marketing",)


class Risk(Authored):
    """The section `risk:` of the policy."""

    without_list: WithoutList = WithoutList()


@dataclass(frozen=True)
class RiskRule:
    """One rule.

    Attributes:
        segment: its name, title, owner and SELECT.
        dimension: which of the six it looks at.
        action: `hold` puts touches off, `alert` puts them off and tells the operators, `pass` only counts.
        mode: a rule in `shadow` stops nothing, and what it would have stopped is counted.
        hours: how long a hit holds after its `since`; None until it is cleared.
        purposes: of which journeys it holds touches.
        needs: the list it stands on, a source table; None when it stands on none.
        columns: what the SELECT gives beside customer_id.
    """

    segment: Segment
    dimension: str
    action: str
    mode: str
    hours: int | None
    purposes: tuple[str, ...]
    needs: str | None
    columns: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name."""
        return self.segment.name

    @property
    def holds(self) -> bool:
        """Whether a hit puts touches off."""
        return self.mode == "live" and self.would_hold

    @property
    def would_hold(self) -> bool:
        """Whether a hit puts touches off once the rule is live."""
        return self.action != "pass"

    @property
    def hash(self) -> str:
        """What tells two versions of it apart: its SELECT and what its header says."""
        said = (self.segment.hash, self.dimension, self.action, self.mode, self.hours, self.purposes, self.needs)
        return sha256(repr(said).encode()).hexdigest()[:16]


def read_risk_rule(path: Path, shown: str, findings: list[Finding]) -> RiskRule | None:
    """Read one file; None, with findings, when it cannot be used. Its names are checked by `check_risk_rule`."""
    text = read_sql(path, shown, findings)
    return None if text is None else risk_rule_of(text, shown, findings)


def risk_rule_of(text: str, shown: str, findings: list[Finding]) -> RiskRule | None:
    """The same from a text that is at hand."""
    before = len(findings)
    sql = SqlText(text, shown)
    header = read_header(sql, _KEYS, findings)
    tree = parse_select(sql, findings)
    title = read_title(sql, header, findings)
    name = _name(sql, header, findings)
    chosen = {key: _choice(sql, header, key, findings) for key in _CHOICES}
    hours, purposes = _hours(sql, header, findings), _purposes(sql, header, findings)
    if "owner" not in header:
        findings.append(Finding("TL509", "the header names no owner", sql.place(0), "Add '-- owner: ...'."))
    if tree is None or title is None or len(findings) > before:
        return None
    digest = sha256(sql.canonical().encode()).hexdigest()[:16]
    segment = Segment(name, title, header["owner"][0], sql, tree, digest, beside=(SINCE, UNTIL))
    needs = header["list"][0].lower() if "list" in header else None
    return RiskRule(segment, chosen["dimension"], chosen["action"], chosen["mode"], hours, purposes, needs)


def _name(sql: SqlText, header: Header, findings: list[Finding]) -> str:
    stem = PurePath(sql.shown).stem
    name, line = header.get("risk", ("", 1))
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
        hint = f"Write '-- risk: {stem}' on the first line."
        findings.append(Finding("TL522", "the header does not name the risk rule", Place(sql.shown, line, 1), hint))
    elif name != stem:
        message = f"the risk rule is called '{name}' but its file '{stem}'"
        findings.append(Finding("TL210", message, Place(sql.shown, line, 1), f"Rename the file to {name}.sql, or the rule."))
    return name


def _choice(sql: SqlText, header: Header, key: str, findings: list[Finding]) -> str:
    value, line = header.get(key, ("live" if key == "mode" else "", 1))
    if value not in _CHOICES[key]:
        hint = did_you_mean(value, _CHOICES[key]) or f"Write '-- {key}: ...' with one of {', '.join(_CHOICES[key])}."
        said = f"there is no {key} '{value}'" if value else f"the header names no {key}"
        findings.append(Finding("TL522", said, Place(sql.shown, line, 1), hint))
    return value


def _hours(sql: SqlText, header: Header, findings: list[Finding]) -> int | None:
    value, line = header.get("hours", ("", 1))
    if value == UNTIL_CLEARED:
        return None
    if re.fullmatch(r"[1-9][0-9]{0,4}", value) and int(value) <= _LONGEST:
        return int(value)
    said = f"'{value}' are not hours" if value else "the header does not say how long a hit holds"
    hint = f"Write '-- hours: 48', or '-- hours: {UNTIL_CLEARED}'."
    findings.append(Finding("TL522", said, Place(sql.shown, line, 1), hint))
    return None


def _purposes(sql: SqlText, header: Header, findings: list[Finding]) -> tuple[str, ...]:
    value, line = header.get("purposes", ("marketing", 1))
    names = tuple(dict.fromkeys(name.strip() for name in value.split(",")))
    for name in names:
        if name not in get_args(Purpose):
            hint = did_you_mean(name, get_args(Purpose)) or f"Known are {', '.join(get_args(Purpose))}."
            findings.append(Finding("TL522", f"there is no purpose '{name}'", Place(sql.shown, line, 1), hint))
    return names


def check_risk_rule(rule: RiskRule, known: KnownTables, findings: list[Finding]) -> tuple[str, ...]:
    """Find unknown names, as in a segment, and a rule whose hits would never lapse; the columns beside customer_id."""
    segment = rule.segment
    check_names(segment, known, findings)
    columns = tuple(name for name in output_columns(segment, known) or () if name in (SINCE, UNTIL))
    if rule.hours is not None and not columns:
        hint = "Give 'since' beside customer_id, or write '-- hours: until cleared'."
        findings.append(Finding("TL523", f"{rule.hours} hours since when is not said", segment.place(0), hint))
    read = {table.name.lower() for table in segment.tree.find_all(exp.Table) if not table.db}
    if rule.needs is not None and rule.needs not in read:
        hint = did_you_mean(rule.needs, sorted(read)) or "Name the source table that the rule stands on."
        findings.append(Finding("TL523", f"the rule does not read its list '{rule.needs}'", segment.place(0), hint))
    return columns


def in_order(rules: Sequence[RiskRule]) -> tuple[RiskRule, ...]:
    """The rules in the order in which they are named where several hold: by dimension, then by name."""
    return tuple(sorted(rules, key=lambda one: (DIMENSIONS.index(one.dimension), one.name)))
