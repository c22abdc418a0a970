"""What was encrypted is read back by the holder of a key alone, and damage to it is told from a wrong key."""

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pyrage
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from prodverify.data.archives.damage import DamagedDump
from prodverify.data.backups.encryption import WrongKey, decrypt, encrypt, recipient_complaint, scheme_of
from prodverify.record.findings import Unjudged
from prodverify.wire.clock import poll

ROOT = Path(__file__).parents[3]
CI = "CI" in os.environ
PLAIN = bytes(range(256)) * 1024  # four pieces of age exactly
IDENTITY = pyrage.x25519.Identity.from_str(
    "AGE-SECRET-KEY-1FTPS49Q2AJRY7ATRGQQ8LRCV2DHSQ5XRNX3ZMZ2UVN045SEALSEQL22SFZ"  # pragma: allowlist secret
)
RECIPIENT = str(IDENTITY.to_public())
PIECE, TAG, NONCE = 65536, 16, 16


@pytest.fixture
def plain(tmp_path):
    path = tmp_path / "plain"
    path.write_bytes(PLAIN)
    return path


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sealed")
    (folder / "plain").write_bytes(PLAIN)
    encrypt(folder / "plain", folder / "sealed", [RECIPIENT])
    return (folder / "sealed").read_bytes()


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 1_000_003])
def test_what_was_encrypted_comes_back(tmp_path, size):
    plain, sealed, opened = (tmp_path / name for name in ("plain", "sealed", "opened"))
    plain.write_bytes(b"x" * size)
    encrypt(plain, sealed, [RECIPIENT])
    decrypt(sealed, opened, f"# created: today\n{IDENTITY}\n")

    assert opened.read_bytes() == plain.read_bytes()
    assert ("", "age") == (scheme_of(plain), scheme_of(sealed))
    assert (0o600, 0o600) == (sealed.stat().st_mode & 0o777, opened.stat().st_mode & 0o777)


def test_any_of_several_recipients_reads_it(plain, tmp_path):
    key = ed25519.Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    ).decode()
    encrypt(plain, tmp_path / "sealed", [RECIPIENT, f"{public} ops@example"])

    for number, identity in enumerate((str(IDENTITY), private)):
        decrypt(tmp_path / "sealed", tmp_path / f"opened{number}", identity)
        assert PLAIN == (tmp_path / f"opened{number}").read_bytes()


def test_another_key_is_a_wrong_key_and_leaves_nothing(sealed, tmp_path):
    (tmp_path / "sealed").write_bytes(sealed)

    with pytest.raises(WrongKey, match="no key in the secret opens the backup"):
        decrypt(tmp_path / "sealed", tmp_path / "opened", str(pyrage.x25519.Identity.generate()))
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize(
    "secret",
    ["", "hush", "AGE-SECRET-KEY-1QQ", "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n", "\n#\n"],  # pragma: allowlist secret
)
def test_a_secret_that_is_no_key_is_a_wrong_key_without_its_text(sealed, tmp_path, secret):
    (tmp_path / "sealed").write_bytes(sealed)

    with pytest.raises(WrongKey, match="the secret is no ") as caught:
        decrypt(tmp_path / "sealed", tmp_path / "opened", secret)
    assert "hush" not in str(caught.value)


# the header is text of which one line is ours to decrypt and others may be grease: its own seal tells of any change
@pytest.mark.parametrize("at", [-1, -TAG - 1, -PIECE, -PIECE - TAG, -3 * PIECE, -4 * (PIECE + TAG)])
def test_a_flipped_bit_is_damage(sealed, tmp_path, at):
    spoilt = bytearray(sealed)
    spoilt[at] ^= 1
    (tmp_path / "sealed").write_bytes(spoilt)

    with pytest.raises(DamagedDump, match="it is damaged or cut off"):
        decrypt(tmp_path / "sealed", tmp_path / "opened", str(IDENTITY))
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize("lost", [1, TAG, PIECE + TAG, 2 * (PIECE + TAG), 4 * (PIECE + TAG), 4 * (PIECE + TAG) + NONCE])
def test_a_cut_is_damage_also_between_two_pieces(sealed, tmp_path, lost):
    (tmp_path / "sealed").write_bytes(sealed[:-lost])

    with pytest.raises(DamagedDump, match="it is damaged or cut off"):
        decrypt(tmp_path / "sealed", tmp_path / "opened", str(IDENTITY))


