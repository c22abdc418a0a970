"""Files that a target file names for asking: authorities to trust, our certificate and its key."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

from prodverify.target.asking import Asking
from prodverify.target.files import FileRefused, content, resolved
from prodverify.target.wording import Complaint

LARGEST_BYTES = 4 * 1024 * 1024
"""Four times the bundle of authorities that browsers trust."""


def complaints(asking: Asking, folder: Path) -> Iterator[Complaint]:
    """Files that do not exist, cannot be read, or are no PEM files of that kind."""
    readable: dict[str, Path] = {}
    named = {key: getattr(asking, key) for key in ("ca_bundle", "client_certificate", "client_key")}
    for key, file in named.items():
        if file:
            path = resolved(file, folder)
            try:
                content(path, largest=LARGEST_BYTES, secret=key == "client_key")
                readable[key] = path
            except FileRefused as refused:
                yield Complaint(("asking", key), str(refused))
    if "ca_bundle" in readable and not _trusts(readable["ca_bundle"]):
        yield Complaint(("asking", "ca_bundle"), f"expected PEM certificates in {readable['ca_bundle']}")
    if "client_certificate" in readable and ("client_key" in readable or not asking.client_key):
        certificate, private_key = readable["client_certificate"], readable.get("client_key")
        if not _fit(certificate, private_key):
            where = f"in {private_key}" if private_key else "behind it"
            text = f"expected a PEM certificate in {certificate} and its private key, without passphrase, {where}"
            yield Complaint(("asking", "client_certificate"), text)


def _trusts(bundle: Path) -> bool:
    try:
        ssl.create_default_context(cafile=str(bundle))
    except ssl.SSLError:
        return False
    return True


def _fit(certificate: Path, private_key: Path | None) -> bool:
    try:
        # An empty passphrase keeps OpenSSL from asking the terminal for one.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, private_key, password="")
    except (ssl.SSLError, ValueError):
        return False
    return True
