"""A tiny published file in memory: the documented views as tables, empty or with a few invented rows."""

from datetime import datetime, timedelta

import duckdb
import pytest

SCHEMA = """
CREATE TABLE runs(run_no INTEGER, as_of TIMESTAMP, definitions VARCHAR, entered BIGINT, ended BIGINT, proposals BIGINT,
    sent BIGINT, deferred BIGINT, dropped BIGINT, conversions BIGINT);
CREATE TABLE journeys(journey VARCHAR, version_no INTEGER, hash VARCHAR, title_zh VARCHAR, title_en VARCHAR, purpose VARCHAR,
    first_run INTEGER);
CREATE TABLE steps(journey VARCHAR, version_no INTEGER, step_no INTEGER, step VARCHAR, kind VARCHAR, label_zh VARCHAR,
    next_step VARCHAR, otherwise_step VARCHAR, branches JSON);
CREATE TABLE entries(entry_id BIGINT, journey VARCHAR, version_no INTEGER, customer_id BIGINT, entry_no INTEGER,
    assignment VARCHAR, assigned_at TIMESTAMP, state VARCHAR, step VARCHAR, since TIMESTAMP, ended_at TIMESTAMP,
    end_reason VARCHAR);
CREATE TABLE journey_funnel(journey VARCHAR, version_no INTEGER, step_no INTEGER, step VARCHAR, kind VARCHAR, assignment VARCHAR,
    arrived BIGINT, resting BIGINT, left_step BIGINT);
CREATE TABLE touches(touch_key VARCHAR, run_no INTEGER, journey VARCHAR, step VARCHAR, entry_id BIGINT, customer_id BIGINT,
    channel VARCHAR, message VARCHAR, arm VARCHAR, decided_at TIMESTAMP, not_before TIMESTAMP, delivery_state VARCHAR,
    delivered_at TIMESTAMP, opened_at TIMESTAMP, clicked_at TIMESTAMP);
CREATE TABLE work_items(touch_key VARCHAR, run_no INTEGER, journey VARCHAR, step VARCHAR, entry_id BIGINT, customer_id BIGINT,
    channel VARCHAR, branch_id INTEGER, employee_id BIGINT, not_before TIMESTAMP, expires_at TIMESTAMP, delivery_state VARCHAR,
    work_outcome VARCHAR, settled_at TIMESTAMP);
CREATE TABLE decisions(run_no INTEGER, as_of TIMESTAMP, journey VARCHAR, step VARCHAR, entry_id BIGINT, customer_id BIGINT,
    visit INTEGER, outcome VARCHAR, gate VARCHAR, reason VARCHAR, detail VARCHAR, channel VARCHAR, arm VARCHAR,
    score DECIMAL(18, 6), not_before TIMESTAMP);
CREATE TABLE lift(run_no INTEGER, as_of TIMESTAMP, journey VARCHAR, goal VARCHAR, assigned_treated BIGINT,
    assigned_control BIGINT, n_treated BIGINT, n_control BIGINT, conversions_treated BIGINT,
    conversions_control BIGINT, rate_treated DOUBLE,
    rate_control DOUBLE, lift DOUBLE, lift_low DOUBLE, lift_high DOUBLE, value_lift DOUBLE, value_low DOUBLE, value_high DOUBLE,
    method VARCHAR, matured_only BOOLEAN, role VARCHAR, fixed_low DOUBLE, fixed_high DOUBLE, p_value DOUBLE);
CREATE TABLE lift_by(run_no INTEGER, as_of TIMESTAMP, journey VARCHAR, goal VARCHAR, role VARCHAR, horizon_days DOUBLE, slice_kind VARCHAR,
    slice VARCHAR, n_treated BIGINT, n_control BIGINT, conversions_treated BIGINT, conversions_control BIGINT, lift DOUBLE, lift_low DOUBLE,
    lift_high DOUBLE, fixed_low DOUBLE, fixed_high DOUBLE, p_value DOUBLE, shrunk DOUBLE, value_lift DOUBLE, value_low DOUBLE,
    value_high DOUBLE, method VARCHAR);
CREATE TABLE trust(run_no INTEGER, as_of TIMESTAMP, journey VARCHAR, about VARCHAR, statistic DOUBLE, p_value DOUBLE, broken BOOLEAN, said VARCHAR);
CREATE TABLE touch_worth(run_no INTEGER, as_of TIMESTAMP, journey VARCHAR, step VARCHAR, topic VARCHAR, p DOUBLE, v DECIMAL(18, 2), source VARCHAR,
    base DOUBLE);
CREATE TABLE harm(run_no INTEGER, as_of TIMESTAMP, journey VARCHAR, version_no INTEGER, goal VARCHAR, role VARCHAR, lift DOUBLE, p_value DOUBLE,
    said VARCHAR);
CREATE TABLE touch_credit(journey VARCHAR, goal VARCHAR, step VARCHAR, channel VARCHAR, any_touch BIGINT, last_touch BIGINT);
CREATE TABLE fairness(run_no INTEGER, as_of TIMESTAMP, journey VARCHAR, by_column VARCHAR, group_name VARCHAR, entered_treated BIGINT,
    touched BIGINT, offered DOUBLE);
CREATE TABLE governed(run_no INTEGER, as_of TIMESTAMP, kind VARCHAR, name VARCHAR, state VARCHAR, hash VARCHAR);
CREATE TABLE learned(run_no INTEGER, as_of TIMESTAMP, journey VARCHAR, step VARCHAR, stratum VARCHAR, arm VARCHAR, n BIGINT, conversions BIGINT,
    p_best DOUBLE, propensity DOUBLE, standing VARCHAR);
CREATE TABLE segment_size(run_no INTEGER, as_of TIMESTAMP, segment VARCHAR, title_zh VARCHAR, members BIGINT, entered BIGINT,
    left_count BIGINT);
CREATE TABLE checks(run_no INTEGER, as_of TIMESTAMP, source_table VARCHAR, expectation VARCHAR, severity VARCHAR,
    success BOOLEAN, observed VARCHAR);
CREATE TABLE conservation(run_no INTEGER, as_of TIMESTAMP, rule VARCHAR, breaches BIGINT);
CREATE TABLE limits(run_no INTEGER, as_of TIMESTAMP, limit_name VARCHAR, gate VARCHAR, channel VARCHAR, journey VARCHAR,
    purpose VARCHAR, unit_kind VARCHAR, unit VARCHAR, period VARCHAR, starts TIMESTAMP, ends TIMESTAMP, at_most DOUBLE,
    used_before DOUBLE, used DOUBLE, left_out BIGINT, shadow_price DOUBLE);
CREATE TABLE allocations(run_no INTEGER, as_of TIMESTAMP, priority INTEGER, proposals BIGINT, placed BIGINT,
    value_reached DECIMAL(24, 6), value_bound DECIMAL(24, 6), gap DOUBLE, method VARCHAR);
"""

