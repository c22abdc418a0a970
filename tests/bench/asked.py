"""
A plugin that counts what the HTTP checks of one process ask, and how much of it the rules need.

An observation is a question (method, target, role, header lines, body) without what is new each time. Where every
observation is fetched once and judged many times, a question is asked as often as the case that needs it most often.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

NOT_HTTP = (
    "test_backups",
    "test_cache",
    "test_database",
    "test_drill",
    "test_migrations",
    "test_objectives",
    "test_readiness",
    "test_schema",
)
NEW_EACH_TIME = {"traceparent", "x-prodverify-run", "user-agent", "x-request-id"}

Question = tuple[Any, ...]


class Asked:
    """Questions by the case that asked them."""

    def __init__(self) -> None:
        self.case = ""
        self.counts: Counter[tuple[str, Question]] = Counter()
        self.bytes = 0
        self.seconds = 0.0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        """Notes whose questions the next ones are."""
        self.case = item.nodeid
        return (yield)

    def pytest_collection_finish(self) -> None:
        """Listens to the client, from before it is made."""
        from prodverify.wire.client import Client

        initialise = Client.__init__

        def listening(client: Client, *given: Any, **named: Any) -> None:
            heard: Callable[[Any], None] | None = named.get("on_exchange")

            def hear(exchange: Any) -> None:
                self._hear(exchange)
                if heard:
                    heard(exchange)

            initialise(client, *given, **{**named, "on_exchange": hear})

        Client.__init__ = listening  # type: ignore[method-assign]

    def pytest_sessionfinish(self) -> None:
        """Writes the numbers."""
        most: Counter[Question] = Counter()
        for (_, question), count in self.counts.items():
            most[question] = max(most[question], count)
        numbers = {
            "http_requests": self.counts.total(),
            "http_requests_needed": most.total(),
            "http_bytes": self.bytes,
            "http_s": self.seconds,
        }
        if place := os.environ.get("PRODVERIFY_ASKED_IN_FULL"):
            told = [[case, *map(str, question), count] for (case, question), count in self.counts.items()]
            Path(place).write_text(json.dumps(told, indent=1), encoding="utf-8")
        Path(os.environ["PRODVERIFY_ASKED"]).write_text(json.dumps(numbers), encoding="ascii")

    def _hear(self, exchange: Any) -> None:
        if any(f"{name}.py" in self.case for name in NOT_HTTP):
            return
        lines = tuple(line for line in exchange.request_headers if line[0].lower() not in NEW_EACH_TIME)
        question = (exchange.method, exchange.url, exchange.target, lines, exchange.request_body)
        self.counts[self.case, question] += 1
        for said in (exchange.request_headers, exchange.headers):
            self.bytes += sum(len(name) + len(value) + 4 for name, value in said)
        self.bytes += len(exchange.request_body) + len(exchange.body)
        self.seconds += exchange.elapsed_ms / 1000


def pytest_configure(config: pytest.Config) -> None:
    """Listens in a single process alone, where every question passes."""
    config.pluginmanager.register(Asked(), "asked")
