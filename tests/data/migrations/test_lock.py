"""Whether somebody may be migrating, as far as the locks of a server tell it."""

import pytest

from prodverify.data.connection import read_only
from prodverify.data.migrations import lock
from tests.data.live.raising import raised


@pytest.mark.parametrize(("age_seconds", "may"), [(3599.0, True), (3600.0, False)])
def test_what_is_young_may_go_on_and_what_is_old_only_while_tables_are_changed(databases, altering, age_seconds, may):
    dsn = databases()
    with read_only(dsn, statement_timeout_ms=5000) as connection:
        assert may is lock.may_go_on(connection, age_seconds)
    with altering(dsn), read_only(dsn, statement_timeout_ms=5000) as connection:
        assert lock.may_go_on(connection, age_seconds)


def test_a_standby_does_not_know_the_locks_of_its_primary(programs):
    with (
        raised(programs, {"hot_standby": "on", "max_connections": "100"}, files=[("standby.signal", b"")]) as server,
        read_only(server.dsn(), statement_timeout_ms=5000) as connection,
    ):
        assert lock.migrating(connection)
