"""TL84x: capacity and budget."""

PAGES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "TL840",
        "a budget of a journey that does not exist",
        "The budget would hold nobody back: no journey has that name.",
        "budget:\n  - {journey: payroll_compagnion, at_most: 5000 yuan, per: month}",
        "budget:\n  - {journey: payroll_companion, at_most: 5000 yuan, per: month}",
    ),
    (
        "TL841",
        "a limit by something that the profile does not say",
        "A limit by branch needs the attribute branch_id of the profile, one by employee manager_id.",
        "capacity:\n  - {channel: wecom, by: employee, at_most: 30, per: day}  # a profile without manager_id",
        "capacity:\n  - {channel: wecom, by: branch, at_most: 300, per: day}",
    ),
    (
        "TL842",
        "figures of units without units",
        "`each` and `figures` give single branches or employees their own figure, so `by` says which of them are counted.",
        "capacity:\n  - {channel: call, at_most: 40, per: day, each: {1011: 60}}",
        "capacity:\n  - {channel: call, by: branch, at_most: 40, per: day, each: {1011: 60}}",
    ),
    (
        "TL843",
        "figures that are not there",
        "The table of figures is one of the bank's tables (data/contracts), with a column for the unit and one for its figure.",
        "figures: {table: brnch_staff, unit: branch_id, at_most: calls}",
        "figures: {table: branch_staff, unit: branch_id, at_most: calls}",
    ),
    (
        "TL844",
        "a budget that nothing counts against",
        "A touch spends the cost of its channel. Where that is nothing, the budget never holds anything back. This is a warning.",
        "budget:\n  - {channel: app_push, at_most: 100 yuan, per: day}  # app_push has no cost",
        "budget:\n  - {channel: sms, at_most: 3000 yuan, per: day}",
    ),
)
