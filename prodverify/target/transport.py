"""What is promised about transport: certificates, versions of TLS, and what plain HTTP answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from prodverify.target.addresses import origin_of, wrong_host, wrong_path, wrong_url
from prodverify.target.section import Path, Percent, PositiveFloat, PositiveInt, Section
from prodverify.target.wording import Complaint, came

if TYPE_CHECKING:
    from prodverify.target.model import Promises

DEFAULT_PORT = 443
VERSIONS = ("1.0", "1.1", "1.2", "1.3")
"""Versions of TLS that are offered, the oldest first; what is older no OpenSSL of today speaks."""
_OF_HANDSHAKES = (
    "server_name",
    "minimum_version",
    "demands_newest",
    "expiry_warn_percent",
    "expiry_fail_percent",
    "expiry_fail_days",
    "lifespan_days",
)


class Tls(Section):
    """``[tls]``: transport."""

    terminated: bool = Field(False, description="plain HTTP here is judged as behind a TLS terminator")
    address: str = Field(
        "", description="host or host:port that speaks TLS; absent: that of base_url where it is https"
    )
    server_name: str = Field("", description="name to ask for and to verify, where it is not the host of the address")
    minimum_version: Literal["1.2", "1.3"] = Field("1.2", description="oldest version of TLS that may be accepted")
    demands_newest: bool = Field(False, description="TLS 1.3 must be accepted; otherwise its lack is a warning")
    expiry_warn_percent: Percent = Field(
        33.3, description="share of a certificate's own lifetime; with less left, a warning"
    )
    expiry_fail_percent: Percent = Field(
        16.6, description="share of a certificate's own lifetime; with less left, a failure"
    )
    expiry_fail_days: PositiveFloat = Field(
        7.0, description="with less left, a failure too, where a certificate lives more than three times as long"
    )
    lifespan_days: PositiveInt | None = Field(
        None, description="longest lifetime of a certificate; absent: 398 where no ca_bundle is named, any where one is"
    )
    http_address: str = Field("", description="host or host:port of plain HTTP, whose answers are judged")
    http_profile: Literal["html", "api", "closed"] = Field(
        "html", description="what plain HTTP is for: people who type an address, nobody (api), or nothing answers"
    )
    http_path: Path = Field("/", description="path to ask over plain HTTP")

    @property
    def places(self) -> tuple[str, ...]:
        """The addresses that are named here, and may be asked for that."""
        return tuple(filter(None, (self.address, self.http_address)))


def speaks_tls(promises: Promises) -> str:
    """``host:port`` of what speaks TLS; empty where that is not promised, or the embedded service makes it up."""
    if "tls" not in promises.model_fields_set:
        return ""
    if promises.tls.address:
        host, port = host_and_port(promises.tls.address, DEFAULT_PORT)
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    secure = (promises.base_url or "").startswith("https:")
    return origin_of(promises.base_url) if promises.base_url and secure else ""


def host_and_port(named: str, default: int) -> tuple[str, int]:
    """Host, an IPv6 address without brackets, and port of ``host`` or ``host:port``."""
    host, separator, port = named.rpartition(":")
    if separator and port.isdigit() and (not host.count(":") or host.endswith("]")):
        return host.strip("[]").lower(), int(port)
    return named.strip("[]").lower(), default


def located(promises: Promises, values: Mapping[str, str]) -> Promises:
    """``promises`` with the addresses and the authority that the embedded service made up, where [tls] is declared."""
    if "tls" not in promises.model_fields_set or "tls_address" not in values:
        return promises
    made_up = {
        "address": values["tls_address"],
        "server_name": values["tls_server_name"],
        "http_address": values["http_address"],
    }
    tls, asking = promises.tls, promises.asking
    absent = {key: value for key, value in made_up.items() if not getattr(tls, key)}
    trusted = {} if asking.ca_bundle else {"ca_bundle": values["tls_authority"]}
    return promises.model_copy(
        update={"tls": tls.model_copy(update=absent), "asking": asking.model_copy(update=trusted)}
    )


def complaints(promises: Promises) -> Iterator[Complaint]:
    """What [tls] says that cannot be meant."""
    tls = promises.tls
    for key, named in (("address", tls.address), ("http_address", tls.http_address)):
        if named and (wrong := wrong_host(named)):
            yield Complaint(("tls", key), wrong)
    if tls.server_name and (wrong_host(tls.server_name) or ":" in tls.server_name):
        yield Complaint(("tls", "server_name"), f'expected a name, as "api.example", came {came(tls.server_name)}')
    if wrong := wrong_path(tls.http_path):
        yield Complaint(("tls", "http_path"), wrong)
    if tls.expiry_fail_percent >= tls.expiry_warn_percent:
        text = f"expected less than expiry_warn_percent ({tls.expiry_warn_percent:g}), came {tls.expiry_fail_percent:g}"
        yield Complaint(("tls", "expiry_fail_percent"), text)
    if promises.roles and tls.http_address and _same_place(tls.http_address, promises.base_url or ""):
        text = "is base_url, where credentials would go in the clear; name what speaks HTTPS as base_url"
        yield Complaint(("tls", "http_address"), text)
    yield from _idle(promises)


def _same_place(http_address: str, base_url: str) -> bool:
    if not base_url.startswith("http:") or wrong_url(base_url, origin_only=True) or wrong_host(http_address):
        return False
    return host_and_port(http_address, 80) == host_and_port(origin_of(base_url), 80)


def _idle(promises: Promises) -> Iterator[Complaint]:
    """Keys that say something about what is not asked."""
    tls, said = promises.tls, promises.tls.model_fields_set
    if promises.embedded or (promises.base_url and wrong_url(promises.base_url, origin_only=True)):
        return
    if not speaks_tls(promises):
        for key in _OF_HANDSHAKES:
            if key in said:
                text = "means nothing without address, as base_url is not https; name what speaks TLS, or remove it"
                yield Complaint(("tls", key), text)
    for key in ("http_profile", "http_path"):
        if key in said and not tls.http_address:
            text = "means nothing without http_address; name what speaks plain HTTP, or remove it"
            yield Complaint(("tls", key), text)
