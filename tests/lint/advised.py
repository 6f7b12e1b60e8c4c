"""Hazards whose findings advise statements, each with the schema that they stand in.

No IO. `test_advice.py` runs what is advised on a server. Every rule that advises statements is
here; `pg` and `until` are where advice differs by version.
"""

from __future__ import annotations

from dataclasses import dataclass

ORDERS = """
    CREATE TABLE customers (id bigint PRIMARY KEY, name text);
    CREATE TABLE orders (
        id bigint PRIMARY KEY, customer bigint, number bigint NOT NULL, code varchar(20), state text
    );
    CREATE INDEX orders_code ON orders (code);
    INSERT INTO customers SELECT n, 'name ' || n FROM generate_series(1, 20) n;
    INSERT INTO orders SELECT n, n, n, 'code ' || n, 'new' FROM generate_series(1, 20) n;
"""

DAYS = """
    CREATE TABLE days (day date NOT NULL, number bigint) PARTITION BY RANGE (day);
    CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
    CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM ('2022-01-01') TO ('2023-01-01');
    CREATE TABLE numbers (number bigint PRIMARY KEY);
"""

NESTED = """
    CREATE TABLE days (day date NOT NULL, number bigint) PARTITION BY RANGE (day);
    CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
    CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM ('2022-01-01') TO ('2023-01-01')
        PARTITION BY LIST (number);
    CREATE TABLE days_2_1 PARTITION OF days_2 FOR VALUES IN (1);
    CREATE TABLE days_2_2 PARTITION OF days_2 FOR VALUES IN (2);
    INSERT INTO days VALUES ('2021-05-01', 5), ('2022-05-01', 1);
"""


CONSTRAINT = """
    SELECT indisvalid FROM pg_index JOIN pg_constraint ON conindid = indexrelid
    WHERE conname = 'k' AND conrelid = 'days'::regclass
"""


@dataclass(frozen=True)
class Hazard:
    """What is written, what is there, and which rule advises something else."""

    rule: str
    sql: str
    schema: str = ORDERS
    pg: int | None = None
    """Only where the server is of that version or newer."""
    until: int | None = None
    """What is advised to a server of this version, which a newer one understands as well."""
    leaves: str | None = None
    """A query that is true where what was asked for is there afterwards, and is whole."""

    def __str__(self) -> str:
        """Name the test."""
        return f"{self.rule}: {self.sql}"


