"""
Everybody gets what their role may have, and nobody else gets anything.

https://www.rfc-editor.org/rfc/rfc9110#section-15.5.2, OWASP ASVS 5.0 chapters 6 to 8.
"""

import pytest

from prodverify.judges import access


@pytest.mark.clause("target file: endpoints.roles; ASVS 8.2.1")
def test_role_gets_its_status(promise, service, cell, promises):
    """
    Each role gets from each endpoint exactly the status that it was promised.
    """
    answer = service.call(cell.endpoint, role=cell.role)
    promise.holds(access.judge_status(answer, cell.status, cell.role, refusals=promises.refusals))


@pytest.mark.clause("ASVS 8.2.1")
def test_rejected_role_is_rejected(promise, service, rejected_role, accepted_baseline, closed_endpoint, promises):
    """
    A credential that was revoked or has expired opens nothing.
    """
    baseline = accepted_baseline(closed_endpoint)
    answer = service.call(closed_endpoint, role=rejected_role)
    promise.holds(access.judge_rejection(baseline, answer, refusals=promises.refusals), baseline)


@pytest.mark.clause("RFC 9110 section 15.5.2")
def test_wrong_credential_is_rejected(promise, service, guarded, accepted_baseline, stranger, promises):
    """
    A well-formed credential that nobody was given opens nothing.
    """
    baseline = accepted_baseline(guarded)
    answer = service.call(guarded, headers=stranger)
    promise.holds(access.judge_rejection(baseline, answer, refusals=promises.refusals), baseline)


@pytest.mark.clause("RFC 9110 section 11; ASVS 5.0 chapter 6")
def test_worthless_credential_is_rejected(promise, worthless, attempts, entered, tried_at):
    """
    Whatever is not exactly a valid credential, presented as it was agreed, opens nothing.
    """
    entered(worthless.entrance)
    for attempt in attempts(worthless):
        promise.holds(tried_at(worthless.entrance, attempt))


@pytest.mark.clause("RFC 6750 section 3.1; target file: identity.one_credential")
def test_two_credentials_are_refused(promise, entrance, entered, two_credentials, promises):
    """
    A valid credential beside a worthless one is refused, whichever of them comes first.
    """
    baseline, one_promised = entered(entrance), promises.identity.one_credential
    first, last = two_credentials(entrance)
    found = access.judge_two_credentials(baseline, first, last, one_promised=one_promised, refusals=promises.refusals)
    promise.holds(found, baseline)


@pytest.mark.clause("RFC 9110 section 11.1")
def test_case_of_the_scheme_means_nothing(promise, entrance_by_scheme, entered, lower_case_scheme):
    """
    A valid credential opens the same with its scheme in lower case.
    """
    baseline = entered(entrance_by_scheme)
    promise.holds(access.judge_scheme_case(baseline, lower_case_scheme(entrance_by_scheme)), baseline)


@pytest.mark.needs("revocation")
@pytest.mark.does("writes")
@pytest.mark.clause("ASVS 5.0 14.2.1")
def test_key_in_the_address_is_refused(promise, made_key, promises):
    """
    A key that stands in an address opens nothing: addresses are kept in logs and histories.
    """
    baseline = made_key.used()
    for parameter in promises.identity.query_parameters:
        answer = made_key.in_query(parameter)
        presented = f"a key as {parameter} in the query"
        promise.holds(access.judge_rejection(baseline, answer, presented, refusals=promises.refusals), baseline)


@pytest.mark.clause("RFC 9110 section 15.5; never 2xx for what is malformed, never 5xx")
def test_malformed_input_is_refused(promise, service, probed, probing_role, malformed_input, promises):
    """
    Input that makes no sense is refused as the caller's mistake, never with an error of the service.
    """
    role = probing_role(probed)
    for body in probed.malformed:
        answer = service.call(probed, role=role, json=body)
        promise.holds(access.judge_malformed(answer, refusals=promises.refusals))

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
    promise.holds(access.judge_rejection(baseline, answer, refusals=promises.refusals), baseline)
