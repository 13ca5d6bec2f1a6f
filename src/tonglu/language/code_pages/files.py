"""TL1xx: the file itself, and what every YAML file has in common."""

PAGES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "TL101",
        "the file cannot be read",
        "The file is not there, or the system refuses it. Nothing else in it was checked.",
        "",
        "",
    ),
    (
        "TL102",
        "the file is too large",
        "A YAML file has at most 256 KB and an SQL file 128 KB. A file of that size is hard to review, and reading it"
        " would slow everyone.",
        "all journeys in one file",
        "one journey per file: journeys/winback.yaml",
    ),
    (
        "TL103",
        "the file is not UTF-8",
        "Definitions are UTF-8 text. Files saved as GBK or UTF-16 show the right characters in one editor and wrong "
        "ones in messages.",
        "saved as GB2312",
        "saved as UTF-8, with or without a byte order mark",
    ),
    (
        "TL104",
        "the file is not YAML",
        "A bracket, quote, colon or indentation is wrong. The place is where reading had to stop; the mistake is "
        "there or just before it.",
        "enter: {segment: payroll_new",
        "enter: {segment: payroll_new}",
    ),
    (
        "TL105",
        "the file is empty",
        "There is nothing in the file but comments.",
        "# to be written",
        "journey: winback",
    ),
    (
        "TL106",
        "anchors, aliases and merge keys are not used",
        "Everything that a definition says stands where it is read. References within a file hide changes from "
        "reviewers and can make a small file endless.",
        "enter: &base {segment: a}\nexit: *base",
        "enter: {segment: a}\nexit: {segment: a}",
    ),
    (
        "TL107",
        "tags and directives are not used",
        "Values are text, numbers, true, false, lists and mappings. Tags ask the reader to build something else.",
        "owner: !!str retail",
        "owner: retail",
    ),
    (
        "TL108",
        "more than one document in a file",
        "A file holds one definition. A second document after '---' would be overlooked.",
        "journey: a\n---\njourney: b",
        "journey: a",
    ),
    (
        "TL109",
        "nested too deeply",
        "More than 40 levels of lists and mappings. No definition needs that.",
        "a: [[[[[[[[ ... ]]]]]]]]",
        "a: [1, 2]",
    ),
    (
        "TL110",
        "a key is written twice",
        "Only the first one counts; the second is most likely a copy that was meant to be something else.",
        "owner: retail\nowner: wealth",
        "owner: retail",
    ),
    (
        "TL120",
        "unknown key",
        "The key is not one that may stand here. It would be ignored, so it is refused.",
        "purpse: marketing",
        "purpose: marketing",
    ),
    (
        "TL121",
        "a key is missing",
        "The key has no default, because every choice would be a guess.",
        "goal: {event: product_opened}",
        "goal: {event: product_opened, within: 7 days}",
    ),
    (
        "TL122",
        "wrong type",
        "Text, number, list or mapping: the value is of another type than the key takes.",
        "owner: 7",
        'owner: "7"',
    ),
    (
        "TL123",
        "a value that cannot be read",
        "The value has a form of its own, such as a duration, a share or a limit, and this is not it.",
        "holdout: 10",
        "holdout: 10%",
    ),
    (
        "TL124",
        "not one of the choices",
        "The key takes one of a few words.",
        "on_goal: stop",
        "on_goal: exit",
    ),
    (
        "TL125",
        "too few, too many, too small or too large",
        "The value is outside of its bounds.",
        "per_run: 0",
        "per_run: 1",
    ),
)
