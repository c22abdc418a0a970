"""Owns one stage until its standard input ends."""

import json
import sys

from fixtures.relay.stage import Stage

stage = Stage.start(backup="backup" in sys.argv, monitoring="monitoring" in sys.argv)
described = {
    "processes": dict(stage.processes),
    "folders": [str(folder) for folder in stage.folders],
    "dsn": stage.values["database_dsn"],
    "values": dict(stage.values),
    "warm": stage.warm,
}
sys.stdout.write(json.dumps(described) + "\n")
sys.stdout.flush()
sys.stdin.read()
stage.stop()
