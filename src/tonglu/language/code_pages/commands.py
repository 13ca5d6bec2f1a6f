"""TL9xx: the use of a command."""

PAGES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "TL900",
        "a command that cannot do what was asked",
        "The words of the command name something that is not there, or ask for it too early. Nothing was changed.",
        "tonglu preview payroll_compagnion --as 1000001",
        "tonglu preview payroll_companion --as 1000001",
    ),
    (
        "TL901",
        "a test that cannot be played",
        "A test has days in order and expects something.",
        "cases: [{name: enters, expect: {}}]",
        "cases: [{name: enters, expect: {enters: true}}]",
    ),
    (
        "TL902",
        "a test of what does not exist",
        "The journey, attribute, segment, event, step or channel that the test names is not there.",
        "expect: {path: [gret]}",
        "expect: {path: [greet]}",
    ),
    (
        "TL903",
        "a stale plan",
        "The definitions changed, or a run was made, after the plan was written: what it says is no longer what would happen.",
        "(a journey is edited after tonglu plan --out spring.json)",
        "tonglu plan --out spring.json",
    ),
)
