"""The drill's own server, started while the backup is still read where its manifest says which one it needs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from prodverify.data import binaries as installed
from prodverify.data.backups.manifest import Manifest
from prodverify.data.binaries import Binaries, BinariesMissing
from prodverify.data.cluster import Cluster
from prodverify.data.empty import empty_cluster

_SMALL_BYTES = 40 << 20  # of a backup that is unpacked: with its indexes it becomes about twice as much in a server
# a plain dump is one transaction and reading back another: of each table they lock its indexes, too. 64 by default
_SETTINGS = {"max_locks_per_transaction": "1024"}


class Ahead:
    """
    Servers of one drill: one begun at once, if ``manifest`` says of which version, and another where that was wrong.

    ``close`` it, whatever happens.
    """

    def __init__(self, manifest: Manifest | None, configured: str) -> None:
        self._made = ExitStack()
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="provision")
        self._expected = _expected(manifest, configured)
        self._begun = self._beside.submit(self._start, *self._expected) if self._expected else None

    def server(self, programs: Binaries, content_bytes: int) -> Cluster:
        """
        A running, empty server by ``programs`` for a backup that is ``content_bytes`` long unpacked.

        Raises ``ClusterError``.
        """
        wanted = (programs, content_bytes < _SMALL_BYTES)
        if self._begun is not None and wanted == self._expected:
            return self._begun.result()
        if self._begun is not None and not self._begun.cancel() and self._begun.exception() is None:
            self._begun.result().stop()
        return self._start(*wanted)

    def close(self) -> None:
        """End all of them."""
        self._beside.shutdown(cancel_futures=True)
        self._made.close()

    def _start(self, programs: Binaries, small: bool) -> Cluster:
        cluster = empty_cluster(programs, name="drill", small=small, cut_off=True, settings=_SETTINGS)
        self._made.callback(cluster.stop)
        return cluster


def _expected(manifest: Manifest | None, configured: str) -> tuple[Binaries, bool] | None:
    if manifest is None or not manifest.content_bytes:
        return None
    try:
        majors = (manifest.contents.server_major, int(manifest.tool_version.partition(".")[0]))
        return installed.find(configured, at_least=max(majors)), manifest.content_bytes < _SMALL_BYTES
    except (BinariesMissing, ValueError):  # which is told by whoever has read the backup
        return None
