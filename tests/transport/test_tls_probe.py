"""The probe tells what a real server did: accepted, refused, hung up, kept silent, or spoke something else."""

import os
import ssl
import time
import warnings

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from prodverify.judges import tls, tls_versions
from prodverify.target.transport import Tls
from prodverify.wire.budget import Budget
from prodverify.wire.handshakes import Attempt
from prodverify.wire.tls_probe import TlsProbe
from prodverify.wire.transport import trust
from prodverify.wire.unjudged import Refused
from tests.judges.scene import rules
from tests.transport.conftest import speaking

TLS1, TLS1_1, TLS1_2, TLS1_3 = (
    ssl.TLSVersion.TLSv1,
    ssl.TLSVersion.TLSv1_1,
    ssl.TLSVersion.TLSv1_2,
    ssl.TLSVersion.TLSv1_3,
)


def outcomes(seen):
    return {version: attempt.outcome for version, attempt in sorted(seen.versions.items())}


def test_a_place_that_does_everything_right_takes_five_handshakes(listen, front, observe, run):
    place = listen(speaking(front.context))
    seen = observe(place.address)

    assert {"1.0": "refused", "1.1": "refused", "1.2": "accepted", "1.3": "accepted"} == outcomes(seen)
    assert ("accepted", "accepted", "accepted") == (seen.client.outcome, seen.trust.outcome, seen.name.outcome)
    assert (2, True, True) == (len(seen.chain), seen.whole, seen.private)
    assert seen.negotiated.startswith("TLSv1.3, ")
    assert (5, 5) == (place.connections, Budget(run.folder, requests=9, rate_per_second=1.0).spent)


@pytest.mark.parametrize(
    ("oldest", "newest", "accepted"),
    [
        (TLS1, TLS1_3, ["1.0", "1.1", "1.2", "1.3"]),
        (TLS1_1, TLS1_2, ["1.1", "1.2"]),
        (TLS1, TLS1, ["1.0"]),
        (TLS1_2, TLS1_2, ["1.2"]),
        (TLS1_3, TLS1_3, ["1.3"]),
    ],
)
def test_each_version_is_told_apart(listen, front, certificates, observe, oldest, newest, accepted):
    context = front.serving(certificates.issued(), oldest=oldest, newest=newest, lenient=True)
    seen = observe(listen(speaking(context)).address)

    assert accepted == [version for version, outcome in outcomes(seen).items() if outcome == "accepted"]
    assert {"accepted", "refused"} >= set(outcomes(seen).values())
    assert "accepted" == seen.trust.outcome


def test_a_place_that_hangs_up_on_an_old_version_is_asked_twice_and_counts_as_refusing(listen, front, observe):
    secured = speaking(front.context)

    def talk(connection):
        hello = connection.recv(4096, 2)  # MSG_PEEK: the version is in bytes 9 and 10 of the first record
        if b"\x00\x2b" in hello or hello[9:11] == b"\x03\x03":
            secured(connection)

    place = listen(talk)
    seen = observe(place.address)

    assert {"1.0": "closed", "1.1": "closed", "1.2": "accepted", "1.3": "accepted"} == outcomes(seen)
    assert [] == tls_versions.judge_old(seen, "1.0")
    assert 7 == place.connections


