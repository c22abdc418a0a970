"""Whoever ends a backup while it is encrypted ends it, at whatever moment, and is told of nothing else."""

import os
import signal
import threading

import pytest

from prodverify.data.backups.encryption import encrypt

pyrage = pytest.importorskip("pyrage")
LONG = 4 << 30  # bytes, all of which are holes: longer than any of the moments
MOMENTS = [0.01, 0.02, 0.03, 0.04, 0.05, 0.06]


@pytest.fixture
def told_after():
    """Ends the main thread's work as Ctrl-C does, so many seconds from now."""
    before = signal.signal(signal.SIGUSR1, signal.default_int_handler)
    timers = []

    def tell(seconds):
        timers.append(threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGUSR1)))
        timers[-1].start()

    yield tell
    for timer in timers:
        timer.join()
    signal.signal(signal.SIGUSR1, before)


@pytest.fixture
def key():
    return pyrage.x25519.Identity.generate()


@pytest.fixture
def long(tmp_path):
    path = tmp_path / "long"
    with path.open("wb") as file:
        file.truncate(LONG)
    return path


def test_encryption_ends_when_it_is_told_to(told_after, key, long, tmp_path):
    def encrypted_for(seconds):
        told_after(seconds)
        encrypt(long, tmp_path / f"{seconds}", [str(key.to_public())])

    begun = 0
    for moment in MOMENTS:
        with pytest.raises(KeyboardInterrupt):
            encrypted_for(moment)
        begun += (tmp_path / f"{moment}").exists()
        (tmp_path / f"{moment}").unlink(missing_ok=True)
    assert begun
