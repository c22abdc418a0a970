"""Backups that only the holder of a key can read: encrypted with age, and decrypted where others used age or GnuPG."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, Literal

from prodverify.data.archives.damage import DamagedDump
from prodverify.data.backups import gnupg
from prodverify.data.backups.keys import WrongKey
from prodverify.record.findings import Unjudged, inconclusive

__all__ = ["SUFFIXES", "Scheme", "WrongKey", "decrypt", "encrypt", "recipient_complaint", "scheme_of"]

Scheme = Literal["", "age", "gpg", "openssl"]

SUFFIXES: dict[Scheme, str] = {"age": ".age", "gpg": ".gpg"}
"""How the name of an encrypted backup ends."""

_AGE = b"age-encryption.org/v1\n"
_AGE_ARMOR = b"-----BEGIN AGE ENCRYPTED FILE-----"
_GPG_ARMOR = b"-----BEGIN PGP MESSAGE-----"
_OPENSSL = (b"Salted__", b"U2FsdGVkX1")  # the second as `openssl enc -a` writes it, in base64
HEAD_BYTES = 64
"""Bytes of a file that tell how it is encrypted."""
# a message of OpenPGP begins with the packet of a key, tag 1, or of a passphrase, tag 3: RFC 9580 section 5
_GPG_TAGS = {0x84, 0x85, 0x86, 0xC1, 0x8C, 0x8D, 0x8E, 0xC3}
_LONGEST_HEADER = 1 << 20
_AGE_PIECE = 64 << 10  # https://c2sp.org/age: the payload is sealed in pieces of 64 KiB, each with a tag of 16 bytes
_AGE_TAG = _AGE_NONCE = 16


def scheme_of(path: Path) -> Scheme:
    """What ``path`` is encrypted with, by its first bytes; empty where it is not. A folder never is. Raises OSError."""
    if path.is_dir():
        return ""
    with path.open("rb") as file:
        return scheme_in(file.read(HEAD_BYTES))


def scheme_in(head: bytes) -> Scheme:
    """What a file that begins with ``head``, its first ``HEAD_BYTES``, is encrypted with; empty where it is not."""
    if head.startswith((_AGE, _AGE_ARMOR)):
        return "age"
    if head.startswith(_OPENSSL):
        return "openssl"
    return "gpg" if head.startswith(_GPG_ARMOR) or (head[:1] and head[0] in _GPG_TAGS) else ""


def encrypt(source: Path, target: Path, recipients: Sequence[str]) -> None:
    """
    Write ``source`` to the new file ``target``, readable for the holder of any of the keys of ``recipients`` alone.

    A recipient is a public key of age (``age1...``) or of SSH (``ssh-ed25519 ...``, ``ssh-rsa ...``). The ciphertext
    is seen onto the disk, and its header and length are checked. Raises ``WrongKey`` where a recipient is no such key,
    ``Unjudged`` where the extra is not installed, and ``OSError``.
    """
    age = _age()
    keys = [_recipient(age, each) for each in recipients]
    if not keys:
        raise WrongKey("no recipient is named; name the public key of whoever may read the backup")
    with source.open("rb") as read, open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        reader, writer = _Kept(read), _Kept(file)
        try:
            _run(age.encrypt_io, reader, writer, keys)
        except (age.EncryptError, OSError) as error:
            raise reader.failure or writer.failure or error from None
        if writer.failure is not None:  # the last bytes are written where pyrage loses what is raised
            raise writer.failure
        file.flush()
        os.fsync(file.fileno())
    _check_length(source, target)


def decrypt(source: Path, target: Path, identity: str) -> None:
    """
    Write what ``source`` holds to the new file ``target``, opened with ``identity``, the text of a secret.

    For age it is an identity file's text (``AGE-SECRET-KEY-1...``) or an SSH private key without passphrase; for GnuPG
    a secret key in armor, or a passphrase. Memory is bounded. Raises ``WrongKey``, ``DamagedDump`` where the ciphertext
    was changed or cut off, ``Unjudged`` where this machine or this program cannot tell, and ``OSError``; then nothing
    that may be believed is at ``target``, and it is removed.
    """
    scheme = scheme_of(source)
    if scheme not in SUFFIXES:
        raise Unjudged(
            inconclusive(
                "backup-not-decrypted",
                "a backup that is encrypted with age or GnuPG",
                "one of `openssl enc`, which notes neither how nor whether it was changed" if scheme else "plain text",
                next_step="decrypt it by hand" if scheme else "leave its key out",
            )
        )
    try:
        with source.open("rb") as read, open(_created(target), "wb") as file:
            if scheme == "age":
                _decrypt_age(_age(), read, file, identity)
            else:
                gnupg.decrypt(read, file, identity)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def recipient_complaint(text: str) -> str:
    """What is wrong with ``text`` as a public key, or empty. Raises ``Unjudged`` where the extra is not installed."""
    try:
        _recipient(_age(), text)
    except WrongKey as wrong:
        return str(wrong)
    return ""


def _created(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def _age() -> Any:
    try:
        import pyrage  # type: ignore[import-untyped]
    except ImportError:
        raise Unjudged(
            inconclusive(
                "backup-not-decrypted",
                "the Python package pyrage, which age-encrypted backups need",
                "none is installed",
                next_step="install it: pip install 'prodverify[backups]'",
            )
        ) from None
    return pyrage


def _recipient(age: Any, text: str) -> object:
    kind = age.ssh.Recipient if text.startswith("ssh-") else age.x25519.Recipient
    try:
        return kind.from_str(text.strip())
    except age.RecipientError:
        # the text is not told: somebody may have mistaken the secret key for it
        raise WrongKey(
            "a recipient is no public key of age (age1...) or of SSH (ssh-ed25519 ..., ssh-rsa ...)"
        ) from None


def _identities(age: Any, text: str) -> list[object]:
    if "PRIVATE KEY-----" in text:
        try:
            return [age.ssh.Identity.from_buffer(text.strip().encode() + b"\n")]
        except age.IdentityError:
            raise WrongKey(
                "the secret is no SSH private key that can be used: it must be of ed25519 or RSA, without a passphrase"
            ) from None
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    try:
        keys: list[object] = [age.x25519.Identity.from_str(line) for line in lines]
    except age.IdentityError:
        keys = []
    if not keys:
        raise WrongKey("the secret is no key of age: AGE-SECRET-KEY-1..., one a line, or an SSH private key")
    return keys


def _decrypt_age(age: Any, source: IO[bytes], target: IO[bytes], identity: str) -> None:
    reader, writer = _Kept(source), _Kept(target)
    try:
        _run(age.decrypt_io, reader, writer, _identities(age, identity))
    except (age.DecryptError, OSError) as error:
        if failure := reader.failure or writer.failure:
            raise failure from None
        if "No matching keys" in str(error):
            raise WrongKey(
                "no key in the secret opens the backup: it was encrypted for others, or the first bytes are damaged"
            ) from None
        raise DamagedDump(f"it is damaged or cut off: age says {str(error).splitlines()[0]!r}") from None
    if writer.failure is not None:
        raise writer.failure


def _run(work: Callable[[_Kept, _Kept, list[object]], None], reader: _Kept, writer: _Kept, keys: list[object]) -> None:
    """
    Have pyrage do ``work`` in a thread of its own.

    Python tells the main thread alone of a signal; where that came while pyrage reads or writes, it would be an error
    of the file to it, or nothing at all.
    """
    with ThreadPoolExecutor(1) as beside:
        done = beside.submit(work, reader, writer, keys)
        try:
            done.result()
        except BaseException:
            reader.ended = True
            raise


def _check_length(source: Path, target: Path) -> None:
    plain, sealed = source.stat().st_size, target.stat().st_size
    with target.open("rb") as file:
        head = file.read(_LONGEST_HEADER)
    mac = head.find(b"\n--- ")
    header = head.find(b"\n", mac + 1) + 1
    pieces = max(1, -(-plain // _AGE_PIECE))
    if not head.startswith(_AGE) or mac < 0 or sealed != header + _AGE_NONCE + plain + pieces * _AGE_TAG:
        raise OSError(f"what was encrypted is not whole: {sealed} bytes of {plain}")


class _Kept:
    """A file for pyrage, which turns what a file raises into errors of its own, or loses it; here it is kept."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.failure: BaseException | None = None
        self.ended = False

    def read(self, size: int, /) -> bytes:
        try:
            if self.ended:
                raise OSError("nobody waits for it any more")  # no InterruptedError, after which pyrage tries again
            return self._file.read(size)
        except BaseException as failure:
            self.failure = failure
            raise

    def write(self, data: bytes, /) -> int:
        try:
            if self.failure is not None:
                raise self.failure
            return self._file.write(data)
        except BaseException as failure:
            self.failure = failure
            raise

    def flush(self) -> None:
        """Done by whoever opened the file, after the last byte."""
