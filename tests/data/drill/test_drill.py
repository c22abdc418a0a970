"""A drill tells a backup that can be relied on from every other, and from a machine that cannot tell."""

import gzip
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from prodverify.data.archives.restore import restore as run_sql
from prodverify.data.archives.script import Script
from prodverify.data.backups.files import newest, opened
from prodverify.data.connection import read_only, system_identifier
from prodverify.data.drill.drill import drill
from prodverify.data.drill.wishes import Wishes
from prodverify.data.empty import empty_cluster
from prodverify.judges import restore, restore_time, restored_content, restored_structure
from prodverify.record.findings import Unjudged
from prodverify.record.states import state_of
from tests.data.drill.judged import END, KEY_TABLES, everything, rewrite, rules


@pytest.fixture
def leftovers(monkeypatch):
    """Finds what is left of the servers that drills made."""
    made = []

    def noted(*given, **named):
        made.append(empty_cluster(*given, **named))
        return made[-1]

    monkeypatch.setattr("prodverify.data.drill.ahead.empty_cluster", noted)

    def left():
        assert made
        return [each.folder for each in made if each.folder.exists()]

    return left


def test_everything_comes_back_as_it_was(shop_taken, leftovers):
    report = drill(opened(shop_taken.path))

    assert report.restored == report.content == shop_taken.manifest.contents
    assert rules(report) == ["restore-duration", "restore-key-table-empty"]
    assert state_of(everything(report)) == "pass"
    stages = report.stages
    assert all(seconds > 0 for seconds in (stages.examine, stages.provision, stages.restore, stages.first_query))
    assert stages.recovery + stages.verification == pytest.approx(stages.total)
    assert report.conditions.settings["fsync"] == "off"
    assert not report.conditions.durable
    assert report.as_dict()["tables"]["workspaces"]["as_backed_up"] is True
    assert leftovers() == []


def test_a_plain_file_without_manifest_is_restored_and_its_content_is_not_judged(shop_taken, tmp_path):
    plain = tmp_path / shop_taken.path.name.removesuffix(".gz")
    plain.write_bytes(gzip.decompress(shop_taken.path.read_bytes()))
    report = drill(newest(tmp_path))

    assert report.content is None
    assert report.restored == shop_taken.manifest.contents
    assert ["restore-collation-untold"] == [finding.rule for finding in restore.judge_restorability(report)]
    assert ["restore-structure-unlisted"] == [finding.rule for finding in restored_structure.judge(report)]
    assert state_of(restored_content.judge(report, "manifest")) == "inconclusive"
    assert state_of(restored_content.judge(report, "automatic")) == "pass"
    assert [finding.rule for finding in restore.judge_key_tables(report, KEY_TABLES)] == ["restore-key-table-empty"]


def test_a_file_that_is_another_one_than_the_manifest_knows_never_passes(copied):
    report = drill(rewrite(copied, b"workspace 7\n", b"workspace seven\n", adjusted=False))

    assert report.damage == "it is not the file that was taken: its sha256 is not the manifest's"


