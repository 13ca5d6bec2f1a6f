"""A plain table for the terminal that fits itself to the width: the least needed columns go first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

Cell = str | Text


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `need` 0 always stays, of the others the highest number is dropped first."""

    header: str
    justify: Literal["left", "right"] = "left"
    need: int = 0


class Sheet:
    """Rows of plain text or styled `Text`; nothing in a cell is read as markup."""

    def __init__(self, title: str, columns: Sequence[Column], rows: Iterable[Sequence[Cell]], empty: str = "nothing yet") -> None:
        self.title = title
        self.columns = tuple(columns)
        self.rows = [tuple(row) for row in rows]
        self.empty = empty

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The widest table that fits, or one line when there are no rows."""
        yield Text(self.title, style="bold")
        if not self.rows:
            yield Text(f"  {self.empty}", style="dim")
            return
        shown = list(range(len(self.columns)))
        while True:
            table = self._table(shown)
            droppable = [index for index in shown if self.columns[index].need]
            if not droppable or console.measure(table, options=options.update(max_width=10_000)).maximum <= options.max_width:
                break
            shown.remove(max(droppable, key=lambda index: (self.columns[index].need, index)))
        yield table

    def _table(self, shown: Sequence[int]) -> Table:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim", border_style="dim")
        for index in shown:
            column = self.columns[index]
            numeric = column.justify == "right"
            table.add_column(
                Text(column.header), justify=column.justify, no_wrap=numeric, overflow="ellipsis" if numeric else "fold"
            )
        for row in self.rows:
            table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in (row[index] for index in shown)))
        return table
