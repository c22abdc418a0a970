"""A default application of other people's making, up once for all calibrations."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator

import pytest

from prodverify.wire.exchange import Exchange, HeaderList
from tests.calibration import packages


@pytest.fixture(scope="session")
def helmeted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Exchange]]:
    """What an Express application with Helmet's defaults answers at a path, as if behind a TLS terminator."""
    log = tmp_path_factory.mktemp("helmeted") / "log"
    with packages.serving(packages.installed("helmeted"), log) as port:

        def ask(path: str) -> Exchange:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                body = answer.read()
            finally:
                connection.close()
            url = f"https://service.example{path}"
            return Exchange("GET", url, path, HeaderList(), b"", answer.status, HeaderList(answer.getheaders()), body)

        yield ask
