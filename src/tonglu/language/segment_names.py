"""What the names in a segment mean: tables, columns, and the columns that come out."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope

from tonglu.core.errors import Finding, Fix, did_you_mean, nearest
from tonglu.language.expression_types import ColumnType, column_type
from tonglu.language.repairs import line_fix
from tonglu.language.segment import PROFILE, Segment

Columns = frozenset[str] | None  # None: cannot be told
RISK = "risk"
"""The schema of what risk rules found."""


@dataclass(frozen=True)
class KnownTables:
    """What segments may read.

    Attributes:
        tables: source tables with their columns and SQL types ('BIGINT', 'TIMESTAMP').
        personal: tables that no segment may read.
        segments: the segments that exist.
        profile: the profile's columns; None when they are not known yet.
    """

    tables: Mapping[str, Mapping[str, str]]
    personal: Collection[str] = frozenset()
    segments: Collection[str] = frozenset()
    profile: Collection[str] | None = None


def check_names(segment: Segment, known: KnownTables, findings: list[Finding]) -> None:
    """Find unknown tables and columns, personal tables, and a wrong list of output columns."""
    try:
        scopes = traverse_scope(segment.tree)
    except (SqlglotError, RecursionError) as error:
        findings.append(Finding("TL501", f"the SQL cannot be read: {str(error).splitlines()[0]}", segment.place(0)))
        return
    checker = _Checker(segment, known)
    found = [finding for scope in scopes for finding in checker.findings(scope)]
    unknown = {finding.place for finding in found}
    found += [finding for finding in _output_findings(segment, scopes, checker) if finding.place not in unknown]
    findings.extend(dict.fromkeys(found))


def output_columns(segment: Segment, known: KnownTables) -> tuple[str, ...] | None:
    """The columns that come out, in order; None where a star of something unknown hides them."""
    scopes = traverse_scope(segment.tree)
    return _Checker(segment, known).outputs(scopes[-1]) if scopes else None


def profile_columns(profile: Segment, known: KnownTables) -> Mapping[str, ColumnType]:
    """The attributes of the profile with their types, as far as they can be told from the SQL; `unknown` where they cannot.

    DuckDB's own DESCRIBE of the profile is the authority where a warehouse is at hand.
    """
    names = output_columns(profile, known) or ()
    schema: dict[str, object] = {name: dict(columns) for name, columns in known.tables.items()}
    try:
        typed = annotate_types(
            qualify(profile.tree.copy(), schema=schema, dialect="duckdb", validate_qualify_columns=False),
            schema=schema,
            dialect="duckdb",
        )
    except (SqlglotError, RecursionError, KeyError, ValueError):
        return dict.fromkeys(names, ColumnType.UNKNOWN)
    types = {one.alias_or_name.lower(): one.type for one in typed.selects} if isinstance(typed, exp.Query) else {}
    told = {name: types.get(name) for name in names}
    return {name: column_type(kind.sql("duckdb")) if kind is not None else ColumnType.UNKNOWN for name, kind in told.items()}


@dataclass
class _Checker:
    segment: Segment
    known: KnownTables
    _outputs: dict[int, tuple[str, ...] | None] = field(default_factory=dict)

    def findings(self, scope: Scope) -> Iterator[Finding]:
        for source in scope.sources.values():
            if isinstance(source, exp.Table) and not isinstance(source.this, exp.Func):
                yield from self._table(source)
        for column in scope.find_all(exp.Column):
            yield from self._column(scope, column)

    def _table(self, table: exp.Table) -> Iterator[Finding]:
        db, name, place = table.db.lower(), table.name.lower(), self.segment.sql.place_of(table)
        if name in self.known.personal and db in ("", "personal", "source"):
            hint = "Names, telephone and identity numbers meet a touch only when it is handed over; use the profile's attributes."
            yield Finding("TL507", f"'{name}' holds personal data, which no segment reads", place, hint)
        elif db == "segment":
            if name not in self.known.segments:
                hint, fix = did_you_mean(name, self.known.segments), self._fix(table.this, self.known.segments)
                yield Finding("TL201", f"segment '{name}' does not exist", place, hint, fix=fix)
            elif name == self.segment.name:
                yield Finding("TL510", f"segment '{name}' reads itself", place, "Take the reference out.")
        elif db == RISK:
            hint = "What risk rules found holds touches back, and serves nothing else (反电信网络诈骗法 art.18)."
            yield Finding("TL521", f"'{db}.{name}' is a risk rule, which no SQL reads", place, hint)
        elif db or table.catalog:
            hint = (
                f"Write '{name}' alone." if name in self.known.tables else "A segment reads source tables, profile and segment.x."
            )
            yield Finding("TL513", f"schema '{table.catalog or db}' is not open to segments", place, hint)
        elif name not in self.known.tables and (name != PROFILE or self.segment.is_profile):
            known = [*self.known.tables, *([] if self.segment.is_profile else [PROFILE])]
            hint = f"Write segment.{name}." if name in self.known.segments else did_you_mean(name, known)
            yield Finding("TL514", f"unknown table '{table.name}'", place, hint, fix=self._fix(table.this, known))

    def _fix(self, identifier: exp.Expr, known: Collection[str]) -> Fix | None:
        """The one known name for an identifier without quotes that is a slip of it."""
        name, sql = identifier.name.lower(), self.segment.sql
        return line_fix(sql.text, sql.place_of(identifier), name, nearest(name, known))

    def _column(self, scope: Scope, column: exp.Column) -> Iterator[Finding]:
        if isinstance(column.this, exp.Star) and not column.table:
            return
        name, table, place = column.name.lower(), column.table.lower(), self.segment.sql.place_of(column)
        if column.args.get("db") is not None or _is_label(column) or name in _lambda_names(column):
            return
        sources = dict(self._visible(scope))
        if table and table in sources:
            columns = sources[table]
            if columns is not None and name not in columns and name != "*":
                hint = did_you_mean(name, columns) or f"'{table}' has {', '.join(sorted(columns)[:8])}."
                fix = self._fix(column.this, columns)
                yield Finding("TL203", f"'{table}' has no column '{column.name}'", place, hint, fix=fix)
            return
        wanted = table or name  # a.b may also be the field b of a struct column a
        if None in sources.values() or self._is_known(scope, wanted, sources):
            return
        every = {known for columns in sources.values() for known in columns or ()} | (set(sources) if table else set())
        what = "table or alias" if table else "column"
        hint, fix = did_you_mean(wanted, every), self._fix(column.args["table"] if table else column.this, every)
        yield Finding("TL514" if table else "TL203", f"unknown {what} '{wanted}'", place, hint, fix=fix)

    def _is_known(self, scope: Scope, name: str, sources: Mapping[str, Columns]) -> bool:
        if name in sources or any(name in (columns or ()) for columns in sources.values()):
            return True
        selects = scope.expression.selects if isinstance(scope.expression, exp.Query) else []
        return name in {one.alias.lower() for one in selects if isinstance(one, exp.Alias)}

    def _visible(self, scope: Scope | None) -> Iterator[tuple[str, Columns]]:
        """The sources that a column may name, outermost first, so that inner ones win."""
        if scope is None:
            return
        if scope.parent is not None and not scope.is_cte and not scope.is_derived_table:
            yield from self._visible(scope.parent)
        for name, source in scope.selected_sources.items():
            yield name.lower(), self._columns(*source)
        for name in scope.semi_or_anti_join_tables:  # seen in their ON only, so sqlglot does not count them as selected
            joined = scope.sources.get(name)
            if joined is not None:
                yield name.lower(), self._columns(joined if isinstance(joined, exp.Table) else joined.expression, joined)
        for udtf in scope.find_all(exp.Unnest, exp.Lateral):
            yield udtf.alias.lower(), None

    def _columns(self, node: exp.Expr, source: "exp.Expr | Scope") -> Columns:
        alias = node.args.get("alias")
        if node.args.get("pivots") or (isinstance(alias, exp.TableAlias) and alias.columns):
            return None
        if isinstance(source, exp.Table):
            return self._table_columns(source)
        if isinstance(source, Scope):
            own = source.expression.parent
            while isinstance(own, exp.SetOperation):  # one side of a recursive query
                own = own.parent
            renamed = own.args.get("alias") if isinstance(own, exp.CTE | exp.Subquery) else None
            if isinstance(renamed, exp.TableAlias) and renamed.columns:
                return frozenset(column.name.lower() for column in renamed.columns)
            outputs = self.outputs(source)
            return None if outputs is None else frozenset(outputs)
        return None

    def _table_columns(self, table: exp.Table) -> Columns:
        db, name = table.db.lower(), table.name.lower()
        if isinstance(table.this, exp.Func) or table.args.get("pivots"):
            return None
        if db == "segment":
            return frozenset({"customer_id"})
        if not db and name == PROFILE and name not in self.known.tables:
            return frozenset(self.known.profile) if self.known.profile is not None else None
        columns = self.known.tables.get(name) if not db else None
        return frozenset(columns) if columns is not None else None

    def outputs(self, scope: Scope) -> tuple[str, ...] | None:
        """The output columns of a query, in order."""
        if id(scope) not in self._outputs:
            self._outputs[id(scope)] = None  # a recursive query does not ask itself
            self._outputs[id(scope)] = self._outputs_of(scope)
        return self._outputs[id(scope)]

    def _outputs_of(self, scope: Scope) -> tuple[str, ...] | None:
        query = scope.expression
        if isinstance(query, exp.SetOperation):
            return self.outputs(scope.set_operation_scopes[0]) if scope.set_operation_scopes else None
        if not isinstance(query, exp.Select):
            return None
        names: list[str] = []
        for one in query.selects:
            if isinstance(one, exp.Star) or (isinstance(one, exp.Column) and isinstance(one.this, exp.Star)):
                spread = self._star(scope, one)
                if spread is None:
                    return None
                names.extend(spread)
            else:
                names.append(one.alias_or_name.lower())
        return tuple(names)

    def _star(self, scope: Scope, star: exp.Expr) -> tuple[str, ...] | None:
        inner = star.this if isinstance(star, exp.Column) else star
        if any(inner.args.get(key) for key in ("except_", "replace", "rename", "except")):
            return None
        names: list[str] = []
        for name, (_, source) in scope.selected_sources.items():
            if isinstance(star, exp.Column) and star.table.lower() != name.lower():
                continue
            columns = self._ordered(source)
            if columns is None:
                return None
            names.extend(columns)
        return tuple(names)

    def _ordered(self, source: "exp.Expr | Scope") -> tuple[str, ...] | None:
        if isinstance(source, Scope):
            return self.outputs(source)
        if isinstance(source, exp.Table) and not source.db and source.name.lower() in self.known.tables:
            return tuple(self.known.tables[source.name.lower()])
        columns = self._table_columns(source) if isinstance(source, exp.Table) else None
        return ("customer_id",) if columns == frozenset({"customer_id"}) else None


def _is_label(column: exp.Column) -> bool:
    """Whether a name is the label of a struct's field or of an argument, not a column."""
    return isinstance(column.parent, exp.PropertyEQ | exp.Kwarg) and column.arg_key == "this"


