"""TL7xx: source tables, their contracts, files that arrive, and quarantine."""

PAGES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "TL701",
        "no contracts",
        "Every source table has a contract in data/contracts; without any there is nothing to read.",
        """
        data/contracts/ (not there)
        """,
        """
        data/contracts/branches.yaml:
          table: branches
          title: {zh: 网点, en: Branches}
          keep: latest
          key: [branch_id]
          columns:
            branch_id: {type: integer}
            city: {type: text}
        """,
    ),
    (
        "TL702",
        "table and file differ",
        "A contract is found by its file's name.",
        """
        data/contracts/customers.yaml:
          table: customer
        """,
        """
        data/contracts/customers.yaml:
          table: customers
        """,
    ),
    (
        "TL703",
        "a stored column cannot take the new type",
        "The warehouse holds this column with a type that does not widen to the contract's.",
        """
        data/contracts/contacts.yaml:
          columns:
            customer_id: {type: bigint}
            name: {type: date}
        $ tonglu run --as-of 2026-03-03T08:00
        """,
        """
        data/contracts/contacts.yaml:
          columns:
            customer_id: {type: bigint}
            name: {type: text}
            named_on: {type: date}
        $ tonglu run --as-of 2026-03-03T08:00
        """,
    ),
    (
        "TL711",
        "a folder for an unknown table",
        "The landing folder has data for a table that no contract names.",
        """
        data/landing/contcts/2026-03-03/new.csv:
          customer_id,name
          3,张三丰
        $ tonglu run --as-of 2026-03-03T08:00
        """,
        """
        data/landing/contacts/2026-03-03/new.csv:
          customer_id,name
          3,张三丰
        $ tonglu run --as-of 2026-03-03T08:00
        """,
    ),
    (
        "TL712",
        "not the folder of a day",
        "Below a table's folder there is one folder per day, named like 2026-03-03.",
        """
        data/landing/contacts/03.03.2026/new.csv:
          customer_id,name
          3,张三丰
        $ tonglu run --as-of 2026-03-03T08:00
        """,
        """
        data/landing/contacts/2026-03-03/new.csv:
          customer_id,name
          3,张三丰
        $ tonglu run --as-of 2026-03-03T08:00
        """,
    ),
    (
        "TL713",
        "not read here",
        "The file or folder is left alone: only Parquet and CSV files in a table's folder of a day are read. The run goes on and says so.",
        """
        data/landing/contacts/2026-03-03/new.txt:
          customer_id,name
          3,张三丰
        $ tonglu run --as-of 2026-03-03T08:00
        """,
        """
        data/landing/contacts/2026-03-03/new.csv:
          customer_id,name
          3,张三丰
        $ tonglu run --as-of 2026-03-03T08:00
        """,
    ),
    (
        "TL714",
        "the file cannot be read",
        "The file is cut off, not of its kind, or a line does not fit the header. Nothing of it was taken.",
        """
        data/landing/contacts/2026-03-03/new.csv:
          customer_id,name
          2,李二
          3,张三丰,杭州
        $ tonglu run --as-of 2026-03-03T08:00
        """,
        """
        data/landing/contacts/2026-03-03/new.csv:
          customer_id,name
          2,李二
          3,"张三丰,杭州"
        $ tonglu run --as-of 2026-03-03T08:00
        """,
    ),
    (
        "TL715",
        "a column is missing",
        "The contract promises a column that the file or table does not have.",
        """
        data/landing/contacts/2026-03-03/new.csv:
          customer_id
          3
        $ tonglu run --as-of 2026-03-03T08:00
        """,
        """
        data/landing/contacts/2026-03-03/new.csv:
          customer_id,name
          3,张三丰
        $ tonglu run --as-of 2026-03-03T08:00
        """,
    ),
    (
        "TL716",
        "a column of another type",
        "The file's type cannot become the contract's without losing something: here a column of true and false where customer_id is a number.",
        """
        data/landing/contacts/2026-03-03/new.parquet (as Parquet):
          customer_id,name
          true,张三丰
        $ tonglu run --as-of 2026-03-03T08:00
        """,
        """
        data/landing/contacts/2026-03-03/new.parquet (as Parquet):
          customer_id,name
          3,张三丰
        $ tonglu run --as-of 2026-03-03T08:00
        """,
    ),
    (
        "TL717",
        "a column that no contract names",
        "It is not read. Add it to the contract if it should be. The run goes on and says so.",
        """
        data/landing/contacts/2026-03-03/new.csv:
          customer_id,name,wechat
          3,张三丰,zsf
        $ tonglu run --as-of 2026-03-03T08:00
        """,
        """
        data/landing/contacts/2026-03-03/new.csv:
          customer_id,name
          3,张三丰
        $ tonglu run --as-of 2026-03-03T08:00
        """,
    ),
    (
        "TL719",
        "the connection of an attached table is not set",
        "Addresses are never in files: the contract names an environment variable, and it is not set here.",
        """
        core.duckdb (a database with the table branches):
          branch_id,city
          1,杭州
        data/contracts/branches.yaml:
          table: branches
          title: {zh: 网点, en: Branches}
          keep: latest
          key: [branch_id]
          columns: {branch_id: {type: bigint}, city: {type: text}}
          source: {attach: duckdb, from_env: CORE_BANK, table: branches, watermark: branch_id}
        $ tonglu run --as-of 2026-03-03T08:00
        """,
        """
        core.duckdb (a database with the table branches):
          branch_id,city
          1,杭州
        data/contracts/branches.yaml:
          table: branches
          title: {zh: 网点, en: Branches}
          keep: latest
          key: [branch_id]
          columns: {branch_id: {type: bigint}, city: {type: text}}
          source: {attach: duckdb, from_env: CORE_BANK, table: branches, watermark: branch_id}
        $ CORE_BANK=core.duckdb tonglu run --as-of 2026-03-03T08:00
        """,
    ),
    (
        "TL720",
        "Great Expectations is not installed",
        "The contracts have rules, and files came that must be judged by them; that needs the extra 'quality': pip install 'tonglu[quality]'.",
        """
        data/landing/contacts/2026-03-03/new.csv:
          customer_id,name
          3,张三丰
        $ tonglu run --as-of 2026-03-03T08:00  # without great_expectations
        """,
        """
        data/landing/contacts/2026-03-03/new.csv:
          customer_id,name
          3,张三丰
        $ tonglu run --as-of 2026-03-03T08:00
        """,
    ),
    (
        "TL721",
        "an expectation cannot be evaluated",
        "The contract names an expectation, or arguments of one, that Great Expectations does not take.",
        """
        data/contracts/contacts.yaml:
          expectations:
            - {type: expect_column_to_shine, kwargs: {column: name}}
        data/landing/contacts/2026-03-03/new.csv:
          customer_id,name
          3,张三丰
        $ tonglu run --as-of 2026-03-03T08:00
        """,
        """
        data/contracts/contacts.yaml:
          expectations:
            - {type: expect_column_values_to_be_unique, kwargs: {column: customer_id}}
        data/landing/contacts/2026-03-03/new.csv:
          customer_id,name
          3,张三丰
        $ tonglu run --as-of 2026-03-03T08:00
        """,
    ),
    (
        "TL731",
        "unknown table in quarantine",
        "No contract names this table.",
        """
        $ tonglu quarantine list custmers
        """,
        """
        $ tonglu quarantine list customers
        """,
    ),
    (
        "TL732",
        "a reason is needed",
        "What is let through against the contract is kept for audit with its reason.",
        """
        $ tonglu quarantine override customers-1-1 --reason ''
        """,
        """
        $ tonglu quarantine override customers-1-1 --reason 'confirmed by the source'
        """,
    ),
    (
        "TL733",
        "unknown row in quarantine",
        "No quarantined row has this number.",
        """
        $ tonglu quarantine release customers-1-7 --reason 'the rule was wrong'
        """,
        """
        $ tonglu quarantine release customers-1-1 --reason 'the rule was wrong'
        """,
    ),
    (
        "TL734",
        "the row is not open",
        "The row was released, overridden or replaced before.",
        """
        $ tonglu quarantine release customers-1-1 --reason 'the rule was wrong'
        $ tonglu quarantine release customers-1-1 --reason 'the rule was wrong'
        """,
        """
        $ tonglu quarantine release customers-1-1 --reason 'the rule was wrong'
        """,
    ),
)
