"""
A database of a size that can be asked for: what services keep, in the proportions in which they keep it.

Enums, foreign keys, jsonb with a GIN index, generated columns, arrays, long texts that are stored out of line (TOAST)
and timestamps with time zones. Everything follows from row numbers, so that two of them hold the same.
"""

from __future__ import annotations

from typing import Any

import psycopg

MIB = 4_080
"""Rows of ``items`` that make about a MiB with those of the other tables, indexes included."""
FEWEST = 1_000
"""Rows of ``items`` below which some tables would have none."""

_TABLES = """
CREATE TYPE plan AS ENUM ('free', 'team', 'business');
CREATE TABLE customers (
    id integer PRIMARY KEY, name text NOT NULL, mail text NOT NULL UNIQUE, plan plan NOT NULL,
    joined timestamptz NOT NULL, settings jsonb NOT NULL,
    domain text GENERATED ALWAYS AS (split_part(mail, '@', 2)) STORED);
CREATE TABLE orders (
    id integer PRIMARY KEY, customer_id integer NOT NULL, placed timestamptz NOT NULL,
    total numeric(12, 2) NOT NULL, tags text[] NOT NULL);
CREATE TABLE items (
    order_id integer NOT NULL, line smallint NOT NULL, product integer NOT NULL, amount integer NOT NULL,
    price numeric(10, 2) NOT NULL, sum numeric(12, 2) GENERATED ALWAYS AS (amount * price) STORED);
CREATE TABLE events (id bigint NOT NULL, at timestamptz NOT NULL, customer_id integer NOT NULL, details jsonb NOT NULL);
CREATE TABLE documents (id integer NOT NULL, order_id integer, body text NOT NULL, thumbnail bytea NOT NULL);
"""
_ROWS = (
    """INSERT INTO customers (id, name, mail, plan, joined, settings)
    SELECT n, 'Customer ' || n, 'mail' || n || '@' || (n % 97) || '.example',
           (ARRAY['free', 'team', 'business'])[n % 3 + 1]::plan,
           timestamptz '2020-01-01 00:00:00+00' + n * interval '7 minutes',
           jsonb_build_object('theme', n % 5, 'flags', jsonb_build_array(n % 2 = 0, n % 3 = 0), 'note', md5(n::text))
    FROM generate_series(1, {customers}) n""",
    """INSERT INTO orders
    SELECT n, n % {customers} + 1, timestamptz '2021-01-01 00:00:00+00' + n * interval '3 minutes',
           (n::bigint * 7919 % 100000) / 100.0, ARRAY['t' || n % 11, 't' || n % 7]
    FROM generate_series(1, {orders}) n""",
    """INSERT INTO items (order_id, line, product, amount, price)
    SELECT n % {orders} + 1, n / {orders} + 1, (n % 5000) * 31 % 5000, n % 9 + 1, (n::bigint * 104729 % 50000) / 100.0
    FROM generate_series(0, {items} - 1) n""",
    """INSERT INTO events
    SELECT n, timestamptz '2023-01-01 00:00:00+00' + n * interval '11 seconds', n % {customers} + 1,
           jsonb_build_object('kind', (ARRAY['seen', 'bought', 'left'])[n % 3 + 1], 'path', '/p/' || n % 1000,
                              'took', n % 377, 'agent', 'agent ' || n % 40) FROM generate_series(1, {events}) n""",
    """INSERT INTO documents
    SELECT n, n % {orders} + 1, (SELECT string_agg(md5((n * 100 + k)::text), ' ') FROM generate_series(1, 130) k),
           decode(repeat(md5(n::text), 8), 'hex') FROM generate_series(1, {documents}) n""",
)
_AFTERWARDS = """
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers;
ALTER TABLE items ADD PRIMARY KEY (order_id, line);
ALTER TABLE items ADD FOREIGN KEY (order_id) REFERENCES orders;
ALTER TABLE events ADD PRIMARY KEY (id);
ALTER TABLE documents ADD PRIMARY KEY (id);
ALTER TABLE documents ADD FOREIGN KEY (order_id) REFERENCES orders;
CREATE INDEX orders_by_customer ON orders (customer_id, placed);
CREATE INDEX events_by_details ON events USING gin (details jsonb_path_ops);
CREATE INDEX events_by_time ON events (at);
ANALYZE;
"""


def fill(dsn: str, mib: int) -> int:
    """
    Fill the empty database of ``dsn`` until it has about ``mib`` MiB, the catalog's seven or eight included.

    Its size in bytes, which is within a tenth of that from 10 MiB on.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        items = max(int(MIB * (mib - _size(connection) / (1 << 20))), FEWEST)
        counts = {
            "items": items,
            "orders": items // 4,
            "customers": items // 40,
            "events": items // 3,
            "documents": items // 90,
        }
        connection.execute(_TABLES)
        for statement in _ROWS:
            connection.execute(statement.format(**counts))  # type: ignore[arg-type]
        connection.execute(_AFTERWARDS)
        return _size(connection)


def _size(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert row is not None  # a function call without FROM has exactly one row
    return int(row[0])
