"""One PostgreSQL for all of these tests, and databases in it that each test may spoil."""

import itertools
import shutil
from pathlib import Path

import psycopg
import pytest

from prodverify.data import binaries
from prodverify.data.backups.taking import take
from prodverify.data.empty import empty_cluster

SHOP = """
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE workspaces (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE api_keys (
    id serial PRIMARY KEY, workspace_id integer NOT NULL REFERENCES workspaces, digest bytea NOT NULL,
    feeling mood NOT NULL DEFAULT 'ok', CONSTRAINT digest_is_long CHECK (octet_length(digest) > 3));
CREATE TABLE "Audit ""the"" log" (
    id bigint PRIMARY KEY, at timestamptz NOT NULL, details jsonb NOT NULL, raw json, took interval, ratio float8,
    price numeric, spot point, "Twice" bigint GENERATED ALWAYS AS (id * 2) STORED, kind regclass);
CREATE TABLE events (id integer, at date NOT NULL, note text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE events_rest PARTITION OF events DEFAULT;
CREATE TABLE parents (a integer);
CREATE TABLE children (b integer) INHERITS (parents);
CREATE TABLE sessions (id integer PRIMARY KEY);
CREATE SCHEMA "Other";
CREATE TABLE "Other".things (id integer, label text);
CREATE VIEW happy_keys AS SELECT id FROM api_keys WHERE feeling = 'happy';
CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM workspaces;
CREATE FUNCTION shout(word text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT upper(word) $$;
CREATE INDEX keys_by_workspace ON api_keys (workspace_id);
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('0007');
INSERT INTO workspaces (name) SELECT 'workspace ' || n FROM generate_series(1, 40) n;
INSERT INTO api_keys (workspace_id, digest, feeling)
    SELECT n, decode(md5(n::text), 'hex'), (ARRAY['sad', 'ok', 'happy'])[n % 3 + 1]::mood FROM generate_series(1, 40) n;
INSERT INTO "Audit ""the"" log" (id, at, details, raw, took, ratio, price, spot, kind)
    SELECT n, timestamptz '2025-03-30 01:30:00+00' + n * interval '1 hour',
           jsonb_build_object('n', n, 'text', E'a\\tb\\\\c'),
           '{"b": 1, "a":  2}', n * interval '1 day 2 hours', 0.1 + n / 3.0, 2.50, point(n, -n), 'workspaces'
    FROM generate_series(1, 60) n;
INSERT INTO events SELECT n, date '2025-12-01' + n, 'GRANT ALL ON x TO nobody_at_all;' FROM generate_series(1, 60) n;
INSERT INTO parents VALUES (1), (2);
INSERT INTO children VALUES (3, 4);
INSERT INTO "Other".things VALUES (1, NULL), (1, NULL), (2, '');
"""


@pytest.fixture(scope="session")
def programs():
    return binaries.find()


@pytest.fixture(scope="session")
def cluster(programs):
    with empty_cluster(programs, name="pv", small=True) as made:
        yield made


@pytest.fixture(scope="session")
def databases(cluster):
    """Makes a database from statements and returns its DSN."""
    numbers = itertools.count(1)

    def make(statements="", template="template0"):
        name = f"made_{next(numbers)}"
        with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        if statements:
            with psycopg.connect(cluster.dsn(name)) as connection:
                connection.execute(statements)
        return cluster.dsn(name)

    return make


@pytest.fixture(scope="session")
def shop(databases):
    """A database with one of each kind of thing, which no test changes."""
    return databases(SHOP)


@pytest.fixture(scope="session")
def shop_taken(shop, tmp_path_factory, programs):
    """Its backup, which no test changes."""
    return take(shop, tmp_path_factory.mktemp("backups"), name="shop", binaries=programs)


@pytest.fixture
def own_shop(databases, shop):
    """A copy of that database, to be changed."""
    return databases(template=psycopg.conninfo.conninfo_to_dict(shop)["dbname"])


@pytest.fixture
def quick(cluster, monkeypatch):
    """Drills use the server that is there already instead of one of their own, which saves half a second for each."""

    class Lent:
        dsn, binaries, folder, exposed = staticmethod(cluster.dsn), cluster.binaries, cluster.folder, ""

        def stop(self):
            pass

    monkeypatch.setattr("prodverify.data.drill.ahead.empty_cluster", lambda *_, **__: Lent())


@pytest.fixture
def copied(shop_taken, tmp_path):
    """A copy of a sound backup, to be spoilt."""
    path = Path(shutil.copy(shop_taken.path, tmp_path))
    shutil.copy(shop_taken.manifest_path, tmp_path)
    return path
