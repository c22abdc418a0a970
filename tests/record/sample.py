"""Records to look at: one with a case of each state, and large ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from prodverify.record.findings import fail, inconclusive, warn
from prodverify.record.roster import Comparison
from prodverify.record.run import CaseRecord, RunRecord
from prodverify.record.states import State
from prodverify.record.verdict import decide
from prodverify.record.waivers import WaiverUse, check_of

HSTS = "Browsers are told to stay on HTTPS for as long as the policy asks."
ROLES = "Each role gets what it is promised, and nothing else."


def exchange(path: str = "/actions", status: int = 200, **others: Any) -> dict[str, Any]:
    return {
        "method": "GET",
        "url": f"http://127.0.0.1:8080{path}",
        "role": "admin",
        "status": status,
        "http_version": "HTTP/1.1",
        "request_headers": [
            ["Host", "127.0.0.1:8080"],
            ["User-Agent", "prodverify/0.1.0 (run 20261121T022357Z-1f2e3d4c)"],
            ["X-API-Key", "[redacted]"],
            ["traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"],
        ],
        "headers": [
            ["content-type", "application/json"],
            ["strict-transport-security", "max-age=86400"],
            ["x-content-type-options", "nosniff"],
            ["x-request-id", "7f3a2b10-6c1d-4a55-9be0-5d4f3c2b1a00"],
        ],
        "request_body": "",
        "body": '{"actions":[{"name":"echo","description":"Says what it is told."}]}',
        "elapsed_ms": 12.4,
        "attempts": 1,
        "started_at": "2026-11-21T02:23:58.100+00:00",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "redirects": [],
        "curl": f"curl -sS -i -H \"X-API-Key: $ADMIN_KEY\" 'http://127.0.0.1:8080{path}'",
        **others,
    }


def case(case_id: str, state: State, claim: str = ROLES, **others: Any) -> CaseRecord:
    return CaseRecord(id=case_id, check=check_of(case_id), state=state, claim=claim, **others)


def run(cases: Iterable[CaseRecord], **others: Any) -> RunRecord:
    """A record with the verdict that its cases make."""
    checks = tuple(cases)
    verdict = decide(one.state for one in checks)
    said = {"verdict": verdict.word.value, "rule": verdict.rule, "exit_status": verdict.exit_status}
    stated: dict[str, Any] = {
        "run_id": "20261121T022357Z-1f2e3d4c",
        "target": "local",
        "target_path": "targets/local.toml",
        "target_sha256": "9d1f" * 16,
        "slos_hash": "a0460b6674d5",
        "base_url": "http://127.0.0.1:8080",
        "environment": "practice",
        "owner": "you",
        "practice": True,
        "permits": ("writes", "bursts", "restores"),
        "collected": len(checks),
        "expected": len(checks),
        "versions": {"service": ["1.0.0"], "prodverify": "0.1.0", "python": "3.11.7", "postgres": "18.0"},
        "started_at": "2026-11-21T02:23:57+00:00",
        "ended_at": "2026-11-21T02:24:04+00:00",
        "duration_ms": 7_000.0,
        "requests": 812,
        "budget": 6000,
        "command": "pytest checks --target local -n 2",
        "roster": Comparison(True, (), ()),
    }
    return RunRecord(**stated | {"checks": checks} | said | others)


def one_of_each() -> RunRecord:
    """Seven cases, one in each state."""
    waiver = WaiverUse(
        "checks/test_auth.py::test_roles[audit-viewer]",
        "the new roles ship next week",
        "OPS-77",
        "k.ito",
        "2026-11-30",
        "used",
    )
    cases = (
        case(
            "checks/test_health.py::test_path[liveness]",
            State.PASS,
            "The service says that it is alive.",
            duration_ms=3.1,
            exchanges=(exchange("/health/liveness"),),
        ),
        case(
            "checks/test_headers.py::test_browsers_stay_on_https[api]",
            State.FAIL,
            HSTS,
            clause="RFC 6797 section 6.1.1",
            findings=(
                fail(
                    "hsts-max-age-short",
                    "max-age >= 15552000 (policy baseline)",
                    "strict-transport-security: max-age=86400",
                    next_step="send a max-age of at least 180 days",
                ),
            ),
            exchanges=(exchange("/actions/preview", 503), exchange(attempts=2)),
            duration_ms=14.9,
            runbook="docs/runbooks/headers.md",
            worker="gw0",
            retried=True,
        ),
        case(
            "checks/test_contract.py::test_shape[list-admin]",
            State.INCONCLUSIVE,
            "Answers have the shape that is promised.",
            findings=(
                inconclusive(
                    "limited",
                    "an answer of the application",
                    "429 of a limiter",
                    next_step="raise the limit of this key, or ask more slowly",
                ),
            ),
            exchanges=(exchange(status=429),),
        ),
        case(
            "checks/test_audit.py::test_filter[status]",
            State.ERROR,
            "A filter leaves out everything else.",
            reason="KeyError: 'logs'",
        ),
        case(
            "checks/test_headers.py::test_framing[api]",
            State.WARN,
            "No other site can frame a page.",
            clause="RFC 7034 section 2.1",
            findings=(warn("framing-legacy", "frame-ancestors in the policy", "x-frame-options: DENY alone"),),
            duration_ms=2.0,
        ),
        case(
            "checks/test_auth.py::test_roles[audit-viewer]",
            State.WAIVED,
            reason="the new roles ship next week (k.ito, OPS-77, until 2026-11-30)",
            findings=(fail("status", "403 for viewer", "200"),),
        ),
        case(
            "checks/test_webhooks.py::test_delivery[execution]",
            State.NOT_RUN,
            "A delivery is signed.",
            reason="not declared: [[webhooks]]",
        ),
        case(
            "checks/test_restore.py::test_newest_backup_restores",
            State.PASS,
            "The newest backup restores, and holds what it held.",
            facts={"rto_seconds": 1.234, "rpo_seconds": 8, "rows": 12_345, "tables": ["workspaces", "api_keys"]},
            duration_ms=1_834.0,
        ),
    )
    return run(cases, waivers=(waiver,), notes=("target local has no roster for mode gate",))


def load_run() -> RunRecord:
    """A load run with an objective that was missed."""
    objectives = [
        {
            "name": "light-endpoints",
            "state": "pass",
            "observed": "99.71 % within 50 ms",
            "limit": "99 % within 50 ms",
            "n": 18_204,
            "bad": 53,
            "bounds": "0.22 % to 0.38 % bad at 95 %",
            "sentence": "53 of 18,204 bad (0.291 %), 1 % allowed: with 95 % confidence at most 0.38 % are bad",
        },
        {
            "name": "execution",
            "state": "fail",
            "observed": "91.2 % within 1200 ms",
            "limit": "95 % within 1200 ms",
            "n": 1_820,
            "bad": 160,
            "bounds": "7.7 % to 10.0 % bad at 95 %",
            "sentence": "160 of 1,820 bad (8.79 %), 5 % allowed: with 95 % confidence at least 7.7 % are bad",
        },
    ]
    cases = [
        case(
            f"load::{one['name']}",
            State(one["state"]),
            f"{one['limit']} of {one['name']} requests",
            findings=() if one["state"] == "pass" else (fail("objective-missed", one["limit"], one["observed"]),),
        )
        for one in objectives
    ]
    return replace(
        run(cases, command="locust -f load/locustfile.py"),
        mode="load",
        load={
            "objectives": objectives,
            "facts": {"rate_per_second": 40.0, "duration_seconds": 20.0, "lag_p99_ms": 1.71, "limited": 0},
        },
    )


def many(cases: int, failing: int) -> RunRecord:
    """A gate of ``cases`` cases over 20 checks, of which the first ``failing`` cases fail."""
    checks = [
        ("health", "test_path"),
        ("auth", "test_roles"),
        ("headers", "test_browsers_stay_on_https"),
        ("contract", "test_shape"),
        ("objectives", "test_latency"),
    ]
    made = []
    for number in range(cases):
        promise, check = checks[number % 5]
        state = State.FAIL if number < failing else State.PASS
        found = (
            fail(
                "hsts-max-age-short",
                "max-age >= 15552000 (policy baseline)",
                "strict-transport-security: max-age=86400",
                next_step="send a max-age of at least 180 days",
            ),
        )
        made.append(
            case(
                f"checks/test_{promise}.py::{check}_{number // 5 % 4}[endpoint-{number}-developer]",
                state,
                HSTS,
                clause="RFC 6797 section 6.1.1",
                findings=found if state is State.FAIL else (),
                exchanges=(exchange(body='{"detail":"' + "x" * 1500 + '"}'),),
                duration_ms=12.0 + number % 40,
                runbook="docs/runbooks/headers.md",
            )
        )
    return run(made)
