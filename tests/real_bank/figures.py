"""The figures of the real bank, for people: `python -m tests.real_bank.figures`.

How many pensioners and salary-like customers the segments find, how well they find those whom the bank itself labels, with and
without telling pensions from salaries by age; then three real months of the loop, and what they came to.
"""

import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from tests.real_bank.detection import BERKA, Bank, Found
from tests.real_bank.mapping import LAST_DAY
from tests.real_bank.play import FIRST, LAST, Lift, lifts, play, prepare

from tonglu.app.workplace import workplace

DAYS = (date(1993, 6, 30), date(1993, 12, 31), date(1994, 3, 31))


def main() -> int:
    """Print the figures; 1 where the data are not there."""
    if not BERKA.is_dir():
        print(f"the Berka data are not here: {BERKA}")
        return 1
    with tempfile.TemporaryDirectory(prefix="tonglu-real-bank-") as folder:
        root = prepare(Path(folder), LAST_DAY)
        _print_detection(Bank(root / "data" / "landing"))
        _print_months(root)
    return 0


def _print_detection(bank: Bank) -> None:
    print("Pensions and salaries found by shape alone, against the bank's own label for pensions (DUCHOD)\n")
    for day in DAYS:
        bank.segments_on(day)
        bank.label_those_with_three_months()
        print(f"{day}: {bank.size('profile')} customers, {bank.size('pension_labelled')} labelled as pensioners")
        print(f"  steady income       {bank.size('steady_income'):5}")
        print(f"  found as pensioner  {bank.size('pension_detected'):5}")
        print(f"  found as salary     {bank.size('salary_detected'):5}")
        print(_line("without the age split, against the label", bank.found("steady_income", "pension_labelled")))
        print(_line("with the age split, against the label", bank.found("pension_detected", "pension_labelled")))
        print(_line("without, against those labelled in 3 months", bank.found("steady_income", "ripe")))
        print(_line("with, against those labelled in 3 months", bank.found("pension_detected", "ripe")))
        print()


def _line(what: str, found: Found) -> str:
    return f"  {what:45} recall {found.recall:6.1%}  precision {found.precision:6.1%}"


def _print_months(root: Path) -> None:
    print(f"The loop, daily at 18:00 in Prague, {FIRST} to {LAST}\n")
    began = time.monotonic()
    with workplace(root) as place:
        summaries = [summary for _, summary in play(place)]
        [(breaches, rules)] = place.warehouse.fetch("SELECT sum(breaches), count(*) FROM tonglu.conservation")
        for name in ("entered", "proposals", "sent", "deferred", "dropped", "conversions"):
            print(f"  {name:12} {sum(int(str(summary[name])) for summary in summaries):6}")
        print(f"  {len(summaries)} runs in {time.monotonic() - began:.0f} s; {rules} conservation checks, {breaches} breaches\n")
        print("Nothing ever left, so whatever the lift shows is chance:")
        for lift in lifts(place):
            print(_lift(lift))


def _lift(lift: Lift) -> str:
    counts = f"{lift.journey:13} treated {lift.n_treated:4}, held out {lift.n_control:4}"
    if lift.lift is None:
        return f"  {counts}: {lift.method}"
    rates = f"{lift.rate_treated:6.1%} against {lift.rate_control:6.1%}"
    return f"  {counts}: {rates}, lift {lift.lift:+6.1%} [{lift.low:+.1%}, {lift.high:+.1%}]"


if __name__ == "__main__":
    sys.exit(main())
