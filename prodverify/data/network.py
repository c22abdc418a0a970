"""A process without a network: what it starts can reach nobody, and files and unix sockets stay as they are."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Sequence
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_START = (
    "import os, sys; sys.path.insert(0, sys.argv[1]); from prodverify.data.network import leave; leave(); "
    "os.execv(sys.argv[2], sys.argv[2:])"
)
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # linux/sched.h, CLONE_NEWUSER and CLONE_NEWNET


def leave() -> str:
    """
    Give up the network for this process and all that it starts; empty where that worked, else why not, as a clause.

    It gets a network of its own that has no interface up, in 3 ms. Root may do that at once. Everybody else may in a
    namespace of users in which they stay who they are, where the kernel's settings allow it; root does not try that,
    as it could no longer start anything as another account. The process must have one thread.
    """
    if sys.platform != "linux":
        return f"{sys.platform} has no namespaces of networks"
    if os.geteuid() != 0 and (why := _tried()):
        return why
    return _left()


def cut_off(command: Sequence[str]) -> list[str]:
    """
    ``command``, a path and its arguments, without a network where this machine allows that; it costs 20 ms.

    For clients that read what somebody else may have written and need no more than a unix socket.
    """
    return [sys.executable, "-I", "-S", "-c", _START, str(_ROOT), *command]


def _tried() -> str:
    """
    The same in a child that ends at once.

    Some kernels give a namespace of users and then refuse to say who we are in it: that cannot be undone.
    """
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 1 if _left() else 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    return "" if status == 0 else "the kernel's settings refuse namespaces of users to this account"


def _left() -> str:
    user, group = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NETWORK if user == 0 else _NEW_USER | _NEW_NETWORK) != 0:
        return f"the kernel refuses a namespace of networks ({os.strerror(ctypes.get_errno())})"
    if user != 0:
        Path("/proc/self/setgroups").write_text("deny")  # or the kernel refuses the line of groups
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    return ""
