"""Addresses, hosts, header names and files that nothing can be sent to or read from are refused."""

from __future__ import annotations

import pytest

from tests.target.wrong_files import BOTH, HOOK, KEY, REVOKE, TOP, wrong

TOKEN = '[secrets]\nkey = { env = "OUR_KEY" }\n[roles.us]\nscheme = "token"\ncredential = "key"\n'
OAUTH = '[secrets]\nkey = { env = "OUR_KEY" }\n[roles.us]\nscheme = "oauth2"\nclient_id = "us"\ncredential = "key"\n'


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong("token-log-in", TOP + TOKEN, "[roles.us] login_path: is missing; expected the path of the log-in"),
        wrong(
            "token-header",
            TOP + TOKEN + 'login_path = "/in"\nheader = "X Token"\n',
            '[roles.us] header: expected the name of a header, as "X-Request-ID", without colon and spaces',
        ),
        wrong(
            "token-place",
            TOP + TOKEN + 'login_path = "/in"\ntoken_at = "data.token"\n',
            '[roles.us] token_at: expected a JSON Pointer (RFC 6901), empty or beginning with /, came "data.token"',
        ),
        wrong(
            "token-method",
            TOP + TOKEN + 'login_path = "/in"\nlogin_method = "PATCH"\n',
            '[roles.us] login_method: expected "POST" or "PUT", came "PATCH"',
        ),
        wrong(
            "token-prefix-header",
            TOP + TOKEN + 'login_path = "/in"\nprefix = "Bear\\u00e9r "\n',
            '[roles.us] prefix: expected visible ASCII characters, as "Token "',
        ),
        wrong(
            "url-relative",
            TOP.replace("http://127.0.0.1:8000", "api.example"),
            '(top level) base_url: expected an absolute http or https address, as "https://api.example"',
        ),
        wrong(
            "url-ftp",
            TOP.replace("http://127.0.0.1:8000", "ftp://api.example"),
            '(top level) base_url: expected an absolute http or https address, as "https://api.example"',
        ),
        wrong(
            "url-path",
            TOP.replace("http://127.0.0.1:8000", "https://api.example/v1"),
            (
                "(top level) base_url: expected an address without path and query; paths belong to [[health]] "
                "and [[endpoints]]"
            ),
        ),
        wrong(
            "url-query",
            TOP.replace("http://127.0.0.1:8000", "https://api.example/?a=b"),
            (
                "(top level) base_url: expected an address without path and query; paths belong to [[health]] "
                "and [[endpoints]]"
            ),
        ),
        wrong(
            "url-fragment",
            TOP.replace("http://127.0.0.1:8000", "https://api.example/#a"),
            "(top level) base_url: expected an address without fragment: what follows # is never sent",
        ),
        wrong(
            "url-password",
            TOP.replace("http://127.0.0.1:8000", "https://us:pa55word@api.example"),
            (
                "(top level) base_url: expected an address without user name or password; put them into "
                "[secrets] and a role"
            ),
        ),
        wrong(
            "url-no-host",
            TOP.replace("http://127.0.0.1:8000", "https://"),
            '(top level) base_url: expected an absolute http or https address, as "https://api.example"',
        ),
        wrong(
            "url-port",
            TOP.replace("http://127.0.0.1:8000", "https://api.example:99999"),
            (
                "(top level) base_url: expected a host and, after a colon, a port from 1 to 65535, in visible "
                "ASCII characters"
            ),
        ),
        *(
            wrong(
                f"url-{name}",
                TOP.replace("127.0.0.1:8000", host),
                (
                    "(top level) base_url: expected a host and, after a colon, a port from 1 to 65535, in visible "
                    "ASCII characters"
                ),
            )
            for name, host in (("empty-label", "api..example"), ("long-label", "a" * 64 + ".example"), ("dash", "-a"))
        ),
        wrong(
            "url-space",
            TOP.replace("http://127.0.0.1:8000", "https://api example"),
            (
                "(top level) base_url: expected a host and, after a colon, a port from 1 to 65535, in visible "
                "ASCII characters"
            ),
        ),
        wrong(
            "url-bracket",
            TOP.replace("http://127.0.0.1:8000", "http://[::1"),
            '(top level) base_url: expected an absolute http or https address, as "https://api.example"',
        ),
        wrong(
            "url-and-embedded",
            TOP + "[embedded]\n",
            (
                "(top level) base_url: forbidden beside [embedded]: the embedded service makes up its own; "
                "remove one of the two"
            ),
        ),
        wrong(
            "host-url",
            TOP + '[asking]\nhosts = ["https://login.example", "*.example", "login.example:0", "ok.example:8443"]\n',
            (
                '[asking] hosts #1: expected a host alone, as "login.example" or "login.example:8443", without '
                "scheme, path or *"
            ),
            (
                '[asking] hosts #2: expected a host alone, as "login.example" or "login.example:8443", without '
                "scheme, path or *"
            ),
            '[asking] hosts #3: expected a host or host:port, as "login.example:8443"',
        ),
        wrong(
            "proxy",
            TOP + '[asking]\nproxy = "socks5://127.0.0.1:1080"\n',
            '[asking] proxy: expected an absolute http or https address, as "https://api.example"',
        ),
        wrong(
            "proxy-password",
            TOP + '[asking]\nproxy = "http://us:pa55word@127.0.0.1:3128"\n',
            "[asking] proxy: expected an address without user name or password; put them into [secrets] and a role",
        ),
        wrong(
            "ca-missing",
            TOP + '[asking]\nca_bundle = "ca.pem"\n',
            "[asking] ca_bundle: expected a readable file at FOLDER/ca.pem: No such file or directory",
        ),
        wrong(
            "ca-not-pem",
            TOP + '[asking]\nca_bundle = "text"\n',
            "[asking] ca_bundle: expected PEM certificates in FOLDER/text",
        ),
        wrong(
            "key-without-certificate",
            TOP + '[asking]\nclient_key = "text"\n',
            "[asking] client_certificate: is missing; client_key is the key of a certificate",
        ),
        wrong(
            "certificate-not-pem",
            TOP + '[asking]\nclient_certificate = "text"\n',
            (
                "[asking] client_certificate: expected a PEM certificate in FOLDER/text and its private key, "
                "without passphrase, behind it"
            ),
        ),
        wrong(
            "key-open",
            TOP + '[asking]\nclient_certificate = "text"\nclient_key = "open"\n',
            "[asking] client_key: FOLDER/open is open to group or others (mode 0640); expected 0600: chmod 600 it",
        ),
        wrong(
            "header-name",
            TOP + KEY + 'header = "X API Key"\n',
            '[roles.us] header: expected the name of a header, as "X-Request-ID", without colon and spaces',
        ),
        wrong(
            "header-colon",
            TOP + '[asking]\napplication_header = "X-Request-ID:"\n',
            '[asking] application_header: expected the name of a header, as "X-Request-ID", without colon and spaces',
        ),
        wrong(
            "header-framing",
            TOP + KEY + 'header = "Host"\n',
            "[roles.us] header: Host frames the message; it cannot carry a credential",
        ),
        wrong(
            "token-relative",
            TOP + OAUTH + 'token_url = "token"\n',
            '[roles.us] token_url: expected an absolute http or https address, as "https://api.example"',
        ),
        wrong(
            "token-elsewhere",
            TOP + OAUTH + 'token_url = "https://login.example/token"\n',
            '[roles.us] token_url: its host may not be asked; add "login.example" to hosts in [asking]',
        ),
        wrong(
            "token-other-port",
            TOP + '[asking]\nhosts = ["login.example"]\n' + OAUTH + 'token_url = "https://login.example:8443/token"\n',
            '[roles.us] token_url: its host may not be asked; add "login.example:8443" to hosts in [asking]',
        ),
        wrong(
            "token-elsewhere-ipv6",
            TOP + OAUTH + 'token_url = "http://[::1]:9000/token"\n',
            '[roles.us] token_url: its host may not be asked; add "[::1]:9000" to hosts in [asking]',
        ),
        wrong(
            "header-framing-of-a-made-key",
            BOTH + REVOKE.replace('probe = "list"\n', 'probe = "list"\nheader = "Host"\n'),
            "[revocation] header: Host frames the message; it cannot carry a credential",
        ),
        wrong(
            "listen",
            BOTH + HOOK + 'listen = "8999"\n',
            '[[webhooks]] "done" listen: expected address:port, as "127.0.0.1:0" for any free port, came "8999"',
        ),
        wrong(
            "listen-all",
            BOTH + HOOK + 'listen = "0.0.0.0:8999"\n',
            (
                '[[webhooks]] "done" public_url: is missing; 0.0.0.0 means every address of this machine, and '
                "no service can deliver to that"
            ),
        ),
        wrong(
            "listen-far",
            BOTH.replace("http://127.0.0.1:8000", "https://api.example") + HOOK,
            (
                '[[webhooks]] "done" public_url: is missing; the service is elsewhere and cannot deliver to '
                "127.0.0.1: name the address that reaches us"
            ),
        ),
        wrong(
            "public-url",
            BOTH + HOOK + 'public_url = "hooks.example"\n',
            '[[webhooks]] "done" public_url: expected an absolute http or https address, as "https://api.example"',
        ),
        wrong(
            "path-fragment",
            TOP + '[[health]]\nname = "up"\npath = "/health#x"\n',
            '[[health]] "up" path: expected a path without fragment: what follows # is never sent',
        ),
        wrong(
            "path-unicode",
            TOP + '[[health]]\nname = "up"\npath = "/gesund heit"\n',
            '[[health]] "up" path: expected visible ASCII characters; percent-encode all others (RFC 3986 section 2.1)',
        ),
    ],
)
def test_everything_that_is_wrong_is_said(content, complaints, complaints_about):
    assert complaints == complaints_about(content)
