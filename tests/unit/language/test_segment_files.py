"""Segments: their headers, what may stand in them, what their names mean, and their order."""

import time

import pytest

from tonglu.language.expression import ColumnType
from tonglu.language.segment import dependencies, in_dependency_order, read_segment, segment_of
from tonglu.language.segment_names import KnownTables, check_names, output_columns, profile_columns

HEADER = "-- segment: x\n-- title: 测试 / Test\n-- owner: retail\n-- grain: customer\n"
TABLES = {
    "customers": {
        "customer_id": "BIGINT",
        "sex": "VARCHAR",
        "province": "VARCHAR",
        "opened_on": "DATE",
        "monthly_income": "BIGINT",
    },
    "loans": {"loan_id": "BIGINT", "customer_id": "BIGINT", "amount": "BIGINT", "stage": "VARCHAR", "changed_at": "TIMESTAMP"},
}
KNOWN = KnownTables(TABLES, {"contacts"}, {"x", "vip", "county"}, {"customer_id", "age"})


def look(sql, header=HEADER, known=KNOWN):
    findings = []
    segment = segment_of(header + sql, "segments/x.sql", findings)
    if segment is not None:
        check_names(segment, known, findings)
    return segment, findings


@pytest.mark.parametrize(
    "sql",
    [
        "select customer_id from customers",
        "select c.customer_id from customers as c where c.opened_on > as_of_date() - 30;",
        "select * from segment.vip",
        "select v.* from segment.vip v",
        "from customers select customer_id",
        "with a as (select customer_id as id, amount from loans) select id as customer_id from a where amount > 3",
        "with a(id) as (select customer_id from loans) select id as customer_id from a",
        "with recursive a(n) as (select 1 union all select n + 1 from a) select customer_id from customers, a where n = 2",
        "select c.customer_id from customers c where exists (select 1 from loans l where l.amount = c.customer_id and sex = 'F')",
        "select customer_id from customers where customer_id in (select customer_id from loans where stage = 'closed')",
        "select customer_id from customers union select customer_id from loans",
        "select p.customer_id from customers p semi join segment.vip s on s.customer_id = p.customer_id",
        "select p.customer_id from customers p anti join (select customer_id as k from loans) s on s.k = p.customer_id",
        "select customer_id from customers, unnest([1, 2]) as u(z) where z = 1",
        "select customer_id from customers c, range(3) r",
        "select customer_id from loans group by customer_id having count(*) > 1 and max(amount) > 3",
        "select customer_id from loans qualify row_number() over (partition by customer_id order by changed_at) = 1",
        "select customer_id from customers where list_sum(list_transform([1], y -> y + 1)) > 1",
        "select customer_id from customers order by opened_on, customer_id limit 10",
        "select distinct on (customer_id) customer_id from loans order by customer_id, changed_at",
        "select customer_id from profile where age > 60",
        "select customer_id from (values (1), (2)) as v(customer_id)",
        "select a.customer_id from customers a join loans b using (customer_id) where b.amount > 3",
    ],
)
def test_honest_selects_pass(sql):
    segment, findings = look(sql)
    assert [str(finding) for finding in findings] == []
    assert segment.name == "x"


