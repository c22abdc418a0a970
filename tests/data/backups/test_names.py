"""What a backup is called says when it was taken, in the words of whoever named it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodverify.data.backups.names import Naming, PatternError, ending_of, manifest_name, naming

AT = datetime(2026, 1, 31, 9, 5, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "name", "moment", "span"),
    [
        ("db-%Y-%m-%d.dump", "db-2026-01-31.dump", AT.replace(hour=0, minute=0, second=0), 86400.0),
        ("%Y/%j/db_%H.sql", "2026/031/db_09.sql", AT.replace(minute=0, second=0), 3600.0),
        ("db%Y%m%d%H%M", "db202601310905", AT.replace(second=0), 60.0),
        ("%Y-%m-%d/*_%Y%m%d_%H%M%S.*", "2026-01-31/shop_20260131_090507.tar.gz", AT, 1.0),
        ("100%%-%Y%m%d.sql", "100%-20260131.sql", AT.replace(hour=0, minute=0, second=0), 86400.0),
    ],
)
def test_a_pattern_reads_the_time(pattern, name, moment, span):
    said = Naming(pattern).moment(name)
    assert said is not None
    assert (moment, span) == (said.start, said.span_seconds)
    assert Naming(pattern).is_backup(name)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("db-%Y-%m-%d.dump", "db-2026-01-31.dump.part"),
        ("db-%Y-%m-%d.dump", "db-2026-02-30.dump"),
        ("db-%Y-%m-%d.dump", "old/db-2026-01-31.dump"),
        ("*/db.dump", "a/b/db.dump"),
        ("*/db.dump", "../db.dump"),
        ("%Y%m%d/%Y%m%d.sql", "20260131/20260130.sql"),
        ("*", "db.manifest.json"),
        ("*", "db.dump.sha256"),
        ("*/*", ".unfinished-1/db.dump"),
    ],
)
def test_other_names_are_no_backups(pattern, name):
    assert not Naming(pattern).is_backup(name)


def test_a_pattern_without_a_time_names_backups_whose_time_is_said_elsewhere():
    assert (True, None) == (Naming("*.dump").is_backup("latest.dump"), Naming("*.dump").moment("latest.dump"))
    assert not Naming("*.dump").dated


@pytest.mark.parametrize(
    ("name", "utc"),
    [
        ("db-20260131-1005", datetime(2026, 1, 31, 9, 5, tzinfo=UTC)),
        ("db-20260701-1005", datetime(2026, 7, 1, 8, 5, tzinfo=UTC)),
        ("db-20251026-0230", datetime(2025, 10, 26, 0, 30, tzinfo=UTC)),  # there twice: the older one
    ],
)
def test_times_of_a_zone_become_utc(name, utc):
    said = naming("db-%Y%m%d-%H%M", "Europe/Berlin").moment(name)
    assert said is not None
    assert utc == said.start


@pytest.mark.parametrize(
    "pattern", ["db-%y.dump", "db-%", "/db.dump", "a//b", "../db", "db-%m-%d", "db-%Y", "db-%Y-%m", "db-%H"]
)
def test_a_pattern_that_names_nothing_is_refused(pattern):
    with pytest.raises(PatternError, match="expected"):
        Naming(pattern)


@pytest.mark.parametrize(
    ("name", "manifest", "ending"),
    [
        ("a/db.sql.gz", "a/db.manifest.json", ".sql.gz"),
        ("db.dump.zst.age", "db.manifest.json", ".dump.zst.age"),
        ("db.dir", "db.manifest.json", ".dir"),
        ("db.v2.tar", "db.v2.manifest.json", ".tar"),
        ("db", "db.manifest.json", ""),
    ],
)
def test_a_manifest_has_the_name_without_its_ending(name, manifest, ending):
    assert (manifest, ending) == (manifest_name(name), ending_of(name))


@given(st.text(max_size=80), st.sampled_from(["", "*", "%Y/%j", "db-%Y-%m-%dT%H%M%S"]))
def test_no_name_makes_it_raise(name, pattern):
    assert isinstance(Naming(pattern).is_backup(name), bool)
