"""Nothing secret is told, whatever form it takes."""

import base64
import html
import json
import shlex
import subprocess
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.wire.exchange import Exchange, HeaderList
from prodverify.wire.redaction import Redactor

SECRET = "p\"a/ss wö\\rd&<é>+=%'`"  # pragma: allowlist secret
PLAIN = "sk-0123456789abcdefghij"


def exchange(**parts):
    values = {
        "method": "GET",
        "url": "https://api.example/actions?x=1",
        "target": "/actions?x=1",
        "request_headers": HeaderList(),
        "request_body": b"",
        "status": 200,
        "headers": HeaderList(),
        "body": b"",
    }
    return Exchange(**(values | parts))


def embedded(prefix, secret, encode=base64.b64encode):
    return encode(prefix + secret.encode() + b" and more").decode()


@pytest.mark.parametrize("secret", [SECRET, PLAIN])
@pytest.mark.parametrize(
    "form",
    [
        lambda s: s,
        lambda s: quote(s),
        lambda s: quote(s, safe=""),
        lambda s: quote(s, safe="").lower() if s == s.lower() else quote(s, safe=""),
        quote_plus,
        lambda s: quote(quote(s, safe=""), safe=""),
        json.dumps,
        lambda s: json.dumps(s, ensure_ascii=False),
        lambda s: json.dumps(json.dumps({"a": s})),
        lambda s: json.dumps(s).replace("/", "\\/"),
        lambda s: json.dumps(s).translate({ord(one): f"\\u{ord(one):04x}" for one in "<>&"}),
        lambda s: (
            json.dumps(s)[1:-1].replace('\\"', '"').translate({ord(one): f"\\u{ord(one):04X}" for one in "<>&'\"+`"})
        ),
        html.escape,
        lambda s: html.escape(s).replace("&#x27;", "&apos;"),
        lambda s: s.encode().hex(),
        lambda s: s.encode().hex().upper(),
        lambda s: embedded(b"", s),
        lambda s: embedded(b"a", s),
        lambda s: embedded(b"ab", s),
        lambda s: embedded(b"user:", s, base64.urlsafe_b64encode),
    ],
)
def test_every_form_of_a_secret_is_masked_and_found(secret, form):
    redactor = Redactor({"admin_key": secret})
    text = f"before {form(secret)} after"
    told = redactor.text(text)
    assert "[redacted]" in told
    assert told.startswith("before ")
    assert told.endswith(" after")
    assert redactor.find(text.encode()) == ["admin_key"]
    assert redactor.find(told.encode()) == []


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.text(min_size=8, max_size=40), st.binary(max_size=5), st.text(max_size=20))
def test_no_secret_survives(secret, prefix, around):
    redactor = Redactor([secret])
    data = base64.b64encode(prefix + secret.encode("utf-8", "surrogatepass") + b"zz").decode()
    told = redactor.text(f"{around}{secret}{around}{quote(secret)}{data}")
    assert redactor.find(told.encode("utf-8", "surrogatepass")) == []


@pytest.mark.parametrize("change", [str.lower, str.upper])
def test_a_secret_in_other_letters_is_masked_and_a_word_is_not(change):
    redactor = Redactor({"key": "Sk-0123456789abcdef", "word": "Administrator", "short": "Sha256"})
    told = redactor.text(change("Sk-0123456789abcdef is of the Administrator, sha256"))
    assert told == f"[redacted] {change('is of the Administrator, sha256')}"


def test_longer_secrets_go_first():
    redactor = Redactor({"short": "abcdef", "long": "abcdefghij"})
    assert redactor.text("x abcdefghij y abcdefz") == "x [redacted] y [redacted]z"


def test_a_value_too_short_to_look_for_is_passed_over():
    redactor = Redactor({"pin": "1234", "key": PLAIN})
    assert (redactor.known(), redactor.text("1234")) == ({"key": PLAIN}, "1234")


def test_the_password_of_a_connection_string_is_a_secret_of_its_own():
    redactor = Redactor({"dsn": "postgresql://app:p%40ssw0rd-db@db.example/app"})
    assert redactor.text("login p@ssw0rd-db failed") == "login [redacted] failed"
    assert redactor.find(b"p@ssw0rd-db") == ["dsn_password"]


