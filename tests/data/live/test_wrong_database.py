"""What [database] cannot mean is refused in one sentence, before anybody connects."""

import pytest

from prodverify.target.load import TargetError, load

TOP = (
    'version = 1\nname = "ours"\nbase_url = "http://127.0.0.1:8000"\n'
    '[secrets]\ndsn = { env = "OUR_DSN" }\n[database]\ndsn = "dsn"\n'
)
OBJECTIVE = '[[database.objectives]]\nname = "newest"\nquery = "SELECT 1"\nthreshold_ms = 100\nobjective_percent = 95\n'
POOL = '[[database.pools]]\nname = "main"\ndsn = "dsn"\n'


def loaded(tmp_path, content):
    path = tmp_path / "ours.toml"
    path.write_text(content)
    return load(str(path), root=tmp_path, environ={"OUR_DSN": "postgresql:///shop"})


@pytest.mark.parametrize(
    "content",
    [
        "",
        'role = "monitor"\ntls = "verify-full"\nstandbys = 0\nmax_lag_mib = 0.5\n',
        'warn_percent = 90\nfail_percent = 90\nsettings = { work_mem = "4MB", jit = false, max_connections = 100 }\n',
        'accepted_settings = ["fsync"]\nlong_applications = ["report*"]\n',
        OBJECTIVE,
        OBJECTIVE.replace("SELECT 1", "  with one as (select 1) table one ; "),
        OBJECTIVE + "max_sample = 1500\n",
        POOL + 'max_waiting_seconds = 0.5\ndatabases = ["shop"]\n',
    ],
)
def test_what_can_be_meant_is_taken(tmp_path, content):
    assert loaded(tmp_path, TOP + content).promises.database is not None


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ('tls = "required"\n', '[database] tls: expected "require", "verify-full" or "none", came "required"'),
        ("max_lag_second = 5\n", "[database] max_lag_second: no such key; did you mean"),
        ("max_wait_seconds = 0\n", "[database] max_wait_seconds: expected more than 0, came 0"),
        ("standbys = -1\n", "[database] standbys: expected at least 0, came -1"),
        ("standbys = 1.5\n", "[database] standbys: expected a whole number, came 1.5"),
        ("wraparound_percent = 100\n", "[database] wraparound_percent: expected less than 100, came 100"),
        ("warn_percent = 95\n", "[database] warn_percent: expected at most fail_percent (90), came 95"),
        ('role = " monitor"\n', "[database] role: expected the name of a role without spaces around it"),
        ('long_applications = ["*"]\n', "[database] long_applications #1: expected the name of an application, as"),
        ('settings = { "max-wal" = "1GB" }\n', "[database] settings.max-wal: expected the name of a setting, as"),
        ('settings = { statement_timeout = "5s" }\n', "[database] settings.statement_timeout: is set by the suite"),
        ('accepted_settings = ["f sync"]\n', "accepted_settings #1: expected the name of a setting"),
        (OBJECTIVE.replace("SELECT 1", "DELETE FROM orders"), "query: expected one statement that begins with SELECT"),
        (OBJECTIVE.replace("SELECT 1", "SELECT 1; SELECT 2"), "query: expected one statement that begins with SELECT"),
        (OBJECTIVE.replace("SELECT 1", ""), "query: expected one statement that begins with SELECT"),
        (OBJECTIVE + "max_sample = 300\n", "max_sample: expected more than sample (300), came 300"),
        (OBJECTIVE + OBJECTIVE, 'name: names "newest" a second time'),
        (OBJECTIVE.replace("threshold_ms = 100\n", ""), "threshold_ms: is missing; expected the"),
        ("statements_window_seconds = 601\n", "statements_window_seconds: expected at most 600, came 601"),
        (POOL + POOL, 'name: names "main" a second time'),
        (POOL + 'databases = [" "]\n', 'databases: expected names of databases, as "shop", came an empty one'),
        (POOL.replace('"dsn"', '"console"'), "dsn: "),
        (POOL + "max_waiting_seconds = 0\n", "max_waiting_seconds: expected more than 0, came 0"),
    ],
)
def test_what_cannot_be_meant_is_told_in_one_sentence(tmp_path, content, complaint):
    with pytest.raises(TargetError) as caught:
        loaded(tmp_path, TOP + content)

    assert len(caught.value.complaints) == 1, caught.value
    assert complaint in caught.value.complaints[0]
