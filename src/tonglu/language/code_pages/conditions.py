"""TL3xx: conditions of `where` and `when`."""

PAGES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "TL301",
        "the condition cannot be read",
        "A sign, a quote or a word is missing or too much. Text stands in single quotes; full-width signs are not read.",
        "where: \"product == 'salary_plan'\"",
        "where: \"product = 'salary_plan'\"",
    ),
    (
        "TL302",
        "types that cannot be compared",
        "A number is compared with text, or a date with an instant. It would be false for everyone, or an error at night.",
        "when: \"age > '60'\"",
        'when: "age > 60"',
    ),
    (
        "TL303",
        "not a condition",
        "A condition is true or false, and so is each part that 'and', 'or' and 'not' join.",
        "when: \"province = '浙江' or '江苏'\"",
        "when: \"province in ('浙江', '江苏')\"",
    ),
    (
        "TL304",
        "compared with null",
        "Nothing equals a missing value, not even another one, so the comparison is never true.",
        'when: "employer_id = null"',
        'when: "employer_id is null"',
    ),
    (
        "TL305",
        "wrong arguments of a function",
        "The function takes one argument of a certain type.",
        'when: "years_since(age) > 60"',
        'when: "years_since(birth_date) > 60"',
    ),
    (
        "TL306",
        "too long or too deep",
        "At most 8,000 characters, 100 operators and 24 levels. A condition that long belongs into a segment, where "
        "it has a name and can be counted.",
        "when: \"city in ('...', 2000 more)\"",
        'when: "in segment big_cities"',
    ),
    (
        "TL307",
        "arithmetic on something else than numbers",
        "Dates and text are not added up. The days between a date and now are days_since(...).",
        'when: "opened_on + 30 > 0"',
        'when: "days_since(opened_on) > 30"',
    ),
    (
        "TL308",
        "an event's filter that looks back",
        "The filter of an event sees that event alone. What is counted or looked for in the past belongs into a condition on the customer.",
        'enter: {event: app_login, where: "count(app_login, 7 days) > 3"}',
        'enter: {event: app_login, when: "count(app_login, 7 days) > 3"}',
    ),
)
