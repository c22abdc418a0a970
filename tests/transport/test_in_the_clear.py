"""No credential goes over plain HTTP to a service that is asked over HTTPS, whatever leads there."""

import pytest

from prodverify.target.load import TargetError, load
from prodverify.wire import clock
from prodverify.wire.client import Client
from prodverify.wire.redaction import Redactor
from prodverify.wire.run import Run
from prodverify.wire.unjudged import Refused
from tests.session.small import KEY, SmallService

ROLE = '[secrets]\nkey = { env = "OUR_KEY" }\n[roles.user]\nscheme = "header"\ncredential = "key"\n'


@pytest.fixture
def plain():
    with SmallService.started() as service:
        yield service


@pytest.fixture
def client(tmp_path):
    made = []

    def make(base_url, more=""):
        path = tmp_path / "service.toml"
        path.write_text(f'version = 1\nname = "service"\nbase_url = "{base_url}"\n{more}\n{ROLE}')
        target = load(str(path), root=tmp_path, environ={"OUR_KEY": KEY})
        run = Run.begin(tmp_path)
        made.append(Client(target, run, redactor=Redactor(target.secrets, run.folder)))
        return made[-1]

    yield make
    for one in made:
        one.close()


def address(service):
    return service.url.removeprefix("http://")


def test_the_place_that_is_asked_in_the_clear_gets_no_credential(plain, client):
    ours = client("https://127.0.0.1:9", f'[tls]\nhttp_address = "{address(plain)}"')

    assert 200 == ours.ask("GET", f"{plain.url}/health").status
    with pytest.raises(Refused, match="credentials travel over HTTPS alone"):
        ours.ask("GET", f"{plain.url}/health", role="user")
    with pytest.raises(Refused, match="credentials travel over HTTPS alone"):
        ours.ask("GET", f"{plain.url}/health", headers=[("Authorization", "Bearer anything")])
    # It remembers what it was asked once it has answered.
    clock.poll(lambda: plain.paths() or None, within_seconds=5, what="the service remembers the request")
    assert ["/health"] == plain.paths()
    assert KEY not in str(plain.asked)


def test_neither_does_another_host_that_may_be_asked(plain, client):
    ours = client("https://127.0.0.1:9", f'[asking]\nhosts = ["{address(plain)}"]')

    with pytest.raises(Refused, match="X-API-Key was to be sent to"):
        ours.ask("GET", f"{plain.url}/things", role="user")
    assert [] == plain.asked


def test_a_service_that_is_asked_in_the_clear_by_its_target_file_still_is(plain, client):
    assert 200 == client(plain.url).ask("GET", "/things", role="user").status
    with pytest.raises(TargetError, match="is base_url, where credentials would go in the clear"):
        client(plain.url, f'[tls]\nhttp_address = "{address(plain)}"')
