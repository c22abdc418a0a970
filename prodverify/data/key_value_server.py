"""
A Redis or Valkey, asked about itself and nothing else: PING and INFO.

Both are answered from memory at once and block nobody; no key is read, counted or written, and KEYS, SCAN, MONITOR and
CONFIG are never sent, and no database is selected. So it is safe on a busy server, and an account with ``+ping +info``
is enough. RESP2 is what every version and every proxy speaks.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

from prodverify.data.key_value import Counters, Memory, counters, memory
from prodverify.record.findings import Unjudged, fail, inconclusive

PATIENCE_SECONDS = 2.0
"""How long a connection or an answer may take before it is none."""
_FORM = (
    "write redis://USER:PASSWORD@HOST:PORT/0, rediss:// or unix:///PATH into the secret that [cache] names,"
    " with %40 for '@', %2F for '/', %3F for '?' and %23 for '#' in the password"
)
_ACCOUNT = "check user, password and rights of the account: it needs PING and INFO"
_REFUSALS = ("DENIED", "NOAUTH", "NOPERM", "unknown command")
"""How a server words that it does not serve us; PING and INFO are unknown only where they were renamed."""
T = TypeVar("T")


class Silent(Exception):  # noqa: N818 - a state of the cache
    """
    It refuses connections, does not answer, or is not ready: its promise is broken. ``finding`` says which, ``unseen``
    the same of promises of which nothing could be seen for it.
    """

    def __init__(self, rule: str, observed: str, next_step: str) -> None:
        super().__init__(observed)
        self.finding = fail(rule, "a cache that answers", observed, next_step=next_step)
        self.unseen = inconclusive("cache-not-verified", "a cache that answers", observed, next_step=next_step)


class KeyValueServer:
    """An open connection."""

    def __init__(self, client: Any, where: str) -> None:
        self._client, self._where = client, where

    def ask(self) -> float:
        """Milliseconds that one PING took. Raises ``Silent`` and ``Unjudged``."""
        with _told(self._where):
            began = time.perf_counter()
            self._client.ping()
            return (time.perf_counter() - began) * 1000.0

    def counters(self) -> Counters:
        """Lookups and evictions until now. Raises ``Silent`` and ``Unjudged``."""
        return self._read(lambda said: counters(said, time.monotonic()))

    def memory(self) -> Memory:
        """How much of its memory it uses. Raises ``Silent`` and ``Unjudged``."""
        return self._read(memory)

    def _read(self, part: Callable[[Mapping[str, object]], T]) -> T:
        with _told(self._where):
            said = self._client.info()
        try:
            return part(said)
        except ValueError as error:
            step = "look at what INFO says there; leave out what [cache] says of what this server does not tell"
            raise _unjudged(f"INFO of {self._where} as Redis and Valkey give it", str(error), step) from None


@contextmanager
def connected(address: str, *, ca_bundle: str = "") -> Iterator[KeyValueServer]:
    """
    The server at ``address``. Raises ``Silent`` where it refuses or does not answer, ``Unjudged`` where the address is
    none, its name does not resolve, nothing can be reached there from here, or our credentials are not taken.
    """
    try:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError:
        raise _unjudged(
            "a client of Redis", "the package redis is not installed", "install prodverify with the extra cache"
        ) from None
    _whole(address)
    try:
        client = redis.Redis.from_url(
            address,
            protocol=2,
            socket_timeout=PATIENCE_SECONDS,
            socket_connect_timeout=PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 0),
            **({"ssl_ca_certs": ca_bundle} if ca_bundle and address.startswith("rediss:") else {}),
        )
        values = client.connection_pool.connection_kwargs
        values["db"] = 0  # SELECT is a right that nobody needs here, and that a cluster has not
        client.connection_pool.make_connection()  # which is where an option that is none is told
        where = str(values.get("path") or f"{values.get('host', 'localhost')}:{values.get('port', 6379)}")
    except (ValueError, TypeError, redis.RedisError):
        raise _unjudged("the address of a cache", "a text that is none", _FORM) from None
    _reach(values, where)
    with client:
        yield KeyValueServer(client, where)


def _whole(address: str) -> None:
    try:
        parts = urlsplit(address)
        rest = parts.path + parts.query + parts.fragment
    except ValueError:
        rest = ""  # from_url says so
    if "@" in rest:  # what stands before it is the end of a password, and would be taken for a host or a path
        raise _unjudged("the address of a cache", "a password in which '@', '/', '?' or '#' is written as it is", _FORM)


def _reach(values: dict[str, Any], where: str) -> None:
    # apart from the client, which does not tell a host that nothing reaches from a server that does not answer
    try:
        if path := values.get("path"):
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(PATIENCE_SECONDS)
                probe.connect(str(path))
        else:
            target = (str(values.get("host", "localhost")), int(values.get("port", 6379)))
            socket.create_connection(target, timeout=PATIENCE_SECONDS).close()
    except (ConnectionRefusedError, FileNotFoundError):
        raise Silent("cache-unreachable", f"nothing listens at {where}", "start it, or mend its address") from None
    except socket.gaierror:
        raise _unjudged(
            f"the host of {where}", "its name does not resolve here", "check the name, and this DNS"
        ) from None
    except (OSError, ValueError) as error:
        said = "no answer to a connection" if isinstance(error, TimeoutError) else str(error)
        raise _unjudged(f"a connection to {where}", said, "let this machine through to the cache") from None


@contextmanager
def _told(where: str) -> Iterator[None]:
    from redis import exceptions

    try:
        yield
    except (exceptions.AuthenticationError, exceptions.NoPermissionError, exceptions.AuthorizationError) as error:
        raise _unjudged(
            f"{where} to answer PING and INFO", f"it refuses our account: {_first(error)}", _ACCOUNT
        ) from None
    except exceptions.BusyLoadingError:
        raise Silent(
            "cache-loading", f"{where} is loading its data", "wait until it has, and see why it restarted"
        ) from None
    except exceptions.TimeoutError:
        observed = f"{where} takes connections and did not answer within {PATIENCE_SECONDS:g} s"
        step = "look at its slow log and at what blocks it; redis:// if it does not speak TLS"
        raise Silent("cache-silent", observed, step) from None
    except exceptions.ResponseError as error:
        if any(words in str(error) for words in _REFUSALS):
            raise _unjudged(
                f"{where} to answer PING and INFO", f"it does not serve us: {_first(error)}", _ACCOUNT
            ) from None
        raise Silent("cache-refuses", f"{where} answered {_first(error)}", "read its log") from None
    except (exceptions.RedisError, OSError) as error:
        cause = error.__cause__ or error.__context__
        if isinstance(cause, ssl.SSLError | FileNotFoundError | PermissionError):
            said = getattr(cause, "verify_message", "") or getattr(cause, "reason", "") or cause.strerror
            step = "check rediss://, its certificate, ca_bundle, and ssl_certfile and ssl_keyfile of the address"
            raise _unjudged(f"TLS with {where}", f"it failed: {said}", step) from None
        observed = f"{where} closed the connection: {_first(error)}"
        step = "read its log; raise maxclients, or find who keeps connections; rediss:// if it speaks TLS alone"
        raise Silent("cache-unreachable", observed, step) from None


def _first(error: Exception) -> str:
    return " ".join(str(error).split())[:120]


def _unjudged(expected: str, observed: str, next_step: str) -> Unjudged:
    return Unjudged(inconclusive("cache-not-verified", expected, observed, next_step=next_step))
