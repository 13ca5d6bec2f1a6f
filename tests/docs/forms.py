"""The forms in which a journey says who enters, what ends a wait, what is waited for and what is an exit: each with an example that loads.

The language page shows them; a test lays every one into the small bank, and holds that no key and no word of the models is left out.
"""

Form = tuple[str, str]

ENTRIES: tuple[Form, ...] = (
    ("{segment: payroll_new}", "who joins the segment from the launch on"),
    ("{segment: payroll_new, enrolment: both}", "and who is in it at the launch; `current`: only these"),
    (
        "{segment: payroll_new, enrolment: current, limit: [500 per run, 2000 per day, 10000 total], order: balance desc}",
        "the richest first, in doses",
    ),
    ("{left: payroll, again: after 90 days}", "who leaves the segment; once more 90 days after the last trip's end"),
    ('{event: product_opened, where: "amount >= 10000 yuan", fresh: 2 days, again: always}', "to whom it happens, every time"),
    ('{event: app_login, when: "age >= 60", again: unless goal reached}', "only these customers, until they reach the goal"),
    ("{event: loan_stage, keyed_by: loan_id}", "one trip for each loan"),
    ('{calendar: {date: "2026-12-24 09:00"}, again: never}', "everybody, on one day"),
    ('{calendar: {every: day, at: "09:00"}}', "every day"),
    ("{calendar: {every: workday}}", "every workday"),
    ("{calendar: {every: week, weekday: friday}}", "every Friday"),
    ("{calendar: {every: month, day: 31}}", "the 31st, or the month's last day"),
    ("{calendar: {every: month, workday: -1}}", "the month's last workday; `1` is its first"),
    ("{calendar: {every: year, month: 10, day: 1}}", "every first of October"),
    ("{calendar: {pay_day: 2}}", "two days after every customer's own pay-day"),
    ("{list: winter_gift}", "whom a file puts on the list"),
    ("{journey: loan_care}", "whom a step `enter` of that journey passes on"),
)
WAITS: tuple[Form, ...] = (
    ("3 days", "so long; also `36 hours`, `30 minutes`"),
    ('{until: "2026-12-24 09:00"}', "until that moment"),
    ('{date: birth_date, plus: 60 days, at: "09:00"}', "until that long after a date of the customer's"),
    ("{date: opened_on, minus: 3 days}", "until that long before it"),
    ('{hours: "09:00-18:00"}', "until the next of these hours"),
    ('{hours: "09:00-18:00", days: workdays}', "until office hours"),
    ("{days: weekdays}", "until a Monday to Friday, whatever the holidays"),
    ("{days: weekends}", "until a Saturday or Sunday"),
    ("{days: [monday, thursday]}", "until one of these days"),
    ('{workdays: 3, at: "10:00"}', "until the third workday after, at that hour or the same"),
    ("{pay_day: -1}", "until the day before the customer's next pay-day"),
)
ALTERNATIVES: tuple[Form, ...] = (
    ("{event: product_opened, where: \"product = 'fund'\", go: done}", "it happens"),
    ("{segment: youth, go: done}", "the customer is a member"),
    ("{left: payroll, go: done}", "the customer is no member"),
    ('{when: "balance >= 50000 yuan", go: done}', "it holds of the customer"),
)
EXITS: tuple[Form, ...] = (
    ("{segment: youth}", "the customer is a member"),
    ("{left: payroll}", "the customer is no member"),
    ("{event: complaint_opened, where: \"topic = 'salary'\"}", "it happens"),
    ('{when: "balance = 0"}', "it holds of the customer"),
)
