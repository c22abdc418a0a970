"""An HTML page as a list of elements: enough to ask what a browser would be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_NESTED = {"div", "span", "details", "table", "thead", "tbody", "ul"}
_APART = {"td", "th", "tr", "dd", "dt", "li", "br", "p"}


@dataclass
class Element:
    """A tag, its attributes, and all text until the next tag of the same name."""

    tag: str
    attributes: dict[str, str]
    text: str = ""

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())


@dataclass
class _Parser(HTMLParser):
    elements: list[Element] = field(default_factory=list)
    stack: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.stack = [open_ for open_ in self.stack if open_.tag != tag or tag in _NESTED]
        if tag in _APART:
            self.handle_data(" ")
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))
        self.stack.append(self.elements[-1])

    def handle_endtag(self, tag: str) -> None:
        for number in range(len(self.stack) - 1, -1, -1):
            if self.stack[number].tag == tag:
                del self.stack[number:]
                return

    def handle_data(self, data: str) -> None:
        for element in self.stack:
            element.text += data


def elements(page: str, tag: str = "", of_class: str = "") -> list[Element]:
    """The elements of ``page`` in order, of one tag and class where they are named."""
    parser = _Parser()
    parser.feed(page)
    parser.close()
    return [
        found
        for found in parser.elements
        if (not tag or found.tag == tag) and (not of_class or of_class in found.classes)
    ]


def one(page: str, tag: str, of_class: str = "") -> Element:
    """The only element of that kind."""
    (found,) = elements(page, tag, of_class)
    return found


def texts(page: str, tag: str, of_class: str = "") -> list[str]:
    """What each of them says, white space as one space."""
    return [" ".join(element.text.split()) for element in elements(page, tag, of_class)]