@pytest.mark.parametrize(
    ("old", "new", "seen"),
    [
        (b"workspace 7\n", b"workspace seven\n", ["restore-content-differs"]),
        pytest.param(b"3\t4\n", b"", ["restore-rows-differ"], marks=pytest.mark.proof),  # no table refers to it
        (b"setval('public.api_keys_id_seq', 40", b"setval('public.api_keys_id_seq', 4",
         ["restore-broken", "restore-sequence-differs"]),
        (b"\n0007\n", b"\n0006\n", ["restore-content-differs", "restore-migration-heads-differ"]),
        (END, b"DROP TABLE public.sessions;\n" + END,
         ["restore-key-table-missing", "restore-structure-differs", "restore-table-missing"]),
    ],
)  # fmt: skip
def test_another_content_is_found_behind_a_right_sha256(copied, quick, old, new, seen):
    report = drill(rewrite(copied, old, new))

    assert sorted({*seen, "restore-duration"}) == [rule for rule in rules(report) if rule != "restore-key-table-empty"]
    assert state_of(everything(report)) == "fail"
    assert all(finding.expected and finding.observed for finding in everything(report))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param(
            b"CREATE TABLE public.workspaces",
            b"CREATE TABEL public.workspaces",
            "syntax error",
            marks=pytest.mark.proof,
        ),
        (b"\n40\tworkspace 40\n", b"\nforty\tworkspace 40\n", "invalid input syntax for type integer"),
        (b"\n40\tworkspace 40\n", b"\nserver closed the connection\tx\n", "invalid input syntax for type integer"),
        pytest.param(
            b"\n40\tworkspace 40\n",
            b"\n40\tworkspace 39\n",
            "could not create unique index",
            marks=pytest.mark.proof,
        ),
        (b"SET row_security = off;", b"\\! touch /tmp/ran-by-a-backup\n", "backslash commands are restricted"),
    ],
)
def test_what_postgresql_refuses_is_quoted_without_values(copied, quick, old, new, said):
    report = drill(rewrite(copied, old, new))

    assert said in report.refusal
    assert "forty" not in report.refusal
    assert "workspace 39" not in report.refusal
    assert report.restored is None
    assert [finding.rule for finding in restore.judge_restorability(report)] == ["backup-refused"]
    assert state_of(restored_content.judge(report, "manifest")) == "inconclusive"
    assert not Path("/tmp/ran-by-a-backup").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"SET row_security = off;", b"CREATE EXTENSION IF NOT EXISTS no_such_thing WITH SCHEMA public;",
         "lacks no_such_thing"),
        (b"Dumped from database version ", b"Dumped from database version 9", "or newer"),
        (b"SET row_security = off;", b"SET setting_of_the_future = 0;", "unrecognized configuration parameter"),
        (b"SET row_security = off;", b'CREATE TABLE public.c (a text COLLATE pg_catalog."tlh_XX.utf8");', "collation"),
        (b"\n-- PostgreSQL database dump\n", b"\n-- PostgreSQL database cluster dump\n", "pg_dumpall"),
        (b"SET row_security = off;", b"\\connect elsewhere", "--create"),
    ],
)  # fmt: skip
def test_what_this_machine_lacks_is_no_verdict_on_the_backup(copied, quick, old, new, said):
    with pytest.raises(Unjudged, match=said) as caught:
        drill(rewrite(copied, old, new))

    assert caught.value.finding.next_step


@pytest.mark.proof
def test_roles_that_the_dump_names_are_made(cluster, databases, tmp_path, programs):
    from prodverify.data.backups.taking import take

    dsn = databases("CREATE TABLE t (a int)")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            'CREATE ROLE owner_of_t; CREATE ROLE "Reader, ""one"""; CREATE ROLE policed; CREATE ROLE future'
        )
        connection.execute('GRANT SELECT ON t TO "Reader, ""one"""; ALTER TABLE t OWNER TO owner_of_t')
        connection.execute("CREATE POLICY p ON t FOR SELECT TO policed, future USING (true)")
        connection.execute("ALTER DEFAULT PRIVILEGES FOR ROLE owner_of_t GRANT SELECT ON TABLES TO future")
    taken = take(dsn, tmp_path, name="roles", binaries=programs)
    report = drill(opened(taken.path))

    assert report.refusal == ""
    assert report.restored == taken.manifest.contents


@pytest.mark.parametrize("encoding", [pytest.param("LATIN1", marks=pytest.mark.proof), "SQL_ASCII"])
def test_bytes_in_another_encoding_come_back_as_they_were(databases, quick, tmp_path, programs, encoding):
    from prodverify.data.backups.taking import take

    letter = "convert_from('\\xf6', current_setting('server_encoding'))"
    dsn = databases(f"CREATE TABLE t AS SELECT {letter} AS a", template=f"template0 ENCODING '{encoding}'")
    report = drill(opened(take(dsn, tmp_path, name="old", binaries=programs).path))

    assert report.refusal == ""
    assert report.restored == report.content


@pytest.mark.proof
def test_a_dump_in_an_encoding_that_only_clients_have_is_restored(copied, quick):
    report = drill(rewrite(copied, b"client_encoding = 'UTF8'", b"client_encoding = 'SJIS'"))

    assert report.restored == report.content


