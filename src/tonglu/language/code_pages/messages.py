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
        """,
        """
        journeys/messages/welcome.yaml:
          product: {kind: credit, ages: [18, 65]}
        """,
    ),
)
