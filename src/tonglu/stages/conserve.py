"""Conservation: what must hold after every run, asserted before it commits; a run that breaks a rule changes nothing."""

from tonglu.core.errors import CheckFailed
from tonglu.core.ports import Warehouse
from tonglu.language.policy import Policy

KEEP = "INSERT INTO tonglu.conservation VALUES ($run_no, $rule, $breaches)"


def conserve(warehouse: Warehouse, policy: Policy) -> int:
    """Check every rule and keep the result; how many rules there are.

    Raises:
        CheckFailed: a rule is broken; the message names each with its number of breaches.
    """

    def skipping(gate: str) -> list[str]:
        return [name for name, purpose in policy.purposes.items() if gate in purpose.skips]

    results = warehouse.rows(
        "conservation/rules",
        uncapped=skipping("contact_policy"),
        unarbitrated=skipping("arbitration"),
        unasked=skipping("consent"),
        unsuited=skipping("suitable"),
        unheld=skipping("risk"),
        unlimited=skipping("capacity"),
        unbudgeted=skipping("budget"),
        per_run=policy.per_run,
    )
    for rule, breaches in results:
        warehouse.execute(KEEP, rule=rule, breaches=breaches)
    broken = [f"{rule}: {breaches}" for rule, breaches in results if breaches]
    if broken:
        raise CheckFailed("the run breaks its own rules and was rolled back:\n  " + "\n  ".join(broken))
    return len(results)
