"""The judge of contracts: runs a suite over a staging table and says what came of each expectation."""

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tonglu.core.errors import Finding, InputError, Place
from tonglu.language.contract import Contract
from tonglu.quality.suite import Expectation, suite_of
from tonglu.stages.check import MASK, Verdict, shown_values, shows_values

if TYPE_CHECKING:
    from tonglu.quality.engine import SharedConnectionEngine

SAMPLE = 5
AGGREGATES = ("_table_", "_count_", "_mean_", "_sum_", "_stdev_", "_proportion_")  # say nothing of a single row


class ExpectationsJudge:
    """The port `stages.check.Judge` by Great Expectations.

    Args:
        connection: the open DuckDB connection of the warehouse (`DuckDBWarehouse.connection`); judged on a cursor of it, so
            staging must be committed.

    Raises:
        InputError: Great Expectations is not installed.
    """

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        with _quiet():
            try:
                from tonglu.quality import engine
            except ModuleNotFoundError as missing:
                text = f"data checks need Great Expectations, and '{missing.name}' is not installed"
                hint = "pip install 'tonglu[quality]'"
                raise InputError([Finding("TL720", text, Place("quality"), hint)]) from missing
        self._engine_class = engine.SharedConnectionEngine

    def judge(self, contract: Contract) -> Sequence[Verdict]:
        """One verdict per expectation; those that fail are run again for counts and samples.

        Raises:
            InputError: an extra expectation of the contract does not exist or cannot be evaluated.
        """
        suite = suite_of(contract)
        if not suite:
            return []
        with _quiet():
            engine = self._engine_class(self.connection)
            try:
                results = _run(engine, contract, suite, "BOOLEAN_ONLY")
                failed = [index for index, result in enumerate(results) if not result.success]
                if failed:
                    again = _run(engine, contract, [suite[index] for index in failed], "BASIC")
                    results = [*results]
                    for index, result in zip(failed, again, strict=True):
                        results[index] = result
            finally:
                engine.release()
        _refuse_unevaluated(contract, suite, results)
        return [_verdict(contract, one, result) for one, result in zip(suite, results, strict=True)]


def _run(engine: "SharedConnectionEngine", contract: Contract, suite: Sequence[Expectation], detail: str) -> list[Any]:
    """The results, in the suite's order."""
    from great_expectations.core.batch import Batch
    from great_expectations.core.batch_spec import SqlAlchemyDatasourceBatchSpec
    from great_expectations.exceptions.exceptions import ExpectationNotFoundError
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.validator.validator import Validator

    data, markers = engine.get_batch_data_and_markers(
        SqlAlchemyDatasourceBatchSpec(table_name=contract.table, schema_name="typed")
    )
    batch = Batch(data=data, batch_markers=markers)  # type: ignore[arg-type, unused-ignore]
    validator = Validator(execution_engine=engine, batches=[batch])
    validator.metrics_calculator.show_progress_bars = False
    configurations = [
        ExpectationConfiguration(type=one.type, kwargs=dict(one.kwargs), meta={"number": number})
        for number, one in enumerate(suite)
    ]
    asked = {"result_format": {"result_format": detail, "partial_unexpected_count": SAMPLE}}
    try:
        results = validator.graph_validate(configurations=configurations, runtime_configuration=asked)
    except (ExpectationNotFoundError, TypeError, ValueError) as problem:
        raise InputError([_cannot(contract, str(problem))]) from problem
    return sorted(results, key=lambda result: int(result.expectation_config.meta["number"]))


def _refuse_unevaluated(contract: Contract, suite: Sequence[Expectation], results: Sequence[Any]) -> None:
    findings = []
    for one, result in zip(suite, results, strict=True):
        reason = _exception(result.exception_info or {})
        if reason:
            findings.append(_cannot(contract, f"{one.label}: {reason}"))
    if findings:
        raise InputError(findings)


def _exception(info: Mapping[str, Any]) -> str:
    """What was raised, from the two shapes in which results carry it: one record, or one per metric."""
    records = [info] if "raised_exception" in info else list(info.values())
    return next((str(record["exception_message"]).splitlines()[0] for record in records if record.get("raised_exception")), "")


def _cannot(contract: Contract, reason: str) -> Finding:
    place = contract.place("expectations")
    return Finding("TL721", f"an expectation cannot be evaluated: {reason}", place, "See greatexpectations.io/expectations.")


def _verdict(contract: Contract, one: Expectation, result: Any) -> Verdict:
    found: Mapping[str, Any] = result.result or {}
    unexpected = int(found.get("unexpected_count") or 0)
    name = one.kwargs.get("column")
    told = shows_values(contract, name) or any(word in one.type for word in AGGREGATES)
    seen = str(found.get("observed_value", ""))
    observed = f"{unexpected} row(s)" if "unexpected_count" in found else seen if told or not seen else MASK
    sample = shown_values(contract, name, list(dict.fromkeys(map(str, found.get("partial_unexpected_list", [])))))
    success = bool(result.success)
    return Verdict(contract.table, one.label, one.severity, success, one.words, observed, unexpected, () if success else sample)


@contextmanager
def _quiet() -> Iterator[None]:
    """Great Expectations warns about versions and dialects of its own; none of it is about the data."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
