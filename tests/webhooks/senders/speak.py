"""The senders' own packages, asked in JSON lines: what they sign, and whether they accept a signature."""

import base64
import datetime
import json
import sys
from collections.abc import Callable
from typing import Any

import requests
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms
from multidict import MultiDict
from slack_sdk.signature import SignatureVerifier
from standardwebhooks.webhooks import Webhook
from stripe import WebhookSignature
from twilio.request_validator import RequestValidator

Said = dict[str, Any]
Lines = dict[str, str]


def stripe_signs(said: Said) -> Lines:
    signature = WebhookSignature._compute_signature(f"{said['moment']}.{said['text']}", said["secret"])
    return {"Stripe-Signature": f"t={said['moment']},v1={signature}"}


def stripe_accepts(said: Said) -> bool:
    header = said["lines"]["Stripe-Signature"]
    return bool(WebhookSignature.verify_header(said["text"], header, said["secret"], tolerance=300))


def slack_signs(said: Said) -> Lines:
    made = SignatureVerifier(said["secret"]).generate_signature(timestamp=str(said["moment"]), body=said["body"])
    return {"X-Slack-Request-Timestamp": str(said["moment"]), "X-Slack-Signature": str(made)}


def slack_accepts(said: Said) -> bool:
    lines = said["lines"]
    return SignatureVerifier(said["secret"]).is_valid(
        said["body"], lines["X-Slack-Request-Timestamp"], lines["X-Slack-Signature"]
    )


def standard_signs(said: Said) -> Lines:
    moment = datetime.datetime.fromtimestamp(said["moment"], tz=datetime.timezone.utc)  # noqa: UP017
    signature = Webhook(said["secret"]).sign("msg_1", moment, said["text"])
    return {"webhook-id": "msg_1", "webhook-timestamp": str(said["moment"]), "webhook-signature": signature}


def standard_accepts(said: Said) -> bool:
    Webhook(said["secret"]).verify(said["body"], said["lines"])
    return True


def fields_of(said: Said) -> MultiDict[str]:
    return MultiDict((name, value) for name, values in (said["fields"] or {}).items() for value in values)


def twilio_signs(said: Said) -> Lines:
    signature = RequestValidator(said["secret"]).compute_signature(said["url"], fields_of(said))
    return {"X-Twilio-Signature": signature}


def twilio_accepts(said: Said) -> bool:
    given = said["text"] if said["fields"] is None else fields_of(said)
    return bool(RequestValidator(said["secret"]).validate(said["url"], given, said["lines"]["X-Twilio-Signature"]))


class Keys(HTTPSignatureKeyResolver):
    def __init__(self, secret: str) -> None:
        self.secret = secret.encode()

    def resolve_public_key(self, key_id: str) -> bytes:
        return self.secret

    resolve_private_key = resolve_public_key


def rfc9421_signs(said: Said) -> Lines:
    request = requests.Request("POST", said["url"], headers=said["lines"], data=said["body"]).prepare()
    HTTPMessageSigner(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=Keys(said["secret"])).sign(
        request,
        key_id="ours",
        covered_component_ids=("@method", "@authority", "@target-uri", "content-digest", "content-type"),
        body=said["body"],
        use_existing_digest=True,
    )
    return {name: request.headers[name] for name in ("Signature-Input", "Signature")}


def rfc9421_accepts(said: Said) -> bool:
    request = requests.Request("POST", said["url"], headers=said["lines"], data=said["body"]).prepare()
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=Keys(said["secret"]))
    return bool(verifier.verify(request, body=said["body"]))


SIGNS: dict[str, Callable[[Said], Lines]] = {
    "stripe": stripe_signs,
    "slack": slack_signs,
    "standard-webhooks": standard_signs,
    "twilio": twilio_signs,
    "rfc9421": rfc9421_signs,
}
ACCEPTS: dict[str, Callable[[Said], bool]] = {
    "stripe": stripe_accepts,
    "slack": slack_accepts,
    "standard-webhooks": standard_accepts,
    "twilio": twilio_accepts,
    "rfc9421": rfc9421_accepts,
}


def answered(line: str) -> Any:
    said = json.loads(line)
    said["body"] = base64.b64decode(said["body"])
    said["text"] = said["body"].decode("utf-8", "surrogateescape")
    if said["do"] == "sign":
        return SIGNS[said["scheme"]](said)
    try:
        return ACCEPTS[said["scheme"]](said)
    except Exception as refused:  # noqa: BLE001 - each package has exceptions of its own, and some raise others
        return f"{type(refused).__name__}: {refused}"


for line in sys.stdin:
    sys.stdout.write(json.dumps(answered(line)) + "\n")
