"""A log of decisions that was kept elsewhere, a row per decision in a Parquet or CSV file, summed up by what is alike."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
from sqlglot import exp

from tonglu.core.errors import did_you_mean, wrong
from tonglu.core.ports import Row
from tonglu.core.sql import Slot, fill

UNUSABLE = """
    SELECT count(*) FROM logged
    WHERE slot('arm') IS NULL OR NOT coalesce(slot('propensity')::DOUBLE BETWEEN 1e-12 AND 1, FALSE)
       OR NOT coalesce(isfinite(slot('outcome')::DOUBLE), FALSE)
"""
SUMS = """
    SELECT slot('by')::VARCHAR, slot('arm')::VARCHAR, slot('propensity')::DOUBLE, row_number() OVER () % 2 AS fold, count(*),
        sum(slot('outcome')::DOUBLE), sum(slot('outcome')::DOUBLE * slot('outcome')::DOUBLE)
    FROM logged GROUP BY ALL ORDER BY ALL
"""


def read_log(path: Path, arm: str, propensity: str, outcome: str, by: Sequence[str]) -> list[Row]:
    """Rows (stratum, arm, propensity, fold, how many, sum of outcomes, sum of their squares).

    Args:
        path: the file.
        arm: the column of what was shown.
        propensity: the column of the probability with which it was.
        outcome: the column of what that earned, a number.
        by: columns that make up a stratum.

    Raises:
        InputError: the file or a column is not there, a propensity is no probability, or something is empty.
    """
    if not path.is_file():
        raise wrong(f"there is no file {path}", "--log")
    connection = duckdb.connect(config={"python_enable_replacements": False})
    try:
        log = connection.read_parquet(str(path)) if path.suffix == ".parquet" else connection.read_csv(str(path))
        for name in (arm, propensity, outcome, *by):
            if name not in log.columns:
                raise wrong(f"the log has no column '{name}'", str(path), did_you_mean(name, log.columns))
        log.create_view("logged")
        holes: dict[str, Slot] = {
            name: exp.column(column, quoted=True)
            for name, column in (("arm", arm), ("propensity", propensity), ("outcome", outcome))
        }
        [(unusable,)] = connection.execute(fill(UNUSABLE, **holes).sql("duckdb")).fetchall()
        if unusable:
            hint = "Every row has an arm, a propensity above 0 and up to 1, and a number as outcome."
            raise wrong(f"{unusable:,} rows of the log cannot be used", str(path), hint)
        columns = [exp.column(name, quoted=True) for name in by]
        stratum = exp.Anonymous(this="concat_ws", expressions=[exp.Literal.string("|"), *columns]) if columns else ""
        return connection.execute(fill(SUMS, by=stratum, **holes).sql("duckdb")).fetchall()
    except duckdb.Error as problem:
        raise wrong(f"the log cannot be read: {str(problem).partition(chr(10))[0]}", str(path)) from problem
    finally:
        connection.close()
