"""The live database is read, and neither written to nor held up nor named with its password."""

import psycopg
import pytest

from prodverify.data.connection import location, read_only, refusals, system_identifier, without_password
from prodverify.record.findings import Severity, Unjudged


def test_nothing_can_be_written(shop):
    with (
        pytest.raises(Unjudged, match="read-only transaction"),
        read_only(shop, statement_timeout_ms=1000) as connection,
    ):
        connection.execute("DELETE FROM sessions")


@pytest.mark.parametrize(
    "escape", ["SET TRANSACTION READ WRITE", "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE"]
)
def test_a_reader_cannot_become_a_writer(shop, escape):
    with pytest.raises(Unjudged), read_only(shop, statement_timeout_ms=1000) as connection:
        connection.execute(f"{escape}; DELETE FROM sessions")


def test_a_slow_statement_is_ended(shop):
    with pytest.raises(Unjudged, match="statement timeout"), read_only(shop, statement_timeout_ms=30) as connection:
        connection.execute("SELECT pg_sleep(10)")


def test_every_limit_is_set_and_the_server_is_told_who_asks(shop):
    with read_only(shop, statement_timeout_ms=1234, purpose="backup") as connection:
        names = (
            "transaction_read_only", "default_transaction_read_only", "statement_timeout", "lock_timeout",
            "idle_in_transaction_session_timeout", "row_security", "application_name",
        )  # fmt: skip
        seen = {name: connection.execute(f"SHOW {name}").fetchone()[0] for name in names}

    assert seen == {
        "transaction_read_only": "on",
        "default_transaction_read_only": "on",
        "statement_timeout": "1234ms",
        "lock_timeout": "1s",
        "idle_in_transaction_session_timeout": "1min",
        "row_security": "off",
        "application_name": "prodverify backup",
    }


def test_a_pooled_connection_is_given_back_as_it_was(shop):
    with read_only(shop, statement_timeout_ms=1234) as connection:
        connection.execute("ROLLBACK")
        assert connection.execute(
            "SELECT current_setting('default_transaction_read_only'), current_setting('statement_timeout')"
        ).fetchone() == ("off", "0")
        connection.execute("BEGIN")


def test_a_database_that_does_not_answer_cannot_be_judged():
    dsn = "postgresql://app:s3cr%40t-word@127.0.0.1:1/orders"  # pragma: allowlist secret
    with pytest.raises(Unjudged) as caught, read_only(dsn, statement_timeout_ms=1000):
        pass

    assert caught.value.finding.severity == Severity.INCONCLUSIVE
    assert "database orders at 127.0.0.1:1" in str(caught.value)
    assert "Connection refused" in str(caught.value)
    assert "s3cr" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("text", ["postgresql//app:s3cret@db/orders", "host=db passwort=s3cret", "s3cret"])
def test_a_text_that_is_no_dsn_is_not_quoted(text):
    with pytest.raises(Unjudged, match="write postgresql://USER:PASSWORD@HOST") as caught:
        location(text)

    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("password", ["s3cret@s3cret", "s3cret/s3cret", "12/s3cret"])
def test_a_password_that_breaks_the_dsn_is_not_taken_for_an_address(password):
    with pytest.raises(Unjudged, match="%40 for '@' and %2F for '/'") as caught:
        location(f"postgresql://app:{password}@db/orders")  # pragma: allowlist secret

    assert "s3cret" not in str(caught.value)


def test_the_password_is_taken_out_of_messages_in_every_form():
    dsn = "postgresql://app:a%2Fb%20c@db/orders"  # pragma: allowlist secret

    assert without_password("no a/b c or a%2Fb%20c or a%2Fb+c", dsn) == "no *** or *** or ***"


def test_every_attempt_to_connect_is_told_without_password(cluster):
    nobody = psycopg.conninfo.make_conninfo(cluster.dsn(), user="nobody_of_that_name", password="s3cret-word")
    values = psycopg.conninfo.conninfo_to_dict(nobody)
    both = psycopg.conninfo.make_conninfo(nobody, host=f"{values['host']},127.0.0.1", port=f"{values['port']},1")

    with pytest.raises(Unjudged) as caught, read_only(both, statement_timeout_ms=1000):
        pass

    first, second = sorted(caught.value.finding.observed.split("; "))
    assert 'connection to server at "127.0.0.1", port 1 failed: Connection refused' == first
    assert 'role "nobody_of_that_name" does not exist' in second
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ("no reason given",)),
        ("connection failed: odd\nand more", ("connection failed: odd",)),
        (
            "connection timeout expired\nMultiple connection attempts failed. All failures were:\n"
            "- host: 'db', port: '5', hostaddr: '192.0.2.1': connection failed: connection to server at "
            '"192.0.2.1", port 5 failed: FATAL:  sorry\n\tDETAIL\n'
            "- host: 'db', port: '5', hostaddr: '::2': connection timeout expired",
            (
                'connection to server at "192.0.2.1", port 5 failed: FATAL: sorry',
                "host: 'db', port: '5', hostaddr: '::2': connection timeout expired",
            ),
        ),
    ],
)
def test_what_each_attempt_was_told_is_kept_on_a_line_of_its_own(text, told):
    assert told == refusals(psycopg.OperationalError(text), "postgresql:///shop")


def test_hidden_rows_are_an_error_and_not_a_smaller_count(databases, cluster):
    dsn = databases("CREATE TABLE t (a int); ALTER TABLE t ENABLE ROW LEVEL SECURITY; GRANT SELECT ON t TO PUBLIC")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE ROLE guest LOGIN")

    guest = psycopg.conninfo.make_conninfo(dsn, user="guest")
    with pytest.raises(Unjudged, match="row-level security"), read_only(guest, statement_timeout_ms=1000) as connection:
        connection.execute("SELECT count(*) FROM t")


def test_a_server_has_one_number_whichever_database_is_asked(shop, cluster):
    with read_only(shop, statement_timeout_ms=1000) as one, read_only(cluster.dsn(), statement_timeout_ms=1000) as two:
        assert system_identifier(one) == system_identifier(two)
        assert system_identifier(one).isdigit()


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("SELECT v::integer FROM (VALUES ('alice@shop.example')) AS rows (v)", "invalid text representation"),
        ("DO $$ BEGIN RAISE EXCEPTION 'no room for alice@shop.example'; END $$", "raise exception (SQLSTATE P0001)"),
        ("DO $$ BEGIN EXECUTE 'SELECT alice'; END $$", "undefined column"),
        ("SELECT no_such_column", 'column "no_such_column" does not exist'),
    ],
)
def test_what_a_server_says_of_a_row_is_not_repeated(shop, statement, told):
    with (
        pytest.raises(Unjudged) as caught,
        read_only(shop, statement_timeout_ms=5000) as connection,
    ):
        connection.execute(statement)

    assert told in caught.value.finding.observed
    assert "alice" not in str(caught.value)
