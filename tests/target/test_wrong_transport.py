"""What a target file can say wrong about transport, and what it means when it is right."""

import pytest

from prodverify.target.load import load
from prodverify.target.transport import speaks_tls
from tests.target.wrong_files import TOP, wrong

SECURE = TOP.replace("http://127.0.0.1:8000", "https://api.example")
MADE_UP = {
    "base_url": "http://127.0.0.1:4711",
    "tls_address": "127.0.0.1:4712",
    "tls_server_name": "localhost",
    "tls_authority": "/run/authority.pem",
    "http_address": "127.0.0.1:4713",
}


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "address-url",
            SECURE + '[tls]\naddress = "https://api.example"\n',
            '[tls] address: expected a host alone, as "login.example" or "login.example:8443", without scheme, path '
            "or *",
        ),
        wrong(
            "http-address-port",
            SECURE + '[tls]\nhttp_address = "api.example:70000"\n',
            '[tls] http_address: expected a host or host:port, as "login.example:8443"',
        ),
        wrong(
            "server-name-with-port",
            SECURE + '[tls]\nserver_name = "api.example:443"\n',
            '[tls] server_name: expected a name, as "api.example", came "api.example:443"',
        ),
        wrong(
            "minimum-version",
            SECURE + '[tls]\nminimum_version = "1.1"\n',
            '[tls] minimum_version: expected "1.2" or "1.3", came "1.1"; did you mean "1.3"?',
        ),
        wrong(
            "fail-before-warn",
            SECURE + "[tls]\nexpiry_fail_percent = 33.3\n",
            "[tls] expiry_fail_percent: expected less than expiry_warn_percent (33.3), came 33.3",
        ),
        wrong(
            "lifespan-none",
            SECURE + "[tls]\nlifespan_days = 0\n",
            "[tls] lifespan_days: expected more than 0, came 0",
        ),
        wrong(
            "nothing-speaks-tls",
            TOP + '[tls]\nminimum_version = "1.3"\n',
            "[tls] minimum_version: means nothing without address, as base_url is not https; name what speaks TLS, "
            "or remove it",
        ),
        wrong(
            "profile-without-address",
            SECURE + '[tls]\nhttp_profile = "api"\n',
            "[tls] http_profile: means nothing without http_address; name what speaks plain HTTP, or remove it",
        ),
        wrong(
            "profile-unknown",
            SECURE + '[tls]\nhttp_address = "api.example"\nhttp_profile = "site"\n',
            '[tls] http_profile: expected "html", "api" or "closed", came "site"',
        ),
        wrong(
            "path-with-fragment",
            SECURE + '[tls]\nhttp_address = "api.example"\nhttp_path = "/#top"\n',
            "[tls] http_path: expected a path without fragment: what follows # is never sent",
        ),
    ],
)
def test_everything_that_is_wrong_is_said(content, complaints, complaints_about):
    assert complaints == complaints_about(content)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (SECURE, ""),
        (SECURE + "[tls]\n", "api.example:443"),
        (SECURE.replace("api.example", "api.example:8443") + "[tls]\n", "api.example:8443"),
        (SECURE.replace("api.example", "[::1]:8443") + "[tls]\n", "[::1]:8443"),
        (TOP + "[tls]\nterminated = true\n", ""),
        (TOP + '[tls]\naddress = "Edge.example"\n', "edge.example:443"),
        (TOP + '[tls]\naddress = "[::1]:8443"\n', "[::1]:8443"),
    ],
)
def test_what_speaks_tls_is_named_or_is_the_service_itself(folder, content, place):
    (folder / "ours.toml").write_text(content)
    assert place == speaks_tls(load("ours.toml", root=folder, environ={}).promises)


def test_an_embedded_service_makes_up_what_stands_before_it(folder):
    head = TOP.replace('base_url = "http://127.0.0.1:8000"\n', "") + '[embedded]\nservice = "relay"\n'
    (folder / "ours.toml").write_text(head + "[tls]\nterminated = true\n")
    promises = load("ours.toml", root=folder, environ={}).located(MADE_UP).promises
    assert ("127.0.0.1:4712", "localhost") == (speaks_tls(promises), promises.tls.server_name)
    assert ("127.0.0.1:4713", "/run/authority.pem") == (promises.tls.http_address, promises.asking.ca_bundle)

    (folder / "ours.toml").write_text(head)
    assert "" == speaks_tls(load("ours.toml", root=folder, environ={}).located(MADE_UP).promises)
