"""Flyway's table as it makes it on PostgreSQL (PostgreSQLDatabase.java, ``getRawCreateScript``)."""

import zlib

import pytest

from prodverify.data.migrations.flyway import TOOL
from prodverify.record.findings import Unjudged

TABLE = """
CREATE TABLE "public"."flyway_schema_history" (
    "installed_rank" INT NOT NULL, "version" VARCHAR(50), "description" VARCHAR(200) NOT NULL,
    "type" VARCHAR(20) NOT NULL, "script" VARCHAR(1000) NOT NULL, "checksum" INTEGER,
    "installed_by" VARCHAR(100) NOT NULL, "installed_on" TIMESTAMP NOT NULL DEFAULT now(),
    "execution_time" INTEGER NOT NULL, "success" BOOLEAN NOT NULL);
ALTER TABLE "public"."flyway_schema_history"
    ADD CONSTRAINT "flyway_schema_history_pk" PRIMARY KEY ("installed_rank");
CREATE INDEX "flyway_schema_history_s_idx" ON "public"."flyway_schema_history" ("success");
"""
SCRIPT = "CREATE TABLE t (id int);\nSELECT 'ä';\n"
FILES = {"V1__one.sql": SCRIPT, "sub/V2_1__two_words.sql": SCRIPT, "U2_1__two_words.sql": "", "beforeMigrate.sql": ""}
VIEW = {**FILES, "R__my_view.sql": SCRIPT}
EMPTY = "TRUNCATE flyway_schema_history"
SCHEMA = (None, "<< Flyway Schema Creation >>", "SCHEMA", None, True)


@pytest.fixture(scope="module")
def place(databases):
    return databases(TABLE)


def crc(text=SCRIPT):
    value = 0
    for line in text.splitlines():
        value = zlib.crc32(line.encode(), value)
    return value - 2**32 if value >= 2**31 else value


def applied(version, description="x", checksum=None, *, kind="SQL", success=True):
    return (version, description, kind, crc() if checksum is None else checksum, success)


ONE, TWO, VIEWED = applied("1"), applied("2.1"), applied(None, "my view")


def ran(*rows):
    def quoted(value):
        return "NULL" if value is None else f"'{value}'"

    return "INSERT INTO flyway_schema_history VALUES " + ", ".join(
        f"({rank}, {quoted(version)}, '{description}', '{kind}', 'x', {quoted(checksum)}, 'me', now(), 1, {success})"
        for rank, (version, description, kind, checksum, success) in enumerate(rows)
    )


@pytest.mark.parametrize(
    ("rows", "rules"),
    [
        ([ONE, TWO], []),
        ([SCHEMA, ONE, applied("02.1.0")], []),
        ([ONE], ["pending"]),
        ([TWO], ["out-of-order"]),
        ([ONE, TWO, applied("10")], ["code-behind"]),
        ([ONE, applied("10")], ["diverged"]),
        ([TWO, ONE], ["applied-out-of-order"]),
        ([ONE, applied("2.1", success=False)], ["failed", "pending"]),
        ([ONE, applied("2.1", checksum=1)], ["edited"]),
        ([ONE, TWO, applied("2.1", kind="UNDO_SQL")], ["pending"]),
        ([ONE, TWO, applied("2.1", kind="UNDO_SQL"), TWO], []),
        ([ONE, TWO, applied("7"), applied("7", kind="DELETE")], []),
        # a repeatable whose script is gone is no error to Flyway
        ([ONE, TWO, VIEWED], []),
    ],
)
def test_rows_and_scripts_are_compared_by_version(place, written, looked, rows, rules):
    assert rules == sorted(looked(TOOL, place, written(FILES), EMPTY, ran(*rows)))


@pytest.mark.parametrize(
    ("rows", "rules"),
    [
        ([ONE, TWO, VIEWED], []),
        ([ONE, VIEWED, TWO], []),
        ([ONE, TWO], ["pending"]),
        ([ONE, VIEWED], ["pending"]),
        ([ONE, TWO, VIEWED, applied(None, "my view", 5)], ["pending"]),
        ([ONE, TWO, applied(None, "my view", 5), VIEWED], []),
        ([ONE, TWO, applied(None, "my view", success=False)], ["failed", "pending"]),
    ],
)
def test_of_a_repeatable_the_newest_run_counts_and_a_changed_one_is_pending(place, written, looked, rows, rules):
    assert rules == sorted(looked(TOOL, place, written(VIEW), EMPTY, ran(*rows)))


@pytest.mark.parametrize(
    ("rows", "rules"),
    [
        ([applied("2.1", "<< Flyway Baseline >>", kind="BASELINE")], []),
        ([applied("1", kind="BASELINE")], ["pending"]),
        ([applied("1", kind="BASELINE"), TWO], []),
        ([applied("1.5", kind="SQL_BASELINE"), TWO], []),
        # as the table of a later build looks
        ([applied("3", kind="BASELINE")], ["code-behind"]),
    ],
)
def test_a_baseline_stands_for_every_version_up_to_its_own(place, written, looked, rows, rules):
    assert rules == sorted(looked(TOOL, place, written(FILES), EMPTY, ran(*rows)))


@pytest.mark.parametrize(
    ("rows", "rules"),
    [
        ([ONE, TWO, applied("3"), applied("4")], []),
        ([applied("3", kind="SQL_BASELINE"), applied("4")], []),
        ([ONE, TWO, applied("3")], ["pending"]),
    ],
)
def test_a_cumulative_script_stands_for_those_that_are_gone(place, written, looked, rows, rules):
    files = {"B3__all.sql": "SELECT 3;", "V4__four.sql": SCRIPT}

    assert rules == sorted(looked(TOOL, place, written(files), EMPTY, ran(*rows)))


def test_an_empty_table_is_a_database_to_be_migrated(place, written, looked):
    assert ["pending"] == list(looked(TOOL, place, written(VIEW), EMPTY))


@pytest.mark.parametrize("script", [SCRIPT.replace("\n", "\r\n"), "\ufeff" + SCRIPT, SCRIPT.rstrip("\n")])
def test_ends_of_lines_and_a_byte_order_mark_do_not_count(written, script):
    assert {"1": str(crc())} == TOOL.history(written({"V1__one.sql": script.encode()})).checksums


def test_where_the_checksum_cannot_be_known_none_is_given(written):
    files = {"V1__x.java": "", "V2__x.sql": b"\xff\xfe", "R__x.sql": "SELECT '${who}';", "V3__x.sql": "${who}"}

    assert {"3"} == set(TOOL.history(written(files)).checksums)


def test_versions_are_ordered_by_number(written):
    names = ["V10__x.sql", "V2__x.sql", "V1_2__x.sql", "V1.10__x.sql", "R__a.sql", "V20240101.sql", "V1x__no.sql"]
    ordered = [revision.identifier for revision in TOOL.history(written(dict.fromkeys(names, ""))).revisions]

    assert ["1.2", "1.10", "2", "10", "20240101", "R__a"] == ordered


def test_a_version_that_two_scripts_have_is_refused(written):
    with pytest.raises(Unjudged) as caught:
        TOOL.history(written({"V1__a.sql": "", "V1.0__b.sql": ""}))

    assert "two scripts are 1, one of them V1__a.sql" == caught.value.finding.observed
