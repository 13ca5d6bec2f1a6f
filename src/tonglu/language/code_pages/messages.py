"""TL6xx: messages and their templates."""

PAGES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "TL601",
        "the template is too large or too deep",
        "A template has at most 16 KB and 40 levels; a message that long is not read by anyone.",
        """
        journeys/messages/welcome.yaml (the last line 900 times):
          text:
            sms:
              body: |
                您好，欢迎您！
        """,
        """
        journeys/messages/welcome.yaml:
          text:
            sms:
              body: |
                您好，欢迎您！
        """,
    ),
    (
        "TL602",
        "the template cannot be read",
        "A brace or an 'endif' is missing.",
        """
        journeys/messages/welcome.yaml:
          text:
            sms: {body: "{{ city }的朋友，您好！"}
        """,
        """
        journeys/messages/welcome.yaml:
          text:
            sms: {body: "{{ city }}的朋友，您好！"}
        """,
    ),
    (
        "TL603",
        "not allowed in a message",
        "Templates have names, listed filters and 'if'. Loops, arithmetic and macros could fill the memory of the "
        "machine that sends.",
        """
        journeys/messages/welcome.yaml:
          text:
            sms: {body: "{% for x in city %}{{ x }} {% endfor %}您好！"}
        """,
        """
        journeys/messages/welcome.yaml:
          text:
            sms: {body: "{% if age > 60 %}尊敬的长辈，{% endif %}您好！"}
        """,
    ),
    (
        "TL604",
        "unknown filter",
        "Only the listed filters may follow a '|'.",
        """
        journeys/messages/welcome.yaml:
          text:
            sms: {body: "您的余额为 {{ balance | money }} 元。"}
        """,
        """
        journeys/messages/welcome.yaml:
          text:
            sms: {body: "您的余额为 {{ balance | yuan }} 元。"}
        """,
    ),
    (
        "TL605",
        "the message cannot be written",
        "This customer has no value for a variable that the template writes out: customer 3 has no employer. Give it a default, or "
        "write it inside of an 'if'.",
        """
        journeys/messages/welcome.yaml:
          text:
            sms: {body: "您好，{{ employer }}的工资已到账。"}
        $ tonglu preview welcome --as 3
        """,
        """
        journeys/messages/welcome.yaml:
          text:
            sms: {body: "您好，{{ employer | default('贵单位') }}的工资已到账。"}
        $ tonglu preview welcome --as 3
        """,
    ),
    (
        "TL606",
        "a variable of the wrong type",
        "The filter or comparison does not fit the value, such as a text where an amount is expected.",
        """
        journeys/messages/welcome.yaml:
          text:
            sms: {body: "您的余额为 {{ city | yuan }} 元。"}
        $ tonglu preview welcome --as 1
        """,
        """
        journeys/messages/welcome.yaml:
          text:
            sms: {body: "您的余额为 {{ balance | yuan }} 元。"}
        $ tonglu preview welcome --as 1
        """,
    ),
    (
        "TL607",
        "the written text is too long",
        "With its variables filled in, the text has more than 16,384 characters, which no channel takes.",
        """
        segments/profile.sql:
          select customer_id, repeat(city, 9000) as city from customers
        $ tonglu run --as-of 2026-03-03T08:00
        $ tonglu preview welcome --as 1
        """,
        """
        journeys/messages/welcome.yaml:
          text:
            sms: {body: "您好，{{ city | truncate(10) }}的朋友，欢迎您！"}
        segments/profile.sql:
          select customer_id, repeat(city, 9000) as city from customers
        $ tonglu run --as-of 2026-03-03T08:00
        $ tonglu preview welcome --as 1
        """,
    ),
    (
        "TL610",
        "arms and text",
        "A message has either one text per channel, or arms with one text per channel each.",
        """
        journeys/messages/welcome.yaml:
          text: {sms: {body: 您好！}}
          arms: {warm: {sms: {body: 您好，欢迎您！}}}
        """,
        """
        journeys/messages/welcome.yaml:
          text: {sms: {body: 您好！}}
        """,
    ),
    (
        "TL611",
        "an arm without a text for a channel",
        "Other arms can be sent on this channel and this one cannot, so the arms would be compared on different customers.",
        """
        journeys/messages/hello.yaml:
          message: hello
          title: {zh: 您好, en: Hello}
          arms:
            warm: {sms: {body: 您好，欢迎您！}, app_push: {title: 欢迎, body: 您好！}}
            plain: {sms: {body: 您已开户。}}
        """,
        """
        journeys/messages/hello.yaml:
          message: hello
          title: {zh: 您好, en: Hello}
          arms:
            warm: {sms: {body: 您好，欢迎您！}, app_push: {title: 欢迎, body: 您好！}}
            plain: {sms: {body: 您已开户。}, app_push: {title: 开户, body: 您已开户。}}
        """,
    ),
    (
        "TL612",
        "a text for an unknown channel",
        "journeys/channels.yaml has no channel of this name.",
        """
        journeys/messages/welcome.yaml:
          text: {sms: {body: 您好！}, app_psh: {title: 欢迎, body: 您好！}}
        """,
        """
        journeys/messages/welcome.yaml:
          text: {sms: {body: 您好！}, app_push: {title: 欢迎, body: 您好！}}
        """,
    ),
    (
        "TL613",
        "unknown variable",
        "Messages may name the columns of segments/profile.sql, `surname`, and `honorific` where the profile has `sex`.",
        """
        journeys/messages/welcome.yaml:
          text:
            sms: {body: "{{ cty }}的朋友，您好！"}
        """,
        """
        journeys/messages/welcome.yaml:
          text:
            sms: {body: "{{ city }}的朋友，您好！"}
        """,
    ),
    (
        "TL614",
        "a title on a channel that shows none",
        "The channel shows the body only; what stands in the title would be lost.",
        """
        journeys/channels.yaml:
          channels:
            sms: {kind: file, title: {zh: 短信, en: SMS}, max_length: {title: 0, body: 70}}
        journeys/messages/welcome.yaml:
          text:
            sms: {title: 欢迎, body: 您好，欢迎您！}
        """,
        """
        journeys/channels.yaml:
          channels:
            sms: {kind: file, title: {zh: 短信, en: SMS}, max_length: {title: 0, body: 70}}
        journeys/messages/welcome.yaml:
          text:
            sms: {body: 您好，欢迎您！}
        """,
    ),
    (
        "TL615",
        "longer than the channel takes",
        "Even with every variable empty the text has more characters than the channel's max_length.",
        """
        journeys/channels.yaml:
          channels:
            sms: {kind: file, title: {zh: 短信, en: SMS}, max_length: {body: 20}}
        journeys/messages/welcome.yaml:
          text:
            sms: {body: 您好，欢迎您成为我行的代发工资客户，祝您生活愉快！}
        """,
        """
        journeys/channels.yaml:
          channels:
            sms: {kind: file, title: {zh: 短信, en: SMS}, max_length: {body: 20}}
        journeys/messages/welcome.yaml:
          text:
            sms: {body: 您好，欢迎您成为代发工资客户！}
        """,
    ),
    (
        "TL616",
        "no text for this arm and channel",
        "The text was asked for at delivery and is not there any more: here the warehouse was put back to a copy that does not know "
        "the version which the waiting touch belongs to. The touch fails, and the delivery log says so.",
        """
        journeys/messages/welcome.yaml:
          text:
            sms: {body: 您好，欢迎您！}
        data/landing/customers/2026-03-03/new.csv:
          customer_id,city,birth_date,employer,balance,opened_on
          3,温州,1958-01-30,纺织厂,960000,2026-03-01
        $ tonglu deliver --now 2026-03-02T09:00
        $ cp data/warehouse.duckdb yesterday.duckdb
        $ tonglu run --as-of 2026-03-03T08:00
        $ cp yesterday.duckdb data/warehouse.duckdb
        $ tonglu deliver --now 2026-03-03T09:00
        """,
        """
        journeys/messages/welcome.yaml:
          text:
            sms: {body: 您好，欢迎您！}
        data/landing/customers/2026-03-03/new.csv:
          customer_id,city,birth_date,employer,balance,opened_on
          3,温州,1958-01-30,纺织厂,960000,2026-03-01
        $ tonglu deliver --now 2026-03-02T09:00
        $ tonglu run --as-of 2026-03-03T08:00
        $ tonglu deliver --now 2026-03-03T09:00
        """,
    ),
    (
        "TL617",
        "a product without what makes it suitable",
        "Whoever is told of an investment must match its risk, whoever is offered credit its ages: the message says them.",
        """
        journeys/messages/welcome.yaml:
          product: {kind: credit}
          text: {sms: {body: 信用卡年化利率以办理页公示为准}}
        journeys/policy.yaml:
          suitability: {reads: {arrears: overdue}, rules: [{rule: no_arrears, tests: arrears, regulation: our own design, evidence: D}]}
        """,
        """
        journeys/messages/welcome.yaml:
          product: {kind: credit, ages: [18, 65]}
          text: {sms: {body: 信用卡年化利率以办理页公示为准}}
        journeys/policy.yaml:
          suitability: {reads: {arrears: overdue}, rules: [{rule: no_arrears, tests: arrears, regulation: our own design, evidence: D}]}
        """,
    ),
    (
        "TL618",
        "a claim that is banned",
        "Advertising of financial products must not promise safety or profit, and must not use superlatives (广告法 arts. 9 and 25, "
        "网络营销办法 art. 10). A claim that is denied, such as 不保本, is none.",
        """
        journeys/messages/welcome.yaml:
          product: {kind: deposit}
          text: {sms: {body: 定期存款保本}}
        """,
        """
        journeys/messages/welcome.yaml:
          product: {kind: deposit}
          text: {sms: {body: 收益以公示为准，产品不保本}}
        """,
    ),
    (
        "TL619",
        "deposits and wealth products in one text",
        "Who reads both in one text takes one for the other; elderly customers above all.",
        """
        journeys/messages/welcome.yaml:
          product: {kind: deposit}
          text: {sms: {body: 存款和理财都有}}
        """,
        """
        journeys/messages/welcome.yaml:
          product: {kind: deposit}
          text: {sms: {body: 定期存款}}
        """,
    ),
    (
        "TL620",
        "a loan without its yearly rate",
        "Every text that offers a loan shows the yearly rate, 年化利率.",
        """
        journeys/messages/welcome.yaml:
          product: {kind: credit, ages: [18, 65]}
          text: {sms: {body: 随借随还}}
        journeys/policy.yaml:
          suitability: {reads: {arrears: overdue}, rules: [{rule: no_arrears, tests: arrears, regulation: our own design, evidence: D}]}
        """,
        """
        journeys/messages/welcome.yaml:
          product: {kind: credit, ages: [18, 65]}
          text: {sms: {body: 随借随还，年化利率以办理页公示为准}}
        journeys/policy.yaml:
          suitability: {reads: {arrears: overdue}, rules: [{rule: no_arrears, tests: arrears, regulation: our own design, evidence: D}]}
        """,
    ),
    (
        "TL621",
        "an agency product that is not listed",
        "Products of other issuers are offered once head office has admitted them.",
        """
        journeys/messages/welcome.yaml:
          product: {kind: fund, risk: R2, agency: true}
          text: {sms: {body: 基金上新}}
        journeys/policy.yaml:
          suitability: {reads: {rating: risk_rating}, rules: [{rule: match, tests: rating, regulation: 适当性管理办法, evidence: S2}]}
        """,
        """
        journeys/messages/welcome.yaml:
          product: {kind: fund, risk: R2, agency: true, listed: true}
          text: {sms: {body: 基金上新}}
        journeys/policy.yaml:
          suitability: {reads: {rating: risk_rating}, rules: [{rule: match, tests: rating, regulation: 适当性管理办法, evidence: S2}]}
        """,
    ),
    (
        "TL622",
        "a text about a product that the message does not name",
        "The text speaks of wealth products, insurance or loans. Without its product the touch would be judged by no rule of suitability. "
        "Where nothing is offered, say so with kind: service.",
        """
        journeys/messages/welcome.yaml:
          text: {sms: {body: 理财产品上新}}
        """,
        """
        journeys/messages/welcome.yaml:
          product: {kind: service}
          text: {sms: {body: 理财产品到期提醒}}
        """,
    ),
    (
        "TL624",
        "a product that no rule of suitability judges",
        "What is invested is never offered without a rule that compares its risk with the customer's rating, what is borrowed not without "
        "one about arrears. The policy has no such rule, or the journey's purpose skips it.",
        """
        journeys/welcome.yaml:
          owner: retail
        journeys/messages/welcome.yaml:
          product: {kind: wealth, risk: R2}
          text: {sms: {body: 理财产品上新}}
        """,
        """
        journeys/welcome.yaml:
          owner: retail
        journeys/messages/welcome.yaml:
          product: {kind: wealth, risk: R2}
          text: {sms: {body: 理财产品上新}}
        journeys/policy.yaml:
          suitability: {reads: {rating: risk_rating}, rules: [{rule: match, tests: rating, regulation: 适当性管理办法, evidence: S2}]}
        """,
    ),
    (
        "TL625",
        "the last rule that judges a product ends",
        """A rule of suitability has days on which it is in force. After the last day of the last one that judges what is invested (or borrowed)
        such products are offered to nobody. This is a warning.""",
        """
        journeys/welcome.yaml:
          owner: retail
        journeys/messages/welcome.yaml:
          product: {kind: wealth, risk: R2}
          text: {sms: {body: 理财产品上新}}
        journeys/policy.yaml:
          suitability:
            reads: {rating: risk_rating}
            rules: [{rule: match, tests: rating, regulation: 适当性管理办法, evidence: S2, until: 2026-01-31}]
        """,
        """
        journeys/welcome.yaml:
          owner: retail
        journeys/messages/welcome.yaml:
          product: {kind: wealth, risk: R2}
          text: {sms: {body: 理财产品上新}}
        journeys/policy.yaml:
          suitability:
            reads: {rating: risk_rating}
            rules:
              - {rule: match, tests: rating, regulation: 适当性管理办法, evidence: S2, until: 2026-01-31}
              - {rule: match_now, tests: rating, regulation: 适当性管理办法, evidence: S2, from: 2026-02-01}
        """,
    ),
)