HAZARDS = [
    Hazard("missing-lock-timeout", "ALTER TABLE orders ADD COLUMN a int"),
    Hazard("missing-idle-timeout", "BEGIN; ALTER TABLE orders ADD COLUMN a int; COMMIT"),
    Hazard("missing-statement-timeout", "ALTER TABLE orders ADD COLUMN a int"),
    Hazard(
        "blocking-partition-creation",
        "CREATE TABLE days_3 PARTITION OF days FOR VALUES FROM ('2023-01-01') TO ('2024-01-01')",
        DAYS,
    ),
    Hazard(
        "forbidden-in-transaction",
        "BEGIN; CREATE INDEX CONCURRENTLY orders_state ON orders (state); COMMIT",
    ),
    Hazard("blocking-index-build", "CREATE INDEX ON orders (state)"),
    Hazard("blocking-index-build", "CREATE UNIQUE INDEX i ON orders (number) WHERE state = 'new'"),
    Hazard("blocking-index-build", "CREATE INDEX days_number ON days (number)", DAYS),
    Hazard(
        "blocking-index-build",
        "CREATE INDEX days_number ON days (number)",
        NESTED,
        leaves="SELECT indisvalid FROM pg_index WHERE indexrelid = 'days_number'::regclass",
    ),
    Hazard(
        "validation-under-lock",
        "BEGIN; ALTER TABLE orders ADD CONSTRAINT k CHECK (number > 0) NOT VALID;"
        " ALTER TABLE orders VALIDATE CONSTRAINT k; COMMIT",
        ORDERS + "ALTER TABLE orders ADD CONSTRAINT k CHECK (number > 0) NOT VALID;",
    ),
    Hazard(
        "cascading-truncate",
        "TRUNCATE customers CASCADE",
        ORDERS + "ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customers;",
    ),
    Hazard("offline-rewrite", "VACUUM FULL orders"),
    Hazard("serial-column-on-existing-table", "ALTER TABLE orders ADD COLUMN a bigserial"),
    Hazard(
        "serial-column-on-existing-table",
        "ALTER TABLE orders ADD COLUMN a bigint GENERATED ALWAYS AS IDENTITY",
    ),
    Hazard(
        "unindexed-foreign-key",
        "ALTER TABLE orders ADD CONSTRAINT k FOREIGN KEY (customer) REFERENCES customers NOT VALID",
    ),
    Hazard(
        "scanning-partition-attach",
        "ALTER TABLE days ATTACH PARTITION more FOR VALUES FROM ('2023-01-01') TO ('2024-01-01')",
        DAYS + "CREATE TABLE more (LIKE days);",
    ),
    Hazard(
        "scanning-partition-attach",
        "ALTER TABLE days ATTACH PARTITION more FOR VALUES FROM ('2023-01-01') TO ('2024-01-01')",
        DAYS + "CREATE TABLE more (LIKE days); CREATE TABLE rest PARTITION OF days DEFAULT;",
    ),
    Hazard("rewriting-default", "ALTER TABLE orders ADD COLUMN a uuid DEFAULT gen_random_uuid()"),
    Hazard(
        "rewriting-default",
        "ALTER TABLE orders ADD COLUMN a timestamptz NOT NULL DEFAULT clock_timestamp()",
    ),
    Hazard("rewriting-default", "ALTER TABLE orders ADD a int NOT NULL DEFAULT 1", until=10),
    Hazard("blocking-not-null", "ALTER TABLE orders ALTER COLUMN state SET NOT NULL", pg=18),
    Hazard("blocking-not-null", "ALTER TABLE orders ALTER COLUMN state SET NOT NULL", until=15),
    Hazard("blocking-not-null", "ALTER TABLE orders ALTER COLUMN state SET NOT NULL", until=11),
    Hazard(
        "required-column-without-default", "ALTER TABLE orders ADD COLUMN a int NOT NULL", until=15
    ),
    Hazard("required-column-without-default", "ALTER TABLE orders ADD COLUMN a int NOT NULL"),
    Hazard("blocking-reindex", "REINDEX TABLE orders"),
    Hazard("blocking-reindex", "REINDEX INDEX orders_code"),
    Hazard(
        "rewriting-generated-column",
        "ALTER TABLE orders ADD COLUMN a bigint GENERATED ALWAYS AS (number + 1) STORED",
        until=17,
    ),
    Hazard(
        "rewriting-generated-column",
        "ALTER TABLE orders ADD COLUMN a bigint GENERATED ALWAYS AS (number + 1) STORED",
        pg=18,
    ),
    Hazard(
        "blocking-primary-key",
        "ALTER TABLE plain ADD PRIMARY KEY (a, b)",
        "CREATE TABLE plain (a int, b int NOT NULL);",
        until=15,
    ),
    Hazard(
        "blocking-primary-key",
        "ALTER TABLE plain ADD CONSTRAINT k PRIMARY KEY (a)",
        "CREATE TABLE plain (a int);",
    ),
    Hazard(
        "blocking-primary-key",
        "ALTER TABLE plain ADD CONSTRAINT k PRIMARY KEY USING INDEX i",
        "CREATE TABLE plain (a int); CREATE UNIQUE INDEX i ON plain (a);",
    ),
    Hazard("dropped-table", "DROP TABLE orders, customers"),
    Hazard("dropped-column", "ALTER TABLE orders DROP COLUMN number"),
    Hazard("renamed-column", "ALTER TABLE orders RENAME COLUMN code TO sku"),
    Hazard("renamed-table", "ALTER TABLE orders RENAME TO sales"),
    Hazard(
        "renamed-object",
        "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'",
        "CREATE TYPE mood AS ENUM ('sad', 'glad');",
    ),
    Hazard(
        "blocking-domain-constraint",
        "ALTER DOMAIN positive ADD CONSTRAINT k CHECK (VALUE > 0)",
        "CREATE DOMAIN positive AS int; CREATE TABLE u (a positive);",
    ),
    Hazard(
        "blocking-domain-constraint",
        "ALTER DOMAIN positive SET NOT NULL",
        "CREATE DOMAIN positive AS int; CREATE TABLE u (a positive);",
    ),
    Hazard(
        "blocking-refresh",
        "REFRESH MATERIALIZED VIEW shown",
        ORDERS + "CREATE MATERIALIZED VIEW shown AS SELECT id FROM orders;"
        "CREATE UNIQUE INDEX ON shown (id);",
    ),
    Hazard(
        "blocking-refresh",
        "REFRESH MATERIALIZED VIEW shown",
        ORDERS + "CREATE MATERIALIZED VIEW shown AS SELECT id FROM orders;",
    ),
    Hazard("blocking-unique-constraint", "ALTER TABLE orders ADD UNIQUE (number)"),
    Hazard(
        "blocking-unique-constraint",
        "ALTER TABLE orders ADD CONSTRAINT k UNIQUE NULLS NOT DISTINCT (number) INCLUDE (id)",
    ),
    Hazard(
        "blocking-unique-constraint",
        "ALTER TABLE orders ADD UNIQUE (number) WITH (fillfactor = 70)"
        " DEFERRABLE INITIALLY DEFERRED",
    ),
    Hazard("blocking-unique-constraint", "ALTER TABLE orders ADD COLUMN a int UNIQUE"),
    Hazard(
        "blocking-unique-constraint",
        "ALTER TABLE days ADD CONSTRAINT k UNIQUE NULLS NOT DISTINCT (day, number)",
        NESTED,
        leaves=CONSTRAINT,
    ),
    Hazard(
        "blocking-primary-key",
        "ALTER TABLE days ADD CONSTRAINT k PRIMARY KEY (day, number)",
        NESTED,
        until=15,
        leaves=CONSTRAINT,
    ),
    Hazard(
        "blocking-primary-key",
        "ALTER TABLE days ADD CONSTRAINT k PRIMARY KEY (day, number) DEFERRABLE",
        NESTED,
        pg=18,
        leaves=CONSTRAINT,
    ),
    Hazard("unbatched-update", "UPDATE orders SET state = 'old' WHERE state IS NULL"),
    Hazard("unbatched-update", "UPDATE orders SET state = 'old'"),
    Hazard("uncommitted-transaction", "BEGIN; ALTER TABLE orders ADD COLUMN a int"),
    Hazard("blocking-check", "ALTER TABLE orders ADD CHECK (number > 0)"),
    Hazard("blocking-check", "ALTER TABLE orders ADD COLUMN a int CHECK (a > 0)"),
    Hazard(
        "invalid-index-kept",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_state ON orders (state)",
    ),
    Hazard(
        "blocking-foreign-key",
        "ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customers ON DELETE CASCADE",
    ),
    Hazard(
        "blocking-foreign-key",
        "ALTER TABLE orders ADD CONSTRAINT k FOREIGN KEY (customer) REFERENCES customers"
        " ON DELETE SET NULL (customer) DEFERRABLE INITIALLY DEFERRED",
        pg=15,
    ),
    Hazard(
        "blocking-foreign-key",
        "ALTER TABLE orders ADD COLUMN a bigint DEFAULT 1 REFERENCES customers (id) DEFERRABLE",
    ),
    Hazard(
        "blocking-foreign-key",
        "ALTER TABLE days ADD CONSTRAINT k FOREIGN KEY (number) REFERENCES numbers",
        DAYS,
        until=15,
    ),
    Hazard(
        "blocking-foreign-key",
        "ALTER TABLE days ADD CONSTRAINT k FOREIGN KEY (number) REFERENCES numbers",
        DAYS,
        pg=18,
    ),
    Hazard("blocking-type-change", "ALTER TABLE orders ALTER COLUMN number TYPE numeric"),
    Hazard("blocking-type-change", "ALTER TABLE orders ALTER COLUMN code TYPE varchar(10)"),
    Hazard(
        "blocking-type-change",
        "ALTER TABLE counted ALTER COLUMN id TYPE bigint",
        "CREATE TABLE counted (id serial);",
    ),
    Hazard(
        "blocking-type-change",
        "ALTER TABLE orders ALTER COLUMN code TYPE text",
        ORDERS + "CREATE INDEX part ON orders (code text_pattern_ops DESC, (lower(code)))"
        " INCLUDE (id) WITH (fillfactor = 70) WHERE code <> 'x';",
    ),
    Hazard(
        "blocking-type-change",
        "ALTER TABLE stamps ALTER COLUMN at TYPE timestamptz",
        "CREATE TABLE stamps (at timestamp); CREATE INDEX stamps_at ON stamps (at);",
    ),
    Hazard("blocking-partition-detach", "ALTER TABLE days DETACH PARTITION days_1", DAYS),
    Hazard("blocking-index-drop", "DROP INDEX orders_code"),
    Hazard(
        "lock-timeout-cancels-build",
        "SET lock_timeout = '1s'; CREATE INDEX CONCURRENTLY orders_state ON orders (state)",
    ),
]