@pytest.mark.parametrize(
    "text", ["", "age1", "AGE-SECRET-KEY-1X", "ssh-ed25519 AAAA", "ops@example", RECIPIENT[:-1] + "b"]
)
def test_a_recipient_that_is_no_public_key_is_told(plain, tmp_path, text):
    with pytest.raises(WrongKey, match="is no public key of age") as caught:
        encrypt(plain, tmp_path / "sealed", [text])
    assert "SECRET" not in str(caught.value)
    assert "is no public key of age" in recipient_complaint(text)


def test_a_recipient_that_is_one_has_no_complaint(plain, tmp_path):
    assert recipient_complaint(RECIPIENT) == ""
    with pytest.raises(WrongKey, match="no recipient is named"):
        encrypt(plain, tmp_path / "sealed", [])


FULL = """
import resource, sys
from pathlib import Path
from prodverify.data.backups.encryption import decrypt, encrypt
folder, verb, key, limit = Path(sys.argv[1]), *sys.argv[2:]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit),) * 2)
try:
    if verb == "encrypt":
        encrypt(folder / "plain", folder / "to", [key])
    else:
        decrypt(folder / "sealed", folder / "to", key)
except OSError as full:
    sys.exit(full.strerror)
"""


@pytest.mark.parametrize("limit", [100, len(PLAIN) - 1])  # in the first piece, and where pyrage would lose the error
@pytest.mark.parametrize(
    ("verb", "key"), [("encrypt", RECIPIENT), ("decrypt", str(IDENTITY))], ids=["encrypt", "decrypt"]
)
def test_a_full_disk_is_told_up_to_the_last_byte(plain, sealed, tmp_path, verb, key, limit):
    (tmp_path / "sealed").write_bytes(sealed)
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path), verb, key, str(limit)],
        cwd=ROOT, capture_output=True, text=True, timeout=30,
    )  # fmt: skip

    assert ("File too large\n", 1) == (done.stderr, done.returncode)


def test_the_scheme_is_told_by_content(tmp_path):
    heads = {
        "": b"", "plain": b"--\n-- PostgreSQL", "gzip": b"\x1f\x8b", "archive": b"PGDMP", "zstd": b"\x28\xb5\x2f\xfd",
        "lz4": b"\x04\x22\x4d\x18", "age": b"-----BEGIN AGE ENCRYPTED FILE-----\n", "gpg": b"\x85\x02\x0c\x03",
        "passphrase": b"\x8c\x0d\x04\x09", "armor": b"-----BEGIN PGP MESSAGE-----\n", "openssl": b"Salted__12345678",
    }  # fmt: skip
    told = {}
    for name, head in heads.items():
        (tmp_path / "file").write_bytes(head)
        told[name] = scheme_of(tmp_path / "file")

    expected = dict.fromkeys(heads, "") | {
        "age": "age", "gpg": "gpg", "passphrase": "gpg", "armor": "gpg", "openssl": "openssl",
    }  # fmt: skip
    assert expected == told
    assert scheme_of(tmp_path) == ""


@pytest.mark.parametrize(("content", "said"), [(b"Salted__", "openssl enc"), (b"--\n", "plain text")])
def test_what_cannot_be_decrypted_is_no_verdict(tmp_path, content, said):
    (tmp_path / "file").write_bytes(content)

    with pytest.raises(Unjudged, match=said):
        decrypt(tmp_path / "file", tmp_path / "opened", "hush")


