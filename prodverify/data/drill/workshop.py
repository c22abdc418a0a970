"""A private folder for what a drill makes of a backup on its way: gone with the drill, also when it is killed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prodverify.data.account import NoAccount, unprivileged
from prodverify.data.cache import Cache, CacheError
from prodverify.data.server import ClusterError
from prodverify.data.supervisor import Supervisor, SupervisorError
from prodverify.data.sweep import sweep


@contextmanager
def workshop() -> Iterator[Path]:
    """
    A folder of mode 0700 among the temporary ones, for copies and for what was decrypted.

    Its own supervisor removes it, in whatever way this process ends. Raises ``ClusterError``.
    """
    try:
        ledgers = Cache.locate(unprivileged()).ledgers
        sweep(ledgers)
        supervisor = Supervisor.start(ledgers)
    except (NoAccount, CacheError, SupervisorError, OSError) as problem:
        raise ClusterError(f"A private folder could not be set up: {problem}") from problem
    with supervisor:
        try:
            folder = supervisor.make_folder(Path(tempfile.gettempdir()).resolve() / f"drill-{os.urandom(8).hex()}")
        except SupervisorError as problem:
            raise ClusterError(f"A private folder could not be made: {problem}") from problem
        yield folder
