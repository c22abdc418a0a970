"""Many statements at once on a restored database end together, too."""

import time

import psycopg
import pytest

from prodverify.data.drill.together import together

LONG_SECONDS = 60


@pytest.mark.parametrize("failing", [0, 1])
def test_after_an_error_nothing_is_begun_and_what_is_asked_is_cancelled(databases, failing):
    begun = []
    tasks = [LONG_SECONDS, LONG_SECONDS + 1, LONG_SECONDS + 2]
    tasks.insert(failing, None)

    def do(connection, seconds):
        begun.append(seconds)
        if seconds is None:
            connection.execute("SELECT 1 / 0")
        try:
            connection.execute("SELECT pg_sleep(%s)", (seconds,))
        except psycopg.errors.QueryCanceled:  # as whoever notes it and goes on
            return

    started = time.monotonic()
    with pytest.raises(psycopg.errors.DivisionByZero):
        together(databases(), 2, 0.0, tasks, do)

    assert time.monotonic() - started < LONG_SECONDS
    assert set(begun) <= {*tasks[:3]}
