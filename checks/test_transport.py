"""
Whoever reaches the service reaches it over TLS that holds, and never in the clear.

https://www.rfc-editor.org/rfc/rfc9325, https://www.rfc-editor.org/rfc/rfc8996, OWASP ASVS 5.0 chapter 12.
"""

import pytest

from prodverify.judges import https_redirect, tls, tls_versions

pytestmark = pytest.mark.shares("transport")


@pytest.mark.clause("ASVS 12.2.2; RFC 5280 section 6")
def test_certificate_is_trusted(promise, handshakes):
    """
    The certificates that are sent lead to an authority that is trusted.
    """
    promise.holds(tls.judge_trust(handshakes))


@pytest.mark.clause("RFC 9525 section 6")
def test_certificate_names_the_service(promise, named_handshakes):
    """
    The certificate is made out to the name by which the service is asked.
    """
    promise.holds(tls.judge_name(named_handshakes))


@pytest.mark.clause("RFC 5280 section 4.1.2.5; target file: tls.expiry_fail_percent")
def test_certificate_is_current(promise, handshakes, promised_tls):
    """
    The certificate holds now, and was renewed while a good part of its lifetime was left.
    """
    promise.measured(**tls.lasts(handshakes))
    promise.holds(tls.judge_dates(handshakes, promised_tls))


@pytest.mark.clause("CA/Browser Forum Baseline Requirements section 6.3.2")
def test_certificate_is_short_lived(promise, handshakes, promised_tls):
    """
    The certificate is issued for no longer than its key may be used.
    """
    promise.holds(tls.judge_lifespan(handshakes, promised_tls))


@pytest.mark.clause("CA/Browser Forum Baseline Requirements section 6.1.5")
def test_key_is_strong(promise, handshakes):
    """
    Nobody can guess the certificate's key or forge its signature.
    """
    promise.holds(tls.judge_key(handshakes))


@pytest.mark.clause("RFC 8996; ASVS 12.1.1")
def test_old_versions_are_refused(promise, handshakes, old_version):
    """
    A version of TLS that does not hold any more is refused to whoever offers it alone.
    """
    promise.holds(tls_versions.judge_old(handshakes, old_version))


@pytest.mark.clause("RFC 9325 section 3.1.1; ASVS 12.1.1")
def test_modern_versions_are_accepted(promise, handshakes, promised_tls):
    """
    TLS is spoken in the versions that hold.
    """
    promise.holds(tls_versions.judge_modern(handshakes, promised_tls))


@pytest.mark.clause("ASVS 12.2.1; RFC 6797 section 7.2")
def test_plain_http_leads_to_https(promise, plain_hops, promised_tls, certified):
    """
    Plain HTTP serves nothing: it leads to HTTPS on the same host, or refuses, or nothing answers.
    """
    found = https_redirect.judge(plain_hops, promised_tls.http_profile, certified=certified)
    promise.holds(found, *plain_hops.answers)


@pytest.mark.does("writes")
@pytest.mark.clause("ASVS 4.1.2")
def test_plain_http_takes_nothing(promise, plain_post):
    """
    What an API's caller sends in the clear is not acted upon.
    """
    promise.holds(https_redirect.judge_post(plain_post))
