"""
Loki, as its documentation has it, over the lines of a file: ``query_range`` with a selector and one line filter.

A real Loki is not at hand here. This one asks for its token and its tenant, as one that is shared does.
https://grafana.com/docs/loki/latest/reference/loki-http-api/#query-logs-within-a-range-of-time
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from urllib.parse import parse_qs

from fixtures.relay.double import Answer, Double, Request

TOKEN, TENANT = "practice-loki-4716", "practice"
_QUERY = re.compile(r'\{app="shop"\}(?: \|= `([^`]+)`)?')


class Loki(Double):
    """Lines keep the time at which it was made."""

    def __init__(self, file: Path) -> None:
        self._file, self._began = file, time.time_ns()

    def answer(self, request: Request) -> Answer:
        stated = parse_qs(request.query)
        query = _QUERY.fullmatch(stated.get("query", [""])[0])
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(401, "text/plain", b"unauthorized")
        if request.headers.get("x-scope-orgid") != TENANT:
            return Answer(401, "text/plain", b"no org id")
        if request.path != "/loki/api/v1/query_range":
            return Answer(404, "text/plain", b"404 page not found")
        if query is None:
            return Answer(400, "text/plain", b"parse error at line 1, col 1")
        values = self._lines(query[1] or "", int(stated["start"][0]), int(stated["end"][0]))
        streams = [{"stream": {"app": "shop"}, "values": values}] if values else []
        data = {"resultType": "streams", "result": streams, "stats": {}}
        return Answer.json(200, {"status": "success", "data": data})

    def _lines(self, holding: str, start: int, end: int) -> list[list[str]]:
        """Pairs of a time and the line, the newest first."""
        lines = enumerate(self._file.read_text(encoding="utf-8").splitlines(), self._began)
        return [[str(at), line] for at, line in reversed(list(lines)) if holding in line and start <= at <= end]
