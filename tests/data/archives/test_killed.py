"""Whoever restores may be killed: server, pg_restore and files go with it."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from prodverify.wire.clock import poll

ROOT = Path(__file__).parents[3]
OWNER = """
import sys
from pathlib import Path
import psycopg
from prodverify.data import binaries
from prodverify.data.archives.archive import examine
from prodverify.data.empty import empty_cluster

programs = binaries.find()
with empty_cluster(programs, name="pv", small=True) as cluster:
    with psycopg.connect(cluster.dsn(), autocommit=True) as connection:
        connection.execute(PAUSE)
    def said(words):
        print(cluster.folder, flush=True)
    examine(Path(sys.argv[1])).restore(programs, cluster.dsn(), jobs=2, deadline_seconds=60.0, progress=said)
"""
# The first thing that is made takes a minute, however quick the machine is and however slowly it lets the test look.
PAUSE = """
CREATE FUNCTION pause() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); END $$;
CREATE EVENT TRIGGER pausing ON ddl_command_start EXECUTE FUNCTION pause();
"""


def of(folder):
    """The processes that name ``folder`` in their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes()
        except OSError:  # it ended as it was looked at
            continue
        if folder.encode() in command:
            found.append(command)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize(
    ("name", "number"), [("custom-none.dump.gz", signal.SIGKILL), ("directory.dir", signal.SIGTERM)]
)
def test_nothing_is_left_of_a_restore_whose_owner_was_ended(release, name, number):
    path = release.backups.files[name]
    with subprocess.Popen(
        [sys.executable, "-c", f"PAUSE = {PAUSE!r}\n{OWNER}", str(path)], stdout=subprocess.PIPE, cwd=ROOT, text=True
    ) as owner:
        assert owner.stdout is not None
        folder = owner.stdout.readline().strip()

        assert folder
        assert any(b"pg_restore" in command for command in of(folder))
        owner.send_signal(number)
        owner.wait(20)
    poll(lambda: of(folder) == [] or None, within_seconds=20.0, what="its processes have ended")
    poll(lambda: not Path(folder).exists() or None, within_seconds=20.0, what="its folder is gone")

    assert of(folder) == []
