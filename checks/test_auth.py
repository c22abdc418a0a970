"""
Everybody gets what their role may have, and nobody else gets anything.

https://www.rfc-editor.org/rfc/rfc9110#section-15.5.2, OWASP ASVS 5.0 chapters 6 to 8.
"""

import pytest

from prodverify.judges import access

CHALLENGES = "RFC 9110 section 15.5.2"


@pytest.mark.clause("target file: endpoints.roles; ASVS 8.2.1")
def test_role_gets_its_status(promise, service, cell):
    """
    Each role gets from each endpoint exactly the status that it was promised.
    """
    answer = service.call(cell.endpoint, role=cell.role)
    promise.holds(access.judge_status(answer, cell.status, cell.role))


@pytest.mark.clause("ASVS 8.2.1")
def test_rejected_role_is_rejected(promise, service, rejected_role, accepted_baseline, closed_endpoint):
    """
    A credential that was revoked or has expired opens nothing.
    """
    baseline = accepted_baseline(closed_endpoint)
    answer = service.call(closed_endpoint, role=rejected_role)
    promise.holds(access.judge_rejection(baseline, answer), baseline)


@pytest.mark.clause(CHALLENGES)
def test_wrong_credential_is_rejected(promise, service, guarded, accepted_baseline, forged):
    """
    A well-formed credential that nobody was given opens nothing.
    """
    baseline = accepted_baseline(guarded)
    answer = service.call(guarded, headers=forged.stranger)
    promise.holds(access.judge_rejection(baseline, answer), baseline)


@pytest.mark.clause(CHALLENGES)
def test_wrong_scheme_is_rejected(promise, service, guarded, accepted_baseline, forged):
    """
    A valid credential opens nothing when it is presented in a way that the service never offered.
    """
    baseline = accepted_baseline(guarded)
    for headers in forged.wrong_schemes:
        answer = service.call(guarded, headers=headers)
        promise.holds(access.judge_rejection(baseline, answer), baseline)


@pytest.mark.clause("ASVS 6.2; never 2xx, never 5xx")
def test_malformed_credentials_are_rejected(promise, service, guarded, accepted_baseline, malformed_credentials):
    """
    Credentials that are cut, doubled, too long or not even text are refused without an error of the service.
    """
    baseline = accepted_baseline(guarded)

    def verify(headers):
        answer = service.call(guarded, headers=headers)
        promise.holds(access.judge_rejection(baseline, answer), baseline)

    malformed_credentials(verify)


@pytest.mark.clause("RFC 9110 section 15.5; never 2xx for what is malformed, never 5xx")
def test_malformed_input_is_refused(promise, service, probed, probing_role, malformed_input):
    """
    Input that makes no sense is refused as the caller's mistake, never with an error of the service.
    """
    role = probing_role(probed)
    for body in probed.malformed:
        promise.holds(access.judge_malformed(service.call(probed, role=role, json=body)))

    def verify(path, body):
        promise.holds(access.judge_unharmed(service.ask(probed.method, path, role=role, json=body)))

    malformed_input(probed, verify)


@pytest.mark.needs("revocation")
@pytest.mark.does("writes")
@pytest.mark.clause("SPEC A4; target file: revocation.refused_within_seconds")
def test_revoked_key_is_refused(promise, made_key, promises):
    """
    A key works until it is revoked, and is refused within the promised time afterwards.
    """
    baseline = made_key.used()
    made_key.revoke()
    answer = made_key.refused_within(promises.revocation.refused_within_seconds)
    promise.holds(access.judge_rejection(baseline, answer), baseline)
