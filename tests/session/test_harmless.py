"""What is probed is not done: where nothing reads a body, no POST is sent by a role that could do something by it."""

from __future__ import annotations

import pytest

from tests.session.small import KEY

SHUT = (
    '[[endpoints]]\nname = "shut"\nmethod = "POST"\npath = "/shut-down"\nroles = { %sanonymous = 401 }\n%s[methods]\n'
)


@pytest.mark.parametrize(
    ("roles", "body", "by_whoever_may"),
    [
        ("", "", False),
        ("", "body = { a = 1 }\n", False),
        ("user = 200, ", "", False),
        ("user = 200, ", "body = {}\n", True),
    ],
    ids=["nobody-may", "nobody-may-with-a-body", "no-body", "body"],
)
def test_a_post_is_overridden_by_whoever_may_only_where_a_body_is_read(
    verify, target, small, roles, body, by_whoever_may
):
    small.answers["/shut-down"] = small.things
    file = target(SHUT % (roles, body), permits="writes = true")
    verify("checks/test_methods.py", "-k", "overridden", "--target", file, "-n", 0)

    posts = [asked for asked in small.asked if asked.method == "POST"]
    assert {by_whoever_may} == {KEY in asked.headers.values() for asked in posts}
