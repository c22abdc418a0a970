"""Statements are judged by what they took in a window, and not for what was mended long ago."""

from datetime import UTC, datetime

import psycopg
import pytest

from prodverify.data.connection import read_only
from prodverify.data.health import statements
from prodverify.data.health.statements import Counted, Counters, between

KEY = ("10", "-42", True)
SINCE = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((900, 90_000.0), (1000, 90_500.0), (Counted("-42", 100, 5.0, None),)),
        ((900, 90_000.0), (999, 90_500.0), ()),
        ((900, 90_000.0), (900, 90_000.0), ()),
        (None, (100, 500.0), (Counted("-42", 100, 5.0, None),)),
        ((900, 90_000.0), (100, 500.0), (Counted("-42", 100, 5.0, None),)),
    ],
)
def test_only_what_ran_in_between_counts(before, after, expected):
    first = Counters(1.0, {KEY: before} if before else {}, SINCE)
    seen = between(first, Counters(31.0, {KEY: after}, SINCE), 100)

    assert expected == seen.counted
    assert (30.0, "") == (seen.window_seconds, seen.missing)


def test_counters_that_were_reset_in_between_tell_nothing():
    first, second = Counters(1.0, {KEY: (9, 9.0)}, SINCE), Counters(2.0, {KEY: (900, 9e9)}, SINCE.replace(day=2))

    seen = between(first, second, 1)
    assert ((), "pg_stat_statements was reset between two readings") == (seen.counted, seen.missing)
    assert "verify again" in seen.step


def test_an_account_that_is_missing_at_one_moment_is_missing():
    gone = Counters(1.0, missing="gone", step="bring it back")

    for seen in (between(Counters(1.0), gone, 1), between(gone, gone, 1), between(gone, Counters(2.0), 1)):
        assert ("gone", "bring it back") == (seen.missing, seen.step)


def test_a_window_on_a_server_holds_what_ran_in_it_alone(each_version):
    def look(user, at):
        with read_only(each_version.dsn(user=user), statement_timeout_ms=5000) as connection:
            return statements.read_counters(connection, at)

    with psycopg.connect(each_version.dsn(), autocommit=True) as owner:
        owner.execute("CREATE EXTENSION pg_stat_statements")
        try:
            owner.execute("SELECT pg_sleep(0.05) AS mended")
            first = look("monitor", 0.0)
            for _ in range(3):
                owner.execute("SELECT pg_sleep(0.001) AS often")
            second, blind = look("monitor", 1.0), look("plain", 1.0)
            owner.execute("SET pg_stat_statements.track = 'none'")
            owner.execute("ALTER ROLE monitor SET pg_stat_statements.track = 'none'")
            ours_alone = look("monitor", 2.0)
            owner.execute("ALTER ROLE monitor RESET ALL")
            owner.execute("ALTER DATABASE postgres SET pg_stat_statements.track = 'none'")
            switched_off = look("monitor", 3.0)
        finally:
            owner.execute("ALTER ROLE monitor RESET ALL")
            owner.execute("ALTER DATABASE postgres RESET ALL")
            owner.execute("DROP EXTENSION pg_stat_statements")

    seen = between(first, second, 3)
    assert [3] == [each.calls for each in seen.counted if each.mean_ms >= 1.0]
    assert max(each.mean_ms for each in seen.counted) < 50
    assert "our role does not see which statements those of others are" == blind.missing
    assert "" == ours_alone.missing
    assert ours_alone.totals
    assert "pg_stat_statements.track is none, so that nothing is counted" == switched_off.missing
