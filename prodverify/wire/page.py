"""Fields of a log-in page: what a browser would send back with its form."""

from __future__ import annotations

from html.parser import HTMLParser


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.values: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "input":
            said = {name: value or "" for name, value in reversed(attrs)}
            self.values.setdefault(said.get("name", ""), said.get("value", ""))


def field_value(page: str, name: str) -> str:
    """The value of the first input of that name in an HTML page; empty where there is none."""
    fields = _Fields()
    fields.feed(page)
    fields.close()
    return fields.values.get(name, "")
