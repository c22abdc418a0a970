"""A log of deliveries is read as the target file says, or it is said where it is not."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodverify.judges.pulled import Illegible, entries, identifiers
from prodverify.target.webhooks import Pull
from tests.judges.anything import DOCUMENTS

BODY = b'{"a":\xff 1}\r\n'
LINES = [("X-Signature", "ab"), ("x-twice", "1"), ("x-twice", "2")]
ENTRY = {
    "id": 7,
    "body": base64.b64encode(BODY).decode(),
    "headers": {"X-Signature": "ab", "x-twice": ["1", "2"]},
}
PULL = Pull(address="/deliveries", body_encoding="base64")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Signature": "ab", "x-twice": ["1", "2"]},
        [["X-Signature", "ab"], ["x-twice", "1"], ["x-twice", "2"]],
        [{"name": "X-Signature", "value": "ab"}, {"name": "x-twice", "value": "1"}, {"name": "x-twice", "value": "2"}],
    ],
)
def test_headers_are_read_in_three_forms(headers):
    [pulled] = entries([{**ENTRY, "headers": headers}], PULL, "https://a.example/")

    assert (LINES, BODY, "7") == (list(pulled.message.headers), pulled.message.body, pulled.identifier)


def test_places_are_pointers():
    pull = Pull(address="/", deliveries_at="/data", id_at="/uuid", body_at="/raw/text", headers_at="/raw/lines")
    document = {"data": [{"uuid": "u", "raw": {"text": "é", "lines": {}}}]}

    assert ["u"] == identifiers(document, pull)
    assert "é".encode() == entries(document, pull, "")[0].message.body


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "deliveries_at"),
        ([{**ENTRY, "id": None}], "id_at"),
        ([{**ENTRY, "id": True}], "id_at"),
        ([{**ENTRY, "body": {"parsed": 1}}], "body_at"),
        ([{**ENTRY, "body": "not base64!"}], "body_encoding"),
        ([{**ENTRY, "headers": "X: 1"}], "headers_at"),
        ([{**ENTRY, "headers": ["X"]}], "headers_at"),
    ],
)
def test_what_cannot_be_read_is_inconclusive_and_names_the_key(document, said):
    with pytest.raises(Illegible) as illegible:
        entries(document, PULL, "")
    finding = illegible.value.finding

    assert ("delivery-log-illegible", True) == (finding.rule, finding.expected.startswith(said))
    assert said in finding.next_step


@given(DOCUMENTS | DOCUMENTS.map(lambda inner: [{**ENTRY, "headers": inner}]) | st.just([ENTRY]))
def test_no_log_makes_it_raise_anything_else(document):
    for read in (lambda: entries(document, PULL, "é"), lambda: identifiers(document, PULL)):
        try:
            read()
        except Illegible:
            continue
