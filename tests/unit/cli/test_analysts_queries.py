import json
from pathlib import Path

import duckdb
import pytest

from tonglu.core.errors import InputError, Unavailable
from tonglu.warehouse.analysts import LONGEST_QUERY, PublishedFile, live_reader, query
from tonglu.warehouse.query_worker import answer


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    with duckdb.connect(str(folder / "tonglu-000001.duckdb")) as connection:
        connection.execute("CREATE SCHEMA engine")
        connection.execute("CREATE TABLE engine.run AS SELECT range AS run_no, 0.5::DECIMAL(9, 2) AS score FROM range(5)")
        connection.execute("CREATE VIEW runs AS SELECT run_no, score, TIMESTAMP '2026-06-01' AS as_of FROM engine.run")
    (folder / "current.json").write_text(json.dumps({"file": "tonglu-000001.duckdb", "run_no": 1}), encoding="utf-8")
    return folder


def refusal(folder: Path, sql: str, **limits: float) -> tuple[str, str, str]:
    with pytest.raises(InputError) as caught:
        query(folder, sql, 10, **limits)
    [finding] = caught.value.findings
    return finding.code, finding.message, str(finding.place)


def test_a_select_is_answered_with_plain_values(published: Path):
    answer = query(published, "SELECT run_no, score, as_of, [run_no] AS l FROM runs ORDER BY run_no; -- the end", 2)
    assert answer.columns == ("run_no", "score", "as_of", "l")
    assert answer.rows == ((0, 0.5, "2026-06-01 00:00:00", [0]), (1, 0.5, "2026-06-01 00:00:00", [1]))
    assert answer.more


def test_an_endless_answer_is_cut_at_the_limit(published: Path):
    answer = query(published, "SELECT a.range FROM range(10000000000) AS a", 3)
    assert (len(answer.rows), answer.more) == (3, True)


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("", "TL502"),
        ("SELECT 1; SELECT 2", "TL502"),
        ("DELETE FROM runs", "TL502"),
        ("COPY runs TO '/tmp/stolen.csv'", "TL502"),
        ("ATTACH '/tmp/x.duckdb'", "TL502"),
        ("SET lock_configuration = false", "TL502"),
        ("PRAGMA database_list", "TL502"),
        ("CALL enable_logging()", "TL502"),
        ("SELECT * FROM read_blob('/etc/passwd')", "TL504"),
        ("SELECT * FROM READ_TEXT('/etc/passwd')", "TL504"),
        ("SELECT (SELECT content FROM read_text('/etc/passwd'))", "TL504"),
        ("SELECT * FROM glob('/*')", "TL504"),
        ("SELECT * FROM query('SELECT 1')", "TL504"),
        ("SELECT * FROM query_table('runs')", "TL504"),
        ("SELECT * FROM enable_logging('x')", "TL504"),
        ("WITH a AS (FROM duckdb_settings()) FROM a", "TL504"),
        ("SELECT getenv('HOME')", "TL503"),
        ("SELECT write_log('x')", "TL503"),
        ("SELECT * FROM 'no_such_file.csv'", "TL503"),
        ("SELEC 1", "TL501"),
    ],
)
def test_whatever_is_not_one_harmless_select_is_refused(published: Path, sql: str, code: str):
    assert answer(str(published / "tonglu-000001.duckdb"), sql, 10)["code"] == code


def test_a_refusal_reaches_the_caller(published: Path):
    code, message, place = refusal(published, "SELECT * FROM read_blob('/etc/passwd')")
    assert (code, message, place) == ("TL504", "the table function 'read_blob' is not allowed here", "query:1:15")


def test_the_place_of_a_mistake_is_found_behind_chinese_text(published: Path):
    code, message, place = refusal(published, "-- 运行\nSELECT '运行', run_n FROM runs")
    assert (code, place) == ("TL520", "query:2:14")
    assert "run_n" in message


def test_a_query_past_its_deadline_is_stopped(published: Path):
    code, message, _ = refusal(published, "SELECT count(*) FROM range(10000000000000) AS r WHERE r.range % 7 = 3", seconds=2)
    assert (code, message) == ("TL520", "the query took longer than 2 s and was stopped")


def test_a_query_cannot_take_all_memory(published: Path):
    code, message, _ = refusal(published, "SELECT list(range) FROM range(2000000000)")
    assert code == "TL520"
    assert "memory" in message


def test_a_query_has_a_longest_length(published: Path):
    assert refusal(published, f"SELECT '{'x' * LONGEST_QUERY}'")[0] == "TL501"


def test_deep_nesting_does_not_take_the_caller_down(published: Path):
    assert refusal(published, "SELECT " + "(" * 50_000 + "1" + ")" * 50_000)[0] in {"TL501", "TL520"}


def test_nothing_can_be_asked_before_the_first_run(tmp_path: Path):
    assert refusal(tmp_path, "SELECT 1")[1] == "nothing has been published yet"
    with pytest.raises(InputError, match="nothing has been published yet"):
        PublishedFile(tmp_path)


def test_an_open_file_stays_whole_while_the_pointer_moves(published: Path, tmp_path: Path):
    for number in (1, 2):
        with duckdb.connect(str(tmp_path / f"tonglu-00000{number}.duckdb")) as connection:
            connection.execute(f"CREATE VIEW runs AS SELECT {number} AS run_no")
    pointer = tmp_path / "current.json"
    pointer.write_text('{"file": "tonglu-000001.duckdb"}', encoding="utf-8")
    with PublishedFile(tmp_path) as first:
        pointer.write_text('{"file": "tonglu-000002.duckdb"}', encoding="utf-8")
        (tmp_path / "tonglu-000001.duckdb").unlink()
        assert first.rows("SELECT run_no FROM runs") == (["run_no"], [(1,)])
        with PublishedFile(tmp_path) as second:
            assert second.rows("SELECT run_no FROM runs")[1] == [(2,)]


def test_a_pointer_to_a_lost_file_is_not_available(tmp_path: Path):
    (tmp_path / "current.json").write_text('{"file": "tonglu-000009.duckdb"}', encoding="utf-8")
    with pytest.raises(Unavailable):
        PublishedFile(tmp_path)


def test_the_published_file_and_the_live_one_are_read_and_not_written(published: Path, tmp_path: Path):
    with PublishedFile(published) as file, pytest.raises(duckdb.InvalidInputException):
        file.rows("CREATE TABLE mine AS SELECT 1")
    live = tmp_path / "warehouse.duckdb"
    with pytest.raises(InputError, match="there is no warehouse yet"):
        live_reader(live)
    duckdb.connect(str(live)).close()
    with live_reader(live) as reader, pytest.raises(duckdb.InvalidInputException):
        reader.rows("CREATE TABLE mine AS SELECT 1")
