"""Mistakes in ``[logs]``, ``[traces]`` and ``[error_tracker]``: each one complaint that says what was expected."""

import pytest

from prodverify.target.load import load
from tests.target.wrong_files import BOTH, LIST, wrong

LOGS = '[logs]\nendpoint = "list"\n'
FILE = LOGS + 'file = "service.log"\n'
LOKI = '[logs.loki]\naddress = "key"\nquery = "{app=\\"shop\\"}"\n'
TRACES = '[traces]\naddress = "key"\nendpoint = "list"\n'
TRACKER = '[error_tracker]\naddress = "key"\nendpoint = "list"\npath = "/errors/{request_id}"\n'
WRITING = '[[endpoints]]\nname = "make"\npath = "/make"\nmethod = "POST"\n'
CLOSED = '[[endpoints]]\nname = "closed"\npath = "/closed"\nroles = { us = 403 }\n'


def test_the_log_of_an_embedded_service_is_its_own(tmp_path):
    (tmp_path / "ours.toml").write_text('version = 1\nname = "ours"\n[embedded]\n' + LIST + LOGS)
    made_up = {"base_url": "http://127.0.0.1:8000", "relay_log": "/run/relay.log"}
    target = load(str(tmp_path / "ours.toml"), root=tmp_path, environ={})

    assert "/run/relay.log" == target.located(made_up).promises.logs.file


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "logs-nowhere",
            BOTH + LOGS,
            "[logs] file: expected exactly one of file, command and [logs.loki], came none",
        ),
        wrong(
            "logs-in-two-places",
            BOTH + FILE + 'command = ["cat"]\n',
            "[logs] file: expected exactly one of file, command and [logs.loki], came file and command",
        ),
        wrong(
            "logs-in-a-file-and-in-loki",
            BOTH + FILE + LOKI,
            "[logs] file: expected exactly one of file, command and [logs.loki], came file and loki",
        ),
        wrong(
            "no-such-endpoint",
            BOTH + FILE.replace("list", "lisst"),
            '[logs] endpoint: no endpoint "lisst"; did you mean "list"?',
        ),
        wrong("no-such-role", BOTH + FILE + 'role = "uss"\n', '[logs] role: no role "uss"; did you mean "us"?'),
        wrong(
            "endpoint-that-writes",
            BOTH + WRITING + FILE.replace("list", "make"),
            "[logs] endpoint: expected an endpoint that is read, came one of method POST",
        ),
        wrong(
            "role-that-is-refused",
            BOTH + CLOSED + FILE.replace("list", "closed") + 'role = "us"\n',
            '[logs] role: role "us" gets 403 from endpoint "closed"; name one that gets 2xx',
        ),
        wrong(
            "no-pointer",
            BOTH + FILE + 'id_at = "request_id"\n',
            '[logs] id_at: expected a JSON Pointer (RFC 6901), empty or beginning with /, came "request_id"',
        ),
        wrong(
            "no-header",
            BOTH + FILE + 'request_id_header = "X Request"\n',
            '[logs] request_id_header: expected the name of a header, as "X-Request-ID", without colon and spaces',
        ),
        wrong(
            "clock-of-no-time",
            BOTH + FILE + "max_clock_skew_seconds = 3\n",
            "[logs] max_clock_skew_seconds: is that of the time at time_at, which is missing",
        ),
        wrong(
            "a-body-without-malformed",
            BOTH + FILE + 'planted_in = ["body"]\n',
            '[logs] planted_in: names "body", and no endpoint has malformed, a body that is refused, to send it with',
        ),
        wrong(
            "a-place-twice",
            BOTH + FILE + 'planted_in = ["query", "query"]\n',
            '[logs] planted_in #2: names "query" a second time',
        ),
        wrong(
            "an-event-that-nothing-leaves",
            BOTH + FILE + '[logs.events]\nforbidden = { event = "refused" }\n',
            "[logs] events.forbidden: no endpoint promises 403 to any role, so that nothing leaves this line",
        ),
        wrong(
            "a-log-in-that-nobody-has",
            BOTH + FILE + '[logs.events]\nlog_in = { event = "refused" }\n',
            '[logs] events.log_in: speaks of a log-in, and no role has the scheme "cookie" or "token"',
        ),
        wrong(
            "no-selector",
            BOTH + LOGS + '[logs.loki]\naddress = "key"\nquery = "shop"\n',
            '[logs] loki.query: expected a selector of LogQL, as {app="shop"}, came "shop"',
        ),
        wrong(
            "deadline-of-no-command",
            BOTH + FILE + "command_deadline_seconds = 5\n",
            "[logs] command_deadline_seconds: means nothing without command",
        ),
        wrong(
            "no-secret-of-a-store",
            BOTH + TRACES.replace('"key"', '"kee"'),
            '[traces] address: names no secret of [secrets]; did you mean "key"?',
        ),
        wrong(
            "a-token-where-its-name-belongs",
            BOTH + TRACES + 'token = "eyJhbGciOiJIUzI1NiJ9.e30.abc"\n',  # pragma: allowlist secret
            "[traces] token: expected the name of a secret in [secrets], came other text",
        ),
        wrong(
            "no-place-of-the-trace",
            BOTH + TRACES + 'path = "/api/traces"\n',
            '[traces] path: expected a path that begins with / and holds {trace_id}, came "/api/traces"',
        ),
        wrong(
            "no-such-kind",
            BOTH + TRACES + 'spans = ["sever"]\n',
            '[traces] spans #1: expected "server", "client", "internal", "producer" or "consumer", came "sever"; '
            'did you mean "server"?',
        ),
        wrong(
            "a-credential-of-the-store",
            BOTH + TRACES + 'headers = { Authorization = "Bearer abc" }\n',
            "[traces] headers.Authorization: carries a credential; name a secret, which stands in no file",
        ),
        wrong(
            "no-place-of-the-error",
            BOTH + TRACKER.replace("/errors/", "errors/"),
            '[error_tracker] path: expected a path that begins with /, came "errors/{request_id}"',
        ),
        wrong(
            "an-error-found-by-what-is-not-asked-for",
            BOTH + TRACKER + 'found_by = "trace_id"\n',
            '[error_tracker] path: holds {request_id}, while found_by says "trace_id"; expected one of the two',
        ),
        wrong(
            "another-that-is-the-same",
            BOTH + TRACKER + 'group_at = "/g"\nprovoke = { X-Break = "1" }\nprovoke_other = { X-Break = "1" }\n',
            "[error_tracker] provoke_other: is provoke; expected an error of another kind",
        ),
        wrong(
            "another-without-group",
            BOTH + TRACKER + 'provoke = { X-Break = "1" }\nprovoke_other = { X-Break = "2" }\n',
            "[error_tracker] group_at: is missing; provoke_other is told from provoke by its group",
        ),
        wrong(
            "a-header-of-ours",
            BOTH + TRACKER + 'provoke = { User-Agent = "x" }\n',
            "[error_tracker] provoke.User-Agent: User-Agent is sent by itself; it stays",
        ),
    ],
)
def test_a_mistake_about_what_is_observed_is_told_in_one_sentence(complaints_about, content, complaints):
    assert complaints == complaints_about(content)
