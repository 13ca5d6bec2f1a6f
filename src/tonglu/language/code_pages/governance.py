"""TL85x: four eyes, fairness, retention, forgetting."""

PAGES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "TL850",
        "an approval that is not given",
        "Four eyes: somebody other than the author approves exactly what was submitted, which is exactly what is written.",
        """
        $ tonglu submit welcome --by li
        $ tonglu approve welcome --by li
        """,
        """
        $ tonglu submit welcome --by li
        $ tonglu approve welcome --by zhao
        """,
    ),
    (
        "TL851",
        "not a size of an audience",
        "A tier of approval says for how many customers it is.",
        """
        journeys/policy.yaml:
          approval: {required: true, tiers: [{audience: small}]}
        """,
        """
        journeys/policy.yaml:
          approval: {required: true, tiers: [{audience: up to 1000}]}
        """,
    ),
    (
        "TL852",
        "an approval that nobody could give",
        "A tier asks for a role that nobody has, or for more people than there are.",
        """
        tonglu.yaml:
          people: {li: [marketing], zhao: [compliance]}
        journeys/policy.yaml:
          approval: {required: true, tiers: [{roles: [marketing, complience]}]}
        """,
        """
        tonglu.yaml:
          people: {li: [marketing], zhao: [compliance]}
        journeys/policy.yaml:
          approval: {required: true, tiers: [{roles: [marketing, compliance]}]}
        """,
    ),
    (
        "TL853",
        "kept shorter than it must be",
        "Some rows prove what was done and must be kept for a legal time; the message names the source.",
        """
        journeys/policy.yaml:
          retention: {send_log: 30 days}
        """,
        """
        journeys/policy.yaml:
          retention: {send_log: 200 days}
        """,
    ),
    (
        "TL854",
        "fairness by a column that is not there",
        "Groups are made of columns of the profile.",
        """
        journeys/policy.yaml:
          fairness: {by: [cty]}
        """,
        """
        journeys/policy.yaml:
          fairness: {by: [city]}
        """,
    ),
    (
        "TL855",
        "somebody who may not act",
        "Where tonglu.yaml lists its people, who acts is one of them and has one of the roles that are asked for.",
        """
        tonglu.yaml:
          people: {li: [marketing], zhao: [compliance]}
        $ tonglu submit welcome --by nobody
        """,
        """
        tonglu.yaml:
          people: {li: [marketing], zhao: [compliance]}
        $ tonglu submit welcome --by li
        """,
    ),
    (
        "TL856",
        "beyond a limit of fairness",
        "A dry run, a backtest or the last run touched a group so much less or more often than the others that the policy stands against it.",
        """
        data/landing/customers/2026-03-03/customers.csv:
          customer_id,city,birth_date,employer,balance,opened_on
          11,杭州,1990-05-01,第一中学,1000,2026-02-25
          12,杭州,1990-05-01,第一中学,1000,2026-02-25
          13,杭州,1990-05-01,第一中学,1000,2026-02-25
          14,杭州,1990-05-01,第一中学,1000,2026-02-25
          21,温州,1990-05-01,第一中学,1000,2026-02-25
          22,温州,1990-05-01,第一中学,1000,2026-02-25
          23,温州,1990-05-01,第一中学,1000,2026-02-25
          24,温州,1990-05-01,第一中学,1000,2026-02-25
        data/landing/consents/2026-03-03/consents.csv:
          customer_id,purpose,channel,granted,changed_at
          11,marketing,sms,true,2026-01-01 00:00:00
          12,marketing,sms,true,2026-01-01 00:00:00
          13,marketing,sms,true,2026-01-01 00:00:00
          14,marketing,sms,true,2026-01-01 00:00:00
        data/landing/addresses/2026-03-03/addresses.csv:
          customer_id,channel,address
          11,sms,13800000011
          12,sms,13800000012
          13,sms,13800000013
          14,sms,13800000014
        journeys/policy.yaml:
          fairness: {by: [city], least: 1, blocks: true}
        $ tonglu run --as-of 2026-03-03T08:00
        $ tonglu submit welcome --by li
        $ tonglu approve welcome --by zhao
        """,
        """
        data/landing/customers/2026-03-03/customers.csv:
          customer_id,city,birth_date,employer,balance,opened_on
          11,杭州,1990-05-01,第一中学,1000,2026-02-25
          12,杭州,1990-05-01,第一中学,1000,2026-02-25
          13,杭州,1990-05-01,第一中学,1000,2026-02-25
          14,杭州,1990-05-01,第一中学,1000,2026-02-25
          21,温州,1990-05-01,第一中学,1000,2026-02-25
          22,温州,1990-05-01,第一中学,1000,2026-02-25
          23,温州,1990-05-01,第一中学,1000,2026-02-25
          24,温州,1990-05-01,第一中学,1000,2026-02-25
        data/landing/consents/2026-03-03/consents.csv:
          customer_id,purpose,channel,granted,changed_at
          11,marketing,sms,true,2026-01-01 00:00:00
          12,marketing,sms,true,2026-01-01 00:00:00
          13,marketing,sms,true,2026-01-01 00:00:00
          14,marketing,sms,true,2026-01-01 00:00:00
        data/landing/addresses/2026-03-03/addresses.csv:
          customer_id,channel,address
          11,sms,13800000011
          12,sms,13800000012
          13,sms,13800000013
          14,sms,13800000014
        journeys/policy.yaml:
          fairness: {by: [city], least: 1, blocks: true}
        $ tonglu run --as-of 2026-03-03T08:00
        $ tonglu submit welcome --by li
        $ tonglu approve welcome --by zhao --override --reason 'the county has no branch yet'
        """,
    ),
    (
        "TL857",
        "no key for forgetting",
        "Customers who were forgotten are kept out by a keyed hash. Without the key they would come back with the next file, so nothing is done.",
        """
        $ tonglu forget 1 --reason 'asked for it' --yes
        """,
        """
        $ TONGLU_ERASURE_KEY=a-key-for-ever-and-ever tonglu forget 1 --reason 'asked for it' --yes
        """,
    ),
    (
        "TL858",
        "a reason that names the customer",
        "Why somebody was forgotten is kept for ever, so it says nothing of who it was.",
        """
        $ TONGLU_ERASURE_KEY=a-key-for-ever-and-ever tonglu forget 1 --reason '王一 asked for it' --yes
        """,
        """
        $ TONGLU_ERASURE_KEY=a-key-for-ever-and-ever tonglu forget 1 --reason 'asked for it by letter' --yes
        """,
    ),
)