@pytest.mark.parametrize(
    ("sql", "code", "column", "word"),
    [
        ("select customer_id from (select", "TL501", 26, ""),
        ("select customer_id from customers where sex = 'F", "TL501", 47, "not closed"),
        ("", "TL502", 1, "no SELECT"),
        ("attach 'x.db'", "TL502", 1, "ATTACH"),
        ("copy customers to 'x.csv'", "TL502", 1, "COPY"),
        ("pragma database_list", "TL502", 1, "PRAGMA"),
        ("set memory_limit = '1TB'", "TL502", 1, "SET"),
        ("install httpfs", "TL502", 1, "INSTALL"),
        ("call enable_logging()", "TL502", 1, "CALL"),
        ("insert into customers select 1", "TL502", 1, "INSERT"),
        ("select customer_id from customers; drop table customers", "TL502", 36, "more than one"),
        ("with a as (insert into b values (1) returning 1) select customer_id from a", "TL503", 24, "INSERT"),
        ("select customer_id into y from customers", "TL503", None, "INTO"),
        ("select customer_id from customers for update", "TL503", None, "LOCK"),
        ("select customer_id from customers where getenv('HOME') = 'x'", "TL503", 41, "getenv"),
        ("select customer_id from customers where current_setting('x') = 'x'", "TL503", 41, "current_setting"),
        ("select customer_id from query('select 1')", "TL503", 25, "query"),
        ("select customer_id from read_blob('x')", "TL503", 25, "read_blob"),
        ("select customer_id from read_parquet('x')", "TL504", 25, "read_parquet"),
        ("select customer_id from read_csv('x')", "TL504", 25, "read_csv"),
        ("select customer_id from glob('*')", "TL504", 25, "glob"),
        ("select customer_id from enable_logging('x')", "TL504", 25, "enable_logging"),
        ("select customer_id from duckdb_settings()", "TL504", 25, "duckdb_settings"),
        ("select customer_id from repeat('x', 9)", "TL504", 25, "repeat"),
        ("select customer_id from customers where opened_on > current_date", "TL505", 53, "as_of_date()"),
        ("select customer_id from customers where opened_on > today()", "TL505", 53, "as_of_date()"),
        ('select customer_id from customers where opened_on > "now" ()', "TL505", 53, "as_of()"),
        ("select customer_id from customers where opened_on > main.now()", "TL505", 58, "as_of()"),
        ("select customer_id from customers where random() < 0.1", "TL505", 41, "replayed"),
        ("select customer_id from customers where uuid() < 'a'", "TL505", 41, "replayed"),
        ("select customer_id from customers using sample 3", "TL505", 48, "sample"),
        ("select customer_id from customers where age(opened_on) > interval 1 year", "TL505", 41, "as_of_date()"),
        ("select customer_id from customers limit 3", "TL506", 41, "ORDER BY"),
        (
            "select customer_id from customers where customer_id in (select customer_id from loans limit 3)",
            "TL506",
            93,
            "ORDER BY",
        ),
        ("select distinct on (province) customer_id from customers", "TL506", None, "ORDER BY"),
        ("select first(customer_id) as customer_id from customers group by province", "TL506", None, "first without"),
        ("select last(customer_id) as customer_id from customers group by province", "TL506", None, "last without"),
        ("select any_value(customer_id) as customer_id from customers group by province", "TL506", None, "any_value without"),
        ("select arbitrary(customer_id) as customer_id from customers group by province", "TL506", None, "arbitrary without"),
        ("select customer_id from customers qualify row_number() over (partition by province) = 1", "TL506", None, "row_number"),
        ("select customer_id from customers qualify ntile(3) over () = 1", "TL506", None, "ntile"),
        (
            "select customer_id from customers qualify lag(sex ignore nulls) over (partition by province) = 'f'",
            "TL506",
            None,
            "lag",
        ),
        ("select customer_id from customers qualify lead(sex) over (partition by province) = 'f'", "TL506", None, "lead"),
        (
            "select customer_id from customers qualify first_value(sex) over w = 'f' window w as (partition by province)",
            "TL506",
            None,
            "first_value",
        ),
        ("select customer_id from customers qualify last_value(sex) over () = 'f'", "TL506", None, "last_value"),
        ("select customer_id from contacts", "TL507", 25, "personal"),
        ("select customer_id from personal.contacts", "TL507", None, "personal"),
        ("select customer_id, sex from customers", "TL508", 21, "only"),
        ("select sex from customers", "TL508", 8, "first column"),
        ("select * from customers", "TL508", 8, "only"),
        ("select * from read_nothing", "TL514", 15, "unknown table"),
        ("select customer_id from segment.vipp", "TL201", None, "Did you mean 'vip'"),
        ("select customer_id from vip", "TL514", 25, "segment.vip"),
        ("select customer_id from custmers", "TL514", 25, "Did you mean 'customers'"),
        ("select customer_id from 'data/landing/x.parquet'", "TL514", 25, "unknown table"),
        ("select customer_id from main.customers", "TL513", None, "'customers' alone"),
        ("select customer_id from information_schema.tables", "TL513", None, "schema"),
        ("select customer_id from segment.x", "TL510", None, "itself"),
        ("select incme as customer_id from customers", "TL203", 8, "Did you mean"),
        ("select c.customer_idd as customer_id from customers c", "TL203", 8, "Did you mean 'customer_id'"),
        ("select d.customer_id from customers c", "TL514", 8, "alias"),
        (
            "select customer_id from customers where exists (select 1 from loans where amont > 3)",
            "TL203",
            75,
            "Did you mean 'amount'",
        ),
        (
            "with a as (select customer_id as id from customers) select id as customer_id from a where idd > 3",
            "TL203",
            91,
            "'id'",
        ),
        ("select customer_id from profile where agee > 3", "TL203", 39, "'age'"),
        ("select customer_id from customers union select customer_id from lons", "TL514", 65, "'loans'"),
        ("select " + "(" * 60 + "1" + ")" * 60 + " as customer_id", "TL511", 48, "WITH"),
        ("select " + "not " * 60 + "true as customer_id", "TL511", None, "WITH"),
    ],
)
def test_everything_else_is_refused_at_its_place(sql, code, column, word):
    _, findings = look(sql)
    matching = [finding for finding in findings if finding.code == code]
    assert matching, [str(finding) for finding in findings]
    assert word in str(matching[0])
    if column is not None and sql:
        assert (matching[0].place.line, matching[0].place.column) == (5, column)


