"""Bodies, methods and paths that are refused: what cannot be meant is said before anything is asked."""

from __future__ import annotations

import pytest

from prodverify.target.load import load
from tests.target.wrong_files import LIST, TOP, wrong

PREVIEW = '[[endpoints]]\nname = "preview"\nmethod = "POST"\npath = "/preview"\n'
BODIES = TOP + LIST + PREVIEW + '[errors.bodies]\nendpoint = "preview"\n'


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "bodies-of-nothing",
            BODIES.replace('endpoint = "preview"', 'endpoint = "previews"'),
            '[errors] bodies.endpoint: no endpoint that reads a body is called "previews"; did you mean "preview"?',
        ),
        wrong(
            "bodies-of-a-read",
            BODIES.replace('endpoint = "preview"', 'endpoint = "list"'),
            '[errors] bodies.endpoint: no endpoint that reads a body is called "list"; expected "preview"',
        ),
        wrong(
            "bodies-of-json",
            BODIES + 'media_type = "application/vnd.api+json"\n',
            (
                "[errors] bodies.media_type: expected a media type that is not read, as text/plain, came "
                '"application/vnd.api+json"'
            ),
        ),
        wrong(
            "bodies-of-no-type",
            BODIES + 'media_type = "text plain"\n',
            '[errors] bodies.media_type: expected a media type that is not read, as text/plain, came "text plain"',
        ),
        wrong(
            "inbound-without-header",
            TOP + '[errors]\nrequest_id_inbound = "echo"\n',
            "[errors] request_id_header: is missing; request_id_inbound speaks of the header of that name",
        ),
        wrong(
            "method-that-is-real",
            TOP + '[methods]\nunknown = "PURGE"\n',
            "[methods] unknown: expected a made-up method; PURGE is a real one and may do what it says",
        ),
        wrong(
            "path-both-open-and-closed",
            TOP + '[exposure]\npublic = ["/metrics"]\nclosed = ["/metrics"]\n',
            '[exposure] closed #1: "/metrics" stands in public too; expected one of the two',
        ),
        wrong(
            "path-twice",
            TOP + '[exposure]\nunasked = ["/.env", "/.env"]\n',
            '[exposure] unasked #2: names "/.env" a second time',
        ),
        wrong(
            "folder-without-end",
            TOP + '[exposure]\ndirectories = ["/static"]\n',
            '[exposure] directories #1: expected a folder, which ends with /, came "/static"',
        ),
        wrong(
            "path-with-fragment",
            TOP + '[exposure]\npublic = ["/docs#top"]\n',
            "[exposure] public #1: expected a path without fragment: what follows # is never sent",
        ),
    ],
)
def test_what_cannot_be_refused_so_is_said(content, complaints, complaints_about):
    assert complaints == complaints_about(content)


@pytest.mark.parametrize(
    "said",
    [
        "max_kilobytes = 16385",
        "max_kilobytes = 0",
        "too_large_statuses = []",
        "too_large_statuses = [500]",
        "unsupported_statuses = [399]",
        'unprocessable_statuses = ["400"]',
    ],
)
def test_sizes_and_statuses_have_bounds(said, complaints_about):
    (complaint,) = complaints_about(f"{BODIES}{said}\n")
    assert complaint.startswith(f"[errors] bodies.{said.partition(' ')[0]}")


def test_what_is_not_declared_is_not_sent(folder):
    def kinds(text):
        (folder / "ours.toml").write_text(BODIES + text)
        return list(load("ours.toml", root=folder, environ={}).promises.errors.bodies.statuses)

    assert ["unsupported", "unprocessable"] == kinds("")
    assert ["too-large", "unsupported", "unprocessable"] == kinds("max_kilobytes = 16384\n")
    assert ["too-large"] == kinds("max_kilobytes = 1\nunsupported_statuses = []\nunprocessable_statuses = []\n")


@pytest.mark.parametrize(
    ("said", "otherwise"), [("", {"unsupported": (400, 422)}), ("unsupported_statuses = [415]\n", {})]
)
def test_only_a_status_that_is_not_promised_may_be_another(folder, said, otherwise):
    (folder / "ours.toml").write_text(BODIES + said)
    assert otherwise == load("ours.toml", root=folder, environ={}).promises.errors.bodies.otherwise
