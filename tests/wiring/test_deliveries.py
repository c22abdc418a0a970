"""Our receiver's address stands in a body where the service looks for it."""

import pytest

from fixtures.placing import told

URL = "http://127.0.0.1:1/inbox"


@pytest.mark.parametrize(
    ("place", "body", "expected"),
    [
        ("url", {"a": 1}, {"url": URL}),
        ("/url", {"a": 1}, {"url": URL}),
        ("/config/url", {"config": {"secret": "s", "url": "old"}}, {"config": {"secret": "s", "url": URL}}),
        ("/config/~1url", {}, {"config": {"/url": URL}}),
        ("", {"a": 1}, {}),
    ],
)
def test_an_address_is_put_where_a_name_or_a_pointer_says(place, body, expected):
    before = repr(body)

    assert expected == told(place, URL, body)
    assert before == repr(body)


def test_nobody_is_told_of_no_address():
    assert {} == told("url", "", {})
