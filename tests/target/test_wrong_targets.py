"""What cannot be meant about the addresses of deliveries is said in a sentence each."""

from __future__ import annotations

import pytest

from tests.target.wrong_files import BOTH, HOOK, wrong

REFUSED = '[webhooks.targets]\nrefused = ["ftp"]\n'
STORED = (
    '[webhooks.targets.registration]\npath = "/hooks"\nrole = "us"\naddress_at = "url"\nremove_path = "/hooks/"\n'
    'accepted = "https://hooks.example/ours"\n'
)
PULL = '[webhooks.pull]\naddress = "/log"\n'


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "kind-twice",
            BOTH + HOOK + REFUSED.replace('"ftp"', '"ftp", "port", "ftp"'),
            '[[webhooks]] "done" targets.refused #3: names "ftp" a second time',
        ),
        wrong(
            "pulled",
            BOTH + HOOK + PULL + REFUSED,
            (
                '[[webhooks]] "done" targets.registration: is missing; deliveries are read from a log here, so that no '
                "address that is delivered to is ours"
            ),
        ),
        wrong(
            "registration",
            BOTH
            + HOOK
            + REFUSED
            + STORED.replace('"/hooks/"', '"/hooks"').replace('"us"', '"uss"').replace("https:", "ftp:")
            + 'method = "GET"\n',
            '[[webhooks]] "done" targets.registration.role: no role "uss"; did you mean "us"?',
            '[[webhooks]] "done" targets.registration.remove_path: expected a path that ends in /, which the id '
            'follows, came "/hooks"',
            '[[webhooks]] "done" targets.registration.method: expected a method that writes, came "GET"',
            '[[webhooks]] "done" targets.registration.accepted: expected an absolute http or https address, as '
            '"https://api.example"',
        ),
    ],
)
def test_everything_that_is_wrong_is_said(content, complaints, complaints_about):
    assert sorted(complaints) == sorted(complaints_about(content))


def test_a_kind_that_is_unknown_is_told_with_the_nearest(complaints_about):
    (complaint,) = complaints_about(BOTH + HOOK + REFUSED.replace('"ftp"', '"sftp"'))

    assert complaint.startswith('[[webhooks]] "done" targets.refused #1: expected "loopback", ')
    assert complaint.endswith('came "sftp"; did you mean "ftp"?')
