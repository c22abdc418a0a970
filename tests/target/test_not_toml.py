"""A file that is no TOML, or more than a target file, is refused with its line."""

from __future__ import annotations

import time

import pytest

from tests.target.wrong_files import TLS_KEYS, TOP, wrong


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "not-toml",
            TOP + "this is no TOML\n",
            "line 4, column 6: expected TOML: Expected '=' after a key in a key/value pair",
        ),
        wrong(
            "text-without-quotes",
            "version = 1\nname = ours\n",
            (
                "line 2, column 8: expected TOML: expected a value: text in quotes, a number, true, false, a "
                "list or a table"
            ),
        ),
        wrong(
            "text-without-end",
            'version = 1\nname = "ours\n',
            "line 2, column 13: expected TOML: text without its closing quote",
        ),
        wrong(
            "key-twice",
            TOP + 'name = "again"\n',
            "line 4, column 15: expected TOML: this key stands here a second time",
        ),
        wrong(
            "section-twice",
            TOP + "[tls]\n[headers]\n[tls]\n",
            "line 6, column 5: expected TOML: this section stands here a second time",
        ),
        wrong(
            "table-without-end",
            TOP + "[tls\n",
            "line 4, column 5: expected TOML: Expected ']' at the end of a table declaration",
        ),
        wrong(
            "list-without-end",
            TOP + '[asking]\nhosts = ["a.example"',
            "at its end: expected TOML: Unclosed array",
        ),
        wrong(
            "not-utf8",
            b'version = 1\nname = "\xfcber"\n',
            "line 2: expected UTF-8, came byte 0xfc; save the file as UTF-8",
        ),
        wrong(
            "utf16",
            "version = 1\n".encode("utf-16"),
            "line 1: expected UTF-8, came byte 0xff; save the file as UTF-8",
        ),
        wrong(
            "empty",
            "",
            "is empty; expected at least version, name and base_url",
        ),
        wrong(
            "comments-only",
            "# nothing yet\n",
            "is empty; expected at least version, name and base_url",
        ),
        wrong(
            "nul",
            TOP + 'owner = "a\0"\n',
            "line 4, column 11: expected TOML: Illegal character '\\x00'",
        ),
        wrong(
            "too-large",
            TOP + "# " + "x" * 1024 * 1024 + "\n",
            "expected at most 1048576 bytes in FOLDER/ours.toml, came 1048640",
        ),
        wrong(
            "five-megabytes",
            TOP + "# " + "x" * 5_000_000 + "\n",
            "expected at most 1048576 bytes in FOLDER/ours.toml, came 5000064",
        ),
        wrong(
            "deep",
            TOP + "[[health]]\nname='a'\npath='/'\nschema = " + "{ not = " * 70 + "{}" + "}" * 70 + "\n",
            "[[health]] #1 schema: expected at most 64 levels of lists and tables",
        ),
        wrong(
            "very-deep",
            TOP + "x = " + "[" * 5000,
            "expected TOML, came lists or tables too deep to read",
        ),
        wrong(
            "too-deep-dotted",
            TOP + ".".join(["a"] * 200) + " = 1\n",
            "[a] a.a: expected at most 64 levels of lists and tables",
        ),
        wrong(
            "huge-number",
            TOP + "[asking]\nrequests = " + "9" * 5000 + "\n",
            "expected TOML, came a number too long to read",
        ),
        wrong(
            "sixty-five-bits",
            TOP + "[asking]\nrequests = 18446744073709551616\n",
            "[asking] requests: expected a number of at most 64 bits (TOML 1.0)",
        ),
        wrong(
            "most",
            TOP + "[asking]\nread_timeout_seconds = 1e300\nrequests = 9223372036854775807\n",
            "[asking] requests: expected at most 999999999, came 9223372036854775807",
            "[asking] read_timeout_seconds: expected at most 999999999, came 1e+300",
        ),
        wrong(
            "key-with-control-characters",
            TOP + '[tls]\n"a\\n\\u001b[31m\\u202e" = 1\n',
            f"[tls] a\\n\\x1b[31m\\u202e: no such key; expected {TLS_KEYS}",
        ),
        wrong(
            "value-with-control-characters",
            TOP.replace('"ours"', '"our\\ns"'),
            '(top level) name: expected a name of lower-case letters, digits, - and _, came "our\\ns"',
        ),
        wrong(
            "key-long",
            TOP + "[tls]\n" + "x" * 9000 + " = 1\n",
            f"[tls] {'x' * 60}...: no such key; expected {TLS_KEYS}",
        ),
        wrong(
            "infinite",
            TOP + "[asking]\nread_timeout_seconds = inf\n",
            "[asking] read_timeout_seconds: expected a finite number, came inf",
        ),
    ],
)
def test_everything_that_is_wrong_is_said(content, complaints, complaints_about):
    assert complaints == complaints_about(content)


def test_thousands_of_mistakes_are_said_within_seconds(complaints_about):
    entry = '[[health]]\nname = "h{}"\npath = "x"\n'
    content = 'version = 1\nname = "ours"\nbase_url = "http://127.0.0.1"\n' + "".join(map(entry.format, range(5000)))
    started = time.monotonic()
    assert len(complaints_about(content)) == 5000
    assert time.monotonic() - started < 10