def test_a_place_that_always_fails_at_an_old_version_does_not_speak_it(listen, certificates, observe):
    """As nginx and others do by default: TLS 1.0 is switched on, and their OpenSSL does not sign for it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = TLS1
    context.set_ciphers("DEFAULT:@SECLEVEL=2")
    certificates.issued(key=rsa.generate_private_key(65537, 2048)).into(context, certificates.folder)
    seen = observe(listen(speaking(context)).address)

    assert Attempt("closed", "TLSV1_ALERT_INTERNAL_ERROR") == seen.versions["1.0"]
    assert [] == tls_versions.judge_old(seen, "1.0")


def test_old_suites_alone_are_told(listen, certificates, observe):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = TLS1_2
    context.set_ciphers("AES128-SHA:@SECLEVEL=0")
    certificates.issued(key=rsa.generate_private_key(65537, 2048)).into(context, certificates.folder)
    seen = observe(listen(speaking(context)).address)

    assert {"tls-newest-missing": "warn", "tls-suites-old": "warn"} == rules(tls_versions.judge_modern(seen, Tls()))
    assert [] == tls.judge_trust(seen)


def test_silence_ends_in_time_and_is_undecided(listen, front, observe):
    secured = speaking(front.context)

    def talk(connection):
        hello = connection.recv(4096, 2)
        if hello[9:11] == b"\x03\x01":
            connection.recv(8192)
            connection.recv(1)  # and never a word
        else:
            secured(connection)

    began = time.monotonic()
    seen = observe(listen(talk).address)

    assert "silent" == outcomes(seen)["1.0"]
    assert 0.9 < time.monotonic() - began < 3.0
    assert {"tls-version-undecided": "inconclusive"} == rules(tls_versions.judge_old(seen, "1.0"))


def test_what_speaks_no_tls_is_a_broken_promise_and_what_is_not_there_is_none(listen, observe):
    def talk(connection):
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    assert {"tls-not-spoken": "fail"} == rules(tls.judge_trust(observe(listen(talk).address)))
    place = listen(talk)
    place.close()
    seen = observe(place.address)
    assert {"1.3": "unreached"} == outcomes(seen)
    assert {"tls-unreached": "inconclusive"} == rules(tls.judge_trust(seen))


def test_our_certificate_is_shown_where_the_place_asks_for_one(listen, front, certificates, observe, tmp_path):
    context = front.serving(certificates.issued())
    context.load_verify_locations(certificates.folder / "authority.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    address = listen(speaking(context)).address
    ours = tmp_path / "ours.pem"
    ours.write_bytes(pem(certificates))
    ours.chmod(0o600)

    stranger = observe(address)
    seen = observe(address, asking=f'client_certificate = "{ours}"')

    assert {"1.0": "refused", "1.1": "refused", "1.2": "agreed", "1.3": "accepted"} == outcomes(stranger)
    assert {"1.0": "refused", "1.1": "refused", "1.2": "accepted", "1.3": "accepted"} == outcomes(seen)


def test_a_version_that_was_agreed_to_is_spoken_though_our_certificate_is_wanted(listen, front, certificates, observe):
    context = front.serving(certificates.issued(), oldest=TLS1, newest=TLS1_2, lenient=True)
    context.load_verify_locations(certificates.folder / "authority.pem")
    context.verify_mode = ssl.CERT_REQUIRED

    seen = observe(listen(speaking(context)).address)

    assert {"1.0": "agreed", "1.1": "agreed", "1.2": "agreed", "1.3": "refused"} == outcomes(seen)
    assert {"tls-version-old": "fail"} == rules(tls_versions.judge_old(seen, "1.0"))
    assert {"tls-newest-missing": "warn"} == rules(tls_versions.judge_modern(seen, Tls()))
    assert [] == tls.judge_key(seen)


@pytest.mark.parametrize("server_name", ["", 'server_name = "localhost"'])
def test_a_wrong_name_hides_no_date(listen, front, certificates, observe, server_name):
    expired = certificates.root.intermediate(ends_in_days=-1.0)
    context = front.serving(certificates.issued(by=expired, names=("other.example",)))
    seen = observe(listen(speaking(context)).address, tls=server_name)

    assert {"tls-chain-expired": "fail"} == rules(tls.judge_dates(seen, Tls()))
    assert {"tls-name-not-covered": "fail"} == rules(tls.judge_name(seen))
    assert [] == tls.judge_trust(seen)


def pem(certificates):
    """A caller's certificate, its intermediate and its key, as one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import ExtendedKeyUsageOID

    caller = certificates.issued(purpose=ExtendedKeyUsageOID.CLIENT_AUTH)
    chain = [x509.load_der_x509_certificate(caller.certificate), *caller.sent]
    key = caller.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return key + b"".join(one.public_bytes(Encoding.PEM) for one in chain)


def test_through_a_proxy_nobody_shakes_hands(aim, run):
    target = aim("127.0.0.1:9", asking='proxy = "http://127.0.0.1:9"')
    with pytest.raises(Refused, match="a proxy is between"):
        TlsProbe(target, run).observe()


def test_a_budget_that_is_spent_ends_it(listen, front, aim, run):
    target = aim(listen(speaking(front.context)).address, asking="requests = 3")
    with pytest.raises(Refused, match="3 requests"):
        TlsProbe(target, run).observe()


@pytest.mark.skipif(not os.path.exists("/etc/ssl/certs"), reason="no authorities of the system")
def test_an_authority_of_our_own_is_unknown_to_the_system_s(listen, front, observe):
    seen = observe(listen(speaking(front.context)).address, trusted=False)

    assert ("distrusted", "distrusted", "accepted") == (seen.client.outcome, seen.trust.outcome, seen.name.outcome)
    assert {"tls-authority-unknown": "fail"} == rules(tls.judge_trust(seen))
    assert {} == rules(tls.judge_name(seen))
    assert {} == rules(tls.judge_dates(seen, Tls()))


def test_every_python_asks_the_same_of_a_chain(aim):
    target = aim("127.0.0.1:9")
    assert ssl.VERIFY_X509_TRUSTED_FIRST == trust(target.promises.asking, target.folder).verify_flags


@pytest.mark.parametrize(("name", "found"), [("localhost", {}), ("other.example", {"tls-name-not-covered": "fail"})])
def test_a_name_is_judged_whatever_else_is_wrong(listen, front, certificates, observe, name, found):
    context = front.serving(certificates.self_signed())
    seen = observe(listen(speaking(context)).address, tls=f'server_name = "{name}"')

    assert found == rules(tls.judge_name(seen))
    assert {"tls-self-signed": "fail"} == rules(tls.judge_trust(seen))
