"""A database with an object of every kind that a snapshot knows."""

import psycopg
import pytest

from prodverify.data.catalog.checksums import pin
from prodverify.data.catalog.snapshot import schema_lines

ROLES = """
DO $$ BEGIN
    CREATE ROLE clerk; CREATE ROLE auditor; CREATE ROLE "PUBLIC"; CREATE ROLE "odd: role";
EXCEPTION WHEN duplicate_object THEN NULL; END $$
"""

EVERYTHING = """
CREATE SCHEMA app;
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TYPE app.pair AS (a integer, b text);
CREATE TYPE span AS RANGE (subtype = float8);
CREATE DOMAIN positive AS integer CONSTRAINT above_zero CHECK (VALUE > 0);
CREATE DOMAIN labels AS text[] CONSTRAINT few CHECK (cardinality(VALUE) < 9);
CREATE TYPE app.state AS ENUM ('new');
SET LOCAL search_path = app; CREATE DOMAIN app.begun AS state DEFAULT 'new'::state; SET LOCAL search_path = public;
CREATE TABLE users (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL DEFAULT '', feeling mood,
    twice integer GENERATED ALWAYS AS (2 * 3) STORED, code varchar(10) COLLATE "C",
    CONSTRAINT email_is_short CHECK (length(email) < 100));
CREATE TABLE app.orders (id bigserial PRIMARY KEY, user_id integer REFERENCES users, "a b" numeric(10, 2));
CREATE TABLE events (at date NOT NULL, note text) PARTITION BY RANGE (at);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE visits (at date PRIMARY KEY, kind text DEFAULT 'plain') PARTITION BY RANGE (at);
CREATE TABLE visits_2026 PARTITION OF visits FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE stays (at date REFERENCES visits, note text DEFAULT 'a\\nb');
CREATE TABLE parents (a integer);
CREATE TABLE children (b integer) INHERITS (parents);
CREATE TABLE "order ""by"" (x)" (" public.y" text);
CREATE INDEX orders_by_user ON app.orders (user_id);
CREATE VIEW happy AS SELECT id FROM users WHERE feeling = 'happy';
CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM users;
CREATE SEQUENCE numbers;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE FUNCTION shout(word text, "odd (name" integer DEFAULT 1) RETURNS text LANGUAGE sql AS 'SELECT upper(word)';
CREATE PROCEDURE tidy(a integer) LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE plus(integer) (sfunc = int4pl, stype = integer, initcond = '0');
CREATE OPERATOR ### (leftarg = text, rightarg = text, function = texteq);
CREATE OPERATOR CLASS app.backwards FOR TYPE integer USING btree
    AS OPERATOR 1 >, OPERATOR 3 =, FUNCTION 1 btint4cmp(integer, integer);
CREATE CAST (app.pair AS text) WITH INOUT;
CREATE COLLATION plain (provider = libc, locale = 'C');
CREATE TEXT SEARCH CONFIGURATION words (COPY = simple);
CREATE TEXT SEARCH DICTIONARY short (TEMPLATE = simple, STOPWORDS = english);
CREATE STATISTICS together (dependencies) ON id, email FROM users;
CREATE TRIGGER touched BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER visited AFTER INSERT ON visits FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER "hook (x" AFTER DELETE ON stays FOR EACH ROW EXECUTE FUNCTION touch('hush', 'two)');
CREATE RULE kept AS ON DELETE TO events DO INSTEAD NOTHING;
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON users FOR SELECT TO clerk USING (id > 1);
CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
CREATE EVENT TRIGGER watched ON sql_drop EXECUTE FUNCTION watch();
CREATE PUBLICATION told FOR TABLE users;
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER far FOREIGN DATA WRAPPER nowhere OPTIONS (host 'db.internal', password 'hush');
CREATE FOREIGN TABLE remote (a integer OPTIONS (column_name 'hush')) SERVER far OPTIONS (table_name 'hush');
CREATE USER MAPPING FOR clerk SERVER far OPTIONS (password 'hush');
GRANT SELECT ON users TO clerk;
GRANT UPDATE (email) ON users TO clerk;
REVOKE ALL ON FUNCTION touch() FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO auditor;
COMMENT ON TABLE users IS 'Whoever may hush.'; COMMENT ON COLUMN "order ""by"" (x)"." public.y" IS 'odd: "name"';
COMMENT ON FUNCTION shout(text, integer) IS 'c'; COMMENT ON SCHEMA app IS 'd'; COMMENT ON TYPE mood IS 'e';
COMMENT ON POLICY own ON users IS 'f'; COMMENT ON EVENT TRIGGER watched IS 'g'; COMMENT ON SERVER far IS 'h';
"""


@pytest.fixture(scope="session")
def everything(databases):
    """A database with one of everything, which no test changes."""
    databases(ROLES)
    return databases(EVERYTHING)


@pytest.fixture(scope="session")
def lines_of():
    """The lines of a database, after statements that are rolled back."""

    def read(dsn, change=""):
        with psycopg.connect(dsn) as connection:
            if change:
                connection.execute(change)
            pin(connection)
            lines = schema_lines(connection)
            connection.rollback()
        return lines

    return read


@pytest.fixture(scope="session")
def everything_lines(everything, lines_of):
    """The lines of that database."""
    return lines_of(everything)
