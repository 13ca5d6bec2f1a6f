"""TL401 to TL416: the structure of a journey."""

PAGES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "TL401",
        "two steps of one name",
        "Names are how steps lead to each other, and how reports count.",
        """
        journeys/welcome.yaml:
          steps:
            - settle: {wait: 3 days}
            - settle: {wait: 1 day}
        """,
        """
        journeys/welcome.yaml:
          steps:
            - settle: {wait: 3 days}
            - breathe: {wait: 1 day}
        """,
    ),
    (
        "TL402",
        "a step of no known kind",
        "One key of a step's body names its kind, such as touch, wait, wait_for, branch, experiment, end.",
        """
        journeys/welcome.yaml:
          steps:
            - settle: {wiat: 3 days}
        """,
        """
        journeys/welcome.yaml:
          steps:
            - settle: {wait: 3 days}
        """,
    ),
    (
        "TL403",
        "a step of two kinds",
        "A step does one thing. A second kind is a second step.",
        """
        journeys/welcome.yaml:
          steps:
            - settle: {wait: 3 days, end: accompanied}
        """,
        """
        journeys/welcome.yaml:
          steps:
            - settle: {wait: 3 days}
            - done: {end: accompanied}
        """,
    ),
    (
        "TL404",
        "not a step",
        "A step is one name with a mapping: '- name: {kind: ...}'.",
        """
        journeys/welcome.yaml:
          steps:
            - wait 3 days
        """,
        """
        journeys/welcome.yaml:
          steps:
            - settle: {wait: 3 days}
        """,
    ),
    (
        "TL405",
        "no steps",
        "A journey without steps does nothing.",
        """
        journeys/welcome.yaml:
          steps: []
        """,
        """
        journeys/welcome.yaml:
          steps:
            - done: {end: completed}
        """,
    ),
    (
        "TL406",
        "how the journey is entered is not clear",
        "Exactly one thing brings customers in: a segment that they join or leave, an event, the calendar, a list or another "
        "journey; some keys belong to some of them only.",
        """
        journeys/welcome.yaml:
          enter: {segment: payroll_new, event: app_login}
        """,
        """
        journeys/welcome.yaml:
          enter: {event: app_login, when: "in segment payroll_new"}
        """,
    ),
    (
        "TL407",
        "goals that clash",
        "Either one goal, or a list of goals with different names; and a holdout has a goal that it measures.",
        """
        journeys/welcome.yaml:
          goal: {event: product_opened, within: 30 days}
          goals:
            - {event: app_login, within: 7 days}
        """,
        """
        journeys/welcome.yaml:
          goal: {event: product_opened, within: 30 days}
        """,
    ),
    (
        "TL408",
        "an exit of nothing or of two things",
        "Each exit is one segment, one segment that was left, one event, or one condition.",
        """
        journeys/welcome.yaml:
          exit: [{left: payroll, event: complaint_opened}]
        """,
        """
        journeys/welcome.yaml:
          exit: [{left: payroll}, {event: complaint_opened}]
        """,
    ),
    (
        "TL409",
        "a control group that may not be",
        "Regulatory notices reach everyone: nobody may be held out of them.",
        """
        journeys/welcome.yaml:
          purpose: regulatory
          holdout: 10%
        """,
        """
        journeys/welcome.yaml:
          purpose: regulatory
          holdout: 0%
        """,
    ),
    (
        "TL410",
        "a journey that ends before it starts",
        "'until' is after 'from'.",
        """
        journeys/welcome.yaml:
          live: {from: "2026-12-01", until: "2026-11-01"}
        """,
        """
        journeys/welcome.yaml:
          live: {from: "2026-11-01", until: "2026-12-01"}
        """,
    ),
    (
        "TL411",
        "a step that no path reaches",
        "No entry will ever come to this step.",
        """
        journeys/welcome.yaml:
          steps:
            - done: {end: accompanied}
            - greet: {touch: welcome, via: [sms]}
        """,
        """
        journeys/welcome.yaml:
          steps:
            - greet: {touch: welcome, via: [sms]}
            - done: {end: accompanied}
        """,
    ),
    (
        "TL412",
        "a cycle without a wait",
        "The path may come back to the same step without time passing, so an entry would move forever in one run. Sure to take time are a "
        "duration, workdays, the limit of a wait_for and its events; an instant or a date may be past, hours may have begun, pay-day may "
        "be now, and what a wait_for finds by segment or condition may hold on arrival.",
        """
        journeys/welcome.yaml:
          steps:
            - fork: {branch: [{when: "age > 60", go: done}, {else: again}]}
            - again: {go: fork}
            - done: {end: accompanied}
        """,
        """
        journeys/welcome.yaml:
          steps:
            - fork: {branch: [{when: "age > 60", go: done}, {else: pause}]}
            - pause: {wait: 30 days}
            - again: {go: fork}
            - done: {end: accompanied}
        """,
    ),
    (
        "TL413",
        "a journey with open entries is gone",
        "Customers are still on their way through it. Let it end first, then take the file away.",
        """
        journeys/welcome.yaml (not there)
        $ tonglu run --as-of 2026-03-03T08:00
        """,
        """
        journeys/welcome.yaml:
          live: {until: "2026-03-03", then: stop}
        $ tonglu run --as-of 2026-03-03T08:00
        journeys/welcome.yaml (not there)
        $ tonglu run --as-of 2026-03-04T08:00
        """,
    ),
    (
        "TL414",
        "an order that is not by a number",
        "When not all may enter, those with the largest (desc) or smallest number go first.",
        """
        journeys/welcome.yaml:
          enter: {segment: payroll_new, limit: 100 per day, order: city}
        """,
        """
        journeys/welcome.yaml:
          enter: {segment: payroll_new, limit: 100 per day, order: balance desc}
        """,
    ),
    (
        "TL415",
        "an end with the engine's own reason",
        "Reports tell an exit from an end by its reason: goal, ejected, journey_over and exit_... are the engine's.",
        """
        journeys/welcome.yaml:
          steps:
            - done: {end: goal}
        """,
        """
        journeys/welcome.yaml:
          steps:
            - done: {end: accompanied}
        """,
    ),
    (
        "TL416",
        "open entries need what is gone",
        "Open entries stay on the version that they entered. What it names must stay until they have ended: here the message "
        "of that version writes {{ city }}.",
        """
        segments/profile.sql:
          select customer_id, birth_date, date_diff('year', birth_date, as_of_date()) as age, employer, balance, opened_on,
            if(employer is null, null, 15) as pay_day
          from customers
        journeys/messages/welcome.yaml:
          text:
            sms: {body: 您好，欢迎您！}
        $ tonglu run --as-of 2026-03-03T08:00
        """,
        """
        journeys/messages/welcome.yaml:
          text:
            sms: {body: 您好，欢迎您！}
        $ tonglu run --as-of 2026-03-03T08:00
        """,
    ),
)
