"""TL2xx: names that refer to something."""

PAGES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "TL201",
        "unknown segment",
        "No file segments/<name>.sql has this name.",
        "enter: {segment: payrol_new}",
        "enter: {segment: payroll_new}",
    ),
    (
        "TL202",
        "unknown event",
        "No contract lists this event, so no customer could ever meet the condition.",
        "exit: {event: complaint_open}",
        "exit: {event: complaint_opened}",
    ),
    (
        "TL203",
        "unknown column, attribute or property",
        "The table, the profile or the event has nothing of this name. Conditions on the customer use the columns of "
        "segments/profile.sql; `where` of an event uses its properties.",
        "where incme > 50000",
        "where income > 50000",
    ),
    (
        "TL204",
        "unknown function",
        "Conditions know a few functions only; what needs more is a column of segments/profile.sql.",
        "month(birth_date) = 5",
        "years_since(birth_date) >= 60",
    ),
    (
        "TL205",
        "unknown step",
        "A step leads to a name that no step of the journey has.",
        "- seen: {wait_for: {event: app_login}, within: 4 days, otherwise: cal}",
        "- seen: {wait_for: {event: app_login}, within: 4 days, otherwise: call}",
    ),
    (
        "TL206",
        "unknown message",
        "No file journeys/messages/<name>.yaml has this name.",
        "- greet: {touch: payrol_welcome, via: [sms]}",
        "- greet: {touch: payroll_welcome, via: [sms]}",
    ),
    (
        "TL207",
        "the message has other arms",
        "The arms of the experiment and the arms of the message differ, so some customers would get no text.",
        "experiment: {arms: [warm, short], learn: thompson}",
        "experiment: {arms: [warm, plain], learn: thompson}",
    ),
    (
        "TL208",
        "unknown channel",
        "journeys/channels.yaml has no channel of this name.",
        "via: [app_psh, sms]",
        "via: [app_push, sms]",
    ),
    (
        "TL209",
        "no text for a channel",
        "The touch may go out on a channel for which its message has no text.",
        "via: [sms, wecom]  # the message has only sms",
        "via: [sms]",
    ),
    (
        "TL210",
        "file and name differ",
        "A definition is found by its file's name; two names for one thing mislead whoever looks for it.",
        "journey: winback  # in win_back.yaml",
        "journey: win_back  # in win_back.yaml",
    ),
    (
        "TL211",
        "unknown priority group",
        "The journey's priority is not in the list of journeys/policy.yaml, so it would go last without anyone having"
        " decided so.",
        "priority: ofer",
        "priority: offer",
    ),
    (
        "TL212",
        "a key that the event does not have",
        "A keyed journey has one trip for each value of the property; the event's contract must name it.",
        "enter: {event: loan_stage, keyed_by: lone_id}",
        "enter: {event: loan_stage, keyed_by: loan_id}",
    ),
    (
        "TL213",
        "unknown journey",
        "No file in journeys/ is called so.",
        "- hand_on: {enter: care_cal}",
        "- hand_on: {enter: care_call}",
    ),
)
