"""
Where the processes of a load run are: all on this machine, or a master and its workers on many.

Locust's master listens over ZeroMQ, which encrypts nothing and asks nobody who he is: whoever reaches its port may
pose as a worker, or read what workers are told. So it listens on loopback unless an address is named, and no secret's
value is ever sent.
"""

from __future__ import annotations

import ipaddress
import socket
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence

from prodverify.target.load import Target
from prodverify.wire.address import split

LOOPBACK = "127.0.0.1"


def listen_on_loopback(parser: ArgumentParser, arguments: Sequence[str], environ: Mapping[str, str]) -> None:
    """
    The master's own default is every address there is; ours is this machine.

    Workers that it forks itself find it at a free port, so that two runs may go on side by side.
    """
    parser.set_defaults(master_bind_host=LOOPBACK)
    forking = any(each.startswith("--processes") for each in arguments) or "LOCUST_PROCESSES" in environ
    if forking and "--worker" not in arguments and "LOCUST_MODE_WORKER" not in environ:
        port = _free_port()
        parser.set_defaults(master_bind_port=port, master_port=port)


def refusals(options: Namespace, target: Target) -> Iterator[str]:
    """Why such processes cannot be one load run against ``target``, one sentence for each reason."""
    if options.master and options.worker:
        yield "--master and --worker are two processes; start one after the other."
        return
    if options.processes and (options.master or options.processes < -1):
        yield f"--processes {options.processes}: without --master, and how many workers it forks (-1: one a core)."
        return
    here, named = _here(options)
    if here:
        return
    if target.promises.embedded:
        yield (
            f"{named} means other machines, and they reach no service that this run starts for itself on loopback;"
            " name a target with --target, or say --processes N."
        )
    elif is_loopback(split(target.base_url)[0].host):
        yield (
            f"{named} means other machines, and each of them would ask itself at base_url {target.base_url};"
            " name the address that they all reach it by."
        )


def taken(options: Namespace) -> str:
    """Why the master cannot listen where it is to; nothing where it can, or where no master is meant."""
    if options.worker or not (options.master or options.processes):
        return ""
    host, port = options.master_bind_host, options.master_bind_port
    try:
        wanted = None if host == "*" else host.strip("[]")
        family, *_, place = socket.getaddrinfo(wanted, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as ZeroMQ does
            probe.bind((place[0], port))
            return ""
    except (OSError, OverflowError) as problem:
        why = (getattr(problem, "strerror", None) or str(problem)).rstrip(".")
        return f"--master-bind-host {host}, --master-bind-port {port}: the master cannot listen there: {why}."


def _here(options: Namespace) -> tuple[bool, str]:
    """Whether everything is on this machine, and the option that says otherwise."""
    if options.worker:
        return is_loopback(options.master_host), f"--master-host {options.master_host}"
    if options.master:
        return is_loopback(options.master_bind_host), f"--master-bind-host {options.master_bind_host}"
    return True, ""


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it; a name other than localhost may be anywhere."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
