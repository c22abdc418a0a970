"""Rules of a target file about what is refused: bodies, methods and paths."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodverify.target.addresses import wrong_path
from prodverify.target.model import Promises
from prodverify.target.wording import Complaint, came, nearest

_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")
"""Without parameters, RFC 6838 section 4.2."""

_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "DELETE"})
_REAL_METHODS = re.compile(
    "GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT|PROPFIND|PROPPATCH|MKCOL|COPY|MOVE|LOCK|UNLOCK|SEARCH|REPORT|"
    "PURGE|QUERY|LINK|UNLINK|BIND|UNBIND|REBIND|ACL|MERGE|NOTIFY|SUBSCRIBE|UNSUBSCRIBE|CHECKOUT|CHECKIN|MKACTIVITY"
)


def complaints(promises: Promises) -> Iterator[Complaint]:
    """Everything in ``[errors.bodies]``, ``[methods]`` and ``[exposure]`` that cannot be meant."""
    yield from _bodies(promises)
    yield from _methods(promises)
    yield from _exposure(promises)


def _bodies(promises: Promises) -> Iterator[Complaint]:
    bodies = promises.errors.bodies if promises.errors else None
    if bodies is None:
        return
    place = ("errors", "bodies", "endpoint")
    readers = [endpoint.name for endpoint in promises.endpoints if endpoint.method not in _WITHOUT_BODY]
    if bodies.endpoint not in readers:
        text = f"no endpoint that reads a body is called {came(bodies.endpoint)}{nearest(bodies.endpoint, readers)}"
        yield Complaint(place, text)
    if not _MEDIA_TYPE.fullmatch(bodies.media_type) or bodies.media_type.lower().endswith(("/json", "+json")):
        text = f"expected a media type that is not read, as text/plain, came {came(bodies.media_type)}"
        yield Complaint(("errors", "bodies", "media_type"), text)


def _methods(promises: Promises) -> Iterator[Complaint]:
    methods = promises.methods
    if methods and _REAL_METHODS.fullmatch(methods.unknown):
        text = f"expected a made-up method; {methods.unknown} is a real one and may do what it says"
        yield Complaint(("methods", "unknown"), text)


def _exposure(promises: Promises) -> Iterator[Complaint]:
    exposure = promises.exposure
    if exposure is None:
        return
    owners: dict[str, str] = {}
    for key in ("public", "closed", "directories", "unasked"):
        for number, path in enumerate(getattr(exposure, key)):
            place = ("exposure", key, number)
            if wrong := wrong_path(path):
                yield Complaint(place, wrong)
            if key == "directories" and not path.endswith("/"):
                yield Complaint(place, f"expected a folder, which ends with /, came {came(path)}")
            owner = owners.setdefault(path, key)
            if owner != key:
                yield Complaint(place, f"{came(path)} stands in {owner} too; expected one of the two")
            elif path in getattr(exposure, key)[:number]:
                yield Complaint(place, f"names {came(path)} a second time")