def test_what_one_worker_learns_all_know(run):
    one, other = Redactor({}, run.folder), Redactor({}, run.folder)
    one.learn("token-abcdef", "session_token")
    one.learn("token-abcdef")
    one.learn("short")
    assert other.text("token-abcdef") == "[redacted]"
    assert {"session_token": "token-abcdef"} == other.known() == Redactor({}, run.folder).known()
    assert (run.folder / "learned").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("Authorization", "Bearer unknown-token", "Bearer [redacted]"),
        ("authorization", "unknown", "[redacted]"),
        ("Cookie", "sid=unknown; theme=dark", "sid=[redacted]; theme=[redacted]"),
        ("Set-Cookie", "sid=unknown; HttpOnly; Path=/", "sid=[redacted]; HttpOnly; Path=/"),
        ("X-API-Key", "unknown", "[redacted]"),
        ("X-Auth-Token", "unknown", "[redacted]"),
        ("Location", "/cb?token=unknown&page=2", "/cb?token=[redacted]&page=2"),
        ("Access-Control-Allow-Credentials", "true", "true"),
        ("WWW-Authenticate", 'Bearer realm="api"', 'Bearer realm="api"'),
        ("X-Signature", "sha256=abc", "sha256=abc"),
    ],
)
def test_headers_are_masked_by_name(name, value, told):
    record = Redactor([]).exchange(exchange(headers=HeaderList([(name, value)])))
    assert [[name, told]] == record["headers"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('{"password": "unknown", "a": "b"}', '{"password": "[redacted]", "a": "b"}'),
        ('{"accessToken":"un\\"known","n":1}', '{"accessToken":"[redacted]","n":1}'),
        ('{"key":"unknown"}', '{"key":"[redacted]"}'),
        ('{"tokens": ["unknown", "too"]}', '{"tokens": ["[redacted]"]}'),
        ('{"log": "{\\"api_key\\": \\"unknown\\"}"}', '{"log": "{\\"api_key\\": \\"[redacted]\\"}"}'),
        ('{"secret": "cut in the midd', '{"secret": "[redacted]'),
        ("grant=x&client_secret=unknown&a=b", "grant=x&client_secret=[redacted]&a=b"),
        ("GET / HTTP/1.1\nX-API-Key: unknown\nA: b", "GET / HTTP/1.1\nX-API-Key: [redacted]\nA: b"),
        ('{"token_type": "bearer", "max_tokens": "5"}', '{"token_type": "bearer", "max_tokens": "5"}'),
        ('{"password_set": true, "keys": "b"}', '{"password_set": true, "keys": "b"}'),
    ],
)
def test_bodies_are_masked_by_name(body, told):
    assert told == Redactor([]).exchange(exchange(body=body.encode()))["body"]


def test_a_long_body_is_cut_and_says_so():
    told = Redactor([]).exchange(exchange(body=b"x" * 90_000))["body"]
    assert told == "x" * 2048 + "\n[cut 2048 of 90000 bytes]"


@pytest.mark.parametrize("start", range(2000, 2060))
def test_a_secret_across_the_cut_leaves_no_half(start):
    secret = "S" * 30 + "E" * 30
    body = b"x" * start + secret.encode() + b"y" * 3000
    told = Redactor({"key": secret}).exchange(exchange(body=body))["body"]
    assert "S" * 6 not in told


def test_a_secret_longer_than_what_is_shown_leaves_no_half():
    secret = "S" * 9000 + "E" * 9000
    body = b"x" * 2000 + secret.encode() + b"y"
    assert "SSS" not in Redactor({"key": secret}).exchange(exchange(body=body))["body"]


def test_an_exchange_is_told_whole():
    told = Redactor({}).exchange(
        exchange(started_at=0.0, elapsed_ms=1.23456, attempts=2, role="admin", trace_id="ab", body_note="cut short")
    )
    assert (
        told["started_at"],
        told["elapsed_ms"],
        told["attempts"],
        told["role"],
        told["trace_id"],
    ) == ("1970-01-01T00:00:00.000+00:00", 1.235, 2, "admin", "ab")
    assert told["body"] == "\n[cut short]"
    assert told == json.loads(json.dumps(told))


def repeated(command, **variables):
    """What a shell makes of a command line: its words, variables filled in."""
    script = "printf '%s\\0' " + command
    done = subprocess.run(["bash", "-c", script], env=variables, capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]


