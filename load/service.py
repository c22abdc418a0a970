"""The service that a load run asks: found, or for the embedded default started, and ready before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodverify.target.load import Target
from prodverify.wire.client import Client
from prodverify.wire.readiness import Readiness, wait_until_ready
from prodverify.wire.redaction import Redactor
from prodverify.wire.run import Run

if TYPE_CHECKING:
    from fixtures.relay.stage import Stage


class Service:
    """What one process of a run starts, and ends."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._stage: Stage | None = None
        self.values: dict[str, str] = {}

    def open(self) -> Target:
        """The target with everything known, the embedded service started. Raises StageError where it cannot be."""
        if not self._target.promises.embedded:
            return self._target
        from fixtures.relay.stage import Stage

        self._stage = Stage.start()
        self.values = dict(self._stage.values)
        return self._target.located(self.values)

    def close(self) -> None:
        """Ends what was started; may be called again."""
        stage, self._stage = self._stage, None
        if stage is not None:
            stage.stop()


def readiness(target: Target, run: Run) -> Readiness:
    """Whether ``target`` is ready to be asked, polled as long as its file says."""
    client = Client(target, run, redactor=Redactor(target.secrets, run.folder))
    try:
        return wait_until_ready(client, target)
    finally:
        client.close()
