"""Remember: what a run read and a later one changes, kept in the run's own transaction, so that `tonglu replay` can make it again."""

from collections.abc import Iterable, Mapping

from tonglu.core.ports import Warehouse
from tonglu.language.contract import Contract, Keep
from tonglu.stages.pattern import fill
from tonglu.stages.tables import current, history

LOADED = "INSERT INTO tonglu.loaded SELECT $run_no, $table, (SELECT count(*) FROM here WHERE loaded_run = $run_no)"
LOADED_WITH_HISTORY = """
    INSERT INTO tonglu.loaded
    SELECT $run_no, $table, (SELECT count(*) FROM here WHERE loaded_run = $run_no) + (SELECT count(*) FROM past WHERE loaded_run = $run_no)
"""


def remember_loaded(warehouse: Warehouse, contracts: Mapping[str, Contract], tables: Iterable[str], run_no: int) -> None:
    """Note how many rows of each of these tables the run brought, those among them that went straight to history."""
    for name in sorted(set(tables) & contracts.keys()):
        contract = contracts[name]
        parts = {"here": current(contract), "past": history(contract)}
        warehouse.execute(fill(LOADED_WITH_HISTORY if contract.keep is Keep.LATEST else LOADED, parts), run_no=run_no, table=name)


def remember_state(warehouse: Warehouse, program: str) -> None:
    """Keep who waits to enter, which proposals wait, and with which calendar and `program` (its versions) the run was made."""
    warehouse.run("remember/spans", program=program)