FIRST, SECOND = datetime(2026, 10, 1, 1), datetime(2026, 10, 1, 1) + timedelta(days=1)

BEFORE_MIDNIGHT, MIDNIGHT = datetime(2026, 10, 1, 15, 59), datetime(2026, 10, 1, 16, 0)  # in Shanghai
GREETED = (1, "payroll", "greet", 1, 880001)


def sliced(journey, kind, name, n_treated, n_control, y_treated, y_control, shrunk):
    lift = y_treated / n_treated - y_control / n_control
    interval = (lift, lift - 0.05, lift + 0.05, lift - 0.03, lift + 0.03, 0.4)
    return (journey, "opened" if journey else "", "primary", 7.0, kind, name, n_treated, n_control, y_treated, y_control, *interval, shrunk,
            1.5, -0.5, 3.5, "always-valid")  # fmt: skip


ROWS = {
    "runs": [(1, FIRST, "9f3c2ab17d0e", 40, 1, 36, 30, 2, 4, 1), (2, SECOND, "9f3c2ab17d0e", 1200, 9, 44, 41, 1, 2, 6)],
    "journeys": [
        ("payroll", 1, "a", "旧标题", "Old", "marketing", 1),
        ("payroll", 2, "b", "代发 <新客> & 陪伴", "Payroll", "marketing", 2),
        ("pension", 3, "c", None, None, "service", 1),
    ],
    "steps": [
        ("payroll", 1, 0, "gone", "touch", "旧版本的步骤", None, None, None),
        ("payroll", 2, 0, "greet", "touch", "欢迎 <b>客户</b>", "seen", None, None),
        ("payroll", 2, 1, "seen", "wait_for", "登录", "done", "done", None),
        ("payroll", 2, 2, "done", "end", "完成", None, None, None),
    ],
    "entries": [
        (1, "payroll", 2, 880001, 1, "treated", FIRST, "open", "greet", FIRST, None, None),
        (2, "payroll", 2, 880002, 1, "holdout", FIRST, "ended", "done", FIRST, SECOND, "end"),
        (3, "payroll", 2, 880003, 1, "global_control", FIRST, "open", "seen", FIRST, None, None),
    ],
    "journey_funnel": [
        ("payroll", 1, 0, "gone", "touch", "treated", 999, 0, 999),
        ("payroll", 2, 0, "greet", "touch", "treated", 1000, 100, 900),
        ("payroll", 2, 0, "greet", "touch", "holdout", 110, 0, 110),
        ("payroll", 2, 1, "seen", "wait_for", "treated", 900, 400, 500),
        ("payroll", 2, 2, "done", "end", "treated", 500, 0, 0),
    ],
    "touches": [
        ("t1", *GREETED, "sms", "m", "warm", FIRST, BEFORE_MIDNIGHT, "delivered", None, None, None),
        ("t2", *GREETED, "sms", "m", "warm", FIRST, MIDNIGHT, "delivered", FIRST, FIRST, None),
        ("t3", *GREETED, "sms", "m", "plain", FIRST, None, "unknown", None, None, None),
        ("t4", *GREETED, "email", "m", "plain", FIRST, None, "leased", None, None, None),
        ("t5", *GREETED, "email", "m", "plain", FIRST, None, "delivered", FIRST, FIRST, FIRST),
    ],
    "decisions": [
        (1, FIRST, "payroll", "greet", 1, 880001, 1, "sent", None, "passed", None, "sms", "warm", 1.5, FIRST),
        (1, FIRST, "payroll", "greet", 2, 880002, 1, "sent", None, "passed", None, "sms", "warm", 1.5, FIRST),
        (2, SECOND, "payroll", "greet", 3, 880003, 1, "dropped", "consent", "no_consent", None, None, None, 1.0, None),
        (2, SECOND, "payroll", "greet", 4, 880004, 1, "deferred", "new_gate", "full_moon", None, None, None, 1.0, None),
    ],
    "lift": [
        (1, FIRST, "payroll", "opened", 900, 100, 500, 60, 10, 1, 0.02, 0.016, 0.004, -0.01, 0.02, 1.0, 0.0, 2.0,
         "newcombe", True, "primary", -0.01, 0.02, None),
        (2, SECOND, "payroll", "opened", 1800, 200, 1000, 110, 90, 2, 0.09, 0.018, 0.072, 0.041, 0.098, 8.6, 4.9, 12.3,
         "always-valid", True, "primary", 0.045, 0.095, 0.001),
        (2, SECOND, "pension", "kept", 50, 5, 0, 0, 0, 0, None, None, None, None, None, None, None, None,
         "withheld: nobody treated yet", True, "primary", None, None, None),
        (2, SECOND, "payroll", "complained", 1800, 200, 1000, 110, 9, 1, 0.009, 0.009, 0.0001, -0.02, 0.02, None, None, None,
         "newcombe", True, "guardrail", -0.02, 0.02, None),
    ],
    "learned": [
        (1, FIRST, "payroll", "greet", "", "warm", 100, 3, 0.6, 0.55, "leads"),
        (1, FIRST, "payroll", "greet", "", "plain", 100, 2, 0.4, 0.45, ""),
        (2, SECOND, "payroll", "greet", "", "warm", 200, 9, 0.9, 0.85, "leads"),
        (2, SECOND, "payroll", "greet", "", "plain", 200, 4, 0.1, 0.15, ""),
        (2, SECOND, "payroll", "greet", "below <30>", "warm", 60, 1, 0.3, 0.34, ""),
        (2, SECOND, "payroll", "greet", "below <30>", "plain", 60, 3, 0.7, 0.66, "leads"),
    ],
    "lift_by": [
        (1, FIRST, *sliced("payroll", "stratum", "young", 300, 60, 30, 2, 0.06)),
        (1, FIRST, *sliced("payroll", "stratum", "old", 300, 60, 12, 2, 0.01)),
        (2, SECOND, *sliced("payroll", "stratum", "young", 600, 120, 66, 4, 0.07)),
        (2, SECOND, *sliced("payroll", "stratum", "old", 600, 120, 22, 4, 0.005)),
        (2, SECOND, *sliced("payroll", "segment", "county", 400, 80, 30, 3, 0.03)),
        (1, FIRST, *sliced("", "together", "", 500, 50, 40, 2, None)),
        (2, SECOND, *sliced("", "together", "", 1000, 100, 90, 5, None)),
    ],
    "trust": [
        (2, SECOND, "payroll", "assignment, version 2", 0.2, 0.8, False, ""),
        (2, SECOND, "pension", "balance", 31.0, 1e-7, True, "'age' differs between the sides"),
    ],
    "touch_worth": [
        (1, FIRST, "payroll", "greet", None, 0.02, 120.0, "prior", 2.4),
        (2, SECOND, "payroll", "greet", None, 0.041, 118.5, "lift, lower bound", 4.86),
    ],
    "harm": [(2, SECOND, "pension", 3, "kept", "primary", -0.04, 0.003, "harm was shown: less 'kept' with touches than without")],
    "touch_credit": [
        ("payroll", "opened", "greet", "sms", 60, 41), ("payroll", "opened", None, None, 30, 30),
        ("payroll", "complained", "greet", "sms", 5, 5),
    ],
    "fairness": [
        (2, SECOND, "payroll", "sex", "F", 500, 450, 900.0), (2, SECOND, "payroll", "sex", "M", 500, 300, 600.0),
    ],
    "governed": [
        (2, SECOND, "journey", "payroll", "approved", "b"), (2, SECOND, "journey", "pension", "unapproved", ""),
        (2, SECOND, "policy", "bank", "earlier", "p"),
    ],
    "segment_size": [(1, FIRST, "payroll_new", "新代发", 100, 100, 0), (2, SECOND, "payroll_new", "新代发", 1234, 40, 6)],
    "checks": [
        (1, FIRST, "events", "fresh", "warning", False, "two days"),
        (2, SECOND, "events", "fresh", "warning", True, "today"),
        (2, SECOND, "events", "key is unique", "blocking", False, "3 copies"),
    ],
    "limits": [
        (1, FIRST, "old", "capacity", "sms", None, None, None, "", "day", FIRST, SECOND, 9, 0, 9, 1, 3.0),
        (2, SECOND, "calls", "capacity", "call", None, None, "branch", "17", "day", FIRST, SECOND, 40, 5, 40, 12, 3.25),
        (2, SECOND, "money", "budget", None, None, None, None, "", "day", FIRST, SECOND, 3000.0, 0, 12.5, 0, None),
    ],
    "allocations": [(2, SECOND, 0, 60, 48, 812.5, 813.0, 0.000615, "crossing")],
    "conservation": [(1, FIRST, "entries = open + ended", 0), (2, SECOND, "entries = open + ended", 2)],
}  # fmt: skip


class InMemory:
    """The `Published` protocol over an open connection."""

    def __init__(self, connection):
        self.connection = connection

    def rows(self, sql):
        result = self.connection.execute(sql)
        return [column[0] for column in result.description], result.fetchall()


@pytest.fixture
def empty():
    with duckdb.connect() as connection:
        connection.execute(SCHEMA)
        yield InMemory(connection)


@pytest.fixture
def published(empty):
    for table, rows in ROWS.items():
        empty.connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
    return empty