def test_every_finding_of_a_file_comes_at_once():
    _, findings = look("select incme, nope\nfrom custmers c, customers d\nwhere d.sexx = 'F'")
    assert {finding.code for finding in findings} >= {"TL514", "TL203"}
    assert {finding.place.line for finding in findings} >= {6, 7}


@pytest.mark.parametrize(
    ("header", "code", "line", "word"),
    [
        ("", "TL509", 1, "-- segment: x"),
        (HEADER.replace("-- segment: x", "-- segmnt: x"), "TL509", 1, "Did you mean 'segment'"),
        (HEADER.replace("segment: x", "segment: y"), "TL210", 1, "y.sql"),
        (HEADER.replace("segment: x", "segment: X-1"), "TL509", 1, "small letter"),
        (HEADER.replace("测试 / Test", "Test"), "TL509", 2, "中文 / English"),
        (HEADER.replace("-- owner: retail\n", ""), "TL509", 1, "owner"),
        (HEADER.replace("customer\n", "account\n"), "TL509", 4, "account"),
        (HEADER + "-- owner: other\n", "TL509", 5, "twice"),
        (HEADER.replace("-- segment: x", "-- profile: customer"), "TL210", 1, "profile.sql"),
        (HEADER + "-- profile: account\n", "TL509", 5, "-- profile: customer"),
    ],
)
def test_a_header_says_who_and_what(header, code, line, word):
    segment, findings = look("select customer_id from customers", header)
    assert segment is None
    assert any((finding.code, finding.place.line) == (code, line) and word in str(finding) for finding in findings), list(
        map(str, findings)
    )


def test_comments_for_people_may_stand_in_the_header_and_do_not_change_the_hash():
    plain = look("select customer_id from customers")[0]
    told = look("select  customer_id -- all of them\nFROM customers", HEADER + "--\n-- Note: everyone, today: and later\n\n")[0]
    assert plain.hash == told.hash
    assert (plain.title.zh, plain.title.en, plain.owner, plain.is_profile) == ("测试", "Test", "retail", False)
    assert (
        look("select customer_id from customers where sex = 'f'")[0].hash
        != look("select customer_id from customers where sex = 'F'")[0].hash
    )


PROFILE = """\
-- profile: customer
-- title: 画像 / Profile
-- owner: data
SELECT c.customer_id, c.province, c.monthly_income > 500000 AS well_paid, c.opened_on, l.amount, l.changed_at AS changed_at
FROM customers AS c LEFT JOIN loans AS l ON l.customer_id = c.customer_id
"""


