"""A project at work without Great Expectations, whose import alone takes longer than a small bank's run."""

from collections.abc import Sequence

from tonglu.app.workplace import Workplace
from tonglu.language.contract import Contract
from tonglu.stages.check import Judge, Verdict


class AcceptingJudge:
    """In place of Great Expectations: has no expectations. Row rules, volume and freshness of contracts are judged all the same."""

    def judge(self, contract: Contract) -> Sequence[Verdict]:
        """No verdicts."""
        return ()


class QuietWorkplace(Workplace):
    """A project at work without expectations."""

    def judge(self) -> Judge:
        """The judge that accepts."""
        return AcceptingJudge()
