"""TLS is verified, always."""

from pathlib import Path

import pytest

from prodverify.wire.unjudged import Unanswered

CERTIFICATES = Path(__file__).parent / "certificates"
BUNDLE = f'ca_bundle = "{CERTIFICATES}/authority.pem"'


@pytest.mark.parametrize("target", [b"/", b"/a b"])
def test_a_certificate_of_the_declared_authority_is_accepted(serve, scene, respond, target):
    server = serve(lambda asked: respond(), certificate="server")
    client = scene(server.url, asking=BUNDLE).client
    assert [client.ask("GET", "/", request_target=target).status for _ in range(2)] == [200, 200]


@pytest.mark.parametrize("target", [b"/", b"/a b"])
@pytest.mark.parametrize(
    ("certificate", "asking", "complaint"),
    [
        ("server", "", "unable to get local issuer certificate"),
        ("elsewhere", BUNDLE, "not valid for '127.0.0.1'"),
    ],
)
def test_another_certificate_is_not(serve, scene, respond, certificate, asking, complaint, target):
    server = serve(lambda asked: respond(), certificate=certificate)
    with pytest.raises(Unanswered, match=complaint) as caught:
        scene(server.url, asking=asking).client.ask("GET", "/", request_target=target, retry=False)
    assert (caught.value.kind, caught.value.ours, server.asked) == ("tls", False, [])


def test_plain_http_where_tls_was_expected_is_told_as_tls(serve, scene, respond):
    server = serve(lambda asked: iter([b"HTTP/1.1 400 Bad Request\r\n\r\n"]))
    with pytest.raises(Unanswered) as caught:
        scene(server.url.replace("http", "https"), asking=BUNDLE).client.ask("GET", "/", deadline_seconds=0.5)
    assert caught.value.kind in ("tls", "timeout")


def test_our_certificate_is_shown_where_it_is_asked_for(serve, scene, respond):
    server = serve(lambda asked: respond(), certificate="server", client_authority=True)
    with pytest.raises(Unanswered):
        scene(server.url, asking=BUNDLE).client.ask("GET", "/", retry=False)
    ours = f'{BUNDLE}\nclient_certificate = "{CERTIFICATES}/client.pem"'
    assert scene(server.url, asking=ours).client.ask("GET", "/").status == 200
