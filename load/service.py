"""The service that a load run asks: found, or for the embedded default started, and ready before anything is sent."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from prodverify.record.findings import Unjudged
from prodverify.target.load import Target
from prodverify.wire.client import Client
from prodverify.wire.readiness import Readiness, wait_until_ready
from prodverify.wire.redaction import Redactor
from prodverify.wire.run import Run

if TYPE_CHECKING:
    from fixtures.relay.stage import Stage


_HANDED_OVER = "load.json"


class NotStarted(Exception):  # noqa: N818 - a word of the house
    """The embedded service could not be started; the text says why."""


class Service:
    """What one process of a run starts, and ends."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._stage: Stage | None = None
        self.values: dict[str, str] = {}

    def open(self) -> Target:
        """The target with everything known, the embedded service started. Raises NotStarted where it cannot be."""
        if not self._target.promises.embedded:
            return self._target
        from fixtures.relay.stage import Stage, StageError

        try:
            self._stage = Stage.start()
        except StageError as problem:
            raise NotStarted(str(problem)) from problem
        self.values = dict(self._stage.values)
        return self._target.located(self.values)

    def hand_over(self, folder: Path) -> str:
        """
        What the embedded service made up goes to the workers, which are on this machine too, through a file in the
        run's private ``folder``; its path, or nothing where there is no such service.
        """
        if not self.values:
            return ""
        path = folder / _HANDED_OVER
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(self.values, file)
        return str(path)

    def close(self) -> None:
        """Ends what was started; may be called again."""
        stage, self._stage = self._stage, None
        if stage is not None:
            stage.stop()


def handed_over(target: Target, path: Path) -> Target:
    """``target`` as the process that opened the service knows it. Raises OSError, ValueError."""
    return target.located(json.loads(path.read_text(encoding="utf-8")))


def readiness(target: Target, run: Run) -> Readiness:
    """Whether ``target`` is ready to be asked, polled as long as its file says."""
    client = Client(target, run, redactor=Redactor(target.secrets, run.folder))
    try:
        return wait_until_ready(client, target)
    except Unjudged as unjudged:
        return Readiness(ready=False, version="", attempts=0, seconds=0.0, finding=unjudged.finding, ours=True)
    finally:
        client.close()
