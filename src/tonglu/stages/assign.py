"""Assign: every touch of a run that people work gets its branch and, unless the branch works it together, an employee.

The employee is the customer's manager, where the profile names one who works and is there on the day on which the touch may leave;
otherwise the employees of the branch take turns, in an order by hash, each within what a capacity by employee leaves them. A branch
without anybody keeps it for whoever comes. Who works and who is there is called up before the gates: that of capacity counts by it.
"""

from collections.abc import Collection, Mapping

from sqlglot import exp

from tonglu.core.durations import microseconds
from tonglu.core.ports import Warehouse
from tonglu.core.sql import Slot, fill
from tonglu.core.work import Terms

TERMS = "INSERT INTO worked_channel VALUES ($channel, $lasts_us, $by_branch, $role)"
PROFILE = "SELECT column_name FROM duckdb_columns() WHERE schema_name = 'tonglu' AND table_name = 'profile'"
STAFF = "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'source' AND table_name = 'employees'"
NOBODY = """
    CREATE OR REPLACE TEMP TABLE staff (employee_id BIGINT, branch_id INTEGER, role VARCHAR, absent_from DATE, absent_until DATE)
"""
EMPLOYEES = """
    CREATE OR REPLACE TEMP TABLE staff AS
    SELECT employee_id, branch_id, role, absent_from, coalesce(absent_until, 'infinity'::DATE) AS absent_until
    FROM source.employees WHERE active
"""
WORKED = """
    CREATE OR REPLACE TEMP TABLE worked AS
    SELECT t.*, w.by_branch, w.role, CAST(slot('branch') AS INTEGER) AS branch_id, CAST(slot('manager') AS BIGINT) AS manager_id,
        CAST(bank_clock(t.not_before) AS DATE) AS day
    FROM tonglu.touch AS t JOIN worked_channel AS w USING (channel) LEFT JOIN tonglu.profile AS profile USING (customer_id)
    WHERE t.run_no = $run_no
"""


def call_up(warehouse: Warehouse, people: Mapping[str, Terms]) -> None:
    """Say which channels people work, and who they are; the gates and the record of the run look there."""
    [(staffed,)] = warehouse.fetch(STAFF)
    warehouse.execute(EMPLOYEES if staffed and people else NOBODY)
    for channel, terms in people.items():
        warehouse.execute(
            TERMS, channel=channel, lasts_us=microseconds(terms.lasts), by_branch=terms.by_branch, role=terms.role or ""
        )


def assign(warehouse: Warehouse, unlimited: Collection[str]) -> None:
    """Give the touches of the run, as they were recorded, to branches and employees.

    Args:
        warehouse: the warehouse.
        unlimited: the purposes whose touches skip capacity; they come last where employees have places left.
    """
    has: set[str] = {name for (name,) in warehouse.fetch(PROFILE)}
    named: dict[str, Slot] = {
        slot: exp.column(column, table="profile", quoted=True) if column in has else exp.Null()
        for slot, column in (("branch", "branch_id"), ("manager", "manager_id"))
    }
    warehouse.execute(fill(WORKED, **named))
    warehouse.run("decide/places", unlimited=list(unlimited))
    warehouse.run("decide/assign")
    warehouse.run("decide/given")