def _lambda_names(column: exp.Column) -> set[str]:
    names: set[str] = set()
    node = column.find_ancestor(exp.Lambda)
    while node is not None:
        names |= {parameter.name.lower() for parameter in node.expressions}
        node = node.find_ancestor(exp.Lambda)
    return names


def _output_findings(segment: Segment, scopes: list[Scope], checker: _Checker) -> Iterator[Finding]:
    selects = segment.tree.selects
    place = segment.sql.place_of(selects[0]) if selects else segment.place(0)
    columns = checker.outputs(scopes[-1]) if scopes else None
    if columns is None:
        if any(one.is_star for one in selects):
            yield Finding("TL508", "a star hides the columns that come out", place, "Name them: SELECT c.customer_id.")
        return
    if not columns or columns[0] != "customer_id":
        yield Finding("TL508", "the first column is not customer_id", place, "Begin with SELECT c.customer_id.")
    elif not segment.is_profile and (other := next((name for name in columns[1:] if name not in segment.beside), None)):
        number = columns.index(other)
        extra = segment.sql.place_of(selects[number]) if len(selects) > number else place
        allowed = " and ".join(["customer_id", *segment.beside])
        message = f"a segment has {allowed} only" if not segment.beside else f"'{other}' is not among {allowed}"
        yield Finding("TL508", message, extra, "Remove the other columns; attributes belong into profile.sql.")
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        yield Finding("TL508", f"two columns are called '{twice[0]}'", place, "Give each its own name with AS.")
