"""The small protocols through which stages reach the warehouse; adapters implement them, tests may fake them."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

from tonglu.core.errors import Place

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

    def build(self, statement: "exp.Expression", place: Place) -> None:
        """Run an AST that an analyst's SQL is in.

        Raises:
            InputError: it fails on the data, such as a cast; the finding is at `place` and tells no value.
        """

    def transaction(self) -> AbstractContextManager[None]:
        """All inside commits together, or not at all."""


class WorkCalendar(Protocol):
    """Which days are worked. Days outside of its years are unknown."""

    @property
    def name(self) -> str:
        """How the project file calls it."""

    def years(self, as_of: date) -> range:
        """The years that it knows, without a gap, as far as a run at `as_of` needs them."""

    def is_workday(self, day: date) -> bool:
        """Whether a day of these years is worked."""


class AuditLog(Protocol):
    """Where acts are written down for good; any part that lets somebody change what the robot does adds a row."""

    def append(
        self,
        what: str,
        subject: str,
        *,
        by: str,
        at: datetime,
        detail: Mapping[str, object] | None = None,
        words: str = "",
        customer_id: int | None = None,
    ) -> object:
        """Add a row: the act, what it was done to, by whom, when. `detail` stays for ever and names no person; `words` say why."""
