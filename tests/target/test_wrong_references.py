"""Names are declared once, every reference names something that can do the work, and waivers end on a day."""

from __future__ import annotations

import pytest

from tests.target.wrong_files import BOTH, EXECUTE, HOOK, KEY, LIMIT, LIST, REVOKE, SLO, TOP, wrong

WAIVER = '[[waivers]]\ncheck = "checks/test_tls.py"\nreason = "is being replaced"\nticket = "OPS-1"\nowner = "us"\n'


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "duplicate-health",
            TOP + '[[health]]\nname = "up"\npath = "/a"\n[[health]]\nname = "up"\npath = "/b"\n',
            '[[health]] "up" name: 2 entries have this name; expected one',
        ),
        wrong(
            "duplicate-endpoints",
            TOP + LIST + LIST,
            '[[endpoints]] "list" name: 2 entries have this name; expected one',
        ),
        wrong(
            "duplicate-journeys",
            TOP + EXECUTE * 3,
            '[[journeys]] "execute" name: 3 entries have this name; expected one',
        ),
        wrong(
            "duplicate-webhooks",
            BOTH + HOOK + HOOK,
            '[[webhooks]] "done" name: 2 entries have this name; expected one',
        ),
        wrong("duplicate-slos", BOTH + SLO + SLO, '[[slos]] "fast" name: 2 entries have this name; expected one'),
        wrong(
            "sampled-twice",
            BOTH + SLO.replace('["list"]', '["list", "list"]'),
            '[[slos]] "fast" endpoints #2: names "list" a second time',
        ),
        wrong(
            "refused-twice",
            TOP + KEY + '[audit]\npath = "/audit"\nrole = "us"\nrefused = ["anonymous", "anonymous"]\n',
            '[audit] refused #2: names "anonymous" a second time',
        ),
        wrong(
            "cells-called-alike",
            TOP
            + KEY.replace("roles.us", "roles.all-us")
            + KEY.partition("\n")[2].partition("\n")[2]
            + LIST
            + "roles = { all-us = 200 }\n"
            + LIST.replace('"list"', '"list-all"')
            + "roles = { us = 200 }\n",
            (
                '[[endpoints]] "list-all" name: its case "list-all-us" is called like one of "list"; give one of the '
                "two another name"
            ),
        ),
        wrong(
            "samples-called-alike",
            BOTH
            + LIST.replace('"list"', '"old-list"')
            + SLO.replace('"fast"', '"fast-old"')
            + "sample = 300\n"
            + SLO.replace('["list"]', '["old-list"]')
            + "sample = 300\n",
            (
                '[[slos]] "fast" name: its case "fast-old-list" is called like one of "fast-old"; give one of the '
                "two another name"
            ),
        ),
        wrong(
            "endpoint-and-journey",
            TOP + LIST + EXECUTE.replace('"execute"', '"list"'),
            '[[journeys]] "list" name: an endpoint has this name too; [[slos]] and [load] could mean either',
        ),
        wrong(
            "role-unknown-endpoint",
            TOP + KEY + LIST + "roles = { uss = 200, anonymous = 401 }\n",
            '[[endpoints]] "list" roles.uss: no role "uss"; did you mean "us"?',
        ),
        wrong(
            "role-unknown-health",
            TOP + '[[health]]\nname = "up"\npath = "/a"\nrole = "anonymus"\n',
            '[[health]] "up" role: no role "anonymus"; did you mean "anonymous"?',
        ),
        wrong(
            "role-unknown-everywhere",
            BOTH
            + LIMIT.replace('"us"', '"a"')
            + 'other_role = "b"\n'
            + HOOK.replace('"us"', '"c"')
            + SLO.replace('"us"', '"d"')
            + '[load]\nrate_per_second = 1\nrole = "e"\nshares = { list = 1 }\n[audit]\npath = "/audit"\n'
            'role = "f"\nrefused = ["g"]\n'
            + REVOKE.replace('"us"', '"h"')
            + '[migrations]\nheads = ["1"]\nreported_path = "/"\nrole = "i"\n',
            '[rate_limit] role: no role "a"; expected "us" or "anonymous"',
            '[rate_limit] other_role: no role "b"; expected "us" or "anonymous"',
            '[[webhooks]] "done" role: no role "c"; expected "us" or "anonymous"',
            '[[slos]] "fast" role: no role "d"; expected "us" or "anonymous"',
            '[load] role: no role "e"; expected "us" or "anonymous"',
            '[audit] role: no role "f"; expected "us" or "anonymous"',
            '[audit] refused #1: no role "g"; expected "us" or "anonymous"',
            '[revocation] role: no role "h"; expected "us" or "anonymous"',
            '[[migrations]] "alembic" role: no role "i"; expected "us" or "anonymous"',
        ),
        wrong(
            "journey-unknown",
            TOP + KEY + EXECUTE + LIMIT.replace('"execute"', '"exekute"'),
            '[rate_limit] journey: no journey "exekute"; did you mean "execute"?',
        ),
        wrong(
            "endpoint-unknown",
            BOTH + SLO.replace('["list"]', '["list", "lisst"]'),
            '[[slos]] "fast" endpoints #2: no endpoint or journey "lisst"; did you mean "list"?',
        ),
        wrong(
            "share-unknown",
            TOP + KEY + LIST + '[load]\nrate_per_second = 1\nrole = "us"\nshares = { list = 1, lits = 1 }\n',
            '[load] shares.lits: no endpoint or journey "lits"; did you mean "list"?',
        ),
        wrong("probe-unknown", TOP + KEY + REVOKE, '[revocation] probe: no endpoint "list"; there are none'),
        wrong(
            "probe-unsafe",
            TOP + KEY + LIST + 'method = "POST"\n' + REVOKE,
            '[revocation] probe: expected an endpoint that is read by GET or HEAD; "list" says POST',
        ),
        wrong(
            "rejected-worker",
            BOTH.replace('scheme = "header"\n', 'scheme = "header"\nexpect = "rejected"\n') + SLO,
            '[[slos]] "fast" role: role "us" is expected to be rejected; name one whose credential is accepted',
        ),
        wrong(
            "burner-used",
            BOTH + LIMIT + SLO,
            '[[slos]] "fast" role: role "us" burns its rate limit; name another one here',
        ),
        wrong(
            "same-other",
            TOP + KEY + EXECUTE + LIMIT + 'other_role = "us"\n',
            "[rate_limit] other_role: expected another role than the one that burns its limit",
        ),
        wrong(
            "burst-budget",
            TOP + "[permits]\nbursts = true\n[asking]\nrequests = 50\n" + KEY + EXECUTE + LIMIT,
            "[asking] requests: expected at least 65, which one burst takes, came 50",
        ),
        wrong(
            "slo-threshold",
            BOTH + SLO.replace("threshold_ms = 50\n", ""),
            '[[slos]] "fast" threshold_ms: is missing; kind "latency" needs the milliseconds of a timely answer',
        ),
        wrong(
            "slo-success-threshold",
            BOTH + SLO + 'kind = "success"\n',
            '[[slos]] "fast" threshold_ms: means nothing for kind "success"; remove it or say kind = "latency"',
        ),
        wrong(
            "slo-agreement",
            BOTH + SLO + "agreement_percent = 99.5\n",
            (
                '[[slos]] "fast" agreement_percent: expected at most objective_percent (99), came 99.5: an '
                "agreement is looser than the objective"
            ),
        ),
        wrong(
            "slo-sample",
            BOTH + SLO + "sample = 3000\n",
            '[[slos]] "fast" sample: expected at most requests of [asking] (2000), came 3000',
        ),
        wrong(
            "slo-max-sample",
            BOTH + SLO + "sample = 300\nmax_sample = 3000\n",
            '[[slos]] "fast" max_sample: expected at most requests of [asking] (2000), came 3000',
        ),
        wrong(
            "slo-max-sample-too-small",
            BOTH + SLO + "sample = 300\nmax_sample = 300\n",
            '[[slos]] "fast" max_sample: expected more than sample (300), came 300',
        ),
        wrong(
            "slo-max-sample-alone",
            BOTH + SLO + "max_sample = 300\n",
            '[[slos]] "fast" max_sample: expected more than sample (missing), came 300',
        ),
        wrong(
            "slo-refused",
            TOP + KEY + LIST + "roles = { us = 403 }\n" + SLO,
            '[[slos]] "fast" role: role "us" gets 403 from endpoint "list"; name one that is answered',
        ),
        wrong(
            "load-warm-up",
            TOP
            + KEY
            + LIST
            + (
                '[load]\nrate_per_second = 1\nduration_seconds = 5\nwarm_up_seconds = 5\nrole = "us"\nshares = '
                "{ list = 1 }\n"
            ),
            "[load] warm_up_seconds: expected less than duration_seconds (5), came 5",
        ),
        wrong(
            "schema-type",
            TOP + LIST + 'schema = { type = "objekt" }\n',
            (
                "[[endpoints]] \"list\" schema: expected a JSON Schema; at type: 'objekt' is not valid under "
                "any of the given schemas"
            ),
        ),
        wrong(
            "schema-remote",
            TOP + LIST + 'schema = { "$ref" = "https://schemas.example/list.json" }\n',
            '[[endpoints]] "list" schema: expected $ref to begin with #: schemas are never fetched',
        ),
        wrong(
            "schema-dangling",
            TOP + LIST + 'schema = { "$ref" = "#/$defs/list" }\n',
            '[[endpoints]] "list" schema: $ref "#/$defs/list" points at nothing in this schema',
        ),
        wrong(
            "schema-draft",
            TOP + LIST + 'schema = { "$schema" = "https://json-schema.org/draft/2030/schema" }\n',
            (
                '[[endpoints]] "list" schema: expected $schema to name a draft of JSON Schema, or no $schema '
                "at all for 2020-12"
            ),
        ),
        wrong(
            "schema-pattern",
            TOP + '[[health]]\nname = "up"\npath = "/"\nschema = { pattern = "(" }\n',
            "[[health]] \"up\" schema: expected a JSON Schema; at pattern: '(' is not a 'regex'",
        ),
        wrong(
            "schema-text",
            TOP + LIST + 'schema = "list.json"\n',
            '[[endpoints]] "list" schema: expected a table, came "list.json"',
        ),
        wrong(
            "audit-refused",
            TOP + KEY + '[audit]\npath = "/audit"\nrole = "us"\nrefused = ["us"]\n',
            '[audit] refused: role "us" is the one that may read it',
        ),
        wrong(
            "backups-where",
            TOP + '[backups]\nkey_tables = ["a b"]\n',
            "[backups] directory: is missing; expected the folder that holds the backups, or [backups.s3]",
            '[backups] key_tables #1: expected table or schema.table, came "a b"',
        ),
        wrong(
            "short-reason",
            TOP + WAIVER.replace("is being replaced", "later") + 'until = "2026-12-31"\n',
            '[[waivers]] "checks/test_tls.py" reason: expected at least 10 characters, came "later"',
        ),
        wrong(
            "waiver-no-until",
            TOP + WAIVER,
            '[[waivers]] "checks/test_tls.py" until: is missing; expected the last day on which it holds, YYYY-MM-DD',
        ),
        wrong(
            "waiver-time",
            TOP + WAIVER + "until = 2026-12-31T10:00:00\n",
            '[[waivers]] "checks/test_tls.py" until: expected a day as YYYY-MM-DD, came "2026-12-31T10:00:00"',
        ),
        wrong(
            "waiver-no-such-day",
            TOP + WAIVER + 'until = "2026-02-30"\n',
            '[[waivers]] "checks/test_tls.py" until: expected a day of the calendar as YYYY-MM-DD, came "2026-02-30"',
        ),
        wrong(
            "waiver-words",
            TOP + WAIVER + 'until = "next year"\n',
            '[[waivers]] "checks/test_tls.py" until: expected a day as YYYY-MM-DD, came "next year"',
        ),
    ],
)
def test_everything_that_is_wrong_is_said(content, complaints, complaints_about):
    assert complaints == complaints_about(content)
