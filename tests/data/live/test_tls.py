"""TLS as libpq and the server see it, with certificates of our own, over the loopback interface."""

import ipaddress
import ssl
import subprocess
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from prodverify.data.connection import read_only
from prodverify.data.health import certificate, session
from prodverify.judges import database_access
from prodverify.record.findings import Unjudged
from tests.data.live.raising import free_port, raised

HOST = "127.0.0.1"


def authority(name="Our own authority"):
    key = ec.generate_private_key(ec.SECP256R1())
    return key, signed(name, key, name, key, issuing=True)


def signed(name, key, issuer, issuer_key, *, issuing=False, names=()):
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=issuing, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(list(names) or [x509.DNSName("db.invalid")]), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )


def pem(thing):
    if isinstance(thing, x509.Certificate):
        return thing.public_bytes(serialization.Encoding.PEM)
    form = serialization.PrivateFormat.PKCS8
    return thing.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


@pytest.fixture(scope="module")
def encrypting(programs, tmp_path_factory):
    """A server with TLS, and the file of the authority that signed its certificate for 127.0.0.1."""
    configured = programs.folder / "pg_config"
    said = subprocess.run([configured, "--configure"], capture_output=True, text=True, timeout=20, check=False)
    if "--with-openssl" not in said.stdout and "--with-ssl=openssl" not in said.stdout:
        pytest.skip(f"PostgreSQL from {programs.source} has no TLS")
    key, root = authority()
    own = ec.generate_private_key(ec.SECP256R1())
    leaf = signed("db", own, "Our own authority", key, names=[x509.IPAddress(ipaddress.ip_address(HOST))])
    folder = tmp_path_factory.mktemp("authorities")
    (folder / "ours.pem").write_bytes(pem(root))
    (folder / "theirs.pem").write_bytes(pem(authority("Another authority")[1]))
    files = (("server.crt", pem(leaf)), ("server.key", pem(own)))
    with raised(programs, {"listen_addresses": HOST, "ssl": "on"}, files=files) as server:
        yield server, folder


def looked(dsn):
    with read_only(dsn, statement_timeout_ms=5000) as connection:
        return session.read(connection)


def rules(dsn, promised):
    seen = looked(dsn)
    refused = certificate.refused(dsn) if promised == "verify-full" and seen.encrypted else None
    return [finding.rule for finding in database_access.judge_tls(seen, promised, refused)]


def test_an_encrypted_connection_is_seen_from_both_ends(encrypting):
    server, _ = encrypting
    seen = looked(server.tcp(sslmode="require"))

    assert (seen.encrypted, seen.encrypted_at_server, seen.local) == (True, True, False)
    assert seen.protocol in ("TLSv1.2", "TLSv1.3")


def test_what_does_not_leave_the_server_s_machine_is_not_half_open(encrypting):
    seen = looked(encrypting[0].tcp(sslmode="disable"))

    assert (seen.encrypted, seen.encrypted_at_server) == (False, True)


@pytest.mark.parametrize(
    ("mode", "promised", "expected"),
    [
        ("require", "require", ["database-transport"]),
        ("disable", "require", ["database-transport-open"]),
        ("disable", "verify-full", ["database-transport-open"]),
        ("disable", "none", ["database-transport"]),
    ],
)
def test_what_is_promised_is_what_is_judged(encrypting, mode, promised, expected):
    server, _ = encrypting

    assert expected == rules(server.tcp(sslmode=mode), promised)


def test_a_unix_socket_has_no_tls_and_the_next_step_says_so(encrypting):
    server, _ = encrypting
    (finding,) = database_access.judge_tls(looked(server.dsn()), "require", None)

    assert finding.rule == "database-transport-open"
    assert 'tls = "none"' in finding.next_step


@pytest.mark.parametrize(
    ("mode", "roots", "expected"),
    [
        ("verify-full", "ours", ["database-transport"]),
        ("require", "ours", ["database-transport"]),
        ("verify-ca", "ours", ["database-transport"]),
        # libpq goes on in plain text where it need not use TLS and does not trust the certificate
        ("prefer", "theirs", ["database-transport-open"]),
        ("require", "", ["database-certificate-untrusted"]),
    ],
)
def test_a_certificate_is_trusted_by_the_authority_that_signed_it(
    encrypting, monkeypatch, tmp_path, mode, roots, expected
):
    server, folder = encrypting
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PGSSLROOTCERT", raising=False)
    named = {"sslrootcert": str(folder / f"{roots}.pem")} if roots else {}

    # with sslrootcert there, "require" already verifies the chain, as libpq has always done
    assert expected == rules(server.tcp(sslmode=mode, **named), "verify-full")


@pytest.mark.parametrize(
    ("roots", "expected"), [("ours.pem", "database-transport"), (None, "database-certificate-unseen")]
)
def test_the_system_s_own_file_of_authorities_is_asked_where_nobody_names_one(
    encrypting, monkeypatch, tmp_path, roots, expected
):
    server, folder = encrypting
    system = ssl.get_default_verify_paths()._replace(cafile=roots and str(folder / roots))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PGSSLROOTCERT", raising=False)
    monkeypatch.setattr("ssl.get_default_verify_paths", lambda: system)

    assert [expected] == rules(server.tcp(sslmode="require"), "verify-full")


def test_a_certificate_for_another_host_is_refused_in_words(encrypting):
    server, folder = encrypting
    refusal = certificate.refused(server.tcp(host="localhost", sslmode="verify-ca", sslrootcert=folder / "ours.pem"))

    assert "does not match host name" in refusal


def test_a_certificate_is_refused_whatever_another_address_of_the_dsn_says_last(encrypting):
    server, folder = encrypting
    options = f"sslmode=verify-ca&sslrootcert={folder / 'ours.pem'}"
    both = f"postgresql://postgres@localhost:{server.port},{HOST}:{free_port()}/postgres?{options}"

    assert "does not match host name" in certificate.refused(both)


def test_a_missing_file_of_authorities_cannot_be_judged(encrypting, tmp_path):
    server, _ = encrypting
    dsn = server.tcp(sslmode="prefer", sslrootcert=tmp_path / "no-such.pem")

    assert certificate.refused(dsn) is None
    assert ["database-certificate-unseen"] == [
        finding.rule
        for finding in database_access.judge_tls(looked(server.tcp(sslmode="require")), "verify-full", None)
    ]


def test_a_server_that_is_gone_in_between_cannot_be_judged():
    with pytest.raises(Unjudged, match="Connection refused"):
        certificate.refused(f"postgresql://app@{HOST}:{free_port()}/db?sslmode=require")


def test_the_test_server_refuses_nobody_by_itself(encrypting):
    with psycopg.connect(encrypting[0].tcp(sslmode="disable")) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
