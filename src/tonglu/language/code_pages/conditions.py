"""TL3xx: conditions of `where` and `when`."""

PAGES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "TL301",
        "the condition cannot be read",
        "A sign, a quote or a word is missing or too much. Text stands in single quotes; full-width signs are not read.",
        """
        journeys/welcome.yaml:
          enter: {event: product_opened, where: "product == 'salary_plan'"}
        """,
        """
        journeys/welcome.yaml:
          enter: {event: product_opened, where: "product = 'salary_plan'"}
        """,
    ),
    (
        "TL302",
        "types that cannot be compared",
        "A number is compared with text, or a date with an instant. It would be false for everyone, or an error at night.",
        """
        journeys/welcome.yaml:
          exit: {when: "age > '60'"}
        """,
        """
        journeys/welcome.yaml:
          exit: {when: "age > 60"}
        """,
    ),
    (
        "TL303",
        "not a condition",
        "A condition is true or false, and so is each part that 'and', 'or' and 'not' join.",
        """
        journeys/welcome.yaml:
          enter: {segment: payroll_new, when: "city = '杭州' or '宁波'"}
        """,
        """
        journeys/welcome.yaml:
          enter: {segment: payroll_new, when: "city in ('杭州', '宁波')"}
        """,
    ),
    (
        "TL304",
        "compared with null",
        "Nothing equals a missing value, not even another one, so the comparison is never true.",
        """
        journeys/welcome.yaml:
          exit: {when: "employer = null"}
        """,
        """
        journeys/welcome.yaml:
          exit: {when: "employer is null"}
        """,
    ),
    (
        "TL305",
        "wrong arguments of a function",
        "The function takes other arguments: another number of them, or of another type.",
        """
        journeys/welcome.yaml:
          exit: {when: "years_since(age) > 60"}
        """,
        """
        journeys/welcome.yaml:
          exit: {when: "years_since(birth_date) > 60"}
        """,
    ),
    (
        "TL306",
        "too long or too deep",
        "At most 8,000 characters, 100 operators and 24 levels. A condition that long belongs into a segment, where "
        "it has a name and can be counted.",
        """
        journeys/welcome.yaml:
          exit: {when: "(((((((((((((((((((((((((age > 60)))))))))))))))))))))))))"}
        """,
        """
        journeys/welcome.yaml:
          exit: {when: "not in segment payroll"}
        """,
    ),
    (
        "TL307",
        "arithmetic on something else than numbers",
        "Dates and text are not added up. The days between a date and now are days_since(...).",
        """
        journeys/welcome.yaml:
          exit: {when: "opened_on + 30 > 0"}
        """,
        """
        journeys/welcome.yaml:
          exit: {when: "days_since(opened_on) > 30"}
        """,
    ),
    (
        "TL308",
        "an event's filter that looks back",
        "The filter of an event sees that event alone. What is counted or looked for in the past belongs into a condition on the customer.",
        """
        journeys/welcome.yaml:
          enter: {event: app_login, where: "count(app_login, 7 days) > 3"}
        """,
        """
        journeys/welcome.yaml:
          enter: {event: app_login, when: "count(app_login, 7 days) > 3"}
        """,
    ),
)
