"""Which role and which protection of the connection keep the promise."""

import pytest

from prodverify.data.health.connections import Limit
from prodverify.data.health.session import Session
from prodverify.judges import database_access, database_connections
from prodverify.record.findings import inconclusive


def session(**changed):
    return Session(
        **{
            "version": 150018,
            "role": "monitor",
            "login": "monitor",
            "database": "shop",
            "standby": False,
            "sees_all": True,
            "strengths": (),
            "encrypted": True,
            "encrypted_at_server": True,
            "protocol": "TLSv1.3",
            "host": "db.example",
            **changed,
        }
    )


def said(findings):
    return [(str(finding.severity), finding.rule) for finding in findings]


def test_the_declared_role_that_only_reads_is_no_finding():
    assert [] == database_access.judge_role(session(), "monitor")


def test_another_role_breaks_the_promise_and_names_both():
    (finding,) = database_access.judge_role(session(role="guise"), "monitor")

    assert ("fail", "database-role-other") == said([finding])[0]
    assert "in database shop they are those of guise, although monitor logged in" == finding.observed
    assert "RESET role" in finding.next_step


@pytest.mark.parametrize("strength", ["a superuser", "the database's owner", "allowed to write to 3 tables"])
def test_a_role_that_can_do_more_is_a_warning(strength):
    assert [("warn", "database-role-strong")] == said(
        database_access.judge_role(session(strengths=(strength,)), "monitor")
    )


def test_a_role_that_sees_only_itself_is_told_how_to_see_more():
    (finding,) = database_access.judge_role(session(sees_all=False), "monitor")

    assert ("info", "GRANT pg_monitor TO monitor") == (finding.severity, finding.next_step)


@pytest.mark.parametrize(
    ("changed", "promised", "refused", "expected"),
    [
        ({}, "require", None, ("info", "database-transport")),
        ({"encrypted": False}, "require", None, ("fail", "database-transport-open")),
        ({"encrypted": False, "host": "/run"}, "require", None, ("fail", "database-transport-open")),
        ({"encrypted_at_server": False}, "require", None, ("warn", "database-transport-half-open")),
        ({"encrypted": False, "encrypted_at_server": True}, "require", None, ("fail", "database-transport-open")),
        ({}, "verify-full", "", ("info", "database-transport")),
        ({}, "verify-full", "unknown ca", ("fail", "database-certificate-untrusted")),
        ({}, "verify-full", None, ("inconclusive", "database-certificate-unseen")),
        ({"encrypted": False}, "verify-full", None, ("fail", "database-transport-open")),
        ({"encrypted": False, "host": "/run/postgresql"}, "none", None, ("info", "database-transport")),
        ({"encrypted": False, "host": "@abstract"}, "none", None, ("info", "database-transport")),
        ({"encrypted": False, "host": "127.0.0.1"}, "none", None, ("info", "database-transport")),
        ({"encrypted": True}, "none", None, ("info", "database-transport")),
        ({"encrypted": False}, "none", None, ("fail", "database-transport-open")),
    ],
)
def test_the_connection_is_as_protected_as_promised(changed, promised, refused, expected):
    assert [expected] == said(database_access.judge_tls(session(**changed), promised, refused))


@pytest.mark.parametrize(
    ("used", "most", "expected"),
    [
        (0, 100, "connections"),
        (79, 100, "connections"),
        (80, 100, "connections-scarce"),
        (89, 100, "connections-scarce"),
        (90, 100, "connections-exhausted"),
        (103, 100, "connections-exhausted"),
        (0, 0, "connections-exhausted"),
        (1, -3, "connections-exhausted"),
    ],
)
def test_connections_are_judged_at_both_limits(used, most, expected):
    assert [expected] == [
        finding.rule for finding in database_connections.judge([Limit("the server", used, most)], 80.0, 90.0)
    ]


def test_each_full_limit_is_named():
    limits = [Limit("role app", 10, 10), Limit("database shop", 17, 20), Limit("the server", 17, 97)]

    assert ["role app: 10 of 10", "database shop: 17 of 20"] == [
        finding.observed for finding in database_connections.judge(limits, 80.0, 90.0)
    ]


def test_nothing_seen_is_nothing_found():
    assert ["connections"] == [finding.rule for finding in database_connections.judge([], 80.0, 90.0)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("FATAL: sorry, too many clients already", ["connections-exhausted"]),
        ('FATAL: too many connections for role "app"', ["connections-exhausted"]),
        ("FATAL: remaining connection slots are reserved for roles with the SUPERUSER", ["connections-exhausted"]),
        ("FATAL: no more connections allowed (max_client_conn)", ["connections-exhausted"]),
        ("Connection refused", []),
        ("", []),
    ],
)
def test_a_refused_connection_tells_whether_there_was_none_left(words, expected):
    refusal = inconclusive("database-unreadable", "a connection", words)

    assert expected == [finding.rule for finding in database_connections.judge_refusal(refusal)]
