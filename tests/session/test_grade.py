"""The public scanner's grade stands in the evidence of any service that declares header rules, and fails nothing."""

from __future__ import annotations

CASE = "test_security_headers.py::test_scripts_come_from_the_service[success]"


def test_the_grade_is_measured_and_breaks_nothing(verify, target, small):
    strict = {
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    }
    small.answers["/things"] = lambda handler: (200, strict, b"{}")
    file = target('[headers]\npolicy = "baseline"\n')

    case = verify("checks/test_security_headers.py", "-k", "scripts", "--target", file).cases[CASE]

    assert "pass" == case["state"]
    # Over plain HTTP: no HTTPS -20, no nosniff -5; bonuses do not count below 90.
    assert {"observatory_score": 75, "observatory_grade": "B"} == case["facts"]
    (graded, untold) = (finding for finding in case["findings"] if finding["rule"].startswith("observatory-"))
    assert (
        "75, grade B; hsts-not-implemented-no-https -20, x-content-type-options-not-implemented -5"
        == graded["observed"]
    )
    assert "not asked in this run: cross-origin-resource-sharing, redirection" == untold["observed"]