def test_a_command_line_repeats_the_exchange_with_secrets_as_variables():
    asked = exchange(
        method="POST",
        url=f"https://api.example/it's/../x?api_key={PLAIN}",
        target=f"/it's/../x?api_key={PLAIN}",
        request_headers=HeaderList(
            [
                ("Host", "api.example"),
                ("X-API-Key", PLAIN),
                ("Authorization", "Bearer unknown"),
                ("X-Quoted", 'a "b" $c `d`'),
                ("X-Empty", ""),
            ]
        ),
        request_body=json.dumps({"password": PLAIN, "token": "unknown", "n": 1}).encode(),
    )
    command = Redactor({"admin_key": PLAIN}).exchange(asked)["curl"]
    assert PLAIN not in command
    assert "unknown" not in command
    assert [
        *["curl", "-sS", "-i", "--path-as-is", f"https://api.example/it's/../x?api_key={PLAIN}"],
        *["-H", f"X-API-Key: {PLAIN}", "-H", "Authorization: Bearer [redacted]"],
        *["-H", 'X-Quoted: a "b" $c `d`', "-H", "X-Empty;"],
        *["--data-binary", json.dumps({"password": PLAIN, "token": "[redacted]", "n": 1})],
    ] == repeated(command, ADMIN_KEY=PLAIN)


def test_basic_credentials_are_told_as_user_and_variable():
    encoded = base64.b64encode(f"ann:{PLAIN}".encode()).decode()
    asked = exchange(request_headers=HeaderList([("Authorization", f"Basic {encoded}")]))
    command = Redactor({"ann_password": PLAIN}).exchange(asked)["curl"]
    assert command == "curl -sS -i 'https://api.example/actions?x=1' -u ann:\"$ANN_PASSWORD\""


def test_a_secret_is_the_variable_that_the_target_file_takes_it_from():
    asked = exchange(request_headers=HeaderList([("X-API-Key", PLAIN)]))
    command = Redactor({"reader": PLAIN}, variables={"reader": "ORDERS_READER_KEY"}).exchange(asked)["curl"]
    assert command.endswith("-H 'X-API-Key: '\"$ORDERS_READER_KEY\"")


@pytest.mark.parametrize("target", ["/a b", "/\xff", "/nul\x00", "*"])
def test_a_raw_target_is_told_with_its_bytes(target):
    words = shlex.split(Redactor({}).exchange(exchange(url=f"http://a.example{target}", target=target))["curl"])
    assert "--request-target" in words
    assert words[-1] == "http://a.example"


def test_a_server_that_echoes_the_credential_tells_nothing(serve, scene, respond):
    def echo(asked):
        key = asked.header("X-API-Key")
        echoed = {"you sent": key, "b64": base64.b64encode(key.encode()).decode(), "url": quote(key, safe="")}
        return respond(200, json.dumps(echoed).encode(), ("X-Echo", base64.b64encode(f"k:{key}".encode()).decode()))

    text = '[roles.admin]\nscheme = "header"\ncredential = "admin_key"'
    made = scene(serve(echo).url, text, secrets={"admin_key": PLAIN})
    answer = made.client.ask("GET", f"/{PLAIN}", role="admin")
    assert PLAIN in answer.text
    record = json.dumps(made.redactor.exchange(answer))
    assert made.redactor.find(record.encode()) == []
    assert '\\"$ADMIN_KEY\\"' in record


def test_a_text_that_was_told_before_its_secret_was_known_is_masked_from_then_on():
    redactor = Redactor({})
    assert "token tk-4711-abcdef" == redactor.text("token tk-4711-abcdef")
    redactor.learn("tk-4711-abcdef")
    assert "tk-4711-abcdef" not in redactor.text("token tk-4711-abcdef")


@pytest.mark.parametrize("address", ["http://prometheus.example:9090", "https://127.0.0.1/", "http://[::1]:9090"])
def test_an_address_that_opens_nothing_by_itself_is_no_secret(address):
    redactor = Redactor({"prometheus_address": address})
    assert f"asked {address}" == redactor.text(f"asked {address}")
    assert [] == redactor.find(address.encode())


@pytest.mark.parametrize(
    "address",
    ["http://us:correct-horse@prometheus.example", "https://hooks.example/T0/B1/x9", "http://a.example/?key=x9"],
)
def test_an_address_with_user_path_or_query_is_one(address):
    assert address not in Redactor({"hook": address}).text(f"asked {address}")
