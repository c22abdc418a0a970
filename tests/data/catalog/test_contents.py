"""Counts, checksums and structure: equal for equal content, however it is stored, and different for any other."""

import psycopg
import pytest

from prodverify.data.catalog.checksums import TableName, pin, table_digests, table_names
from prodverify.data.catalog.contents import Digest
from prodverify.data.catalog.difference import difference
from prodverify.data.catalog.structure import read_contents, read_structure
from prodverify.data.connection import read_only


def contents_of(dsn):
    with read_only(dsn, statement_timeout_ms=10_000) as connection:
        return read_contents(connection)


def test_every_table_is_counted_once_under_its_name(shop):
    rows = {name: table.rows for name, table in contents_of(shop).tables.items()}

    assert rows == {
        '"Other".things': 3,
        '"Audit ""the"" log"': 60,
        "alembic_version": 1,
        "api_keys": 40,
        "children": 1,
        "events": 60,  # both partitions
        "parents": 2,  # without its child
        "sessions": 0,
        "workspaces": 40,
    }


def test_an_empty_table_has_a_checksum(shop):
    assert contents_of(shop).tables["sessions"].checksum == "0"


def test_columns_are_described(shop):
    columns = contents_of(shop).tables["api_keys"].columns

    assert columns == (
        "id integer not null",
        "workspace_id integer not null",
        "digest bytea not null",
        "feeling public.mood not null",
    )
    assert "Twice bigint generated" in contents_of(shop).tables['"Audit ""the"" log"'].columns


@pytest.mark.parametrize(
    "setting",
    ["TimeZone = 'Asia/Kathmandu'", "DateStyle = 'SQL, DMY'", "IntervalStyle = 'iso_8601'", "extra_float_digits = 0",
     "bytea_output = 'escape'", "search_path = 'public'", "quote_all_identifiers = on"],
)  # fmt: skip
def test_the_settings_of_a_role_change_no_checksum(own_shop, shop, setting):
    name = psycopg.conninfo.conninfo_to_dict(own_shop)["dbname"]
    with psycopg.connect(own_shop, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} SET {setting}")

    assert contents_of(own_shop).tables == contents_of(shop).tables


def test_the_order_in_which_rows_are_stored_changes_no_checksum(databases):
    one = databases("CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, NULL)")
    two = databases("CREATE TABLE t (a int, b text); INSERT INTO t VALUES (3, NULL), (1, 'x'), (2, 'y')")

    assert contents_of(one).tables == contents_of(two).tables


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE api_keys SET digest = set_byte(digest, 0, get_byte(digest, 0) # 1) WHERE id = 7",
        "UPDATE api_keys SET feeling = 'sad' WHERE id = 2",
        'UPDATE "Audit ""the"" log" SET price = 2.5 WHERE id = 3',
        'UPDATE "Audit ""the"" log" SET raw = \'{"b": 1, "a": 2}\' WHERE id = 3',
        'UPDATE "Audit ""the"" log" SET ratio = ratio + 1e-15 WHERE id = 1',
        'UPDATE "Audit ""the"" log" SET at = at + interval \'1 microsecond\' WHERE id = 60',
        "UPDATE events SET note = note || ' ' WHERE id = 60",
        'UPDATE "Other".things SET label = \'\' WHERE ctid IN (SELECT ctid FROM "Other".things WHERE id = 1 LIMIT 1)',
        "UPDATE api_keys SET workspace_id = 41 - workspace_id WHERE id IN (1, 40)",  # two values change places
    ],
)
def test_one_altered_value_changes_its_table_and_no_count(own_shop, shop, change):
    with psycopg.connect(own_shop) as connection:
        connection.execute(change)

    before, after = contents_of(shop).tables, contents_of(own_shop).tables

    assert {name: table.rows for name, table in before.items()} == {name: table.rows for name, table in after.items()}
    assert len({name for name in before if before[name] != after[name]}) == 1


def test_a_column_called_like_our_own_name_for_the_row_hides_no_other(databases):
    one = databases("CREATE TABLE x (t text, b text); INSERT INTO x VALUES ('a', 'b')")
    two = databases("CREATE TABLE x (t text, b text); INSERT INTO x VALUES ('a', 'c')")

    assert contents_of(one).tables["x"].checksum != contents_of(two).tables["x"].checksum


