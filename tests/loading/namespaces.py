"""
Machines of a network of their own, made of Linux network namespaces: each is a process that waits, and its network.

Nothing outlives it: a namespace ends with its last process, and a pair of interfaces with either of its ends.
"""

import subprocess
from contextlib import contextmanager

MIDDLE = "10.77.0.1"
"""The address of the first machine, by which all others reach it."""


class Machine:
    """One of them: commands run as if on it."""

    def __init__(self):
        self._holding = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "echo there; exec cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._holding.pid
        assert self._holding.stdout.readline() == "there\n"
        self.do("ip", "link", "set", "lo", "up")

    def on(self, *command):
        """The command line that runs ``command`` on this machine."""
        return ["nsenter", "--target", str(self.pid), "--net", *map(str, command)]

    def do(self, *command):
        subprocess.run(self.on(*command), check=True, capture_output=True, text=True, timeout=10)

    def end(self):
        self._holding.communicate(timeout=10)


@contextmanager
def machines(number):
    """The first machine and ``number`` others, each joined to it by a cable of its own and by nothing else."""
    made = []
    try:
        middle = Machine()
        made.append(middle)
        middle.do("ip", "address", "add", f"{MIDDLE}/32", "dev", "lo")
        for index in range(1, number + 1):
            made.append(Machine())
            here, there = f"pv{made[-1].pid}a", f"pv{made[-1].pid}b"
            middle.do("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", made[-1].pid)
            for machine, name, address in ((middle, here, 1), (made[-1], there, 2)):
                machine.do("ip", "address", "add", f"10.77.{index}.{address}/24", "dev", name)
                machine.do("ip", "link", "set", name, "up")
            made[-1].do("ip", "route", "add", f"{MIDDLE}/32", "via", f"10.77.{index}.1")
        yield made[0], made[1:]
    finally:
        for machine in made:
            machine.end()


def refused():
    """Why this machine makes no such network, by trying; nothing where it does."""
    try:
        with machines(1):
            return ""
    except (OSError, subprocess.SubprocessError, AssertionError) as problem:
        said = getattr(problem, "stderr", "") or str(problem) or "no right to make a network namespace"
        return f"network namespaces: {said.strip()}"
