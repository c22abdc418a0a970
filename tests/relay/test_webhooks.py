"""Deliveries: signed, repeated until they arrive, never to where they must not go."""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import time

import pytest

from fixtures.relay.courier import Answer
from fixtures.relay.webhooks import Webhooks
from prodverify.wire import clock


def test_a_delivery_is_signed_over_its_bytes_and_names_its_request(execute, receiver, values):
    answer = execute("developer", callback_url=f"{receiver.url}/hook?of=ours")
    headers, body = receiver.wait_for(1)[0]

    expected = hmac.new(values["signing_secret"].encode(), body, hashlib.sha256).hexdigest()
    assert f"sha256={expected}" == headers["x-signature"]
    assert answer.headers["x-request-id"] == headers["x-request-id"]
    assert answer.json()["execution_id"] in body.decode()
    assert headers["content-type"] == "application/json"


def test_a_refused_delivery_is_repeated_with_the_same_id_and_bytes_after_a_growing_wait(execute, receiver):
    receiver.statuses = [500, 503, 204]
    execute("developer", callback_url=receiver.url)
    began = time.monotonic()
    first, second, third = receiver.wait_for(3)

    assert first[0]["x-delivery-id"] == second[0]["x-delivery-id"] == third[0]["x-delivery-id"]
    assert first[0]["x-signature"] == third[0]["x-signature"]
    assert first[1] == second[1] == third[1]
    assert 1.0 < time.monotonic() - began < 5.0


@pytest.mark.parametrize(
    ("status", "retry_after", "expected"),
    [
        (429, "2", 2.0),
        (503, " 2", 2.0),
        (500, "2", 0.0),
        (503, "", 0.0),
        (503, "soon", 0.0),
        (503, "-2", 0.0),
        (503, "3600", 3600.0),
        (429, "9" * 500, 3600.0),
    ],
)
def test_a_receiver_that_is_busy_is_left_in_peace_for_as_long_as_it_asks_within_reason(status, retry_after, expected):
    assert expected == Webhooks.peace_seconds(Answer(status, retry_after))


def test_a_redirect_is_not_followed(execute, receiver):
    receiver.statuses = [302]
    execute("developer", callback_url=receiver.url)
    receiver.wait_for(2)

    assert not any("/elsewhere" in str(headers) for headers, _ in receiver.received)
    assert len(receiver.received) == 2


def test_executing_does_not_wait_for_the_receiver(execute, fresh):
    began = time.monotonic()
    # A reserved address that never answers (RFC 5737).
    answer = execute("developer", callback_url="http://192.0.2.1:8080/")

    assert answer.status_code == 202
    assert time.monotonic() - began < 1.0


def test_receivers_that_hang_delay_nobody_else(execute, receiver):
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        for _ in range(3):
            execute("developer", callback_url=f"http://127.0.0.1:{hanging.getsockname()[1]}/")
        execute("developer", callback_url=receiver.url)
        began = time.monotonic()
        receiver.wait_for(1)

    assert time.monotonic() - began < 1.0


@pytest.mark.parametrize(
    "url",
    [
        "ftp://receiver.example/",
        "file:///etc/passwd",
        "http://user:pw@receiver.example/",
        "http://receiver.example:22/",
        "http://receiver.example/\r\nX-Injected: 1",
        "http://[::1",
        "not an address",
        "",
    ],
)
def test_a_callback_that_cannot_be_meant_is_refused(execute, fresh, url):
    answer = execute("developer", callback_url=url)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/callback_url"


def test_what_was_under_way_is_forgotten_when_faults_are_switched(execute, receiver, switch):
    receiver.statuses = [500]
    execute("developer", callback_url=receiver.url)
    receiver.wait_for(1)
    switch()
    before = len(receiver.received)
    clock.sleep(0.6, "the time in which a repeat would have come")

    assert before == len(receiver.received)


def test_the_secret_before_a_rotation_signs_too_and_each_workspace_has_its_own(execute, receiver, values):
    execute("developer", callback_url=receiver.url)
    headers, body = receiver.wait_for(1)[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body

    def signature(name):
        key = base64.b64decode(values[name].removeprefix("whsec_"))
        return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()

    expected = [signature("webhook_secret"), signature("previous_webhook_secret")]
    assert expected == headers["webhook-signature"].split(" ")
    assert signature("other_webhook_secret") not in expected


def test_a_receiver_that_is_gone_is_tried_no_more(execute, receiver):
    receiver.statuses = [410]
    execute("developer", callback_url=receiver.url)
    receiver.wait_for(1)
    clock.sleep(0.6, "the time in which a repeat would have come")

    assert 1 == len(receiver.received)


def test_a_receiver_that_does_not_answer_is_given_up_and_tried_again(execute, fresh):
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        hanging.settimeout(10)
        execute("developer", callback_url=f"http://127.0.0.1:{hanging.getsockname()[1]}/")
        first, _ = hanging.accept()
        first.settimeout(10)
        began = time.monotonic()
        while first.recv(65536):
            pass
        waited = time.monotonic() - began
        again, _ = hanging.accept()
        again.close()
        first.close()

    assert 1.0 < waited < 5.0


def test_the_log_of_deliveries_tells_what_was_sent_to_those_who_may_know(execute, receiver, ask):
    receiver.statuses = [500, 204]
    execute("developer", callback_url=receiver.url)
    sent = receiver.wait_for(2)

    def logged():
        told = ask("GET", "/deliveries", "developer").json()["deliveries"]
        return told if len(told) > 1 and told[0]["url"] == told[1]["url"] == receiver.url else None

    newest, first = clock.poll(logged, within_seconds=2.0, what="both attempts are in the log")[:2]
    assert ["refused", "delivered"] == [first["outcome"], newest["outcome"]]
    assert [body.decode() for _, body in sent] == [first["body"], newest["body"]]
    assert sent[0][0]["webhook-signature"] == first["headers"]["webhook-signature"]
    assert all(receiver.url != entry["url"] for entry in ask("GET", "/deliveries", "bystander").json()["deliveries"])
    assert 403 == ask("GET", "/deliveries", "viewer").status_code
    assert 401 == ask("GET", "/deliveries").status_code
