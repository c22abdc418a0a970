"""What requests are marked with, and by which id each is looked for."""

import pytest

from fixtures import marking, observing
from prodverify.record.findings import Unjudged
from prodverify.target.load import load
from prodverify.wire.exchange import HeaderList
from tests.judges.scene import answer

TARGET = """
version = 1
name = "ours"
base_url = "http://127.0.0.1:8000"
[secrets]
key = { env = "KEY" }
[roles.us]
scheme = "header"
credential = "key"
[roles.them]
scheme = "header"
credential = "key"
expect = "rejected"
[[endpoints]]
name = "list"
path = "/list?page=1"
roles = { us = 200, anonymous = 401 }
[[endpoints]]
name = "make"
method = "POST"
path = "/make"
malformed = [{ action = 7 }]
roles = { us = 200, anonymous = 401, them = 403 }
[[endpoints]]
name = "closed"
path = "/closed"
roles = { us = 403, them = 401 }
[logs]
file = "service.log"
endpoint = "list"
role = "us"
"""


@pytest.fixture
def target(tmp_path):
    (tmp_path / "ours.toml").write_text(TARGET, encoding="utf-8")
    return load(str(tmp_path / "ours.toml"), root=tmp_path, environ={"KEY": "sk_live0123456789"})


@pytest.mark.parametrize(
    "value",
    ["http://h:1/x", "postgresql://u@h/d", "/var/log/service.log", "host=h dbname=d", "prometheus:absent"],
)
def test_an_address_is_no_secret_that_a_log_must_not_tell(value):
    assert observing._is_address(value)


@pytest.mark.parametrize("value", ["sk_live_0123", "a-password", "aGVsbG8=", "/9k3Xq/vT0+aGVsbG8="])
def test_a_credential_is_one(value):
    assert not observing._is_address(value)


def test_the_id_that_an_answer_names_counts():
    sent = HeaderList([("X-Request-ID", "ours-1234")])

    assert "theirs-1234" == observing.request_id_of(
        answer(200, {"x-request-id": "theirs-1234"}, request_headers=sent), "X-Request-ID"
    )
    assert "ours-1234" == observing.request_id_of(answer(200, request_headers=sent), "X-Request-ID")


@pytest.mark.parametrize("said", ["--help", "a b", "`}", "", "x" * 300, "$(id)"])
def test_an_id_that_is_no_plain_word_is_not_looked_for(said):
    with pytest.raises(Unjudged, match="four plain characters"):
        observing.request_id_of(answer(200, {"X-Request-ID": said}), "X-Request-ID")


def test_an_accepted_request_brings_a_cookie_of_ours(target):
    marked = marking.marked("header", target, None)

    assert ("list", "us") == (marked.cell.endpoint.name, marked.cell.role)
    assert [("Cookie", f"prodverify_session={marked.planted['cookie']}")] == marked.headers


def test_a_query_is_added_to_the_one_that_is_there(target):
    marked = marking.marked("query", target, None)
    token, person = marked.planted.values()

    assert f"/list?page=1&access_token={token}&email={person}" == marked.path


def test_a_body_is_one_that_is_refused_anyhow(target):
    marked = marking.marked("body", target, None)

    assert ("make", "us") == (marked.cell.endpoint.name, marked.cell.role)
    assert {"action": 7, **dict(zip(("password", "email"), marked.planted.values(), strict=True))} == marked.body


def test_refusals_are_those_of_requests_that_read(target):
    promises = target.promises

    assert [("list", "anonymous")] == [(one.endpoint.name, one.role) for one in marking.refusing(promises, 401)]
    assert [("closed", "us")] == [(one.endpoint.name, one.role) for one in marking.refusing(promises, 403)]


def test_each_request_brings_other_secrets(target):
    one, other = (marking.marked("query", target, None).planted for _ in range(2))

    assert set(one.values()).isdisjoint(other.values())
