"""Which other sites' pages may read the answers: the section of a target file, and what an origin is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from pydantic import Field

from prodverify.target.addresses import wrong_header
from prodverify.target.section import Name, Section
from prodverify.target.wording import Complaint, Place, came, nearest

ANY = "*"
"""Every origin: for what is public anyway."""

_ORIGIN = re.compile(
    r"https?://(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?::[1-9][0-9]{0,4})?"
    r"|https?://\[[0-9a-f:]{2,39}\](?::[1-9][0-9]{0,4})?"
)
"""As browsers write it: lower case, no path, no slash at the end (RFC 6454 section 6.2)."""
_USUAL_PORT = re.compile(r"https:.*:443|http:.*:80")


class Cors(Section):
    """``[cors]``: the sites whose pages may read answers in a browser; an empty section: none may."""

    origins: tuple[str, ...] = Field(
        (),
        description='origins that may read answers, as "https://app.example.com" or "https://*.example.com" for every '
        'subdomain; "*": any, for what is public; empty: none',
    )
    credentials: bool = Field(False, description="their pages may read answers that the browser's cookies opened")
    headers: tuple[str, ...] = Field(
        (), description="request headers that their pages send, which a preflight must allow, as Authorization"
    )
    public: tuple[Name, ...] = Field(
        (), description="endpoints that want a credential and answer nothing private: any page may read them"
    )
    endpoints: tuple[Name, ...] = Field(
        (),
        description="endpoints with method GET to ask as foreign pages would; absent: the first ten that are read with "
        "a credential, one of them thoroughly",
    )

    @property
    def anybody(self) -> bool:
        """Whether every site's pages may read answers."""
        return ANY in self.origins

    def allows(self, origin: str) -> bool:
        """Whether ``origin`` is one that may read answers."""
        return any(_covers(declared, origin) for declared in self.origins)


def _covers(declared: str, origin: str) -> bool:
    if ANY not in declared:
        return declared == origin
    before, _, after = declared.partition(ANY)
    return declared == ANY or (
        origin.startswith(before) and origin.endswith(after) and len(origin) > len(before) + len(after)
    )


def complaints(
    cors: Cors, declared: Collection[str], methods: Mapping[str, str], own: str | None = None
) -> Iterator[Complaint]:
    """
    What ``[cors]`` says and cannot mean.

    ``declared`` are the names of all endpoints, ``methods`` the methods of those that are right; ``own`` is base_url.
    """
    for number, origin in enumerate(cors.origins):
        place: Place = ("cors", "origins", number)
        if origin != ANY and not _ORIGIN.fullmatch(origin):
            text = f'expected an origin without path, as "https://app.example.com", or "*", came {came(origin)}'
            yield Complaint(place, text)
        elif _USUAL_PORT.fullmatch(origin):
            yield Complaint(place, f"browsers leave the usual port out; expected none, came {came(origin)}")
        elif own and origin == own.rstrip("/"):
            yield Complaint(place, f"{came(origin)} is the service itself, whose pages need no permission")
        if origin in cors.origins[:number]:
            yield Complaint(place, f"names {came(origin)} a second time")
    if cors.anybody and len(cors.origins) > 1:
        yield Complaint(("cors", "origins"), 'expected "*" alone; it covers the others')
    if cors.credentials and cors.anybody:
        yield Complaint(("cors", "credentials"), 'browsers refuse credentials beside "*"; name the origins')
    for key in ("credentials", "headers"):
        if getattr(cors, key) and not cors.origins:
            yield Complaint(("cors", key), "nobody may send them; name the origins that may, or leave it out")
    for number, header in enumerate(cors.headers):
        if wrong := wrong_header(header):
            yield Complaint(("cors", "headers", number), wrong)
    for key, names in (("public", cors.public), ("endpoints", cors.endpoints)):
        for number, name in enumerate(names):
            place = ("cors", key, number)
            if name not in declared:
                yield Complaint(place, f"no endpoint {came(name)}{nearest(name, declared)}")
            elif name in names[:number]:
                yield Complaint(place, f"names {came(name)} a second time")
            elif key == "endpoints" and methods.get(name, "GET") != "GET":
                yield Complaint(place, f'expected an endpoint with method GET; "{name}" says {methods[name]}')
