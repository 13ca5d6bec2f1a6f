"""TL86x: channels of people, and the outcomes that they report."""

PAGES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "TL860",
        "an outcome that a worklist does not know",
        "What an employee reports must mean something: each outcome stands for a receipt that journeys can wait for. 'confirmed' belongs to "
        "channels with confirm: true, where confirming is sending.",
        "call: {kind: worklist, outcomes: [answerd, no_answer]}",
        "call: {kind: worklist, outcomes: [answered, no_answer]}",
    ),
    (
        "TL861",
        "a file of outcomes that cannot be read",
        "A file of outcomes is CSV in UTF-8 with the columns key and outcome, one line per attempt; moments are on the bank's clock and not "
        "in the future. One line that is wrong keeps the whole file out.",
        "key,outcome,at\n0123abcd...,answered,yesterday",
        "key,outcome,at\n0123abcd...,answered,2026-06-01 10:30",
    ),
    (
        "TL862",
        "a key that is on no list",
        "The key of an outcome is that of an item: the touch that somebody was asked to make.",
        "key,outcome\n7,answered",
        "key,outcome\n0123456789abcdef0123456789abcdef,answered",
    ),
    (
        "TL863",
        "an outcome that the channel does not take",
        "Each channel of people says which outcomes it takes; without a word about it, all that its kind of work can have.",
        "key,outcome\n0123abcd...,done",
        "key,outcome\n0123abcd...,answered",
    ),
    (
        "TL864",
        "an item that cannot take the outcome now",
        "Somebody else has it, it changed since the list was exported, a pause holds it, or its next attempt was not due yet. Nothing of the "
        "file was taken.",
        "",
        "",
    ),
    (
        "TL865",
        "an outcome that came too late",
        "The item was settled in another way, had expired, or was taken back. The outcome is noted and changes nothing.",
        "",
        "",
    ),
)
