"""The bank before the measured day, in a process of its own: `python bank_side.py PROJECT CUSTOMERS DAYS`."""

import sys
from datetime import datetime
from pathlib import Path

from tonglu.app.simulate import simulate
from tonglu.app.workplace import workplace
from tonglu.bank import make_bank

SEED = 7


def main(root: Path, customers: int, days: int) -> None:
    made = make_bank(customers, SEED, root / "data")
    print(f"  a bank of {customers:,} customers, {sum(made.rows.values()):,} rows", flush=True)

    def on_day(as_of: datetime, summary: dict[str, object]) -> None:
        print(f"  {as_of:%Y-%m-%d}: {summary['rows']:,} rows, {summary['sent']:,} sent", flush=True)

    with workplace(root) as place:
        simulate(place, days, on_day)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
