"""
Stores or removes one backup and is killed before a step: each line of stdin says in JSON which, where, and the step.

A step is a change of the file system, or a request to storage. It forks for each line, so that what takes longest, the
imports, is done once; the answer is how that ended, 0 where there are fewer steps.
"""

import json
import os
import signal
import sys
from pathlib import Path

from prodverify.data.backups.folder import Folder
from prodverify.data.backups.names import OURS
from prodverify.data.backups.places import newest
from prodverify.data.backups.s3 import Bucket
from prodverify.target.backups import S3

CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir"}


class Secrets:
    """A target's secrets."""

    def secret(self, name):
        return os.environ[name]


class Steps:
    """Counts down, and ends this process at 0."""

    def __init__(self, left):
        self.left = left

    def __call__(self, *_, **__):
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1

    def changes(self, event, arguments):
        """Of a file system, by what Python audits."""
        if event in CHANGES or (event == "open" and (arguments[2] or 0) & os.O_CREAT):
            self()


def done(place, asked):
    if asked["deed"] == "remove":
        place.remove(newest(place))
    else:
        place.publish(Path(asked["draft"]), asked["name"], asked["manifest"])


def main():
    buckets = {}
    for line in sys.stdin:
        asked = json.loads(line)
        kept = json.dumps(asked["s3"])
        if asked["s3"] and kept not in buckets:
            buckets[kept] = Bucket.opened(S3(**asked["s3"]), Secrets(), OURS)
        pid = os.fork()
        if pid == 0:
            steps = Steps(asked["step"])
            if asked["s3"]:
                buckets[kept].client._asked.meta.events.register("before-send.s3", steps)
                done(buckets[kept], asked)
            else:
                sys.addaudithook(steps.changes)
                done(Folder(Path(asked["folder"])), asked)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


main()