def test_names_are_read_where_the_database_has_no_encoding(databases):
    create = "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('0007')"
    found = contents_of(databases(create, template="template0 ENCODING 'SQL_ASCII'"))

    assert found == contents_of(databases(create))


def test_a_pair_of_equal_rows_does_not_cancel_itself(databases):
    one = databases("CREATE TABLE t (a text); INSERT INTO t VALUES ('a'), ('b')")
    two = databases("CREATE TABLE t (a text); INSERT INTO t VALUES ('a'), ('b'), ('c'), ('c')")

    assert contents_of(one).tables["t"].checksum != contents_of(two).tables["t"].checksum


def test_virtual_generated_columns_are_hashed_where_the_server_has_them(databases, programs):
    kind = "VIRTUAL" if programs.major >= 18 else "STORED"
    dsn = databases(f"CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + 1) {kind}); INSERT INTO t VALUES (1)")

    assert contents_of(dsn).tables["t"].columns == ("a integer", "b integer generated")
    assert contents_of(dsn).tables["t"].rows == 1


def test_some_tables_can_be_digested_alone(shop):
    with read_only(shop, statement_timeout_ms=1000) as connection:
        pin(connection)
        names = table_names(connection)
        digests = table_digests(connection, [TableName("public", "sessions")])

    assert TableName("public", "events", partitioned=True) in names
    assert digests == {"sessions": Digest(0, "0")}


@pytest.mark.parametrize(
    "line",
    [
        "constraint api_keys.digest_is_long CHECK ((octet_length(digest) > 3))",
        "constraint api_keys.api_keys_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id)",
        "index keys_by_workspace on api_keys USING btree (workspace_id)",
        "materialized view counted as SELECT count(*) AS n FROM workspaces", "type mood enum ('sad', 'ok', 'happy')",
        "sequence api_keys_id_seq integer from 1 by 1 within 1 to 2147483647 owned by api_keys.id",
        "extension plpgsql version 1.0", 'table "Other".things', "column api_keys.digest bytea not null",
    ],
)  # fmt: skip
def test_what_holds_the_tables_together_is_described(shop, line):
    assert line in contents_of(shop).structure.objects
    assert contents_of(shop).structure.broken == ()


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            "ALTER TABLE api_keys ADD CONSTRAINT late CHECK (id > 1) NOT VALID",
            "constraint api_keys.late is not validated",
        ),
        (
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'keys_by_workspace'::regclass",
            "index keys_by_workspace is not valid",
        ),
        ("SELECT setval('api_keys_id_seq', 5)", "sequence api_keys_id_seq is behind api_keys.id"),
        ("SELECT setval('workspaces_id_seq', 40, false)", "sequence workspaces_id_seq is behind workspaces.id"),
        ("REFRESH MATERIALIZED VIEW counted WITH NO DATA", "materialized view counted is not populated"),
    ],
)
def test_what_does_not_do_its_work_is_named(own_shop, change, line):
    with psycopg.connect(own_shop) as connection:
        connection.execute(change)

    with read_only(own_shop, statement_timeout_ms=1000) as connection:
        pin(connection)
        assert read_structure(connection).broken == (line,)


def test_what_belongs_to_an_extension_is_not_the_databases(databases):
    dsn = databases("CREATE TABLE mine (a int); CREATE TABLE theirs (a int primary key, b text);"
                    " ALTER EXTENSION plpgsql ADD TABLE theirs")  # fmt: skip
    found = contents_of(dsn)

    assert set(found.tables) == {"mine"}
    added = set(found.structure.objects) - set(contents_of(databases()).structure.objects)
    assert added == {"column mine.a integer", "owner of table mine: postgres", "table mine"}


def test_the_migration_of_a_database_is_part_of_what_it_holds(shop, databases):
    assert contents_of(shop).migration_heads == ("alembic_version: 0007",)
    assert contents_of(databases()).migration_heads is None


def test_large_objects_are_counted_and_are_no_part_of_the_schema(databases):
    dsn = databases("SELECT lo_create(0); SELECT lo_create(0)")
    without = contents_of(databases()).structure.objects
    objects = contents_of(dsn).structure.objects
    (line,) = set(objects) - set(without)

    assert line.startswith("large objects: 2, 0 bytes, checksum ")
    assert not difference(without, objects)
