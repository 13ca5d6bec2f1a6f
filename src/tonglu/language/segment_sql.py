"""What may stand in a segment: one read-only SELECT over known tables, the same today and in a replay.

The text is looked at twice: as tokens, which nothing can hide from, and as the tree that sqlglot makes of it. Table functions
are denied unless listed, because some read files, hide SQL in strings or stop the process.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import sqlglot
from sqlglot import Token, TokenType, exp
from sqlglot.errors import ErrorLevel, ParseError, SqlglotError, TokenError

from tonglu.core.errors import Finding, Place
from tonglu.language.segment_order import unordered_calls

DEEPEST = 40
TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series"})
CLOCK_WORDS = frozenset({"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"})
CLOCK = frozenset(
    {
        *CLOCK_WORDS,
        "now",
        "today",
        "get_current_time",
        "get_current_timestamp",
        "transaction_timestamp",
        "current_localtime",
        "current_localtimestamp",
        "ago",
        "pg_conf_load_time",
        "pg_postmaster_start_time",
    }
)
CHANCE = frozenset({"random", "setseed", "uuid", "uuidv4", "uuidv7", "gen_random_uuid"})
OUTSIDE = frozenset(
    {
        "getenv",
        "getvariable",
        "current_setting",
        "set_config",
        "current_user",
        "current_role",
        "session_user",
        "current_database",
        "current_catalog",
        "current_schema",
        "current_schemas",
        "current_query",
        "current_query_id",
        "current_connection_id",
        "current_transaction_id",
        "txid_current",
        "in_search_path",
        "version",
        "nextval",
        "currval",
        "sleep_ms",
        "stats",
        "write_log",
        "error",
        "query",
        "query_table",
        "read_text",
        "read_blob",
        "json_execute_serialized_sql",
        "json_serialize_sql",
    }
)
_FIRST_WORDS = (TokenType.SELECT, TokenType.WITH, TokenType.FROM, TokenType.L_PAREN)
_OPENING = (TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE, TokenType.CASE)
_CLOSING = (TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END)
_PREFIXES = (TokenType.NOT, TokenType.DASH, TokenType.PLUS, TokenType.TILDE)
_WRITING = (
    exp.Insert,
    exp.Update,
    exp.Delete,
    exp.Merge,
    exp.Create,
    exp.Drop,
    exp.Command,
    exp.Copy,
    exp.Attach,
    exp.Detach,
    exp.Pragma,
    exp.Set,
    exp.Into,
    exp.Lock,
)


@dataclass(frozen=True)
class SqlText:
    """The text of an SQL file, with the path that people know."""

    text: str
    shown: str

    def place(self, offset: int) -> Place:
        """Where the character at an offset stands."""
        before = self.text[:offset]
        return Place(self.shown, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)

    def place_of(self, node: exp.Expr) -> Place:
        """Where a node begins: its own place, else the first of its parts, else its parent's."""
        starts = [part.meta["start"] for part in node.walk() if "start" in part.meta]
        if starts:
            return self.place(min(starts))
        return self.place_of(node.parent) if node.parent is not None else self.place(self.tokens[0].start)

    @cached_property
    def tokens(self) -> list[Token]:
        """The tokens; a `TokenError` when the text cannot be cut into them."""
        return sqlglot.tokenize(self.text, read="duckdb")

    def canonical(self) -> str:
        """The text without what does not matter: comments, spaces, capitals of words."""
        quoted = (TokenType.STRING, TokenType.IDENTIFIER)
        return " ".join(repr(token.text) if token.token_type in quoted else token.text.lower() for token in self.tokens)


def parse_select(sql: SqlText, findings: list[Finding]) -> exp.Query | None:
    """The one SELECT of a text; None, with findings, when it is anything else or holds anything that is not allowed."""
    before = len(findings)
    try:
        findings.extend(_token_findings(sql))
        if len(findings) > before:
            return None
        tree = sqlglot.parse_one(sql.text, read="duckdb")
        findings.extend(_tree_findings(sql, tree))
        if len(findings) == before:
            tree.sql("duckdb", unsupported_level=ErrorLevel.IGNORE)  # too deep to be written again is too deep to build on
    except TokenError as error:
        findings.append(_tokens_broken(sql, error))
    except ParseError as error:
        findings.append(_syntax(sql, error))
    except RecursionError:
        findings.append(_too_deep(sql.place(0)))
    except SqlglotError as error:
        findings.append(Finding("TL501", f"the SQL cannot be read: {str(error).splitlines()[0]}", sql.place(0)))
    return tree if len(findings) == before and isinstance(tree, exp.Query) else None


def _too_deep(place: Place) -> Finding:
    return Finding("TL511", f"nested deeper than {DEEPEST} levels", place, "Use WITH to name the parts.")


def _tokens_broken(sql: SqlText, error: TokenError) -> Finding:
    """sqlglot does not say where: an unclosed quote or comment is looked for from the end of what could be cut."""
    quote = max(sql.text.rfind("'"), sql.text.rfind('"'), sql.text.rfind("/*"))
    hint = "A quote or a comment is not closed."
    return Finding("TL501", "the SQL cannot be read", sql.place(max(quote, 0)), hint)


