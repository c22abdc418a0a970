"""The database that a backup is restored into is like the one that was backed up, or it is told that it is not."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from prodverify.data.archives.archive import examine
from prodverify.data.backups.files import manifest_path, newest, opened
from prodverify.data.backups.taking import take
from prodverify.data.catalog.contents import Contents, Locale, Structure, Table
from prodverify.data.drill import preflight
from prodverify.data.drill.drill import drill
from prodverify.data.drill.observed import Conditions
from prodverify.data.drill.report import DrillReport
from prodverify.data.drill.wishes import Wishes
from prodverify.judges import restore, restored_content
from prodverify.record.findings import Unjudged
from prodverify.record.states import state_of
from prodverify.target.taking import Taking
from tests.data.drill.judged import END, rewrite

PLACE = 'Fast ""one""'
PARTITIONS = b"""
CREATE TABLE public.named (name text) PARTITION BY RANGE (name);
CREATE TABLE public.named_a PARTITION OF public.named FOR VALUES FROM ('a') TO ('n');
INSERT INTO public.named VALUES ('B');
"""
SLOW_STATISTICS = b"""
CREATE FUNCTION public.slow(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM pg_catalog.pg_sleep(60); RETURN 1; END $$;
CREATE STATISTICS public.slowly ON (public.slow(id)), id FROM public.workspaces;
"""
# each of them and its index is locked until the end of the transaction
MANY_TABLES = b"""
DO $$ BEGIN FOR n IN 1..4000 LOOP
    EXECUTE pg_catalog.format('CREATE TABLE public.many_%s (id int PRIMARY KEY)', n);
END LOOP; END $$;
"""
THEN = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_database_comes_back_with_its_own_collation_and_tablespaces(cluster, tmp_path, programs):
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
        connection.execute("SET allow_in_place_tablespaces = on")
        connection.execute(f"CREATE TABLESPACE \"{PLACE}\" LOCATION ''")
        connection.execute("CREATE DATABASE plainly TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    with psycopg.connect(cluster.dsn("plainly")) as connection:
        lowered = "CREATE TABLE said (said text, lowered text GENERATED ALWAYS AS (lower(said)) STORED)"
        connection.execute(f'{lowered} TABLESPACE "{PLACE}"')
        connection.execute("INSERT INTO said VALUES ('\u00c4')")
    take(cluster.dsn("plainly"), tmp_path, name="shop", binaries=programs, taking=Taking(format="custom"))
    report = drill(newest(tmp_path))

    assert report.content == report.restored
    assert ("", True) == (report.conditions.collation, report.conditions.collation_told)


@pytest.fixture(scope="module")
def lowered(cluster, programs, tmp_path_factory):
    """A plain backup of a database in LATIN1 that knows the case of no letter but those of ASCII."""
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE western TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")
    with psycopg.connect(cluster.dsn("western"), client_encoding="UTF8") as connection:
        connection.execute(
            'CREATE TABLE "Über" (id serial, said text, lowered text GENERATED ALWAYS AS (lower(said)) STORED)'
        )
        connection.execute("INSERT INTO \"Über\" (said) VALUES ('Ä')")
    return take(cluster.dsn("western"), tmp_path_factory.mktemp("western"), name="shop", binaries=programs).path


def test_plain_sql_comes_back_with_the_encoding_and_collation_that_its_manifest_tells(lowered, quick):
    report = drill(opened(lowered), Wishes(modes=("manifest", "archive")))

    assert report.content == report.restored
    assert [] == restored_content.judge(report, "manifest")
    assert "pass" == state_of(restored_content.judge(report, "archive"))
    assert ("", True) == (report.conditions.collation, report.conditions.collation_told)
    assert Locale("LATIN1", "libc", "C", "C", "") == report.manifest.locale


def test_a_collation_of_a_manifest_that_is_not_to_be_had_is_no_verdict(lowered, quick):
    backup = opened(lowered)
    odd = replace(backup.manifest, locale=replace(backup.manifest.locale, encoding="UTF8", collate="xx", ctype="xx"))
    report = drill(replace(backup, manifest=odd))

    assert "xx of libc is not to be had here" == report.conditions.collation
    assert "inconclusive" == state_of(restore.judge_restorability(report))
    assert "inconclusive" == state_of(restored_content.judge(report, "manifest"))


def test_plain_sql_without_manifest_is_told_to_have_no_known_collation(lowered, quick, tmp_path):
    report = drill(opened(Path(shutil.copy(lowered, tmp_path))))

    assert ["restore-collation-untold"] == [
        finding.rule for finding in restore.judge_restorability(report) if finding.rule != "restore-not-sealed"
    ]
    assert "pass" == state_of(restored_content.judge(report, "automatic"))


@pytest.mark.parametrize("provider", ["libc", "icu", "builtin"])
def test_a_collation_that_is_not_to_be_had_is_told(cluster, shop_taken, provider):
    facts = examine(shop_taken.path).facts
    odd = replace(facts, locale="xx_none", character_locale="xx_none", locale_provider=provider)
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
        told = preflight._create_database(connection, f"odd_{provider}", odd)

    assert f"xx_none of {provider} is not to be had here" == told
    with psycopg.connect(cluster.dsn(f"odd_{provider}")) as connection:
        assert ("UTF8",) == connection.execute("SHOW server_encoding").fetchone()


def test_a_refusal_that_another_order_of_text_explains_is_no_verdict_on_the_backup(copied, quick):
    told = rewrite(copied, END, PARTITIONS + END)
    manifest_path(copied).unlink()

    with pytest.raises(Unjudged, match="orders text as the one that was backed up"):
        drill(opened(copied))
    assert "no partition of relation" in drill(told).refusal


def reported(ran):
    table = Table(2, "5", ("said text", "lowered text not null generated"))
    contents = Contents({"t": table}, Structure(), 150018, None)
    other = replace(contents, tables={"t": replace(contents.tables["t"], checksum="6")})
    manifest = type("Held", (), {"contents": contents, "algorithm": restored_content.ALGORITHM})()
    return DrillReport("a.sql.gz", THEN, THEN, manifest, restored=other, conditions=ran)


@pytest.mark.parametrize(
    ("ran", "rule"),
    [
        (Conditions(), "restore-content-differs"),
        (Conditions(collation_told=False), "restore-content-not-comparable"),
        (Conditions(collation="xx is not to be had here"), "restore-content-not-comparable"),
    ],
)
def test_text_that_a_restore_generates_is_judged_where_its_collation_is_known(ran, rule):
    (finding,) = restored_content.judge_checksums(reported(ran))

    assert rule == finding.rule


def test_another_collation_is_no_verdict_and_one_that_nobody_told_a_remark():
    (other,) = restore.judge_restorability(reported(Conditions(collation="xx is not to be had here")))
    (untold,) = restore.judge_restorability(reported(Conditions(collation_told=False)))

    assert ("restore-collation-other", "xx is not to be had here") == (other.rule, other.observed)
    assert ("inconclusive", "info") == (other.severity, untold.severity)
    assert "install that locale" in other.next_step
    assert "restore-collation-untold" == untold.rule


def test_a_function_of_the_backup_that_never_ends_is_given_up_after_the_restore_too(copied, quick):
    with pytest.raises(Unjudged, match="one took longer"):
        drill(rewrite(copied, END, SLOW_STATISTICS + END), Wishes(deadline_seconds=2.0))


@pytest.mark.proof
def test_thousands_of_tables_are_restored_in_one_transaction(copied):
    report = drill(rewrite(copied, END, MANY_TABLES + END))

    assert ("", 4000) == (report.refusal, sum(name.startswith("many_") for name in report.restored.tables))