def test_a_profile_gives_typed_attributes():
    findings = []
    profile = segment_of(PROFILE, "segments/profile.sql", findings)
    check_names(profile, KNOWN, findings)
    assert findings == []
    assert profile.is_profile
    assert output_columns(profile, KNOWN) == ("customer_id", "province", "well_paid", "opened_on", "amount", "changed_at")
    assert profile_columns(profile, KNOWN) == {
        "customer_id": ColumnType.INTEGER, "province": ColumnType.TEXT, "well_paid": ColumnType.BOOLEAN,
        "opened_on": ColumnType.DATE, "amount": ColumnType.INTEGER, "changed_at": ColumnType.INSTANT,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [("SELECT c.customer_id,", "SELECT", "first column"), ("l.amount,", "l.amount, c.province,", "'province'")],
)
def test_a_profile_starts_with_the_customer_and_names_each_column_once(old, new, word):
    findings = []
    profile = segment_of(PROFILE.replace(old, new), "segments/profile.sql", findings)
    check_names(profile, KNOWN, findings)
    assert [finding.code for finding in findings] == ["TL508"]
    assert word in findings[0].message


def segments(**sources):
    findings = []
    made = [
        segment_of(
            HEADER.replace("segment: x", f"segment: {name}") + f"select customer_id from {source}",
            f"segments/{name}.sql",
            findings,
        )
        for name, source in sources.items()
    ]
    assert findings == []
    return made


def test_segments_come_after_those_they_read():
    made = segments(a="segment.c join profile using (customer_id)", b="customers", c="segment.b, segment.b as other")
    findings = []
    assert [segment.name for segment in in_dependency_order(made, findings)] == ["b", "c", "a"]
    assert dependencies(made[0]) == {"c", "profile"}
    assert findings == []


def test_a_circle_is_named_with_the_place_of_a_reference():
    findings = []
    assert in_dependency_order(segments(a="segment.b", b="segment.c", c="segment.a", d="customers"), findings) == ()
    [finding] = findings
    assert (finding.code, finding.place.path, finding.place.line) == ("TL510", "segments/a.sql", 5)
    assert "a -> b -> c -> a" in finding.message


def test_files_are_read_from_disk_and_bad_ones_refused(tmp_path):
    findings = []
    path = tmp_path / "x.sql"
    path.write_bytes(b"\xef\xbb\xbf" + (HEADER + "select customer_id\r\nfrom customers\r\n").encode())
    assert read_segment(path, "segments/x.sql", findings).name == "x"
    path.write_bytes("-- 标题".encode("gb18030"))
    assert read_segment(path, "segments/x.sql", findings) is None
    path.write_bytes(b"-" * 200_000)
    assert read_segment(path, "segments/x.sql", findings) is None
    assert read_segment(tmp_path / "none.sql", "segments/none.sql", findings) is None
    assert [finding.code for finding in findings] == ["TL103", "TL102", "TL101"]


@pytest.mark.parametrize(
    "middle",
    ["1+" * 20_000 + "1", "'x'||" * 9_000 + "'y'", "case when true then " * 5_000 + "1", "[" * 30_000, "a." * 20_000 + "a"],
)
def test_hostile_sql_ends_soon_and_never_with_a_traceback(middle):
    began = time.process_time()
    look(f"select {middle} as customer_id from customers")
    assert time.process_time() - began < 20


@pytest.mark.parametrize(
    "sql",
    [
        "select first(customer_id order by opened_on, customer_id) as customer_id from customers group by province",
        "select any_value(customer_id order by customer_id) as customer_id from customers group by province",
        "select customer_id from customers qualify row_number() over (partition by province order by customer_id) = 1",
        "select customer_id from customers qualify lag(sex ignore nulls) over (order by customer_id) = 'f'",
        "select customer_id from customers qualify first_value(sex) over w = 'f' window w as (partition by province order by customer_id)",
        "select customer_id from customers qualify rank() over (w order by customer_id) = 1 window w as (partition by province)",
        "select customer_id from customers qualify count(*) over (partition by province) > 3",
        "select max(customer_id) as customer_id from customers group by province",
    ],
)
def test_what_says_by_which_order_it_takes_rows_may_stand(sql):
    _, findings = look(sql)
    assert [str(finding) for finding in findings if finding.code == "TL506"] == []