def _syntax(sql: SqlText, error: ParseError) -> Finding:
    detail = error.errors[0] if error.errors else {}
    message = str(detail.get("description") or error).split(". Line")[0].rstrip(".")
    highlight = str(detail.get("highlight") or "")
    line, column = int(detail.get("line") or 1), int(detail.get("col") or 1)
    near = f" near '{highlight[:40]}'" if highlight.strip() else ""
    return Finding(
        "TL501", f"the SQL cannot be read: {message}{near}", Place(sql.shown, line, max(column - len(highlight) + 1, 1))
    )


def _token_findings(sql: SqlText) -> Iterator[Finding]:
    tokens = sql.tokens
    if not tokens:
        yield Finding("TL502", "there is no SELECT", sql.place(0), "Write one SELECT of customer_id.")
        return
    if tokens[0].token_type not in _FIRST_WORDS:
        word = tokens[0].text.upper()
        yield Finding("TL502", f"the file holds {word}, not a SELECT", sql.place(tokens[0].start), "A segment only reads.")
        return
    depth = prefixes = 0
    for number, token in enumerate(tokens):
        following = tokens[number + 1].token_type if number + 1 < len(tokens) else None
        if token.token_type is TokenType.SEMICOLON and following is not None:
            yield Finding(
                "TL502", "the file holds more than one statement", sql.place(tokens[number + 1].start), "Keep one SELECT."
            )
            return
        depth += (token.token_type in _OPENING) - (token.token_type in _CLOSING)
        prefixes = prefixes + 1 if token.token_type in _PREFIXES else 0
        if depth > DEEPEST or prefixes > DEEPEST:
            yield _too_deep(sql.place(token.start))
            return
        yield from _word_findings(sql, token, tokens[number - 1].token_type if number else None, following)


def _word_findings(sql: SqlText, token: Token, before: TokenType | None, following: TokenType | None) -> Iterator[Finding]:
    word = token.text.lower()
    quoted = token.token_type in (TokenType.IDENTIFIER, TokenType.STRING)
    called = following is TokenType.L_PAREN and token.token_type is not TokenType.STRING
    bare = word in CLOCK_WORDS and not quoted and before is not TokenType.DOT
    if not (called or bare):
        return
    if word in CLOCK:
        hint = "Write as_of() for the run's instant (UTC), as_of_date() for the bank's day."
        yield Finding(
            "TL505", f"{word} is another value in every run, so a run could not be replayed", sql.place(token.start), hint
        )
    elif word in CHANCE:
        hint = "Chance belongs to the journey's split, experiment or holdout."
        yield Finding(
            "TL505", f"{word} is another value in every run, so a run could not be replayed", sql.place(token.start), hint
        )
    elif word in OUTSIDE:
        yield Finding(
            "TL503", f"{word} is not allowed in a segment", sql.place(token.start), "A segment reads source tables only."
        )


def _tree_findings(sql: SqlText, tree: exp.Expr) -> Iterator[Finding]:
    if not isinstance(tree, exp.Query):
        yield Finding("TL502", "the file holds no SELECT", sql.place(0), "Write one SELECT of customer_id.")
    for node in tree.walk():
        if isinstance(node, _WRITING):
            word = re.sub("(?<!^)(?=[A-Z])", " ", type(node).__name__).upper()
            yield Finding("TL503", f"{word} is not allowed in a segment", sql.place_of(node), "A segment only reads.")
        elif isinstance(node, exp.Query):
            yield from _order_findings(sql, node)
        elif isinstance(node, exp.TableSample):
            hint = "Use a holdout or an entry limit of the journey."
            yield Finding("TL505", "a sample is other customers in every run", sql.place_of(node), hint)
        elif isinstance(node, exp.Table) and isinstance(node.this, exp.Func):
            yield from _table_function_findings(sql, node.this)
        elif isinstance(node, exp.Anonymous) and node.name.lower() == "age" and len(node.expressions) == 1:
            hint = "Write age(as_of_date(), x)."
            yield Finding("TL505", "age of one argument counts from the clock", sql.place_of(node), hint)
    for call, message, hint in unordered_calls(tree):
        yield Finding("TL506", message, sql.place_of(call), hint)


def _order_findings(sql: SqlText, query: exp.Query) -> Iterator[Finding]:
    if query.args.get("order"):
        return
    for key in ("limit", "offset"):
        node = query.args.get(key)
        if node is not None:
            hint = "Add ORDER BY with customer_id as its last column."
            yield Finding("TL506", f"{key.upper()} without ORDER BY takes any rows", sql.place_of(node), hint)
            return
    distinct = query.args.get("distinct")
    if isinstance(distinct, exp.Distinct) and distinct.args.get("on") is not None:
        hint = "Add ORDER BY with the same columns first."
        yield Finding("TL506", "DISTINCT ON without ORDER BY keeps any row", sql.place_of(distinct), hint)


def _table_function_findings(sql: SqlText, call: exp.Func) -> Iterator[Finding]:
    place = sql.place_of(call)
    offset = call.meta.get("start", -1)
    name = next((token.text for token in sql.tokens if token.start == offset), call.name or call.sql_name()).lower()
    if name not in TABLE_FUNCTIONS:
        hint = f"A segment reads tables by name; of functions only {', '.join(sorted(TABLE_FUNCTIONS))}."
        yield Finding("TL504", f"the table function {name} is not allowed in a segment", place, hint)
