"""Wrong keys and wrong values are named with what was expected, and with the nearest valid word."""

from __future__ import annotations

import pytest

from tests.target.wrong_files import BOTH, EXECUTE, KEY, LIMIT, LIST, SLO, TLS_KEYS, TOP, wrong


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "version-two",
            TOP.replace("version = 1", "version = 2"),
            "(top level) version: expected 1, came 2",
        ),
        wrong(
            "version-text",
            TOP.replace("version = 1", 'version = "1"'),
            '(top level) version: expected 1, came "1"',
        ),
        wrong(
            "no-version",
            'name = "ours"\nbase_url = "http://127.0.0.1:8000"\n',
            "(top level) version: is missing; expected the version of this file's format",
        ),
        wrong(
            "no-name",
            'version = 1\nbase_url = "http://127.0.0.1:8000"\n',
            "(top level) name: is missing; expected the name of the target",
        ),
        wrong(
            "name-capitals",
            TOP.replace('"ours"', '"Unsere Anlage"'),
            '(top level) name: expected a name of lower-case letters, digits, - and _, came "Unsere Anlage"',
        ),
        wrong(
            "name-unicode",
            TOP.replace('"ours"', '"überall"'),
            '(top level) name: expected a name of lower-case letters, digits, - and _, came "überall"',
        ),
        wrong(
            "name-long",
            TOP.replace('"ours"', '"' + "o" * 61 + '"'),
            (
                "(top level) name: expected at most 60 characters, came "
                '"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo..."'
            ),
        ),
        wrong(
            "no-base-url",
            'version = 1\nname = "ours"\n',
            '(top level) base_url: is missing; expected the address of the service, as "https://api.example"',
        ),
        wrong(
            "base-url-number",
            'version = 1\nname = "ours"\nbase_url = 8000\n',
            "(top level) base_url: expected text in quotes, came 8000",
        ),
        wrong(
            "unknown-top-key",
            'version = 1\nname = "ours"\nbase_ulr = "http://127.0.0.1:8000"\n',
            '(top level) base_ulr: no such key; did you mean "base_url"?',
            '(top level) base_url: is missing; expected the address of the service, as "https://api.example"',
        ),
        wrong(
            "unknown-section",
            TOP + "[rate-limit]\nrequests = 60\n",
            '(top level) rate-limit: no such key; did you mean "rate_limit"?',
        ),
        wrong(
            "unknown-key-far",
            TOP + "[tls]\nxyzzy = 1\n",
            f"[tls] xyzzy: no such key; expected {TLS_KEYS}",
        ),
        wrong(
            "unknown-permit",
            TOP + "[permits]\nwrite = true\n",
            '[permits] write: no such key; did you mean "writes"?',
        ),
        wrong(
            "boolean-as-text",
            TOP + '[permits]\nwrites = "true"\n',
            '[permits] writes: expected true or false, came "true"; write it without quotes',
        ),
        wrong(
            "number-as-text",
            TOP + '[asking]\nrequests = "60"\n',
            '[asking] requests: expected a whole number, came "60"; write it without quotes',
        ),
        wrong(
            "date-for-number",
            TOP + "[asking]\nrequests = 2026-01-01\ndeadline_seconds = 07:32:00\n",
            '[asking] requests: expected a whole number, came "2026-01-01"',
            '[asking] deadline_seconds: expected a number, came "07:32:00"',
        ),
        wrong(
            "half-a-request",
            TOP + "[asking]\nrequests = 1.5\n",
            "[asking] requests: expected a whole number, came 1.5",
        ),
        wrong(
            "timeout-text",
            TOP + '[asking]\nread_timeout_seconds = "10 s"\n',
            '[asking] read_timeout_seconds: expected a number, came "10 s"; write it without quotes',
        ),
        wrong(
            "negative",
            TOP + "[asking]\nrequests = -1\nrate_per_second = 0\n",
            "[asking] requests: expected more than 0, came -1",
            "[asking] rate_per_second: expected more than 0, came 0",
        ),
        wrong(
            "table-for-list",
            TOP + '[health]\nname = "a"\npath = "/"\n',
            "(top level) health: expected a list of tables, each begun by [[health]], came a table",
        ),
        wrong(
            "list-for-table",
            TOP + "[[tls]]\nterminated = true\n",
            "(top level) tls: expected a table, begun by [tls], came a list",
        ),
        wrong(
            "text-for-list",
            TOP + '[asking]\nhosts = "a.example"\n',
            '[asking] hosts: expected a list, came "a.example"',
        ),
        wrong(
            "number-for-text",
            TOP + "owner = 7\n",
            "(top level) owner: expected text in quotes, came 7",
        ),
        wrong(
            "value-in-secrets",
            TOP + '[secrets]\nkey = "s3cr3t-value"\n',
            '[secrets] key: expected { env = "NAME" } or { file = "PATH" }, never the value itself, came other text',
        ),
        wrong(
            "scheme-missing",
            TOP + '[roles.us]\ncredential = "key"\n',
            '[roles.us] scheme: is missing; expected "header", "bearer", "basic", "cookie", "oauth2" or "token"',
        ),
        wrong(
            "scheme-unknown",
            TOP + '[secrets]\nkey = { env = "OUR_KEY" }\n[roles.us]\nscheme = "baerer"\ncredential = "key"\n',
            (
                '[roles.us] scheme: expected "header", "bearer", "basic", "cookie", "oauth2" or "token", came '
                '"baerer"; did you mean "bearer"?'
            ),
        ),
        wrong(
            "role-key-unknown",
            TOP + KEY + 'hedder = "X"\n',
            '[roles.us] hedder: no such key; did you mean "header"?',
        ),
        wrong(
            "role-not-table",
            TOP + '[roles]\nus = "key"\n',
            "[roles.us]: expected a table, came other text",
        ),
        wrong(
            "role-bad-name",
            TOP + '[secrets]\nkey = { env = "OUR_KEY" }\n[roles."Us Two"]\nscheme = "bearer"\ncredential = "key"\n',
            "[roles.Us Two]: expected a name of lower-case letters, digits, - and _",
        ),
        wrong(
            "secret-bad-name",
            TOP + '[secrets]\nour-key = { env = "OUR_KEY" }\n',
            "[secrets] our-key: expected a name of lower-case letters, digits and _",
        ),
        wrong(
            "role-anonymous",
            TOP + KEY.replace("roles.us", "roles.anonymous"),
            "[roles.anonymous]: anonymous is the role without credential; give this one another name",
        ),
        wrong(
            "credential-value",
            TOP + KEY.replace('"key"\n', '"Sk-Live.123456"\n'),
            "[roles.us] credential: expected the name of a secret in [secrets], came other text",
        ),
        wrong(
            "path-relative",
            TOP + '[[health]]\nname = "up"\npath = "health"\n',
            '[[health]] "up" path: expected a path that begins with /, came "health"',
        ),
        wrong(
            "pointer",
            TOP + '[[health]]\nname = "up"\npath = "/health"\nversion_at = "version"\n',
            '[[health]] "up" version_at: expected a JSON Pointer (RFC 6901), empty or beginning with /, came "version"',
        ),
        wrong(
            "kind",
            TOP + '[[health]]\nname = "up"\npath = "/health"\nkind = "live"\n',
            (
                '[[health]] "up" kind: expected "health", "alive", "ready" or "version", came "live"; did you '
                'mean "alive"?'
            ),
        ),
        wrong(
            "kind-near",
            TOP + '[[health]]\nname = "up"\npath = "/health"\nkind = "redy"\n',
            (
                '[[health]] "up" kind: expected "health", "alive", "ready" or "version", came "redy"; did you '
                'mean "ready"?'
            ),
        ),
        wrong(
            "method",
            TOP + LIST + 'method = "get"\n',
            '[[endpoints]] "list" method: expected an HTTP method in capitals, came "get"; did you mean "GET"?',
        ),
        wrong(
            "status",
            TOP + LIST + "roles = { anonymous = 1000 }\n",
            '[[endpoints]] "list" roles.anonymous: expected at most 599, came 1000',
        ),
        wrong(
            "status-bool",
            TOP + LIST + "roles = { anonymous = true }\n",
            '[[endpoints]] "list" roles.anonymous: expected a whole number, came true',
        ),
        wrong(
            "no-entry-name",
            TOP + '[[endpoints]]\npath = "/actions"\n',
            "[[endpoints]] #1 name: is missing; expected the name of this endpoint in the evidence",
        ),
        wrong(
            "no-steps",
            TOP + '[[journeys]]\nname = "execute"\nsteps = []\n',
            '[[journeys]] "execute" steps: expected at least one entry, came an empty list',
        ),
        wrong(
            "step-number",
            TOP + EXECUTE + 'status = "202"\n',
            '[[journeys]] "execute" steps #1.status: expected a whole number, came "202"; write it without quotes',
        ),
        wrong(
            "percent-100",
            TOP + KEY + LIST + SLO.replace("= 99", "= 100"),
            '[[slos]] "fast" objective_percent: expected less than 100, came 100',
        ),
        wrong(
            "embedded-service",
            'version = 1\nname = "ours"\n[embedded]\nservice = "rely"\n',
            '[embedded] service: expected "relay", came "rely"; did you mean "relay"?',
        ),
        wrong(
            "load-shares",
            TOP + KEY + '[load]\nrate_per_second = 1\nrole = "us"\nshares = {}\n',
            "[load] shares: expected at least one entry, came an empty table",
        ),
        wrong(
            "load-too-long",
            BOTH + '[load]\nrate_per_second = 1\nduration_seconds = 86401\nrole = "us"\nshares = { list = 1 }\n',
            "[load] duration_seconds: expected at most 86400, came 86401",
        ),
        wrong(
            "limit-without-status",
            BOTH + LIMIT + "statuses = []\n",
            "[rate_limit] statuses: expected at least one entry, came an empty list",
        ),
        wrong(
            "many",
            (
                'version = 1\nname = "ours"\nbase_url = "https://api.example/v1"\n[permits]\nwrites = "yes"\n'
                'burst = true\n[roles.us]\nscheme = "header"\ncredential = "kez"\n[[endpoints]]\nname = '
                '"list"\npath = "actions"\nroles = { us = 200, them = 403 }\n[[slos]]\nname = "fast"\n'
                'endpoints = ["list", "lost"]\nrole = "us"\nobjective_percent = 99.9\n'
            ),
            (
                "(top level) base_url: expected an address without path and query; paths belong to [[health]] "
                "and [[endpoints]]"
            ),
            '[permits] writes: expected true or false, came "yes"; write it without quotes',
            '[permits] burst: no such key; did you mean "bursts"?',
            "[roles.us] credential: names no secret of [secrets]; there are none",
            '[[endpoints]] "list" path: expected a path that begins with /, came "actions"',
            '[[endpoints]] "list" roles.them: no role "them"; expected "us" or "anonymous"',
            '[[slos]] "fast" endpoints #2: no endpoint or journey "lost"; did you mean "list"?',
            '[[slos]] "fast" threshold_ms: is missing; kind "latency" needs the milliseconds of a timely answer',
        ),
    ],
)
def test_everything_that_is_wrong_is_said(content, complaints, complaints_about):
    assert complaints == complaints_about(content)
