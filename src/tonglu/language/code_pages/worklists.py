"""TL86x: channels of people, and the outcomes that they report."""

_LISTED = """
        journeys/channels.yaml:
          channels:
            sms: {kind: file, title: {zh: 短信, en: SMS}}
            call: {kind: worklist, title: {zh: 外呼, en: Call}, outcomes: [answered, no_answer]}
        journeys/messages/welcome.yaml:
          text:
            call: {body: 您好，欢迎您！}
        journeys/welcome.yaml:
          steps:
            - greet: {touch: welcome, via: [call]}
            - done: {end: accompanied}
        data/landing/customers/2026-03-03/new.csv:
          customer_id,city,birth_date,employer,balance,opened_on
          3,温州,1958-01-30,纺织厂,960000,2026-03-01
        data/landing/consents/2026-03-03/new.csv:
          customer_id,purpose,channel,granted,changed_at
          3,marketing,call,true,2026-01-01 00:00:00
        data/landing/addresses/2026-03-03/new.csv:
          customer_id,channel,address
          3,call,13800000003
        $ tonglu run --as-of 2026-03-03T08:00
        $ tonglu deliver --now 2026-03-03T09:00"""
"""One call is on the list, until 8:00 on 5 March."""
_ANSWERED = f"""{_LISTED}
        outcomes.csv:
          key,outcome,at
          90a902dc5e441bbf72b78cb599f66123,answered,2026-03-03 10:30
        $ tonglu worklist import outcomes.csv --by wang --now 2026-03-03T11:00
        """

PAGES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "TL860",
        "an outcome that a worklist does not know",
        "What an employee reports must mean something: each outcome stands for a receipt that journeys can wait for. 'confirmed' belongs to "
        "channels with confirm: true, where confirming is sending.",
        """
        journeys/channels.yaml:
          channels:
            sms: {kind: file, title: {zh: 短信, en: SMS}}
            call: {kind: worklist, title: {zh: 外呼, en: Call}, outcomes: [answerd, no_answer]}
        """,
        """
        journeys/channels.yaml:
          channels:
            sms: {kind: file, title: {zh: 短信, en: SMS}}
            call: {kind: worklist, title: {zh: 外呼, en: Call}, outcomes: [answered, no_answer]}
        """,
    ),
    (
        "TL861",
        "a file of outcomes that cannot be read",
        "A file of outcomes is CSV in UTF-8 with the columns key and outcome, one line per attempt; moments are on the bank's clock and not "
        "in the future. One line that is wrong keeps the whole file out.",
        f"""{_LISTED}
        outcomes.csv:
          key,outcome,at
          90a902dc5e441bbf72b78cb599f66123,answered,this morning
        $ tonglu worklist import outcomes.csv --by wang --now 2026-03-03T11:00
        """,
        _ANSWERED,
    ),
    (
        "TL862",
        "a key that is on no list",
        "The key of an outcome is that of an item: the touch that somebody was asked to make.",
        f"""{_LISTED}
        outcomes.csv:
          key,outcome,at
          7,answered,2026-03-03 10:30
        $ tonglu worklist import outcomes.csv --by wang --now 2026-03-03T11:00
        """,
        _ANSWERED,
    ),
    (
        "TL863",
        "an outcome that the channel does not take",
        "Each channel of people says which outcomes it takes; without a word about it, all that its kind of work can have.",
        f"""{_LISTED}
        outcomes.csv:
          key,outcome,at
          90a902dc5e441bbf72b78cb599f66123,interested,2026-03-03 10:30
        $ tonglu worklist import outcomes.csv --by wang --now 2026-03-03T11:00
        """,
        _ANSWERED,
    ),
    (
        "TL864",
        "an item that cannot take the outcome now",
        "Somebody else has it, it changed since the list was exported, a pause holds it, or its next attempt was not due yet. Nothing of the "
        "file was taken.",
        f"""{_LISTED}
        outcomes.csv:
          key,outcome,at
          90a902dc5e441bbf72b78cb599f66123,answered,2026-03-03 10:30
        $ tonglu worklist take 90a902dc --by li --now 2026-03-03T10:20
        $ tonglu worklist import outcomes.csv --by wang --now 2026-03-03T11:00
        """,
        f"""{_LISTED}
        outcomes.csv:
          key,outcome,at
          90a902dc5e441bbf72b78cb599f66123,answered,2026-03-03 10:30
        $ tonglu worklist take 90a902dc --by li --now 2026-03-03T10:20
        $ tonglu worklist import outcomes.csv --by li --now 2026-03-03T11:00
        """,
    ),
    (
        "TL865",
        "an outcome that came too late",
        "The item was settled in another way, had expired, or was taken back. The outcome is noted and changes nothing, but "
        "for what the customer does not want: a refusal is told to the next run, and whoever wants no more calls gets none.",
        f"""{_LISTED}
        outcomes.csv:
          key,outcome,at
          90a902dc5e441bbf72b78cb599f66123,answered,2026-03-05 10:30
        $ tonglu worklist import outcomes.csv --by wang --now 2026-03-05T11:00
        """,
        _ANSWERED,
    ),
)