def gpg(home, *arguments, given=b""):
    done = subprocess.run(
        ["gpg", f"--homedir={home}", "--batch", "--quiet", "--pinentry-mode=loopback", *arguments],
        input=given, capture_output=True, timeout=30,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


KEY = b"""%no-protection
Key-Type: eddsa
Key-Curve: ed25519
Subkey-Type: ecdh
Subkey-Curve: cv25519
Name-Real: backup
Expire-Date: 0
%commit
"""


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """What another program encrypted, by a key and by a passphrase, and that key."""
    if shutil.which("gpg") is None and not CI:
        pytest.skip("gpg is not installed")
    home = tmp_path_factory.mktemp("g")
    home.chmod(0o700)
    try:
        gpg(home, "--gen-key", given=KEY)
        return {
            "key": gpg(home, "--armor", "--export-secret-keys").decode(),
            "by key": gpg(home, "--trust-model=always", "--recipient=backup", "--encrypt", given=PLAIN),
            "by passphrase": gpg(home, "--passphrase=hush", "--symmetric", given=PLAIN),
        }
    finally:
        subprocess.run(["gpgconf", f"--homedir={home}", "--kill", "all"], check=True, timeout=30)


@pytest.mark.parametrize("way", ["by key", "by passphrase"])
def test_backups_that_others_encrypted_are_read(others, tmp_path, way):
    (tmp_path / "sealed").write_bytes(others[way])
    decrypt(tmp_path / "sealed", tmp_path / "opened", others["key"] if way == "by key" else "hush\n")

    assert scheme_of(tmp_path / "sealed") == "gpg"
    assert PLAIN == (tmp_path / "opened").read_bytes()


@pytest.mark.parametrize("way", ["by key", "by passphrase"])
@pytest.mark.parametrize("damage", ["flipped", "cut"])
def test_what_others_encrypted_and_was_damaged_is_told(others, tmp_path, way, damage):
    spoilt = bytearray(others[way])
    spoilt[len(spoilt) // 2] ^= 4
    (tmp_path / "sealed").write_bytes(spoilt if damage == "flipped" else others[way][:-30])

    with pytest.raises(DamagedDump, match="gpg could not decrypt it"):
        decrypt(tmp_path / "sealed", tmp_path / "opened", others["key"] if way == "by key" else "hush")
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize(
    ("way", "secret", "said"),
    [
        ("by key", "hush", "the key in the secret does not open the backup"),
        ("by passphrase", "hash", "the passphrase in the secret does not open the backup"),
        ("by passphrase", "", "neither a secret key of GnuPG in armor nor a passphrase"),
        (
            "by key",
            "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nxx\n",  # pragma: allowlist secret
            "no secret key that gpg can read",
        ),
    ],
)
def test_a_wrong_secret_for_what_others_encrypted_is_told(others, tmp_path, way, secret, said):
    (tmp_path / "sealed").write_bytes(others[way])

    with pytest.raises(WrongKey, match=said):
        decrypt(tmp_path / "sealed", tmp_path / "opened", secret)


@pytest.fixture
def rings(monkeypatch):
    """The folder in which key rings are made: of a short name, for a socket has one of at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="pv-rings-", dir="/tmp") as made:
        monkeypatch.setattr("tempfile.tempdir", made)
        yield Path(made)


def test_an_agent_that_does_not_run_is_no_verdict_on_the_backup(others, tmp_path, monkeypatch):
    (tmp_path / "agent" / "gpg-agent").parent.mkdir()
    (tmp_path / "agent" / "gpg-agent").write_text("#!/bin/sh\necho 'gpg-agent[7]: error binding socket' >&2; exit 2\n")
    (tmp_path / "agent" / "gpg-agent").chmod(0o755)
    (tmp_path / "sealed").write_bytes(others["by key"])
    monkeypatch.setenv("PATH", f"{tmp_path / 'agent'}:{os.environ['PATH']}")

    for secret in (others["key"], "hush"):
        with pytest.raises(Unjudged, match="error binding socket"):
            decrypt(tmp_path / "sealed", tmp_path / "opened", secret)


def test_the_key_ring_and_its_agent_are_gone_afterwards(others, tmp_path, rings):
    (tmp_path / "sealed").write_bytes(others["by key"])
    left = rings / f"pv-keys-{os.geteuid()}-left"
    left.mkdir()
    os.utime(left, (0, 0))
    decrypt(tmp_path / "sealed", tmp_path / "opened", others["key"])

    assert list(rings.iterdir()) == []
    poll(lambda: not running(str(rings).encode()) or None, within_seconds=10, what="the end of the agents")


def running(word):
    """The command lines of gpg and its agent that hold it."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended meanwhile
            found.append(each.read_bytes())
    return [command for command in found if word in command and b"gpg" in command]
