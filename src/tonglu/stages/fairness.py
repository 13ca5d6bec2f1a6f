"""Fairness: who was touched of those who entered, by the groups that the policy names; counts alone leave the warehouse."""

from collections.abc import Sequence

from sqlglot import exp

from tonglu.core.ports import Warehouse
from tonglu.core.sql import fill

COUNT = """
    INSERT INTO tonglu.fairness
    WITH sent AS (
        SELECT entry_id, sum(score) AS value FROM tonglu.decision WHERE outcome = 'sent' GROUP BY entry_id
    ), person AS (
        SELECT e.journey, e.customer_id, bool_or(s.entry_id IS NOT NULL) AS touched, sum(coalesce(s.value, 0)) AS offered
        FROM tonglu.entry AS e LEFT JOIN sent AS s USING (entry_id) WHERE e.assignment = 'treated' GROUP BY e.journey, e.customer_id
    )
    SELECT $run_no, p.journey, slot('name'), coalesce(CAST(slot('value') AS VARCHAR), 'unknown'), count(*), count(*) FILTER (WHERE p.touched),
        sum(p.offered)
    FROM person AS p JOIN tonglu.profile AS profile ON profile.customer_id = p.customer_id
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""


def count_groups(warehouse: Warehouse, columns: Sequence[str]) -> None:
    """Write the counts of this run, over everything that happened so far and the profile as it is."""
    for name in columns:
        value = exp.column(exp.to_identifier(name, quoted=True), table="profile")
        warehouse.execute(fill(COUNT, name=name, value=value))
