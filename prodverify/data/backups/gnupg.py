"""Backups that others encrypted with GnuPG, read with the system's gpg in a key ring that is gone afterwards."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from prodverify.data.archives.damage import DamagedDump
from prodverify.data.backups.keys import WrongKey
from prodverify.record.findings import Unjudged, inconclusive

_CHUNK = 1 << 20
_PREFIX = "pv-keys-"
_STATUS = "[GNUPG:]"
_END_SECONDS = 10.0
_LEFT_SECONDS = 60.0
_LONGEST_PLACE = 60
_AGENT = re.compile(r"(?:gpg|gpg-agent)[^\n]*(?:agent: [A-Z]|the agent|agent running|socket)[^\n]*")
_LONGEST_PASSPHRASE = 4000  # bytes; a pipe takes 4096 without a reader on every system
_COMMON = ("--batch", "--no-tty", "--no-options", "--pinentry-mode=loopback", "--status-fd=2")


def decrypt(source: IO[bytes], target: IO[bytes], identity: str) -> None:
    """
    Write what the file ``source`` holds to ``target``; ``identity`` is a secret key in armor, or a passphrase.

    The key travels through a pipe, never in a command line, into a private key ring that no other program sees. Raises
    ``WrongKey``, ``DamagedDump``, ``Unjudged`` where gpg is not installed, and ``OSError``.
    """
    if shutil.which("gpg") is None or shutil.which("gpg-agent") is None:
        raise Unjudged(
            inconclusive(
                "backup-not-decrypted",
                "the programs gpg and gpg-agent, which a backup encrypted with GnuPG needs",
                "they are not installed",
                next_step="install your system's package gnupg",
            )
        )
    is_key = "PGP PRIVATE KEY" in identity
    passphrase = "" if is_key else (identity.splitlines() or [""])[0]
    if not is_key and not 0 < len(passphrase.encode()) <= _LONGEST_PASSPHRASE:
        raise WrongKey("the secret is neither a secret key of GnuPG in armor nor a passphrase of one line")
    with _ring() as ring:
        home = ring / "a"
        home.mkdir(mode=0o700)
        if is_key:
            imported = _run(home, ["--import"], identity.encode())
            _demand_that_it_ran(imported.stderr.decode("utf-8", "replace"))
            if imported.returncode != 0:
                raise WrongKey("the secret is no secret key that gpg can read")
            home = _moved(home)
        try:
            said, status = _decrypted(home, source, target, passphrase)
        finally:
            _end_agent(home)
    if status == 0 and "DECRYPTION_OKAY" in said:
        return
    _demand_that_it_ran(said)
    if "DECRYPTION_INFO" not in said and ("NO_SECKEY" in said or "NO_PUBKEY" in said or "pkdecrypt_failed" in said):
        raise WrongKey(
            "the key in the secret does not open the backup: it was encrypted for others, or the key has a passphrase"
        )
    if "BAD_PASSPHRASE" in said or "maybe_error" in said:
        raise WrongKey("the passphrase in the secret does not open the backup")
    raise DamagedDump("it is damaged or cut off: gpg could not decrypt it")


def _demand_that_it_ran(said: str) -> None:
    trouble = _AGENT.search(said)
    if trouble or _STATUS not in said:
        lines = said.strip().splitlines() or ["it said nothing"]
        raise Unjudged(
            inconclusive(
                "backup-not-decrypted",
                "a gpg and a gpg-agent that run here",
                trouble[0] if trouble else lines[-1],
                next_step="let both run by hand, in a folder of their own: gpg --homedir",
            )
        )


def _decrypted(ring: Path, source: IO[bytes], target: IO[bytes], passphrase: str) -> tuple[str, int]:
    handles: tuple[int, ...] = ()
    options: list[str] = []
    if passphrase:
        handles = os.pipe()
        os.write(handles[1], passphrase.encode() + b"\n")  # so short that no pipe waits for its reader
        os.close(handles[1])
        handles = handles[:1]
        options = [f"--passphrase-fd={handles[0]}"]
    with tempfile.TemporaryFile() as complaints:
        try:
            process = subprocess.Popen(
                _command(ring, [*options, "--decrypt"]),
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=complaints,
                pass_fds=handles,
                env=_environ(),
            )
        finally:
            for handle in handles:
                os.close(handle)
        try:
            assert process.stdout is not None
            shutil.copyfileobj(process.stdout, target, _CHUNK)
            status = process.wait()
        finally:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
        complaints.seek(0)
        return complaints.read(1 << 16).decode("utf-8", "replace"), status


def _run(ring: Path, arguments: list[str], given: bytes) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(_command(ring, arguments), input=given, capture_output=True, check=False, env=_environ())
    finally:
        _end_agent(ring)


def _moved(home: Path) -> Path:
    """The same key ring elsewhere: the agent of the first command, which may not have ended yet, is not there."""
    moved = home.rename(home.with_name("b"))
    for socket in moved.glob("S.*"):
        socket.unlink()
    return moved


def _command(ring: Path, arguments: list[str]) -> list[str]:
    # an agent that is started for one command ends with it, even where we are killed and cannot end it
    gpg = ["gpg", f"--homedir={ring}", *_COMMON, *arguments]
    return ["gpg-agent", f"--homedir={ring}", "--quiet", "--daemon", "--", *gpg]


def _environ() -> dict[str, str]:
    return {**{name: value for name, value in os.environ.items() if name != "GNUPGHOME"}, "LC_ALL": "C"}


def _end_agent(ring: Path) -> None:
    with suppress(OSError, subprocess.TimeoutExpired):  # it ends by itself once its command has ended
        subprocess.run(
            ["gpgconf", f"--homedir={ring}", "--kill", "gpg-agent"],
            capture_output=True, check=False, timeout=_END_SECONDS, env=_environ(),
        )  # fmt: skip


@contextmanager
def _ring() -> Iterator[Path]:
    """
    A private folder with a short name, because the agent's socket in it may have 107 bytes.

    Those of killed processes are removed first; a lock tells them from those in use, and age from those in the making.
    """
    place, ours = Path(tempfile.gettempdir()), f"{_PREFIX}{os.geteuid()}-"
    if len(os.fsencode(place)) > _LONGEST_PLACE:
        place = Path("/tmp")
    for left in place.glob(f"{ours}*"):
        with suppress(OSError), _locked(left):
            status = left.stat()
            if status.st_uid == os.geteuid() and time.time() - status.st_mtime > _LEFT_SECONDS:
                shutil.rmtree(left)
    ring = Path(tempfile.mkdtemp(prefix=ours, dir=place))
    try:
        with _locked(ring):
            yield ring
    finally:
        shutil.rmtree(ring, ignore_errors=True)  # the agent removes its sockets at the same time


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)
