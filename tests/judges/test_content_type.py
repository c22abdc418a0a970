"""What a body says that it is."""

import pytest
from hypothesis import given, settings

from prodverify.judges import content_type
from prodverify.record.findings import Finding
from prodverify.target.header_rules import PROFILES
from prodverify.wire.exchange import HeaderList
from tests.judges.anything import HEADERS, VALUES
from tests.judges.scene import rules


def judged(*values, profile="api", body=b"text"):
    lines = [("Content-Type", value) for value in values]
    return rules(content_type.judge(HeaderList(lines), profile=profile, body=body))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("application/json", {}),
        ("application/problem+json", {}),
        ("application/json; charset=utf-8", {}),
        ("application/octet-stream", {}),
        ("image/svg+xml", {"content-type-charset-missing": "warn"}),
        ("application/xml", {"content-type-charset-missing": "warn"}),
        ("text/html", {"content-type-charset-missing": "warn"}),
        ("text/plain", {"content-type-charset-missing": "warn"}),
        ("text/html; charset=utf-8", {}),
        ('TEXT/HTML;Charset="UTF-8"', {}),
        ("text/html; charset=iso-8859-1", {}),
        ("text/html; charset=utf-eight", {"content-type-charset-unknown": "warn"}),
        ("text/html; charset=hex", {"content-type-charset-unknown": "warn"}),
        ("text/html; charset=", {"content-type-charset-unknown": "warn"}),
        ("text/event-stream", {}),
        ("text", {"content-type-invalid": "fail"}),
        ("html; charset=utf-8", {"content-type-invalid": "fail"}),
        ("application/", {"content-type-invalid": "fail"}),
        ("application json", {"content-type-invalid": "fail"}),
        ("text/html, application/json", {"content-type-invalid": "fail"}),
        ("", {"content-type-invalid": "fail"}),
    ],
)
def test_a_body_is_named_by_one_media_type(value, expected):
    assert expected == judged(value)


def test_a_body_without_a_type_is_warned_about_and_no_body_needs_none():
    assert judged() == {"content-type-missing": "warn"}
    assert judged(body=b"") == {}


def test_two_lines_have_to_say_the_same():
    assert judged("application/json", "application/json") == {}
    assert judged("application/json", "text/html; charset=utf-8") == {"content-type-lines-differ": "fail"}


@pytest.mark.parametrize(
    "head",
    [b'<meta charset="utf-8">', b'<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'],
)
def test_a_page_may_state_its_charset_itself(head):
    assert judged("text/html", profile="html", body=head) == {"content-type-charset-missing": "info"}
    assert judged("text/html", profile="error", body=head) == {"content-type-charset-missing": "warn"}


@settings(derandomize=True, max_examples=200, deadline=None)
@given(headers=HEADERS, text=VALUES)
def test_no_value_makes_the_judge_raise(headers, text):
    body = text.encode("utf-8", "replace")
    for lines in (
        headers,
        HeaderList([("Content-Type", text)]),
        HeaderList([("Content-Type", f"text/xml;charset={text}")]),
    ):
        for profile in PROFILES:
            for found in content_type.judge(lines, profile=profile, body=body):
                assert isinstance(found, Finding)
                assert found.observed.isprintable()
