"""TL5xx: the SQL of segments and of the profile."""

PAGES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "TL501",
        "the SQL cannot be read",
        "A bracket, a quote or a word is missing or too much.",
        """
        segments/payroll_new.sql:
          select customer_id from customers where (opened_on > as_of_date() - 30
        """,
        """
        segments/payroll_new.sql:
          select customer_id from customers where (opened_on > as_of_date() - 30)
        """,
    ),
    (
        "TL502",
        "not one SELECT",
        "A segment file holds one statement, and it is a SELECT (WITH is allowed).",
        """
        segments/payroll_new.sql:
          insert into vip select customer_id from customers
        """,
        """
        segments/payroll_new.sql:
          select customer_id from customers
        """,
    ),
    (
        "TL503",
        "not allowed in a segment",
        "A segment only reads tables: it writes nothing, locks nothing and asks nothing of the machine that it runs on.",
        """
        segments/payroll_new.sql:
          select customer_id from customers where employer = getenv('EMPLOYER')
        """,
        """
        segments/payroll_new.sql:
          select customer_id from customers where employer = '第一中学'
        """,
    ),
    (
        "TL504",
        "a table function that is not allowed",
        "Table functions read files, run hidden SQL or stop the process; all but unnest, range and generate_series are refused.",
        """
        segments/payroll_new.sql:
          select customer_id from read_parquet('customers.parquet')
        """,
        """
        segments/payroll_new.sql:
          select customer_id from customers
        """,
    ),
    (
        "TL505",
        "another result in every run",
        "The clock and chance make a run that cannot be replayed. The run's instant is as_of() (UTC), its day in the "
        "bank's zone as_of_date().",
        """
        segments/payroll_new.sql:
          select customer_id from customers where opened_on > current_date - 30
        """,
        """
        segments/payroll_new.sql:
          select customer_id from customers where opened_on > as_of_date() - 30
        """,
    ),
    (
        "TL506",
        "any rows",
        "LIMIT, OFFSET and DISTINCT ON without ORDER BY keep rows by accident of storage. So do first, last, any_value and arbitrary, and "
        "row_number, lag and the like over a window without ORDER BY.",
        """
        segments/payroll_new.sql:
          select customer_id from customers limit 1000
        """,
        """
        segments/payroll_new.sql:
          select customer_id from customers order by opened_on, customer_id limit 1000
        """,
    ),
    (
        "TL507",
        "personal data",
        "Names, telephone and identity numbers are kept apart and meet a touch only when it is handed over.",
        """
        segments/payroll_new.sql:
          select customer_id from contacts where name like '张%'
        """,
        """
        segments/payroll_new.sql:
          select customer_id from customers where city = '杭州'
        """,
    ),
    (
        "TL508",
        "wrong columns come out",
        "A segment gives customer_id and nothing else; the profile gives customer_id first and every column once.",
        """
        segments/payroll_new.sql:
          select customer_id, city from customers
        """,
        """
        segments/payroll_new.sql:
          select customer_id from customers
        """,
    ),
    (
        "TL509",
        "the header",
        "A file begins with comments that say which segment it is, its title in both languages, its owner and its grain.",
        """
        segments/vip.sql:
          -- segment: vip
          -- title: 贵宾 / VIP
          select customer_id from customers where balance > 60000000
        """,
        """
        segments/vip.sql:
          -- segment: vip
          -- title: 贵宾 / VIP
          -- owner: retail
          select customer_id from customers where balance > 60000000
        """,
    ),
    (
        "TL510",
        "segments that read each other in a circle",
        "None of them could be made first.",
        """
        segments/payroll.sql:
          select customer_id from segment.payroll_new
        segments/payroll_new.sql:
          select customer_id from segment.payroll
        """,
        """
        segments/payroll.sql:
          select customer_id from customers where employer is not null
        segments/payroll_new.sql:
          select customer_id from segment.payroll
        """,
    ),
    (
        "TL511",
        "nested too deeply",
        "More than 40 levels of parentheses. WITH gives the parts names.",
        """
        segments/payroll_new.sql:
          select customer_id from customers
          where (((((((((((((((((((((((((((((((((((((((((employer is not null)))))))))))))))))))))))))))))))))))))))))
        """,
        """
        segments/payroll_new.sql:
          with recent as (select * from customers where opened_on > as_of_date() - 30)
          select customer_id from recent where employer is not null
        """,
    ),
    (
        "TL512",
        "there is no profile",
        "segments/profile.sql gives one row per customer with the attributes that conditions and messages may use. Without it no "
        "journey can be checked.",
        """
        segments/profile.sql (not there)
        """,
        """
        segments/profile.sql (the whole file):
          -- profile: customer
          -- title: 客户画像 / Customer profile
          -- owner: retail
          select customer_id, city from customers
        """,
    ),
    (
        "TL513",
        "another schema",
        "Segments read source tables by their bare names, the profile, and other segments as segment.<name>.",
        """
        segments/payroll_new.sql:
          select customer_id from main.customers
        """,
        """
        segments/payroll_new.sql:
          select customer_id from customers
        """,
    ),
    (
        "TL514",
        "unknown table",
        "No contract in data/contracts names this table, and no part of the WITH does.",
        """
        segments/payroll_new.sql:
          select customer_id from custmers
        """,
        """
        segments/payroll_new.sql:
          select customer_id from customers
        """,
    ),
    (
        "TL520",
        "DuckDB refuses the SQL",
        "The SQL reads well but DuckDB cannot run it on the contracts' tables: a function takes other types, or a "
        "column is ambiguous.",
        """
        segments/payroll_new.sql:
          select customer_id from customers where sum(balance) > 1
        """,
        """
        segments/payroll_new.sql:
          select customer_id from customers where balance > 1
        """,
    ),
    (
        "TL521",
        "SQL that reads a risk rule",
        "Device, location and other risk signals hold touches back and serve nothing else (反电信网络诈骗法 art. 18). Segments, the profile "
        "and other risk rules do not read what a risk rule found.",
        """
        segments/risk/new_device.sql:
          -- risk: new_device
          -- dimension: device
          -- title: 新设备 / A new device
          -- owner: risk
          -- action: hold
          -- hours: 48
          select customer_id, cast(opened_on as timestamp) as since from customers
        segments/payroll_new.sql:
          select customer_id from risk.new_device
        """,
        """
        segments/risk/new_device.sql:
          -- risk: new_device
          -- dimension: device
          -- title: 新设备 / A new device
          -- owner: risk
          -- action: hold
          -- hours: 48
          select customer_id, cast(opened_on as timestamp) as since from customers
        segments/payroll_new.sql:
          select customer_id from customers
        """,
    ),
    (
        "TL522",
        "the header of a risk rule",
        "A risk rule says its name, dimension, title, owner, action, and how long a hit holds.",
        """
        segments/risk/new_device.sql:
          -- risk: new_device
          -- dimension: devices
          -- title: 新设备 / A new device
          -- owner: risk
          -- action: hold
          -- hours: 48
          select customer_id, cast(opened_on as timestamp) as since from customers
        """,
        """
        segments/risk/new_device.sql:
          -- risk: new_device
          -- dimension: device
          -- title: 新设备 / A new device
          -- owner: risk
          -- action: hold
          -- hours: 48
          select customer_id, cast(opened_on as timestamp) as since from customers
        """,
    ),
    (
        "TL523",
        "a risk rule whose hits cannot be dated",
        "A hit that holds for hours needs the instant since when, and instants are TIMESTAMPs in UTC. A list that the rule stands on is one "
        "of the tables that it reads.",
        """
        segments/risk/new_device.sql:
          -- risk: new_device
          -- dimension: device
          -- title: 新设备 / A new device
          -- owner: risk
          -- action: hold
          -- hours: 48
          select customer_id from customers
        """,
        """
        segments/risk/new_device.sql:
          -- risk: new_device
          -- dimension: device
          -- title: 新设备 / A new device
          -- owner: risk
          -- action: hold
          -- hours: 48
          select customer_id, cast(opened_on as timestamp) as since from customers
        """,
    ),
    (
        "TL524",
        "SQL that fails on the data",
        "The SQL reads well, and a value that has come does not suit it: a cast, an overflow, a date. The run stops and changes nothing; the "
        "value is not shown, as it may be a customer's.",
        """
        segments/payroll_new.sql:
          select customer_id from customers where cast(city as integer) > 1
        $ tonglu run --as-of 2026-03-03T08:00
        """,
        """
        segments/payroll_new.sql:
          select customer_id from customers where try_cast(city as integer) > 1
        $ tonglu run --as-of 2026-03-03T08:00
        """,
    ),
)
