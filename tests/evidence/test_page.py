"""The page: verdict first, failures as recipes, small, static, and readable for everybody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from prodverify.record.findings import fail, info
from prodverify.record.roster import Comparison
from prodverify.record.run import RunRecord
from prodverify.record.states import State
from prodverify.record.waivers import WaiverUse
from reports import page
from reports.wording import fact
from tests.evidence.dom import elements, one, texts
from tests.record.sample import case, load_run, many, one_of_each, run

EACH = page.render(one_of_each(), files=("record.json", "junit.xml"))


def test_the_verdict_and_the_rule_come_before_everything_else() -> None:
    headings = [found for found in elements(EACH) if found.tag in ("h1", "h2")]

    assert "NO-GO" == headings[0].text
    assert "1 of 8 cases failed" == one(EACH, "p", "rule").text
    assert "practice service: nothing of yours was verified" == one(EACH, "p", "practice").text
    assert texts(EACH, "h2")[:1] == ["Needs a decision"]


def test_the_first_screen_says_who_was_verified_when_and_how() -> None:
    told = one(EACH, "dl", "identity").text

    for said in (
        "local",
        "http://127.0.0.1:8080",
        "gate",
        "1.0.0",
        "2026-11-21 02:23:57 UTC",
        "1f2e3d4c",
        "812",
        "of 6,000",
    ):
        assert said in told


def test_somebody_elses_service_is_not_called_practice() -> None:
    html = page.render(replace(one_of_each(), practice=False))

    assert elements(html, "p", "practice") == []


def test_a_failure_is_a_recipe() -> None:
    failure = one(EACH, "article", "fail").text

    for said in (
        "Browsers are told to stay on HTTPS for as long as the policy asks.",
        "max-age >= 15552000 (policy baseline)",
        "strict-transport-security: max-age=86400",
        "send a max-age of at least 180 days",
        "RFC 6797 section 6.1.1",
        "docs/runbooks/headers.md",
        "curl -sS -i -H \"X-API-Key: $ADMIN_KEY\" 'http://127.0.0.1:8080/actions'",
        "pytest 'checks/test_headers.py::test_browsers_stay_on_https[api]' --target local",
        "GET http://127.0.0.1:8080/actions as admin → 200 in 12 ms, attempt 2",
        "GET http://127.0.0.1:8080/actions/preview as admin → 503 in 12 ms",
        '"name": "echo"',
        "after a retry",
    ):
        assert said in failure


def test_what_is_merely_told_does_not_look_like_what_failed() -> None:
    found = (fail("late", "in time", "too late"), info("seen", "a header", "it is there"))
    html = page.render(run([case("checks/test_health.py::test_path", State.FAIL, findings=found)]))

    (aside,) = elements(html, "tr", "aside")
    assert "it is there" in aside.text
    assert "too late" not in aside.text


def test_what_failed_is_open_and_what_was_kept_is_folded() -> None:
    folded = {element.text.split()[0]: "open" in element.attributes for element in elements(EACH, "details")}

    assert folded["GET"]
    assert not folded["health"]


def test_failures_come_before_what_could_not_be_judged() -> None:
    states = [
        element.classes & {"fail", "inconclusive", "error", "waived", "warn"} for element in elements(EACH, "article")
    ]

    assert [{"fail"}, {"inconclusive"}, {"error"}, {"waived"}, {"warn"}] == states


def test_every_promise_is_listed_with_its_tally_and_its_cases() -> None:
    listed = one(EACH, "section", "all").text

    assert ["health", "headers", "contract", "audit", "auth", "webhooks", "restore"] == [
        summary.split()[0]
        for summary in texts(EACH, "summary")
        if summary.split()[0] in listed and "GET" not in summary
    ][:7]
    assert "✓ liveness 3 ms" in listed
    assert "✕ api, failed, after a retry 15 ms" in listed


def test_what_did_not_run_is_listed_by_the_missing_word() -> None:
    assert "– not declared: [[webhooks]] 1 case" in texts(EACH, "summary")
    assert "checks/test_webhooks.py::test_delivery[execution]" in EACH


def test_measured_numbers_carry_their_units() -> None:
    measured = texts(EACH, "table", "measured")[0]

    assert "RTO 1.234 s" in measured
    assert "RPO 8 s" in measured
    assert "rows 12,345" in measured
    assert "tables workspaces, api_keys" in measured


def test_an_empty_list_among_numbers_is_none_and_what_is_not_known_is_left_out() -> None:
    facts = {"relations": 131, "problems": [], "exposed": "", "collation": None}

    assert ("integrity", "relations 131, problems none") == fact("integrity", facts)


def test_a_drills_tables_are_a_table() -> None:
    facts = {"tables": {"users": {"rows": 7, "as_backed_up": True}, "logs": {"rows": 1200, "as_backed_up": False}}}
    html = page.render(run([case("checks/test_backups.py::test_restores", State.PASS, facts=facts)]))

    assert "tables: 2" in texts(html, "summary")
    assert "Name rows as backed up users 7 yes logs 1,200 no" in texts(html, "table", "measured")[0]


def test_a_sampled_objective_is_a_row_with_its_counts_and_bounds() -> None:
    judged = {
        "percent": 99.0,
        "state": "fail",
        "observed_percent": 96.0,
        "bad_at_least_percent": 2.3,
        "bad_at_most_percent": 6.5,
    }
    facts = {"threshold_ms": 50.0, "total": 300, "bad": 12, "p50_ms": 4.0, "p95_ms": 49.0, "p99_ms": 71.0}
    slo = case(
        "checks/test_objectives.py::test_met[list]",
        State.FAIL,
        facts={**facts, "objective": {**judged, "sentence": "12 of 300 bad"}},
    )
    html = page.render(run([slo]))

    assert (
        "list 99 % within 50 ms 96 % 300 12 2.3 % to 6.5 % bad 4 / 49 / 71 ✕ failed"
        in texts(html, "table", "numbers")[0]
    )
    assert "12 of 300 bad" in texts(html, "td")
    assert elements(html, "table", "measured") == []


def test_an_agreement_has_counts_of_its_own_and_what_is_taken_for_granted_is_said_once() -> None:
    assumption = "One cause spoils one request at most."
    kept = {"percent": 99.0, "state": "pass", "observed_percent": 99.9, "threshold_ms": 500.0, "total": 340, "bad": 0}
    facts = {"threshold_ms": 50.0, "total": 300, "bad": 12, "assumption": assumption, "set_aside": 1_007}
    names = ("list", "audit")
    both = {"objective": {"percent": 99.0, "state": "fail", "observed_percent": 96.0}, "agreement": kept}
    html = page.render(
        run(
            [
                case(f"checks/test_objectives.py::test_met[{name}]", State.FAIL, facts={**facts, **both})
                for name in names
            ]
        )
    )

    assert "list (agreement) 99 % within 500 ms 99.9 % 340 0 " in texts(html, "table", "numbers")[0]
    assert 1 == html.count(assumption)
    assert 2 == html.count("1,007 answers were set aside: this machine had no processor to spare")


def test_a_load_run_shows_its_objectives_and_its_own_numbers() -> None:
    html = page.render(load_run())

    table = texts(html, "table", "numbers")[0]
    assert "execution 95 % within 1200 ms 91.2 % within 1200 ms 1,820 160 7.7 % to 10.0 % bad at 95 % ✕ failed" in table
    assert "with 95 % confidence at least 7.7 % are bad" in table
    assert "lag p99 1.71 ms" in " ".join(texts(html, "dl", "facts"))
    assert "locust -f load/locustfile.py" in texts(html, "dl", "how")[0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"aborted": True}, "the run was aborted: what is not listed was not verified"),
        ({"roster": Comparison(True, ("checks/a.py::b",), ())}, "missing, though the roster lists it: checks/a.py::b"),
        ({"versions": {"service": ["1", "2"]}}, "the service answered with 2 versions during the run: 1, 2"),
        (
            {"waivers": (WaiverUse("a::b", "it was late that day", "OPS-1", "ana", "2026-01-01", "expired"),)},
            "waiver of ana for a::b (OPS-1, until 2026-01-01) has expired; "
            "mend the failure, or renew the waiver with a new reason",
        ),
    ],
)
def test_what_blocks_and_is_no_case_needs_a_decision_too(changes: dict[str, object], said: str) -> None:
    html = page.render(replace(one_of_each(), **changes))

    assert said in texts(html, "ul", "notices")[0]


def test_a_go_needs_no_decision() -> None:
    html = page.render(run([case("checks/test_health.py::test_path[alive]", State.PASS)]))

    assert "GO" == one(html, "h1").text
    assert "Nothing." in texts(html, "p", "calm")


def test_a_narrowed_go_says_how_much_it_saw() -> None:
    record = replace(one_of_each(), verdict="PARTIAL", narrowed=True, collected=12, expected=148)

    assert "PARTIAL GO 12 of 148" == one(page.render(record), "h1").text


def test_thirty_cases_with_six_failures_stay_under_60_kb() -> None:
    assert len(page.render(many(30, 6)).encode()) <= 60_000


@pytest.mark.parametrize("failing", [0, 6, 5000])
def test_five_thousand_cases_stay_under_600_kb(failing: int) -> None:
    assert len(page.render(many(5000, failing)).encode()) <= 600_000


def test_five_thousand_checks_with_long_claims_and_hostile_bodies_stay_under_600_kb() -> None:
    body = "&<>\"'" * 400
    cases = [
        case(
            f"checks/test_{number % 40}.py::test_{number}",
            state,
            "Long. " * 60,
            reason=body,
            findings=(fail("<rule>", body, body, next_step=body),) * 20,
            exchanges=({**exchange, "body": body},) * 3,
            facts={f"fact_{index}": body for index in range(20)},
        )
        for number, state in enumerate(list(State) * 715)
        for exchange in one_of_each().checks[0].exchanges
    ]
    html = page.render(run(cases))

    assert len(html.encode()) <= 600_000
    assert "further cases that need a decision are counted above and listed in record.json" in " ".join(
        texts(html, "p", "left")
    )


def test_a_body_of_a_megabyte_is_cut_and_says_so() -> None:
    large = {**one_of_each().checks[0].exchanges[0], "body": "x" * 1_000_000}
    html = page.render(run([case("a.py::b", State.FAIL, findings=(fail("r", "y" * 10**6, "z"),), exchanges=(large,))]))

    assert len(html) < 30_000
    assert "[cut 1,000 of 1,000,000 characters; more in record.json]" in html
    assert "[cut 600 of 1,000,000 characters; more in record.json]" in html


def test_the_sample_records_are_what_the_tests_say() -> None:
    record: RunRecord = one_of_each()

    assert set(State) == {one.state for one in record.checks}
