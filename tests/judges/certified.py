"""Certificates of any lifetime, and handshakes that showed them, for tests of the judges of TLS."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fixtures.relay.certificates import Certificates, Served
from prodverify.judges import certificate
from prodverify.wire.handshakes import Attempt, Handshakes

CERTIFICATES = Certificates(Path(tempfile.gettempdir()))
DAY = 86400.0
ACCEPTED = Attempt("accepted")
REFUSED = Attempt("refused", "TLSV1_ALERT_PROTOCOL_VERSION")
CLOSED = Attempt("closed", "the connection ended")
GOOD = {"1.0": REFUSED, "1.1": REFUSED, "1.2": ACCEPTED, "1.3": ACCEPTED}


def issued_on(day: str, **how: Any) -> Served:
    """A certificate that holds from noon of a day on."""
    noon = datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC)
    return CERTIFICATES.issued(begun_days=(datetime.now(UTC) - noon).total_seconds() / DAY, **how)


def seen(served: Served | None = None, *, left_days: float | None = None, **more: Any) -> Handshakes:
    """Handshakes with a place that does everything right; ``left_days`` before its certificate ends."""
    served = served or USUAL
    own = certificate.read(served.certificate)
    assert own is not None
    values: dict[str, Any] = {
        "host": "api.example",
        "port": 443,
        "server_name": "api.example",
        "at": own.not_after - left_days * DAY if left_days is not None else own.not_before + DAY / 100,
        "versions": GOOD,
        "client": ACCEPTED,
        "trust": ACCEPTED,
        "name": ACCEPTED,
        "dates": ACCEPTED,
        "chain": (served.certificate,),
    }
    return Handshakes(**{**values, **more})


def distrusted(code: int, said: str = "said so") -> Attempt:
    """OpenSSL did not accept the certificate, for the reason of that number."""
    return Attempt("distrusted", said, code)


USUAL = CERTIFICATES.issued()
