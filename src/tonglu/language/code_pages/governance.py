"""TL85x: four eyes, fairness, retention, forgetting."""

PAGES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "TL850",
        "an approval that is not given",
        "Four eyes: somebody other than the author approves exactly what was submitted, which is exactly what is written.",
        "tonglu submit welcome --by li && tonglu approve welcome --by li",
        "tonglu submit welcome --by li && tonglu approve welcome --by zhao",
    ),
    (
        "TL851",
        "not a size of an audience",
        "A tier of approval says for how many customers it is.",
        "audience: small",
        "audience: up to 1000",
    ),
    (
        "TL852",
        "an approval that nobody could give",
        "A tier asks for a role that nobody has, or for more people than there are.",
        "tiers: [{approvals: 2, roles: [complience]}]",
        "tiers: [{approvals: 2, roles: [compliance]}]",
    ),
    (
        "TL853",
        "kept shorter than it must be",
        "Some rows prove what was done and must be kept for a legal time; the message names the source.",
        "retention: {send_log: 30 days}",
        "retention: {send_log: 200 days}",
    ),
    (
        "TL854",
        "fairness by a column that is not there",
        "Groups are made of columns of the profile.",
        "fairness: {by: [agebnd]}",
        "fairness: {by: [age_band]}",
    ),
    (
        "TL855",
        "somebody who may not act",
        "Where tonglu.yaml lists its people, who acts is one of them and has one of the roles that are asked for.",
        "tonglu approve welcome --by nobody",
        "tonglu approve welcome --by zhao",
    ),
    (
        "TL856",
        "beyond a limit of fairness",
        "A dry run, a backtest or the last run touched a group so much less or more often than the others that the policy stands against it.",
        "tonglu approve welcome --by zhao",
        "tonglu approve welcome --by zhao --override --reason 'the county has no branch yet'",
    ),
    (
        "TL857",
        "no key for forgetting",
        "Customers who were forgotten are kept out by a keyed hash. Without the key they would come back with the next file, so nothing is done.",
        "tonglu forget 1001 --reason 'asked for it' --yes",
        "TONGLU_ERASURE_KEY=... tonglu forget 1001 --reason 'asked for it' --yes",
    ),
    (
        "TL858",
        "a reason that names the customer",
        "Why somebody was forgotten is kept for ever, so it says nothing of who it was.",
        "--reason 'Mrs Wang asked for it'",
        "--reason 'asked for it in branch 17'",
    ),
)
