"""A judge of incoming data that is made when there is something to judge: importing the real one takes seconds, most runs bring nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tonglu.language.contract import Contract
from tonglu.stages.check import Judge, Verdict


@dataclass
class LateJudge:
    """Makes the real judge at the first table that it is asked about."""

    make: Callable[[], Judge]
    made: Judge | None = None

    def judge(self, contract: Contract) -> Sequence[Verdict]:
        """The real judge's verdicts."""
        self.made = self.made or self.make()
        return self.made.judge(contract)
