"""TL84x: hours by group, exclusions, weights, and what a purpose may not skip."""

PAGES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "TL840",
        "hours that cannot be",
        "The windows of a day stand in rising order, and some day has one; a group of customers has one entry.",
        """
        journeys/policy.yaml:
          open_hours: {sms: "14:00-21:00, 08:00-12:00"}
        """,
        """
        journeys/policy.yaml:
          open_hours: {sms: "08:00-12:00, 14:00-21:00"}
        """,
    ),
    (
        "TL841",
        "an exclusion of nothing",
        "An exclusion is between two journeys or more, or about a topic. A journey does not exclude itself: that is a cap.",
        """
        journeys/policy.yaml:
          exclusions: [{journeys: [welcome], within: 7 days}]
        """,
        """
        journeys/policy.yaml:
          exclusions: [{topic: any, within: 7 days}]
        """,
    ),
    (
        "TL842",
        "not a factor",
        "Weights and levers multiply a score that has fixed decimals, so they lie between 0 and 10 with at most four decimals.",
        """
        journeys/policy.yaml:
          arbitration: {context: [{when: "touches(30 days) = 0", weight: 20}]}
        """,
        """
        journeys/policy.yaml:
          arbitration: {context: [{when: "touches(7 days) >= 1", weight: 0.5}]}
        """,
    ),
    (
        "TL843",
        "a gate that must not be skipped",
        "No purpose skips what its own touch or a switch says, nor a missing address. Marketing skips neither consent nor suitability nor risk.",
        """
        journeys/policy.yaml:
          purposes: {marketing: {skips: [consent]}, service: {}}
        """,
        """
        journeys/policy.yaml:
          purposes: {marketing: {}, service: {}}
        """,
    ),
    (
        "TL844",
        "complaints that nobody brings",
        "The complaint hold reads the table complaints with customer_id, opened_at and closed_at; without its contract it would hold nobody.",
        """
        journeys/policy.yaml:
          consent: {complaint_hold: 30 days}
        """,
        """
        journeys/policy.yaml:
          consent: {complaint_hold: 30 days}
        data/contracts/complaints.yaml:
          table: complaints
          title: {zh: 投诉, en: Complaints}
          keep: latest
          key: [complaint_id]
          columns:
            complaint_id: {type: bigint}
            customer_id: {type: bigint, required: true}
            opened_at: {type: instant}
            closed_at: {type: instant}
        """,
    ),
    (
        "TL845",
        "a protection that a purpose skips",
        """Consent, suitability and risk protect the customer. What the law asks for may be sent without them, as purpose regulatory; service
        and care that skip one reach customers who said no, or who are being defrauded at this moment. This is a warning.""",
        """
        journeys/policy.yaml:
          purposes: {marketing: {}, service: {skips: [risk]}}
        """,
        """
        journeys/policy.yaml:
          purposes: {marketing: {}, service: {skips: [contact_policy]}, regulatory: {skips: [consent]}}
        """,
    ),
    (
        "TL846",
        "several offers in one run",
        """Each journey asks for one touch. `per_run` above 1 lets those of several journeys reach a customer in the same minute, unless a cap of
        marketing over all channels holds them to fewer. This is a warning.""",
        """
        journeys/welcome.yaml:
          owner: retail
        journeys/second.yaml:
          journey: second
          title: {zh: 第二个, en: Second}
          purpose: marketing
          owner: retail
          enter: {event: app_login}
          goal: {event: product_opened, within: 7 days}
          steps:
            - hello: {touch: welcome, via: [sms]}
        journeys/policy.yaml:
          per_run: 5
        """,
        """
        journeys/welcome.yaml:
          owner: retail
        journeys/second.yaml:
          journey: second
          title: {zh: 第二个, en: Second}
          purpose: marketing
          owner: retail
          enter: {event: app_login}
          goal: {event: product_opened, within: 7 days}
          steps:
            - hello: {touch: welcome, via: [sms]}
        journeys/policy.yaml:
          per_run: 5
          caps: [{purpose: marketing, at_most: 1, within: 1 day}]
        """,
    ),
)
