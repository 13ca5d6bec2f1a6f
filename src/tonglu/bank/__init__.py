"""The bundled bank: an invented Chinese retail bank, and the world that answers touches.

Nothing in it is real. Customers, names, numbers, employers, amounts and reactions are drawn from a seed; phone numbers and
identity numbers lie in ranges that nobody is given. The only facts from outside are the names of provinces and cities, the
holiday calendar, and the rule that wages due on a day off are paid on the preceding working day. Every share, rate and effect
is an assumption of ours and stands in the docstring of the module that uses it:

- `employers`: sizes, agreements, pay-days, who pays without label;
- `people`: ages, occupations, jobs and job changes, incomes, ratings;
- `payroll`: wages, bonuses, missed and late pay, money leaving within 48 hours, pensions;
- `spending`: purchases, transfers, repayments, and payments that look like wages and are not;
- `registers`: addresses, consents, accounts, holdings;
- `cases`: complaints, risk alerts, loans;
- `behaviour`: base hazards of the goals and everyday events;
- `touches`: delivery, opening, clicking per channel;
- `effects`: what a touch truly changes, the part that a measurement has to find.

`make_bank` writes a year of history and a hidden part; `World` plays the days after, reading nothing but hand-over files. The
engine reads `landing/` only. `World.truth` tells what the touches truly did, to hold against the measured lift.
"""

from tonglu.bank.generator import OPENING, BankSummary, make_bank
from tonglu.bank.truth import Goal
from tonglu.bank.world import World

__all__ = ["OPENING", "BankSummary", "Goal", "World", "make_bank"]
