"""Readiness is one finding, before the checks."""

import json
import socket

import pytest

from prodverify.wire.readiness import wait_until_ready

READY = '[[health]]\nname = "ready"\nkind = "ready"\npath = "/ready"\n'
VERSION = '[[health]]\nname = "about"\npath = "/about"\nversion_at = "/build/0/sha"\n'
PATIENCE = "ready_within_seconds = 0.6"


def test_a_ready_service_is_ready_at_once(serve, scene, respond):
    server = serve(lambda asked: respond())
    made = scene(server.url, '[[health]]\nname = "simple"\npath = "/simple"\n' + READY, asking=PATIENCE)
    readiness = wait_until_ready(made.client, made.target)
    assert (
        readiness.ready,
        readiness.version,
        readiness.attempts,
        readiness.finding,
        readiness.ours,
    ) == (True, "", 1, None, False)
    assert [asked.target for asked in server.asked] == ["/ready"]


def test_a_service_that_becomes_ready_is_waited_for(serve, scene, respond):
    server = serve(lambda asked: respond(200 if len(server.asked) > 3 else 503))
    made = scene(server.url, READY, asking=PATIENCE)
    readiness = wait_until_ready(made.client, made.target)
    assert (readiness.ready, readiness.attempts) == (True, 4)
    assert [asked.connection for asked in server.asked] == [1, 2, 3, 4]


def test_a_service_that_does_not_is_one_finding(serve, scene, respond):
    made = scene(serve(lambda asked: respond(503)).url, READY, asking=PATIENCE)
    readiness = wait_until_ready(made.client, made.target)
    assert (readiness.ready, readiness.ours, readiness.finding.severity) == (False, False, "fail")
    assert (readiness.finding.expected, readiness.finding.observed) == ("status 200 from /ready", "status 503")
    assert 0.6 <= readiness.seconds < 1.5
    assert made.client.requests < 10


def test_nobody_there_is_the_services_failure(scene):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    made = scene(f"http://127.0.0.1:{port}", asking=PATIENCE)
    readiness = wait_until_ready(made.client, made.target)
    assert (
        readiness.ready,
        readiness.ours,
        readiness.finding.severity,
        readiness.finding.rule,
    ) == (False, False, "fail", "not-ready")


def test_a_name_that_does_not_resolve_is_ours(scene):
    made = scene("http://no-such-host.invalid", READY, asking=PATIENCE)
    readiness = wait_until_ready(made.client, made.target)
    assert (readiness.ready, readiness.ours, readiness.finding.severity) == (False, True, "inconclusive")


def test_a_spent_budget_ends_the_wait(serve, scene, respond):
    made = scene(serve(lambda asked: respond(503)).url, READY, asking="requests = 2\nready_within_seconds = 30.0")
    readiness = wait_until_ready(made.client, made.target)
    assert (readiness.ready, readiness.ours, readiness.finding.rule) == (False, True, "budget-spent")
    assert readiness.seconds < 5


def test_without_health_paths_any_answer_is_enough(serve, scene, respond):
    server = serve(lambda asked: respond(404))
    made = scene(server.url)
    assert wait_until_ready(made.client, made.target).ready
    assert [asked.target for asked in server.asked] == ["/"]


def deploying(respond, versions):
    told = iter(versions)

    def answer(asked):
        if asked.target == "/about":
            return respond(200, json.dumps({"build": [{"sha": next(told)}]}).encode())
        return respond()

    return answer


@pytest.mark.parametrize("text", [READY + VERSION, VERSION])
def test_the_version_is_expected_three_times_in_a_row(serve, scene, respond, text):
    server = serve(deploying(respond, ["old", "new", "old", "new", "new", "new", "new", "new"]))
    made = scene(server.url, text, asking=PATIENCE)
    readiness = wait_until_ready(made.client, made.target, expect_version="new")
    assert (readiness.ready, readiness.version, readiness.versions) == (True, "new", ("old", "new"))
    assert [asked.target for asked in server.asked].count("/about") == 6
    assert len(server.asked) == server.connections


def test_another_version_is_not_ready(serve, scene, respond):
    made = scene(serve(deploying(respond, iter(lambda: "old", ""))).url, READY + VERSION, asking=PATIENCE)
    readiness = wait_until_ready(made.client, made.target, expect_version="new")
    assert (
        readiness.ready,
        readiness.ours,
        readiness.finding.rule,
        readiness.finding.observed,
    ) == (False, False, "version-not-deployed", "version old")


def test_the_version_is_told_where_none_is_expected(serve, scene, respond):
    made = scene(serve(deploying(respond, ["1.0.0"])).url, READY + VERSION, asking=PATIENCE)
    readiness = wait_until_ready(made.client, made.target)
    assert (readiness.ready, readiness.version) == (True, "1.0.0")


def test_a_version_in_a_header_counts_too(serve, scene, respond):
    server = serve(lambda asked: respond(200, b"{}", ("X-Version", "7")))
    made = scene(server.url, READY, asking=PATIENCE + '\nversion_header = "X-Version"')
    assert wait_until_ready(made.client, made.target, expect_version="7").ready
    assert {"7"} == made.client.versions


def test_a_version_that_nobody_tells_is_our_own_omission(serve, scene, respond):
    server = serve(lambda asked: respond())
    made = scene(server.url, READY, asking=PATIENCE)
    readiness = wait_until_ready(made.client, made.target, expect_version="7")
    assert (
        readiness.ready,
        readiness.ours,
        readiness.finding.rule,
        server.asked,
    ) == (False, True, "version-not-declared", [])


def test_a_version_may_be_the_whole_body_as_text(serve, scene, respond):
    server = serve(lambda asked: respond(200, b"3.10\n", kind="text/plain"))
    text = '[[health]]\nname = "version"\npath = "/version"\nversion_at = ""\n'
    made = scene(server.url, text, asking=PATIENCE)
    assert wait_until_ready(made.client, made.target, expect_version="3.10").versions == ("3.10",)
    assert not wait_until_ready(made.client, made.target, expect_version="3.1").ready
