"""
Takes backups and is killed meanwhile: each line of stdin is a place, a format and a moment.

It forks for each line, so that what takes longest, the imports, is done once. The moment is a stage of the backup, and
seconds after it began.
"""

import os
import signal
import sys
import threading
from pathlib import Path

import prodverify.data.backups.folder
import prodverify.data.backups.taking
import prodverify.data.empty  # noqa: F401 - what a backup would import
from prodverify.data.backups.taking import take
from prodverify.target.taking import Taking


def main(dsn: str) -> None:
    for line in sys.stdin:
        place, form, stage, seconds, number = line.split()
        pid = os.fork()
        if pid == 0:
            back_up(dsn, Path(place), form, stage, float(seconds), getattr(signal, number))
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def back_up(dsn: str, place: Path, form: str, stage: str, seconds: float, number: int) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def progress(begun: str, _: Path) -> None:
        if begun == stage:
            timer = threading.Timer(seconds, os.kill, (os.getpid(), number))
            timer.daemon = True
            timer.start()

    form, _, key = form.partition("+")
    taking = Taking(format=form, encrypt_to=(key,) if key else ())
    try:
        take(dsn, place, name="shop", taking=taking, progress=progress)
        os._exit(0)
    except KeyboardInterrupt:
        os._exit(130)


main(sys.argv[1])
