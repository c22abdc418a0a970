"""Plain HTTP is followed hop by hop, without credential, and no further than the target's hosts."""

from __future__ import annotations

import pytest

from prodverify.target.load import load
from prodverify.wire.client import Client
from prodverify.wire.following import MOST_FOLLOWED, follow
from prodverify.wire.redaction import Redactor
from prodverify.wire.unjudged import Refused
from tests.session.small import SmallService


@pytest.fixture
def plain():
    with SmallService.started() as service:
        yield service


@pytest.fixture
def lead(tmp_path, run):
    """Where an address leads."""
    made = []

    def leading(address, path="/", asking=""):
        file = tmp_path / "service.toml"
        file.write_text(
            'version = 1\nname = "service"\nbase_url = "https://127.0.0.1:9"\n'
            f"[asking]\nrate_per_second = 10000.0\ndeadline_seconds = 0.5\n{asking}\n"
            f'[tls]\nhttp_address = "{address}"\n'
        )
        target = load(str(file), root=tmp_path, environ={})
        made.append(Client(target, run, redactor=Redactor(target.secrets, run.folder)))
        return follow(f"http://{address}{path}", lambda url: made[-1].ask("GET", url, retry=False, fresh=True))

    yield leading
    for client in made:
        client.close()


def address(service):
    return service.url.removeprefix("http://")


@pytest.mark.parametrize(
    ("location", "end", "asked"),
    [
        ("https://elsewhere.example/", "elsewhere", 1),
        ("https://127.0.0.1:9/", "nothing", 1),
        ("/health", "answered", 2),
        ("/", "endless", MOST_FOLLOWED),
        ("", "nowhere", 1),
        ("https://[::1", "nowhere", 1),
        ("mailto:us@service.example", "nowhere", 1),
    ],
)
def test_a_way_ends(plain, lead, location, end, asked):
    plain.answers["/"] = (301, {"Location": location}, b"")
    hops = lead(address(plain))

    assert (end, asked) == (hops.end, len(hops.answers))
    assert {301} >= {answer.status for answer in hops.answers[:1]}


def test_where_nobody_listens_there_is_nothing(listen, lead):
    place = listen(lambda connection: None)
    place.close()
    assert ("nothing", ()) == (lead(place.address).end, lead(place.address).answers)


@pytest.mark.parametrize(
    ("says", "end"),
    [(b"", "nothing"), (b"220 mail ready\r\n\r\n", "unclear"), (None, "silent")],
)
def test_what_answers_no_http_is_told(listen, lead, says, end):
    def talk(connection):
        connection.recv(4096)
        if says:
            connection.sendall(says)
        if says != b"":
            connection.recv(1)  # until the other side gives up

    assert end == lead(listen(talk).address).end


def test_a_spent_budget_is_no_end_of_the_way(plain, lead):
    plain.answers["/"] = (301, {"Location": "/"}, b"")
    with pytest.raises(Refused, match="3 requests"):
        lead(address(plain), asking="requests = 3")
