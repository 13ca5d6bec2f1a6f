"""TL8xx: the contact policy, the channels, the project file, and switches."""

PAGES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "TL801",
        "two of one name",
        "Decisions name the cap that stopped a touch, so each cap and each priority group has its own name.",
        """
        journeys/policy.yaml:
          priority: [care, offer, care]
        """,
        """
        journeys/policy.yaml:
          priority: [care, offer]
        """,
    ),
    (
        "TL802",
        "unknown gate",
        "A purpose skips a gate that does not exist, so it would skip nothing.",
        """
        journeys/policy.yaml:
          purposes: {marketing: {}, service: {skips: [contact_polcy]}}
        """,
        """
        journeys/policy.yaml:
          purposes: {marketing: {}, service: {skips: [contact_policy]}}
        """,
    ),
    (
        "TL803",
        "a floor that leaves nothing to learn",
        "Every arm keeps at least the floor; with two arms more than half each is impossible.",
        """
        journeys/policy.yaml:
          learning: {floor: 60%}
        """,
        """
        journeys/policy.yaml:
          learning: {floor: 10%}
        """,
    ),
    (
        "TL804",
        "no channels",
        "Without a channel nothing can be sent.",
        """
        journeys/channels.yaml:
          channels: {}
        """,
        """
        journeys/channels.yaml:
          channels:
            sms: {kind: file, title: {zh: 短信, en: SMS}}
        """,
    ),
    (
        "TL805",
        "unknown kind of channel",
        "The kind decides how touches leave.",
        """
        journeys/channels.yaml:
          channels:
            sms: {kind: fle, title: {zh: 短信, en: SMS}}
        """,
        """
        journeys/channels.yaml:
          channels:
            sms: {kind: file, title: {zh: 短信, en: SMS}}
        """,
    ),
    (
        "TL806",
        "unknown time zone",
        "Days, windows and quiet hours are in the bank's zone, so it has to be a known one.",
        """
        tonglu.yaml:
          zone: Asia/Beijing
        """,
        """
        tonglu.yaml:
          zone: Asia/Shanghai
        """,
    ),
    (
        "TL807",
        "a path outside of the project",
        "Everything that belongs to a project lies in its folder, so that it can be moved and backed up as one.",
        """
        tonglu.yaml:
          paths: {landing: /tmp/landing}
        """,
        """
        tonglu.yaml:
          paths: {landing: data/landing}
        """,
    ),
    (
        "TL812",
        "an option that the kind does not take",
        "Each kind of channel has its own options.",
        """
        journeys/channels.yaml:
          channels:
            sms: {kind: file, title: {zh: 短信, en: SMS}, url: "https://sms.example.org"}
        """,
        """
        journeys/channels.yaml:
          channels:
            sms: {kind: file, title: {zh: 短信, en: SMS}}
        """,
    ),
    (
        "TL813",
        "a URL or a secret that a channel cannot use",
        "apprise: no service has such a URL, or the receiver is to honour keys and the URL does not hand on {touch_key}. webhook: the URL "
        "must begin with https:// (http:// is taken for this machine alone) and the secret have 16 characters; its library must be there.",
        """
        journeys/channels.yaml:
          channels:
            sms: {kind: file, title: {zh: 短信, en: SMS}}
            rm_notice: {kind: apprise, title: {zh: 客户经理, en: Manager}, url_from: RM_NOTICE_URL}
        journeys/seeds.yaml:
          seeds: {me: {channel: rm_notice}}
        $ RM_NOTICE_URL=nowhere tonglu preview welcome --as 1 --to me
        """,
        """
        journeys/channels.yaml:
          channels:
            sms: {kind: file, title: {zh: 短信, en: SMS}}
            rm_notice: {kind: apprise, title: {zh: 客户经理, en: Manager}, url_from: RM_NOTICE_URL}
        journeys/seeds.yaml:
          seeds: {me: {channel: rm_notice}}
        $ RM_NOTICE_URL=json://localhost:8080 tonglu preview welcome --as 1 --to me
        """,
    ),
    (
        "TL814",
        "the environment variable of a channel is not set",
        "Addresses and secrets are never in files: channels.yaml names the variable, the environment holds it.",
        """
        journeys/channels.yaml:
          channels:
            sms: {kind: file, title: {zh: 短信, en: SMS}}
            rm_notice: {kind: apprise, title: {zh: 客户经理, en: Manager}, url_from: RM_NOTICE_URL}
        journeys/seeds.yaml:
          seeds: {me: {channel: rm_notice}}
        $ tonglu preview welcome --as 1 --to me
        """,
        """
        journeys/channels.yaml:
          channels:
            sms: {kind: file, title: {zh: 短信, en: SMS}}
            rm_notice: {kind: apprise, title: {zh: 客户经理, en: Manager}, url_from: RM_NOTICE_URL}
        journeys/seeds.yaml:
          seeds: {me: {channel: rm_notice}}
        $ RM_NOTICE_URL=json://localhost:8080 tonglu preview welcome --as 1 --to me
        """,
    ),
    (
        "TL820",
        "a switch without who or why",
        "Pausing and killing are kept for audit, so they name who did it and why.",
        """
        $ tonglu kill sms --by wang --reason ''
        """,
        """
        $ tonglu kill sms --by wang --reason 'wrong price in the text'
        """,
    ),
    (
        "TL822",
        "suitability reads what the profile does not have",
        "A rule reads an attribute of the customer. The policy names the profile's column for it under 'reads', and that column exists.",
        """
        journeys/policy.yaml:
          suitability: {reads: {rating: riskrating}, rules: [{rule: match, tests: rating, regulation: 适当性管理办法, evidence: S2}]}
        """,
        """
        journeys/policy.yaml:
          suitability: {reads: {rating: risk_rating}, rules: [{rule: match, tests: rating, regulation: 适当性管理办法, evidence: S2}]}
        """,
    ),
    (
        "TL823",
        "a column of the wrong type for suitability",
        "A rating is text, the day of an assessment a date, an age a whole number, a mark true or false.",
        """
        journeys/policy.yaml:
          suitability: {reads: {age: birth_date}}
        """,
        """
        journeys/policy.yaml:
          suitability: {reads: {age: age}}
        """,
    ),
    (
        "TL824",
        "a suitability rule that makes no sense",
        "It ends before it begins, or cools off after nothing.",
        """
        journeys/policy.yaml:
          suitability: {rules: [{rule: cool, tests: cooling_off, regulation: our own design, evidence: D}]}
        """,
        """
        journeys/policy.yaml:
          suitability: {rules: [{rule: cool, tests: cooling_off, events: [touch.refused], within: 30 days, regulation: our own design, evidence: D}]}
        """,
    ),
)
