"""Owns one cluster until its standard input ends. With the word ``fork`` a child outlives it and holds its files."""

import json
import os
import sys
from pathlib import Path

from prodverify.data import binaries
from prodverify.data.cluster import Cluster

cluster = Cluster.create(binaries.find(), template=Path(sys.argv[1]))
processes = {
    "supervisor": cluster.server.supervisor.pid,
    "postgres": int((cluster.folder / "data" / "postmaster.pid").read_text().split()[0]),
}
if "fork" in sys.argv:
    child = os.fork()
    if child == 0:
        os.read(0, 1)
        os._exit(0)
    processes["bystander"] = child
facts = {"processes": processes, "folders": [str(cluster.folder)], "dsn": cluster.dsn()}
sys.stdout.write(json.dumps(facts) + "\n")
sys.stdout.flush()
sys.stdin.read()
cluster.stop()
