"""
Log lines out of Loki.

https://grafana.com/docs/loki/latest/reference/loki-http-api/#query-logs-within-a-range-of-time
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prodverify.wire import clock
from prodverify.wire.log_lines import Read, read_of

if TYPE_CHECKING:
    from prodverify.wire.neighbour import Neighbour

_PATH = "/loki/api/v1/query_range"
_SLACK_SECONDS = 30.0
"""A line's time is its writer's, whose clock is another than ours."""
_MOST_LINES = 1000


class LokiLog:
    """The lines that ``query`` selects, from a little before now."""

    def __init__(self, store: Neighbour, query: str) -> None:
        self._store, self._query = store, query.strip()
        self._since = clock.now() - _SLACK_SECONDS

    def read(self, request_id: str) -> Read:
        """
        The lines that name the request, and the newest others of the same time.

        The first are asked for apart, so that a busy service does not push them out. Raises Unjudged.
        """
        named = self._asked(f"{self._query} |= `{request_id}`")
        if not named:
            return Read(())
        others = self._asked(self._query)
        note = f"only the newest {_MOST_LINES} lines were read" if len(others) >= _MOST_LINES else ""
        lines = "\n".join(line for _, line in sorted({*named, *others}))
        return read_of(lines.encode("utf-8", "surrogatepass"), note)

    def close(self) -> None:
        """Nothing of it is left."""

    def _asked(self, query: str) -> list[tuple[int, str]]:
        stated = {
            "query": query,
            "start": str(int(self._since * 1e9)),
            "end": str(int((clock.now() + _SLACK_SECONDS) * 1e9)),
            "limit": str(_MOST_LINES),
            "direction": "backward",
        }
        try:
            return entries(self._store.json(_PATH, stated))
        except (ValueError, TypeError, LookupError):
            step = "see that the address is Loki's, without /loki/api, and that the query selects lines and counts none"
            expected = "Loki answers with streams of lines"
            raise self._store.unjudged("answer-odd", expected, "something else", step) from None


def entries(document: Any) -> list[tuple[int, str]]:
    """Times, in ns, and lines of an answer. Raises ValueError, TypeError and LookupError where it is none."""
    data = document["data"]
    if document["status"] != "success" or data["resultType"] != "streams":
        raise ValueError("no streams")
    # A line may come with structured metadata, as a third item.
    return [(int(item[0]), str(item[1])) for stream in data["result"] for item in stream["values"]]
