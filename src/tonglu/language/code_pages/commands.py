"""TL9xx: the use of a command."""

PAGES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "TL900",
        "a command that cannot do what was asked",
        "The words of the command name something that is not there, or ask for it too early. Nothing was changed.",
        """
        $ tonglu preview welcom --as 1
        """,
        """
        $ tonglu preview welcome --as 1
        """,
    ),
    (
        "TL901",
        "a test that cannot be played",
        "A test has days in order and expects something.",
        """
        journeys/tests/welcome.yaml:
          journey: welcome
          runs: {from: 2026-03-01, to: 2026-03-02}
          cases:
            - {name: a new payroll customer is greeted, segments: [payroll_new], expect: {}}
        $ tonglu test
        """,
        """
        journeys/tests/welcome.yaml:
          journey: welcome
          runs: {from: 2026-03-01, to: 2026-03-02}
          cases:
            - {name: a new payroll customer is greeted, customer: {city: 杭州}, segments: [payroll_new], expect: {enters: true}}
        $ tonglu test
        """,
    ),
    (
        "TL902",
        "a test of what does not exist",
        "The journey, attribute, segment, event, step or channel that the test names is not there.",
        """
        journeys/tests/welcome.yaml:
          journey: welcome
          runs: {from: 2026-03-01, to: 2026-03-02}
          cases:
            - {name: a new payroll customer is greeted, customer: {city: 杭州}, segments: [payroll_new], expect: {path: [gret]}}
        $ tonglu test
        """,
        """
        journeys/tests/welcome.yaml:
          journey: welcome
          runs: {from: 2026-03-01, to: 2026-03-02}
          cases:
            - {name: a new payroll customer is greeted, customer: {city: 杭州}, segments: [payroll_new], expect: {path: [greet, rest]}}
        $ tonglu test
        """,
    ),
    (
        "TL903",
        "a stale plan",
        "The definitions changed, or a run was made, after the plan was written: what it says is no longer what would happen.",
        """
        $ tonglu plan --as-of 2026-03-03T08:00 --out spring.json
        journeys/welcome.yaml:
          holdout: 20%
        $ tonglu run --as-of 2026-03-03T08:00 --plan spring.json
        """,
        """
        $ tonglu plan --as-of 2026-03-03T08:00 --out spring.json
        $ tonglu run --as-of 2026-03-03T08:00 --plan spring.json
        """,
    ),
)
