"""What the suite does not do, whoever asks it to."""

import pytest

from prodverify.wire.address import Address
from prodverify.wire.courier import Allowance, Courier
from prodverify.wire.guard import Guard
from prodverify.wire.question import Question
from prodverify.wire.unjudged import Refused, Unanswered

WRITES = "[permits]\nwrites = true"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "get", "trace", "FOO"])
def test_a_write_needs_declaration_and_permit(serve, scene, respond, method):
    server = serve(lambda asked: respond())
    with pytest.raises(Refused, match="Declare writes in the check"):
        scene(server.url, WRITES).client.ask(method, "/")
    with pytest.raises(Refused, match=r"Set writes = true in \[permits\]"):
        scene(server.url).client.ask(method, "/", writes=True)
    assert server.asked == []
    assert scene(server.url, WRITES).client.ask(method, "/", writes=True).status == 200


@pytest.mark.parametrize(
    "url",
    ["http://foreign.example/", "http://127.0.0.1:1/", "https://127.0.0.1/", "http://localhost/", "http://[::1]:8000/"],
)
def test_hosts_that_the_target_does_not_name_are_not_asked(scene, url):
    with pytest.raises(Refused, match=r"Add .* to hosts in \[asking\]"):
        scene("http://127.0.0.1:8000").client.ask("GET", url)


def test_the_last_door_is_guarded_too(serve, scene, respond):
    foreign = serve(lambda asked: respond())
    made = scene("http://127.0.0.1:8000")
    courier = Courier(made.target, made.run, redactor=made.redactor)
    question = Question("GET", Address("http", "127.0.0.1", foreign.port), b"/", own=True)
    with pytest.raises(Refused, match="hosts in"):
        courier.carry(question, Allowance(1.0))
    assert foreign.asked == []


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("http://user:hidden@127.0.0.1:8000/", "no user name or password"),
        ("http://user:hidden@[bad/", "malformed"),
        ("ftp://127.0.0.1/", "http or https, not ftp"),
        ("http://127.0.0.1:99999/", "malformed"),
        ("http:///path", "missing"),
        ("http://a b/", "malformed"),
        ("http://127.0.0.1:8000\\@foreign.example/", "no user name or password"),
        ("nonsense", "not missing"),
    ],
)
def test_addresses_that_are_none_are_refused_without_repeating_them(url, complaint):
    guard = Guard("http://127.0.0.1:8000", hosts=(), writes=False)
    with pytest.raises(Refused, match=complaint) as caught:
        guard.address(url)
    assert "hidden" not in str(caught.value)


def test_further_hosts_are_named_with_or_without_port():
    guard = Guard("https://api.example", hosts=("login.example", "metrics.example:9090", "[::1]:80"), writes=False)
    for url in (
        "https://API.example/x",
        "https://api.example:443",
        "http://login.example",
        "https://login.example",
        "http://metrics.example:9090",
        "http://[::1]/",
    ):
        guard.address(url)
    for url in (
        "http://api.example",
        "https://login.example:8443",
        "http://metrics.example",
        "http://evil.login.example",
    ):
        with pytest.raises(Refused):
            guard.address(url)


def test_a_redirect_to_a_foreign_host_is_not_followed(serve, scene, respond):
    foreign = serve(lambda asked: respond())
    server = serve(lambda asked: respond(302, b"", ("Location", f"{foreign.url}/steal")))
    client = scene(server.url).client
    with pytest.raises(Refused, match="hosts in"):
        client.ask("GET", "/", follow=True)
    assert foreign.asked == []
    assert client.ask("GET", "/").status == 302


@pytest.mark.parametrize("location", ["http://[bad/", "//[", "http://user:hidden@[bad/", "https:///"])
def test_a_redirect_to_no_address_is_refused_without_repeating_it(serve, scene, respond, location):
    server = serve(lambda asked: respond(302, b"", ("Location", location)))
    with pytest.raises(Refused, match="malformed") as caught:
        scene(server.url).client.ask("GET", "/", follow=True)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("host", ["256.1.1.1", "xn--a.invalid"])
def test_a_host_that_is_neither_a_name_nor_an_address_is_refused(scene, host):
    with pytest.raises(Refused, match=f"{host} is neither. Correct base_url"):
        scene(f"http://{host}").client.ask("GET", "/")


def test_a_redirect_within_the_hosts_is_followed_without_the_credential(serve, scene, respond):
    other = serve(lambda asked: respond(200, b'"there"'))
    server = serve(
        lambda asked: (
            respond(307, b"", ("Location", f"{other.url}/there"))
            if asked.target == "/hop"
            else respond(301, b"", ("Location", "/hop"))
        )
    )
    text = '[roles.admin]\nscheme = "header"\ncredential = "key"'
    made = scene(server.url, text, asking=f'hosts = ["127.0.0.1:{other.port}"]', secrets={"key": "key-of-the-admin"})
    answer = made.client.ask(
        "GET", "/start", role="admin", follow=True, headers=[("Cookie", "sid=abc"), ("X-Plain", "1")]
    )
    assert (b'"there"', (f"{server.url}/start", f"{server.url}/hop")) == (answer.body, answer.redirects)
    assert server.asked[1].header("X-API-Key") == "key-of-the-admin"
    assert tuple(other.asked[0].header(name) for name in ("X-API-Key", "Cookie", "X-Plain")) == ("", "", "1")
    assert f"127.0.0.1:{other.port}" == other.asked[0].header("Host")
    assert [told.status for told in made.told] == [301, 307, 200]


@pytest.mark.parametrize(("status", "method"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
def test_a_redirected_post_keeps_or_drops_its_body(serve, scene, respond, status, method):
    server = serve(lambda asked: respond() if asked.target == "/there" else respond(status, b"", ("Location", "there")))
    scene(server.url, WRITES).client.ask("POST", "/here", json={}, writes=True, follow=True)
    asked = server.asked[1]
    assert (method, b"{}" if method == "POST" else b"") == (asked.method, asked.body)
    assert ("application/json" if method == "POST" else "") == asked.header("Content-Type")


def test_a_loop_of_redirects_ends(serve, scene, respond):
    server = serve(lambda asked: respond(302, b"", ("Location", "/")))
    with pytest.raises(Unanswered, match="after at most 5 redirects"):
        scene(server.url).client.ask("GET", "/", follow=True)
    assert len(server.asked) == 6
