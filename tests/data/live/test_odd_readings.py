"""No reading, however odd, makes a judge raise, or puts what cannot be printed into a finding."""

from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.data.health.activity import Activity, Busy, Waiting
from prodverify.data.health.connections import Limit
from prodverify.data.health.indexes import BadIndex
from prodverify.data.health.pool import Pool, Pooler
from prodverify.data.health.replication import Replication, Slot, Standby
from prodverify.data.health.session import Session
from prodverify.data.health.statements import Counted, Statements
from prodverify.data.health.storage import Pages
from prodverify.data.health.wraparound import Age, Ages
from prodverify.judges import (
    database_access,
    database_activity,
    database_connections,
    database_pool,
    indexes,
    replication,
    server_settings,
    storage,
    wraparound,
)
from prodverify.target.database import Database, PromisedPool

WORDS = st.sampled_from(["", "a", "\x1b[31m\n", "\ud800", "x" * 5000, "%s {}", "\u202e"])
NUMBERS = st.integers(-(2**40), 2**40)
SECONDS = st.floats()
KINDS = st.sampled_from(["client backend", "walsender", "", "transactions"])
STATES = st.sampled_from(["active", "idle in transaction", ""])
PROMISED = Database(dsn="dsn", max_mean_ms=1.0)

BUSY = st.builds(Busy, NUMBERS, WORDS, KINDS, STATES, SECONDS, SECONDS, SECONDS, WORDS)
WAITING = st.builds(Waiting, NUMBERS, WORDS, WORDS, SECONDS, WORDS, st.tuples(WORDS))
ACTIVITY = st.builds(Activity, st.tuples(BUSY), st.tuples(WAITING), st.tuples(SECONDS), st.integers(0, 3))
COUNTED = st.builds(Counted, WORDS, NUMBERS, SECONDS, st.none() | SECONDS)
STATEMENTS = st.builds(Statements, st.tuples(COUNTED), st.none(), WORDS, st.none() | SECONDS)
STANDBY = st.builds(Standby, WORDS, st.booleans(), st.none() | SECONDS, st.none() | NUMBERS)
AGE = st.builds(Age, WORDS, KINDS, NUMBERS)
LIMIT = st.builds(Limit, WORDS, NUMBERS, NUMBERS)
POOL = st.builds(Pool, WORDS, WORDS, NUMBERS, NUMBERS, NUMBERS, SECONDS)
CLOSED = st.tuples(WORDS, st.just("paused"))
POOLER = st.builds(
    Pooler,
    st.tuples(POOL),
    LIMIT,
    st.tuples(st.tuples(WORDS, LIMIT)),
    st.tuples(WORDS),
    st.tuples(CLOSED),
    st.booleans(),
)
SESSION = st.builds(
    Session,
    NUMBERS, WORDS, WORDS, WORDS, st.booleans(), st.booleans(), st.tuples(WORDS), st.booleans(), st.booleans(), WORDS,
    WORDS,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_reading_makes_a_judge_raise(data):
    activity, session = data.draw(ACTIVITY), data.draw(SESSION)
    findings = [
        *database_activity.judge_transactions(activity, PROMISED),
        *database_activity.judge_locks(activity, 30.0),
        *database_activity.judge_statements(activity, data.draw(STATEMENTS), PROMISED),
        *database_access.judge_role(session, data.draw(WORDS)),
        *database_access.judge_tls(session, data.draw(st.sampled_from(["none", "require", "verify-full"])), None),
        *database_connections.judge([data.draw(LIMIT)], 80.0, 90.0),
        *database_pool.judge(data.draw(POOLER), PromisedPool(name="main", dsn="dsn", databases=("a",)), 80.0, 90.0),
        *database_pool.judge(data.draw(POOLER), PromisedPool(name="main", dsn="dsn"), 80.0, 90.0),
        *indexes.judge([data.draw(st.builds(BadIndex, WORDS, WORDS, st.booleans()))]),
        *replication.judge_standbys(
            data.draw(st.builds(Replication, st.booleans(), st.tuples(STANDBY), st.integers(0, 2))), 1, 5.0, 1.0
        ),
        *replication.judge_slots([data.draw(st.builds(Slot, WORDS, st.booleans(), NUMBERS, st.booleans()))], 1.0),
        *server_settings.judge(
            data.draw(st.dictionaries(WORDS, WORDS)), data.draw(st.dictionaries(WORDS, WORDS, max_size=3)), ()
        ),
        *storage.judge_room("this database", data.draw(NUMBERS), 1.0, 80.0, 90.0),
        *storage.judge_pages(Pages(True, ((data.draw(WORDS), data.draw(NUMBERS)),))),
        *wraparound.judge(Ages((data.draw(AGE),), data.draw(AGE), {"transactions": 5}), 60.0),
    ]

    assert [] == [each for each in findings if not (each.observed + each.expected + each.next_step).isprintable()]
