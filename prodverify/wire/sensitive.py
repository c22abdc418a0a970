"""Names whose values are credentials, whoever made them up, and how such values are masked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

MASK = "[redacted]"

_WORDS = "authorization|cookie|passw(?:or)?d|passwd|passphrase|secret|token|api[-_. ]?key|private[-_. ]?key|credential"
_EXACTLY = "key|pwd|pass|sid|session|session[-_]?id|access[-_]?key|client[-_]?assertion|code[-_]?verifier"
_NAME = rf"(?:[\w.\-]*(?:{_WORDS})[\w.\-]*|{_EXACTLY})"
# How many tokens there are, how long they live and of which type they are is no secret.
_HARMLESS = re.compile(
    r"(?:max|min|num|total|count|expires?)[-_]?\w*tokens?|\w*tokens?[-_](?:type|endpoint|url|count|limit|uri)"
    r"|[\w-]*(?:cookie|secret|password|credential)s?[-_](?:name|policy|length|count)"
    r"|access-control-[\w-]+",
    re.IGNORECASE,
)
_SENSITIVE = re.compile(_NAME, re.IGNORECASE)
_STAND_IN = re.compile(r"\x00\d+\x00")
"""What stands for a secret that was taken out already, and will be named instead of masked."""

# A name is matched by its length alone, and judged afterwards: "tokentokentoken..." would otherwise make a pattern
# with the words in it try every way to divide them.
_LONGEST_NAME = 128
_SHORTEST_MADE = 6
_ANY = rf"[\w.\-]{{1,{_LONGEST_NAME}}}"
_QUOTED = rf"[\w.\- ]{{1,{_LONGEST_NAME}}}"
_ESCAPES = r"\\{0,16}"
# A member and its text in JSON, also in JSON inside a JSON string (its quotes escaped once more) and in a text that
# was cut inside the value.
_MEMBER = re.compile(
    rf'(?P<quote>(?<!\\){_ESCAPES}")(?P<name>{_QUOTED})(?P=quote)(?P<colon>\s{{0,99}}:\s{{0,99}})(?P=quote)'
)
_LIST = re.compile(
    rf'(?P<before>(?<!\\){_ESCAPES}"(?P<name>{_QUOTED}){_ESCAPES}"\s{{0,99}}:\s{{0,99}}\[)(?P<values>[^\[\]{{}}]+)'
)
_PARAMETER = re.compile(rf"(?P<before>^|[?&;\s])(?P<name>{_ANY})=(?P<value>[^&;\s\"'<>#]+)")
_LINE = re.compile(
    r"^(?P<name>(?:proxy-)?authorization|(?:set-)?cookie|x-api-key|x-auth-token)(?P<colon>:[ \t]*)(?P<value>[^\r\n]+)",
    re.IGNORECASE | re.MULTILINE,
)


def name(text: str) -> bool:
    """Whether a header, member or parameter of this name holds a credential."""
    text = text[:_LONGEST_NAME]
    return _SENSITIVE.fullmatch(text) is not None and _HARMLESS.fullmatch(text) is None


def value(text: str) -> bool:
    """Whether a value looks as if it had been made so that nobody guesses it: long enough, and no word or path."""
    made = any(map(str.isdigit, text)) and any(map(str.isalpha, text)) and not text.startswith("/")
    return len(text) >= _SHORTEST_MADE and made


def header_value(key: str, value: str) -> str:
    """
    The value of a header with what is secret in it masked.

    The scheme of Authorization, and the names and attributes of cookies, stay: judgements rest on them.
    """
    lowered = key.lower()
    if not value or not name(lowered):
        return value
    if lowered in ("authorization", "proxy-authorization"):
        scheme, space, credential = value.partition(" ")
        if not (space and credential):
            return _hidden(value)
        return f"{scheme} {_hidden(credential)}"
    if lowered == "set-cookie":
        pair, semicolon, attributes = value.partition(";")
        return _pair(pair) + semicolon + attributes
    if lowered == "cookie":
        return ";".join(_pair(pair) for pair in value.split(";"))
    return _hidden(value)


def body_text(text: str) -> str:
    """A text with the values of sensitive JSON members, form and query parameters and header lines masked."""
    return _masked_again(text) if len(text) <= _KEPT_CHARACTERS else _masked(text)


def _masked(text: str) -> str:
    text = "".join(_members_masked(text))
    text = _LIST.sub(_masked_list, text)
    text = _LINE.sub(_masked_line, text)
    return _PARAMETER.sub(_masked_parameter, text)


_KEPT_CHARACTERS = 512
_masked_again = lru_cache(4096)(_masked)
"""Header lines come again with every answer."""


def stand_in(number: int) -> str:
    """What stands for a secret that is named later; masking by name leaves it."""
    return f"\x00{number}\x00"


def _pair(pair: str) -> str:
    key, equals, value = pair.partition("=")
    if not equals:
        return _hidden(pair)
    return f"{key}={_hidden(value)}" if value.strip() else pair


def _hidden(value: str) -> str:
    return value if _STAND_IN.fullmatch(value) else MASK


def _members_masked(text: str) -> Iterator[str]:
    told = at = 0
    while member := _MEMBER.search(text, at):
        quote = member["quote"]
        at = member.start() + len(quote)  # its value may hold JSON of its own
        if name(member["name"]):
            at = _end_of_text(text, member.end(), quote)
            value = text[member.end() : at]
            yield text[told : member.end()] + (_hidden(value) if value else "")
            told = at
    yield text[told:]


def _end_of_text(text: str, start: int, quote: str) -> int:
    """Where the JSON text that begins at ``start`` ends, before its ``quote`` or where it was cut."""
    at = start
    while at < len(text) and not text.startswith(quote, at):
        at += 2 if text[at] == "\\" else 1
    return min(at, len(text))


def _masked_list(match: re.Match[str]) -> str:
    if not name(match["name"]) or '"' not in match["values"]:
        return match[0]
    return f'{match["before"]}"{MASK}"'


def _masked_line(match: re.Match[str]) -> str:
    return match["name"] + match["colon"] + header_value(match["name"], match["value"])


def _masked_parameter(match: re.Match[str]) -> str:
    if not name(match["name"]):
        return match[0]
    return f"{match['before']}{match['name']}={_hidden(match['value'])}"
