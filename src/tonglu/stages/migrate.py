"""Migrate: lead open entries of older versions to a new one, where its map says so (semantics 9). In the run that first pins it, before exits."""

from tonglu.compile.program import CompiledJourney
from tonglu.core.ports import Warehouse


def migrate_entries(warehouse: Warehouse, journey: CompiledJourney) -> None:
    """Apply a new version's map; without one everybody stays."""
    wanted = journey.header.migrate
    if wanted:
        warehouse.run(
            "migrate/move_over",
            journey=journey.name,
            version_no=journey.version_no,
            steps=list(wanted),
            targets=list(wanted.values()),
        )
