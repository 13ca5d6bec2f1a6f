"""The Berka bank (a Czech retail bank, 1993-1998, anonymised) as landing files of the project beside this module.

What is mapped, and what is not there and therefore assumed:

- A customer is the OWNER of an account; every account has exactly one, and every owner one account. Others who may dispose of
  it are left out.
- A transaction has a day and no time of day: 11:00 UTC stands for it, which is the same day in Prague in winter and summer.
- Amounts are haler (1/100 koruna), whole numbers.
- `counterparty_id` is the partner's account number and its bank's two letters in one number.
- `code` is the bank's own label (`k_symbol`): DUCHOD is an old-age pension. Segments that claim to work without labels do not
  read it.
- Events come from the same transactions: bill_paid (household payments, SIPO), insurance_paid, cash_out, loan_granted.
- There are no addresses and no consents in the data. Everyone is given a letter box and consent to letters: an assumption,
  without which nobody could be written to.
"""

import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

FIRST_DAY = date(1993, 1, 1)
LAST_DAY = date(1994, 3, 31)
TABLES = ("customers", "accounts", "transactions", "events", "addresses", "consents")


@dataclass(frozen=True)
class Landed:
    """What was written: rows per table, and the days that have a file."""

    rows: dict[str, int]
    days: int


OWNERS = """
CREATE TABLE owners AS
SELECT
  CAST(c.client_id AS BIGINT) AS customer_id,
  CAST(a.account_id AS BIGINT) AS account_id,
  c.birth_date,
  c.sex,
  n.district_name AS district,
  n.region,
  a.frequency,
  a.opened AS opened_on
FROM disp AS d
JOIN client AS c ON c.client_id = d.client_id
JOIN account AS a ON a.account_id = d.account_id
JOIN district AS n ON n.district_id = c.district_id
WHERE d.type = 'OWNER'
"""

LANDING = {
    "customers": "SELECT customer_id, birth_date, sex, district, region, opened_on, opened_on AS day FROM owners",
    "accounts": "SELECT account_id, customer_id, frequency, opened_on, opened_on AS day FROM owners",
    "addresses": "SELECT customer_id, 'letter' AS channel, 'account ' || account_id AS address, opened_on AS day FROM owners",
    "consents": """
        SELECT customer_id, 'marketing' AS purpose, 'letter' AS channel, TRUE AS granted,
          CAST(opened_on AS TIMESTAMP) + INTERVAL 6 HOUR AS changed_at, opened_on AS day
        FROM owners
    """,
    "transactions": """
        SELECT
          CAST(t.trans_id AS BIGINT) AS transaction_id,
          o.customer_id,
          o.account_id,
          t.date + INTERVAL 11 HOUR AS occurred_at,
          CASE WHEN t.type = 'PRIJEM' THEN 'in' ELSE 'out' END AS direction,
          CAST(t.amount * 100 AS BIGINT) AS amount,
          CASE WHEN t.partner_account > 0 AND t.bank IS NOT NULL
            THEN t.partner_account * 1000 + (ascii(t.bank) - 65) * 26 + ascii(t.bank[2]) - 65 END AS counterparty_id,
          t.operation,
          t.k_symbol AS code,
          CAST(t.balance * 100 AS BIGINT) AS balance_after,
          t.date AS day
        FROM trans AS t
        JOIN owners AS o ON o.account_id = t.account_id
    """,
    "events": """
        SELECT 'trans-' || t.trans_id AS event_id, o.customer_id,
          CASE t.k_symbol WHEN 'SIPO' THEN 'bill_paid' WHEN 'POJISTNE' THEN 'insurance_paid' ELSE 'cash_out' END AS name,
          t.date + INTERVAL 11 HOUR AS occurred_at,
          json_object('amount', CAST(t.amount * 100 AS BIGINT)) AS properties, t.date AS day
        FROM trans AS t
        JOIN owners AS o ON o.account_id = t.account_id
        WHERE t.k_symbol IN ('SIPO', 'POJISTNE') OR (t.operation = 'VYBER' AND t.k_symbol IS NULL)
        UNION ALL
        SELECT 'loan-' || l.loan_id, o.customer_id, 'loan_granted', l.granted + INTERVAL 11 HOUR,
          json_object('amount', CAST(l.amount AS BIGINT) * 100), l.granted
        FROM loan AS l
        JOIN owners AS o ON o.account_id = l.account_id
    """,
}


def land(source: Path, project: Path, until: date = LAST_DAY, since: date = FIRST_DAY) -> Landed:
    """Write the bank's days up to and with `until` as `data/landing/<table>/<day>/<table>.parquet`.

    Args:
        source: the folder with the Berka Parquet files.
        project: the project whose `data/landing` is filled; it must not hold these tables yet.
        until: the last day to write.
        since: the first day with files of its own; what came before lies in one file on that day, as a bank's first load does.

    Returns:
        How many rows went into each table, and on how many days something landed.
    """
    connection = duckdb.connect()
    for name in ("client", "disp", "account", "district", "loan"):
        connection.read_parquet(str(source / f"{name}.parquet")).create_view(name)
    connection.read_parquet(str(source / "trans_1993_1994q1.parquet")).create_view("trans")
    connection.execute(OWNERS)
    landing = project / "data" / "landing"
    landing.mkdir(parents=True, exist_ok=True)
    rows: dict[str, int] = {}
    days: set[str] = set()
    with tempfile.TemporaryDirectory(dir=landing, suffix=".tmp") as scratch:
        for table, query in LANDING.items():
            split = Path(scratch) / table
            chosen = connection.sql(query).filter(f"day BETWEEN DATE '{FIRST_DAY}' AND DATE '{until}'")
            rows[table] = len(chosen)
            names = [f"greatest(day, DATE '{since}') AS day" if name == "day" else name for name in chosen.columns]
            chosen.project(", ".join(names)).to_parquet(str(split), partition_by=["day"])
            for part in sorted(split.glob("day=*")):
                day = part.name.removeprefix("day=")
                days.add(day)
                (landing / table / day).mkdir(parents=True)
                for number, file in enumerate(sorted(part.iterdir())):
                    file.rename(landing / table / day / f"{table}-{number}.parquet")
    connection.close()
    return Landed(rows, len(days))
