"""The small protocols through which stages reach the warehouse; adapters implement them, tests may fake them."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from sqlglot import exp

Row = tuple[Any, ...]


class Warehouse(Protocol):
    """Where sets live. `run` and `rows` name a file of `warehouse/sql`; `execute` and `fetch` take the static SQL that a step
    or gate file holds, or an AST that was generated from compiled objects. Parameters are `$named` and never become text."""

    def run(self, name: str, /, **parameters: object) -> int:
        """Run a named file, statement by statement, each with the parameters it names; rows changed by the last one."""

    def rows(self, name: str, /, **parameters: object) -> list[Row]:
        """Run a named file and fetch the rows of its last statement."""

    def execute(self, statement: "str | exp.Expression", /, **parameters: object) -> int:
        """Run static SQL or an AST; rows changed by its last statement."""

    def fetch(self, statement: "str | exp.Expression", /, **parameters: object) -> list[Row]:
        """Run static SQL or an AST and fetch the rows of its last statement."""

    def transaction(self) -> AbstractContextManager[None]:
        """All inside commits together, or not at all."""
