"""Certificates are read as another library reads them, and nothing that is sent as one makes the reader raise."""

import ssl
import warnings

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from prodverify.judges.certificate import read
from tests.judges.certified import CERTIFICATES, USUAL


def issued(key):
    return CERTIFICATES.issued(key=key).certificate


@pytest.mark.parametrize(
    ("make", "key", "bits"),
    [
        (lambda: rsa.generate_private_key(65537, 1024), "RSA", 1024),
        (lambda: rsa.generate_private_key(65537, 2048), "RSA", 2048),
        (lambda: ec.generate_private_key(ec.SECP192R1()), "P-192", 192),
        (lambda: ec.generate_private_key(ec.SECP224R1()), "P-224", 224),
        (lambda: ec.generate_private_key(ec.SECP256R1()), "P-256", 256),
        (lambda: ec.generate_private_key(ec.SECP384R1()), "P-384", 384),
        (lambda: ec.generate_private_key(ec.SECP521R1()), "P-521", 521),
        (lambda: ed25519.Ed25519PrivateKey.generate(), "Ed25519", 0),
        (lambda: dsa.generate_private_key(2048), "DSA", 0),
    ],
)
def test_the_kind_and_size_of_a_key_are_read(make, key, bits):
    own = read(issued(make()))
    assert (key, bits) == (own.key, own.key_bits)


def test_dates_and_issuers_are_read_as_another_library_reads_them():
    other = x509.load_der_x509_certificate(USUAL.certificate)
    own = read(USUAL.certificate)
    assert other.not_valid_before_utc.timestamp() == own.not_before
    assert other.not_valid_after_utc.timestamp() == own.not_after
    assert (False, True, "") == (own.self_issued, own.names_issuers_place, own.weak_hash)


def test_a_certificate_that_vouches_for_itself_is_told():
    assert read(CERTIFICATES.self_signed().certificate).self_issued


def test_a_signature_with_sha_1_is_told():
    assert "SHA-1" == read(CERTIFICATES.signed_with_sha1().certificate).weak_hash


def test_every_authority_of_this_machine_is_read_as_another_library_reads_it():
    context = ssl.create_default_context()
    context.load_default_certs()
    ders = context.get_ca_certs(binary_form=True)
    if not ders:
        pytest.skip("this machine trusts nobody")
    for der in ders:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some have serial numbers that are none
            own, other = read(der), x509.load_der_x509_certificate(der)
        assert other.not_valid_after_utc.timestamp() == own.not_after
        assert (other.issuer == other.subject) == own.self_issued
        key = other.public_key()
        if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            assert key.key_size == own.key_bits


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_raise(data):
    assert read(data) is None or read(data).lifetime is not None


@given(st.integers(min_value=0), st.binary(min_size=1, max_size=4), st.booleans())
def test_no_certificate_with_a_part_exchanged_makes_the_reader_raise(place, piece, cut):
    whole = bytearray(USUAL.certificate)
    at = place % len(whole)
    whole[at : at + len(piece)] = piece
    read(bytes(whole[:at] if cut else whole))


def test_a_certificate_in_pem_is_no_der():
    pem = x509.load_der_x509_certificate(USUAL.certificate).public_bytes(serialization.Encoding.PEM)
    assert read(pem) is None