def test_a_psql_that_cannot_be_restricted_is_no_verdict_on_the_backup(tmp_path, programs):
    psql = tmp_path / "psql"
    psql.write_text("#!/bin/sh\nprintf '%s' 'psql:<stdin>:1: error: invalid command \\restrict' >&2\nexit 3\n")
    psql.chmod(0o755)

    with pytest.raises(Unjudged, match="invalid command"):
        run_sql(replace(programs, folder=tmp_path), "", iter([b"SELECT 1;"]), deadline_seconds=10.0)


def test_the_live_server_is_refused(copied, shop, quick):
    with read_only(shop, statement_timeout_ms=1000) as connection:
        live = system_identifier(connection)

    with pytest.raises(Unjudged, match="that of the live database"):
        drill(opened(copied), Wishes(live_system_identifier=live))


def test_a_restore_beyond_its_deadline_is_no_verdict(copied, leftovers):
    backup = rewrite(copied, b"SET row_security = off;", b"SELECT pg_sleep(60);")

    with pytest.raises(Unjudged, match=r"within 0\.3 s"):
        drill(backup, Wishes(deadline_seconds=0.3))
    assert leftovers() == []


def test_an_interrupted_drill_leaves_nothing(copied, monkeypatch, leftovers):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("prodverify.data.drill.drill.read_contents", interrupted)

    with pytest.raises(KeyboardInterrupt):
        drill(opened(copied))
    assert leftovers() == []


def test_a_manifest_of_another_major_cannot_condemn_content(shop_taken, quick):
    report = drill(opened(shop_taken.path))
    other = replace(report.content, server_version_num=report.content.server_version_num - 10000)
    tables = report.restored.tables
    altered = {**tables, "workspaces": replace(tables["workspaces"], checksum="1")}
    restored = replace(report.restored, tables=altered)
    findings = restored_content.judge_checksums(
        replace(report, manifest=replace(report.manifest, contents=other), restored=restored)
    )

    assert [finding.rule for finding in findings] == ["restore-content-not-comparable"]
    assert state_of(findings) == "inconclusive"


def test_checksums_that_were_made_in_another_way_cannot_condemn_content(shop_taken, quick):
    report = drill(opened(shop_taken.path))
    findings = restored_content.judge_checksums(replace(report, manifest=replace(report.manifest, algorithm="md5")))

    assert [(finding.rule, finding.observed) for finding in findings] == [
        ("restore-content-not-comparable", "made by md5")
    ]


def test_what_is_broken_in_the_live_database_too_is_a_warning(own_shop, quick, tmp_path, programs):
    from prodverify.data.backups.taking import take

    with psycopg.connect(own_shop) as connection:
        connection.execute("ALTER TABLE api_keys ADD CONSTRAINT late CHECK (id > 1) NOT VALID")
    report = drill(opened(take(own_shop, tmp_path, name="shop", binaries=programs).path))

    assert [finding.rule for finding in restored_structure.judge(report)] == ["restore-broken-as-live"]
    assert state_of(restored_structure.judge(report)) == "warn"
    assert state_of(restored_structure.judge(replace(report, manifest=None))) == "fail"


def test_a_slow_drill_breaks_the_rto(shop_taken, quick):
    report = drill(opened(shop_taken.path))
    (finding,) = restore_time.judge_rto(report, report.stages.recovery / 2)

    assert finding.rule == "restore-slow"
    assert "provision" in finding.observed


def test_the_age_is_counted_from_when_the_backup_was_taken(copied, quick):
    report = replace(
        drill(opened(copied)), taken_at=datetime(2026, 1, 1, tzinfo=UTC), drilled_at=datetime(2026, 1, 2, tzinfo=UTC)
    )

    assert report.age_seconds == 86400


def test_rows_that_look_like_statements_are_rows(shop_taken):
    from prodverify.data.archives.archive import examine

    said: Script = examine(shop_taken.path).script

    assert said.complete
    assert "nobody_at_all" not in said.roles
    assert said.extensions == frozenset()
