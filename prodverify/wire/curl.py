"""A command line that repeats an exchange, with its secrets as shell variables."""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Callable, Mapping

from prodverify.wire import sensitive
from prodverify.wire.exchange import Exchange

# What curl sends by itself, or what belongs to one exchange alone.
_LEFT_OUT = frozenset({"host", "content-length", "connection", "accept-encoding", "traceparent", "user-agent"})
_MAX_BODY_BYTES = 2048
_DOTS = re.compile(r"/\.{1,2}(?:/|$)")


def command(told: Exchange, clean: Callable[[str], str], variables: Mapping[str, str]) -> str:
    """
    One line for a POSIX shell.

    A known secret becomes its shell variable (``variables``: value to name); what is a credential by
    its name alone is masked, and has to be filled in.
    """
    words = ["curl", "-sS", "-i"]
    if told.method == "HEAD":
        words[-1:] = ["-I"]
    elif told.method != ("POST" if told.request_body else "GET"):
        words += ["-X", shlex.quote(told.method)]
    if _DOTS.search(told.target):
        words.append("--path-as-is")
    origin = told.url.removesuffix(told.target).rstrip(" ")
    if told.target.startswith("/") and told.target.isascii() and told.target.isprintable() and " " not in told.target:
        words.append(_word(told.url, clean, variables))
    else:
        words += ["--request-target", _ansi(clean(told.target)), shlex.quote(clean(origin))]
    for name, value in told.request_headers:
        if user := _basic(name, value, variables):
            words += ["-u", _word(user, clean, variables)]
        elif name.lower() not in _LEFT_OUT:
            # curl drops a header that has no value unless it ends in a semicolon.
            words += ["-H", _word(f"{name}: {value}" if value else f"{name};", clean, variables, header=name)]
    if told.request_body:
        words += ["--data-binary", _body(told.request_body, clean, variables)]
    return " ".join(words)


def _basic(name: str, value: str, variables: Mapping[str, str]) -> str:
    """User and password of a basic Authorization whose password is known; empty otherwise."""
    scheme, _, credential = value.partition(" ")
    if name.lower() != "authorization" or scheme.lower() != "basic":
        return ""
    try:
        user = base64.b64decode(credential, validate=True).decode("utf-8")
    except ValueError:
        return ""
    return user if any(secret in user for secret in variables) else ""


def _body(content: bytes, clean: Callable[[str], str], variables: Mapping[str, str]) -> str:
    if len(content) > _MAX_BODY_BYTES or b"\x00" in content:
        return "@BODY"
    try:
        return _word(content.decode("utf-8"), clean, variables)
    except UnicodeDecodeError:
        return "@BODY"


def _word(text: str, clean: Callable[[str], str], variables: Mapping[str, str], *, header: str = "") -> str:
    """``text`` as one word: known secrets as variables, what is secret by its name alone masked."""
    text = text.replace("\x00", "")
    present = sorted((secret for secret in variables if secret in text), key=len, reverse=True)
    for number, secret in enumerate(present):
        text = text.replace(secret, sensitive.stand_in(number))
    if header:
        text = f"{header}: {sensitive.header_value(header, text[len(header) + 2 :])}" if text[-1:] != ";" else text
    pieces = re.split(r"\x00(\d+)\x00", clean(sensitive.body_text(text)))
    words = [
        f'"${_variable(variables[present[int(piece)]])}"' if place % 2 else _quoted(piece)
        for place, piece in enumerate(pieces)
        if piece
    ]
    return "".join(words) or "''"


def _variable(name: str) -> str:
    variable = re.sub(r"\W", "_", name, flags=re.ASCII)
    return f"_{variable}" if variable[0].isdigit() else variable


def _quoted(text: str) -> str:
    return shlex.quote(text) if text.isprintable() else _ansi(text)


def _ansi(text: str) -> str:
    escaped = "".join(
        character if character.isprintable() and character.isascii() and character not in "'\\" else _escape(character)
        for character in text
    )
    return f"$'{escaped}'"


def _escape(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in character.encode("latin-1" if ord(character) < 256 else "utf-8"))
