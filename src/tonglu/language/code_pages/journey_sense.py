"""TL417 to TL434: what the parts of a journey mean, alone and together."""

PAGES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "TL417",
        "a wait that does not say what it ends by",
        "A wait ends by a duration, or by exactly one of until, date, hours and days, workdays, pay_day.",
        """
        journeys/welcome.yaml:
          steps:
            - rest: {wait: {workdays: 3, until: "2026-04-01 09:00"}}
        """,
        """
        journeys/welcome.yaml:
          steps:
            - rest: {wait: {workdays: 3, at: "09:00"}}
        """,
    ),
    (
        "TL418",
        "two words for one condition",
        "'only_if' is another word for 'when'.",
        """
        journeys/welcome.yaml:
          steps:
            - greet: {touch: welcome, via: [sms], when: "age > 60", only_if: "age < 80"}
        """,
        """
        journeys/welcome.yaml:
          steps:
            - greet: {touch: welcome, via: [sms], when: "age > 60 and age < 80"}
        """,
    ),
    (
        "TL419",
        "a calendar that has no days",
        "A calendar is one date, a recurrence with what it needs, or pay-day.",
        """
        journeys/welcome.yaml:
          enter: {calendar: {every: week, day: 5}}
        """,
        """
        journeys/welcome.yaml:
          enter: {calendar: {every: week, weekday: friday, at: "09:00"}}
        """,
    ),
    (
        "TL420",
        "a wait for what is no date",
        "The attribute must be a date or an instant.",
        """
        journeys/welcome.yaml:
          steps:
            - rest: {wait: {date: city, plus: 30 days}}
        """,
        """
        journeys/welcome.yaml:
          steps:
            - rest: {wait: {date: opened_on, plus: 30 days}}
        """,
    ),
    (
        "TL421",
        "a note of two types",
        "What journeys note about a customer under one name has one type, wherever it is noted.",
        """
        journeys/welcome.yaml:
          steps:
            - one: {set: {level: gold}}
            - two: {set: {level: 3}}
        """,
        """
        journeys/welcome.yaml:
          steps:
            - one: {set: {level: gold}}
            - two: {set: {level: silver}}
        """,
    ),
    (
        "TL422",
        "a journey that lets nobody pass on",
        "Only journeys that 'enter' names may pass customers on, so that its owner decides who comes.",
        """
        journeys/loan_care.yaml:
          journey: loan_care
          title: {zh: 贷款陪伴, en: With a borrower}
          purpose: service
          owner: loans
          enter: {event: loan_stage}
          steps:
            - done: {end: accompanied}
        journeys/welcome.yaml:
          steps:
            - hand_on: {enter: loan_care}
        """,
        """
        journeys/loan_care.yaml:
          journey: loan_care
          title: {zh: 贷款陪伴, en: With a borrower}
          purpose: service
          owner: loans
          enter: {journey: welcome}
          steps:
            - done: {end: accompanied}
        journeys/welcome.yaml:
          steps:
            - hand_on: {enter: loan_care}
        """,
    ),
    (
        "TL423",
        "nobody passes customers on",
        "The journey that is named has no step that leads here, so nobody will come from it.",
        """
        journeys/loan_care.yaml:
          journey: loan_care
          title: {zh: 贷款陪伴, en: With a borrower}
          purpose: service
          owner: loans
          enter: {journey: welcome}
          steps:
            - done: {end: accompanied}
        """,
        """
        journeys/loan_care.yaml:
          journey: loan_care
          title: {zh: 贷款陪伴, en: With a borrower}
          purpose: service
          owner: loans
          enter: {journey: welcome}
          steps:
            - done: {end: accompanied}
        journeys/welcome.yaml:
          steps:
            - hand_on: {enter: loan_care}
        """,
    ),
    (
        "TL424",
        "a migration to nowhere",
        "Open trips of older versions move to a step of this version, or leave by 'exit'.",
        """
        journeys/welcome.yaml:
          migrate: {pause: rst}
        """,
        """
        journeys/welcome.yaml:
          migrate: {pause: rest}
        """,
    ),
    (
        "TL425",
        "a path without end",
        "Trips that come here stay open for ever, unless an exit ends them.",
        """
        journeys/welcome.yaml:
          steps:
            - pause: {wait: 30 days}
            - again: {go: pause}
        """,
        """
        journeys/welcome.yaml:
          steps:
            - pause: {wait: 30 days}
            - fork: {branch: [{when: "age > 60", go: done}, {else: pause}]}
            - done: {end: accompanied}
        """,
    ),
    (
        "TL426",
        "an exit that everybody meets",
        "Exits are judged before anything moves, so whoever enters by a segment or a condition that is also the exit leaves at once.",
        """
        journeys/welcome.yaml:
          enter: {segment: payroll_new}
          exit: [{segment: payroll_new}]
        """,
        """
        journeys/welcome.yaml:
          enter: {segment: payroll_new}
          exit: [{left: payroll}]
        """,
    ),
    (
        "TL427",
        "a goal that ends the trip by an exit",
        "'on_goal: continue' lets a trip go on after its goal; an exit by the same event ends it all the same.",
        """
        journeys/welcome.yaml:
          goal: {event: product_opened, within: 30 days}
          on_goal: continue
          exit: [{event: product_opened}]
        """,
        """
        journeys/welcome.yaml:
          goal: {event: product_opened, within: 30 days}
          on_goal: continue
          exit: [{event: complaint_opened}]
        """,
    ),
    (
        "TL428",
        "a holdout too small to see the lift",
        "With so few controls a lift of the expected size would more often than not stay unseen (80 % power, two-sided 5 %).",
        """
        journeys/welcome.yaml:
          holdout: 2%
          goal: {event: product_opened, within: 30 days, expect: {rate: 3%, lift: 1%, customers: 5000}}
        """,
        """
        journeys/welcome.yaml:
          holdout: 20%
          goal: {event: product_opened, within: 30 days, expect: {rate: 3%, lift: 1%, customers: 60000}}
        """,
    ),
    (
        "TL429",
        "a purpose that the policy does not know",
        "Consents are given by purpose, and policy.yaml lists the purposes of the bank.",
        """
        journeys/policy.yaml:
          purposes: {service: {skips: [contact_policy]}}
        journeys/welcome.yaml:
          purpose: marketing
        """,
        """
        journeys/policy.yaml:
          purposes: {service: {skips: [contact_policy]}, marketing: {}}
        journeys/welcome.yaml:
          purpose: marketing
        """,
    ),
    (
        "TL430",
        "marketing without a cap",
        "Nothing would keep this journey from touching the same customer every day.",
        """
        journeys/policy.yaml:
          caps: [{purpose: service, at_most: 3, within: 7 days}]
        journeys/welcome.yaml:
          purpose: marketing
        """,
        """
        journeys/policy.yaml:
          caps: [{purpose: marketing, at_most: 3, within: 7 days}]
        journeys/welcome.yaml:
          purpose: marketing
        """,
    ),
    (
        "TL431",
        "a window that never opens",
        "No day of the calendar lies in the days in which the journey is live, or a wait ends when the journey has stopped.",
        """
        journeys/welcome.yaml:
          enter: {calendar: {every: month, day: 25}}
          live: {from: "2026-11-01", until: "2026-11-12"}
        """,
        """
        journeys/welcome.yaml:
          enter: {calendar: {every: month, day: 11}}
          live: {from: "2026-11-01", until: "2026-11-12"}
        """,
    ),
    (
        "TL432",
        "a goal that is over before the first touch",
        "The time of a goal runs from the assignment. When it is over before anything was said, treated and control cannot differ.",
        """
        journeys/welcome.yaml:
          goal: {event: product_opened, within: 14 days}
          steps:
            - settle: {wait: 20 days}
            - greet: {touch: welcome, via: [sms]}
        """,
        """
        journeys/welcome.yaml:
          goal: {event: product_opened, within: 34 days}
          steps:
            - settle: {wait: 20 days}
            - greet: {touch: welcome, via: [sms]}
        """,
    ),
    (
        "TL433",
        "a goal that controls cannot reach",
        "Nobody held out gets a touch, so none of them can click on one: the lift would be all clicks, and say nothing.",
        """
        journeys/welcome.yaml:
          holdout: 10%
          goal: {event: touch.clicked, within: 7 days}
        """,
        """
        journeys/welcome.yaml:
          holdout: 10%
          goal: {event: product_opened, within: 7 days}
        """,
    ),
    (
        "TL434",
        "weights that do not fit the arms",
        "Weights are written for every arm, or for none: then all are equal.",
        """
        journeys/welcome.yaml:
          steps:
            - pace: {experiment: {arms: {early: greet, late: rest}, weights: {early: 30, lat: 70}}}
            - rest: {wait: 3 days}
            - greet: {touch: welcome, via: [sms]}
        """,
        """
        journeys/welcome.yaml:
          steps:
            - pace: {experiment: {arms: {early: greet, late: rest}, weights: {early: 30, late: 70}}}
            - rest: {wait: 3 days}
            - greet: {touch: welcome, via: [sms]}
        """,
    ),
)
