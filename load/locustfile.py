"""
The load that a target file declares in ``[load]``, under Locust: ``locust -f load/locustfile.py --target NAME``.

Locust brings processes, tables and its page. Arrivals, counts and the verdict are ours, because a user of Locust
waits for its answer before it asks again, and what it does not ask while the service stands still is not counted.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import gevent
from locust import User, events, task

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from load import machines
from load.conductor import Conductor
from load.target import REFUSED, ROOT, Refused, choose
from prodverify.target.load import TargetError
from prodverify.wire.run import Run

RUNS = Path(os.environ.get("PRODVERIFY_REPORTS") or ROOT / "reports") / "runs"
_ONLY_LISTS = {"list_commands", "show_task_ratio", "show_task_ratio_json"}
_REFUSED_OPTIONS = {
    "host": "--host: the address is base_url of the target file; name another target with --target.",
    "user_classes": "a name without an option: say --target NAME; a load run has arrivals, and no classes of users.",
    "num_users": "--users: arrivals come at the rate that [load] says; people who wait for answers are load.users.",
    "spawn_rate": "--spawn-rate: arrivals come at the rate that [load] says; a ramp is a shape.",
    "run_time": "--run-time: the length of a run is duration_seconds of [load]; --profile chooses another one.",
    "autoquit": "--autoquit: a run that is over leaves Locust's own page open; without that page it ends by itself.",
    "html_file": "--html: that page lies beside the record, as locust.html.",
    "json_file": "--json-file: the numbers of a run are in its record.json.",
    "csv_prefix": "--csv: the numbers of a run are in its record.json, second by second.",
}
"""A file that Locust cannot write after the run would cost the record, and end with the status of NO-GO."""
_UNSAID = (None, "", [], -1)
"""What such an option has where nobody says it; -1 is that of --autoquit."""
_conductors: list[Conductor] = []


class Arrivals(User):
    """Locust counts users; a load run has arrivals, and one user that stands for all of them."""

    fixed_count = 1  # however many somebody asks for in Locust's own page: nobody waits until they are there

    @task
    def stand_by(self) -> None:
        """Nothing: the conductor sends the plan."""
        gevent.sleep(3600.0)


@events.init_command_line_parser.add_listener
def add_options(parser: ArgumentParser, **_: Any) -> None:
    """Our options, and at once what they say: a run that may not be is refused before Locust forks or binds."""
    group = parser.add_argument_group("prodverify")
    group.add_argument(
        "--target", metavar="NAME|PATH", help="target file that declares the load (or PRODVERIFY_TARGET)"
    )
    group.add_argument("--read-only", action="store_true", help="drop every permit, so that the run is refused")
    group.add_argument(
        "--written", metavar="PATH", help="Python file that has the hand-written arrivals, in place of load.written's"
    )
    group.add_argument("--seed", type=int, default=1, help="order in which endpoints and journeys take turns")
    group.add_argument("--runs", metavar="FOLDER", default=str(RUNS), help="folder that the evidence is written in")
    machines.listen_on_loopback(parser, sys.argv, os.environ)
    if _conductors:
        return
    options, _unknown = parser.parse_known_args()
    if any(getattr(options, name, False) for name in _ONLY_LISTS):
        return
    try:
        if refusals := [why for name, why in _REFUSED_OPTIONS.items() if getattr(options, name, None) not in _UNSAID]:
            raise Refused("\n".join(refusals))
        target = choose(
            options.target,
            read_only=options.read_only,
            environ=os.environ,
            profile=options.profile,  # an option of Locust's own, which means the same: arrivals of load.profiles
            written=options.written,
        )
        if refusals := list(machines.refusals(options, target)):
            raise Refused("\n".join(f"{target.path}: {refusal}" for refusal in refusals))
        if taken := machines.taken(options):
            raise Refused(taken)
    except (Refused, TargetError) as refusal:
        sys.stderr.write(f"{refusal}\n")
        sys.exit(REFUSED)
    runs = Path(options.runs).absolute()
    conductor = Conductor(target, Run.begin(), seed=options.seed, runs=runs, elsewhere=options.worker)
    _conductors.append(conductor)
    events.init.add_listener(conductor.on_init)
    events.spawning_complete.add_listener(conductor.on_spawning_complete)
    events.test_stopping.add_listener(conductor.on_stopping)
    events.quit.add_listener(conductor.on_quit)
