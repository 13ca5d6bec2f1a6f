"""TL1xx: the file itself, and what every YAML file has in common."""

PAGES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "TL101",
        "the file cannot be read",
        "The file is not there, or the system refuses it. Nothing else in it was checked.",
        """
        journeys/policy.yaml (not there)
        """,
        """
        journeys/policy.yaml:
          per_run: 1
        """,
    ),
    (
        "TL102",
        "the file is too large",
        "A YAML file has at most 256 KB and an SQL file 128 KB. A file of that size is hard to review, and reading it"
        " would slow everyone.",
        """
        journeys/welcome.yaml (the last line 6,000 times):
          owner: retail
          # what everybody said about it in the last meeting
        """,
        """
        journeys/welcome.yaml:
          owner: retail
        """,
    ),
    (
        "TL103",
        "the file is not UTF-8",
        "Definitions are UTF-8 text. Files saved as GBK or UTF-16 show the right characters in one editor and wrong "
        "ones in messages.",
        """
        journeys/welcome.yaml (saved as GBK):
          title: {zh: 欢迎新代发客户, en: Welcome}
        """,
        """
        journeys/welcome.yaml:
          title: {zh: 欢迎新代发客户, en: Welcome}
        """,
    ),
    (
        "TL104",
        "the file is not YAML",
        "A bracket, quote, colon or indentation is wrong. The place is where reading had to stop; the mistake is "
        "there or just before it.",
        """
        journeys/welcome.yaml:
          enter: {segment: payroll_new
        """,
        """
        journeys/welcome.yaml:
          enter: {segment: payroll_new}
        """,
    ),
    (
        "TL105",
        "the file is empty",
        "There is nothing in the file but comments.",
        """
        journeys/winback.yaml:
          # to be written
        """,
        """
        journeys/winback.yaml:
          journey: winback
          title: {zh: 回来看看, en: Come back}
          purpose: service
          owner: retail
          enter: {event: app_login}
          steps:
            - done: {end: completed}
        """,
    ),
    (
        "TL106",
        "anchors, aliases and merge keys are not used",
        "Everything that a definition says stands where it is read. References within a file hide changes from "
        "reviewers and can make a small file endless.",
        """
        journeys/welcome.yaml:
          goal: &opened {event: product_opened, within: 30 days}
          goals: [*opened]
        """,
        """
        journeys/welcome.yaml:
          goal: {event: product_opened, within: 30 days}
        """,
    ),
    (
        "TL107",
        "tags and directives are not used",
        "Values are text, numbers, true, false, lists and mappings. Tags ask the reader to build something else.",
        """
        journeys/welcome.yaml:
          owner: !!str retail
        """,
        """
        journeys/welcome.yaml:
          owner: retail
        """,
    ),
    (
        "TL108",
        "more than one document in a file",
        "A file holds one definition. A second document after '---' would be overlooked.",
        """
        journeys/welcome.yaml:
          owner: retail
          ---
          owner: wealth
        """,
        """
        journeys/welcome.yaml:
          owner: retail
        """,
    ),
    (
        "TL109",
        "nested too deeply",
        "More than 40 levels of lists and mappings. No definition needs that.",
        """
        journeys/policy.yaml:
          priority: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[care]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]
        """,
        """
        journeys/policy.yaml:
          priority: [care, offer]
        """,
    ),
    (
        "TL110",
        "a key is written twice",
        "Only the first one counts; the second is most likely a copy that was meant to be something else.",
        """
        journeys/welcome.yaml:
          owner: retail
          owner: wealth
        """,
        """
        journeys/welcome.yaml:
          owner: retail
        """,
    ),
    (
        "TL111",
        "a file that is not read",
        "Definitions are read from their own folders and by their endings: .yaml for journeys, messages and contracts, .sql for segments "
        "and risk rules. What lies deeper or ends otherwise counts for nothing.",
        """
        journeys/savings/care.yaml:
          journey: care
        """,
        """
        journeys/care.yaml:
          journey: care
          title: {zh: 关怀, en: Care}
          purpose: service
          owner: retail
          enter: {segment: payroll_new}
          steps:
            - done: {end: accompanied}
        """,
    ),
    (
        "TL120",
        "unknown key",
        "The key is not one that may stand here. It would be ignored, so it is refused.",
        """
        journeys/welcome.yaml:
          goal: {event: product_opened, withn: 30 days, within: 30 days}
        """,
        """
        journeys/welcome.yaml:
          goal: {event: product_opened, within: 30 days}
        """,
    ),
    (
        "TL121",
        "a key is missing",
        "The key has no default, because every choice would be a guess.",
        """
        journeys/welcome.yaml:
          goal: {event: product_opened}
        """,
        """
        journeys/welcome.yaml:
          goal: {event: product_opened, within: 7 days}
        """,
    ),
    (
        "TL122",
        "wrong type",
        "Text, number, list or mapping: the value is of another type than the key takes.",
        """
        journeys/welcome.yaml:
          owner: 7
        """,
        """
        journeys/welcome.yaml:
          owner: "7"
        """,
    ),
    (
        "TL123",
        "a value that cannot be read",
        "The value has a form of its own, such as a duration, a share or a limit, and this is not it.",
        """
        journeys/welcome.yaml:
          holdout: 10
        """,
        """
        journeys/welcome.yaml:
          holdout: 10%
        """,
    ),
    (
        "TL124",
        "not one of the choices",
        "The key takes one of a few words.",
        """
        journeys/welcome.yaml:
          on_goal: stop
        """,
        """
        journeys/welcome.yaml:
          on_goal: exit
        """,
    ),
    (
        "TL125",
        "too few, too many, too small or too large",
        "The value is outside of its bounds.",
        """
        journeys/policy.yaml:
          per_run: 0
        """,
        """
        journeys/policy.yaml:
          per_run: 1
        """,
    ),
)
