"""TL2xx: names that refer to something."""

PAGES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "TL201",
        "unknown segment",
        "No file segments/<name>.sql has this name.",
        """
        journeys/welcome.yaml:
          enter: {segment: payrol_new}
        """,
        """
        journeys/welcome.yaml:
          enter: {segment: payroll_new}
        """,
    ),
    (
        "TL202",
        "unknown event",
        "No contract lists this event, so no customer could ever meet the condition.",
        """
        journeys/welcome.yaml:
          exit: {event: complaint_open}
        """,
        """
        journeys/welcome.yaml:
          exit: {event: complaint_opened}
        """,
    ),
    (
        "TL203",
        "unknown column, attribute or property",
        "The table, the profile or the event has nothing of this name. Conditions on the customer use the columns of "
        "segments/profile.sql; `where` of an event uses its properties.",
        """
        segments/payroll_new.sql:
          select customer_id from customers where balanse > 5000000
        """,
        """
        segments/payroll_new.sql:
          select customer_id from customers where balance > 5000000
        """,
    ),
    (
        "TL204",
        "unknown function",
        "Conditions know a few functions only; what needs more is a column of segments/profile.sql.",
        """
        journeys/welcome.yaml:
          enter: {segment: payroll_new, when: "month(birth_date) = 5"}
        """,
        """
        journeys/welcome.yaml:
          enter: {segment: payroll_new, when: "years_since(birth_date) >= 60"}
        """,
    ),
    (
        "TL205",
        "unknown step",
        "A step leads to a name that no step of the journey has.",
        """
        journeys/welcome.yaml:
          steps:
            - seen: {wait_for: {event: app_login}, within: 4 days, otherwise: gret}
            - greet: {touch: welcome, via: [sms]}
        """,
        """
        journeys/welcome.yaml:
          steps:
            - seen: {wait_for: {event: app_login}, within: 4 days, otherwise: greet}
            - greet: {touch: welcome, via: [sms]}
        """,
    ),
    (
        "TL206",
        "unknown message",
        "No file journeys/messages/<name>.yaml has this name.",
        """
        journeys/welcome.yaml:
          steps:
            - greet: {touch: welcom, via: [sms]}
        """,
        """
        journeys/welcome.yaml:
          steps:
            - greet: {touch: welcome, via: [sms]}
        """,
    ),
    (
        "TL207",
        "the message has other arms",
        "The arms of the experiment and the arms of the message differ, so some customers would get no text.",
        """
        journeys/messages/hello.yaml:
          message: hello
          title: {zh: 您好, en: Hello}
          arms:
            warm: {sms: {body: 您好，欢迎您！}}
            plain: {sms: {body: 您已开户。}}
        journeys/welcome.yaml:
          steps:
            - greet: {touch: hello, via: [sms], experiment: {arms: [warm, short]}}
        """,
        """
        journeys/messages/hello.yaml:
          message: hello
          title: {zh: 您好, en: Hello}
          arms:
            warm: {sms: {body: 您好，欢迎您！}}
            plain: {sms: {body: 您已开户。}}
        journeys/welcome.yaml:
          steps:
            - greet: {touch: hello, via: [sms], experiment: {arms: [warm, plain]}}
        """,
    ),
    (
        "TL208",
        "unknown channel",
        "journeys/channels.yaml has no channel of this name.",
        """
        journeys/welcome.yaml:
          steps:
            - greet: {touch: welcome, via: [smss]}
        """,
        """
        journeys/welcome.yaml:
          steps:
            - greet: {touch: welcome, via: [sms]}
        """,
    ),
    (
        "TL209",
        "no text for a channel",
        "The touch may go out on a channel for which its message has no text.",
        """
        journeys/messages/welcome.yaml:
          text:
            sms: {body: 您好，欢迎您！}
        journeys/welcome.yaml:
          steps:
            - greet: {touch: welcome, via: [sms, app_push]}
        """,
        """
        journeys/messages/welcome.yaml:
          text:
            sms: {body: 您好，欢迎您！}
            app_push: {title: 欢迎, body: 您好，欢迎您！}
        journeys/welcome.yaml:
          steps:
            - greet: {touch: welcome, via: [sms, app_push]}
        """,
    ),
    (
        "TL210",
        "file and name differ",
        "A definition is found by its file's name; two names for one thing mislead whoever looks for it.",
        """
        journeys/welcome.yaml:
          journey: welcome_back
        """,
        """
        journeys/welcome.yaml:
          journey: welcome
        """,
    ),
    (
        "TL211",
        "unknown priority group",
        "The journey's priority is not in the list of journeys/policy.yaml, so it would go last without anyone having"
        " decided so.",
        """
        journeys/policy.yaml:
          priority: [care, offer]
        journeys/welcome.yaml:
          priority: ofer
        """,
        """
        journeys/policy.yaml:
          priority: [care, offer]
        journeys/welcome.yaml:
          priority: offer
        """,
    ),
    (
        "TL212",
        "a key that the event does not have",
        "A keyed journey has one trip for each value of the property; the event's contract must name it.",
        """
        journeys/welcome.yaml:
          enter: {event: loan_stage, keyed_by: lone_id}
        """,
        """
        journeys/welcome.yaml:
          enter: {event: loan_stage, keyed_by: loan_id}
        """,
    ),
    (
        "TL213",
        "unknown journey",
        "No file in journeys/ is called so.",
        """
        journeys/welcome.yaml:
          enter: {journey: loan_cair}
        """,
        """
        journeys/loan_care.yaml:
          journey: loan_care
          title: {zh: 贷款陪伴, en: With a borrower}
          purpose: service
          owner: loans
          enter: {event: loan_stage}
          steps:
            - hand_on: {enter: welcome}
        journeys/welcome.yaml:
          enter: {journey: loan_care}
        """,
    ),
)
