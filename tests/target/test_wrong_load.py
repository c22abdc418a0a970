"""What a load run cannot send, or would not mean, is told before anything is sent."""

from __future__ import annotations

import pytest

from tests.target.wrong_files import KEY, LIST, TOP, wrong

SHARES = 'role = "us"\nshares = { list = 1.0 }\n'
LOAD = f"[load]\nrate_per_second = 10.0\n{SHARES}"
STAGES = f'[load]\nshape = "stages"\n{SHARES}'
STAGE = "[[load.stages]]\nseconds = 10.0\nrate_per_second = 5.0\n"
DOWN = "[[load.stages]]\nseconds = 10.0\nrate_per_second = 0.0\n"
JOURNEY = '[[journeys]]\nname = "execution"\n[[journeys.steps]]\npath = "/execute"\n'
REST = TOP + KEY + LIST


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "no-rate",
            REST + f"[load]\n{SHARES}",
            '[load] rate_per_second: is missing; shape "constant" needs the arrivals a second',
        ),
        wrong(
            "no-such-shape",
            REST + LOAD + 'shape = "spikes"\n',
            '[load] shape: expected "constant", "ramp", "spike" or "stages", came "spikes"; did you mean "spike"?',
        ),
        wrong(
            "spike-without-height",
            REST + LOAD + 'shape = "spike"\n',
            '[load] spike_per_second: is missing; shape "spike" needs the arrivals a second in its middle',
        ),
        wrong(
            "spike-below-its-foot",
            REST + LOAD + 'shape = "spike"\nspike_per_second = 10.0\n',
            "[load] spike_per_second: expected more than rate_per_second (10), came 10",
        ),
        wrong(
            "spike-of-a-ramp",
            REST + LOAD + 'shape = "ramp"\nspike_per_second = 50.0\n',
            '[load] spike_per_second: means nothing for shape "ramp"; remove it or say shape = "spike"',
        ),
        wrong(
            "stages-without-stages",
            REST + STAGES,
            '[load] stages: is missing; shape "stages" needs at least one stage',
        ),
        wrong(
            "stages-of-nothing",
            REST + STAGES + DOWN,
            "[load] stages: expected a rate above 0 in at least one of them",
        ),
        wrong(
            "stages-with-a-rate-and-a-length",
            REST + STAGES + "rate_per_second = 10.0\nduration_seconds = 20.0\n" + STAGE,
            '[load] rate_per_second: means nothing for shape "stages", of which each has its own; remove it',
            '[load] duration_seconds: means nothing for shape "stages", of which each has its own; remove it',
        ),
        wrong(
            "stages-of-another-shape",
            REST + LOAD + STAGE,
            '[load] stages: mean nothing for shape "constant"; say shape = "stages"',
        ),
        wrong(
            "warm-up-beyond-the-run",
            REST + LOAD + "duration_seconds = 2.0\n",
            "[load] warm_up_seconds: expected less than duration_seconds (2), came 2",
        ),
        wrong(
            "warm-up-beyond-the-stages",
            REST + STAGES + "warm_up_seconds = 10.0\n" + STAGE,
            "[load] warm_up_seconds: expected less than all stages together (10), came 10",
        ),
        wrong(
            "shorter-at-most",
            REST + LOAD + "max_duration_seconds = 19.9\n",
            "[load] max_duration_seconds: expected at least duration_seconds (20), came 19.9",
        ),
        wrong(
            "nothing-to-go-on-with",
            REST + STAGES + "max_duration_seconds = 90.0\n" + STAGE + DOWN,
            "[load] max_duration_seconds: means nothing where the last stage ends at 0 arrivals a second; remove it",
        ),
        wrong(
            "role-for-nothing",
            REST + LOAD + 'roles = { lists = "us" }\n',
            '[load] roles.lists: nothing in the run is called "lists"; did you mean "list"?',
        ),
        wrong(
            "roles-unknown",
            REST + LOAD + 'roles = { list = "usr" }\n[[load.users]]\nname = "list"\ncount = 1\nthink_seconds = 1.0\n'
            'role = "use"\n',
            '[load] roles.list: no role "usr"; did you mean "us"?',
            '[load] users #1.role: no role "use"; did you mean "us"?',
        ),
        wrong(
            "role-that-is-refused",
            TOP + KEY + LIST + "roles = { us = 403 }\n" + LOAD,
            '[load] role: role "us" gets 403 from endpoint "list"; name one that is answered',
        ),
        wrong(
            "users-of-nothing",
            REST + LOAD + '[[load.users]]\nname = "lst"\ncount = 1\nthink_seconds = 1.0\n',
            '[load] users #1.name: no endpoint or journey "lst"; did you mean "list"?',
        ),
        wrong(
            "profile-with-mistakes",
            REST + LOAD + "[load.profiles.soak]\nwarm_up_seconds = 30.0\nshares = { lits = 1.0 }\n",
            '[load] profiles.soak.shares.lits: no endpoint or journey "lits"; did you mean "list"?',
            '[load] profiles.soak.rate_per_second: is missing; shape "constant" needs the arrivals a second',
            "[load] profiles.soak.warm_up_seconds: expected less than duration_seconds (20), came 30",
        ),
        wrong(
            "profile-called-default",
            REST + LOAD + "[load.profiles.default]\nrate_per_second = 1.0\n",
            "[load] profiles.default: is what the arrivals of [load] itself are called; give it another name",
        ),
        wrong(
            "profile-unknown-to-an-objective",
            REST + LOAD + '[load.profiles.soak]\nrate_per_second = 1.0\n[[slos]]\nname = "fast"\nendpoints = ["list"]\n'
            'threshold_ms = 50.0\nobjective_percent = 99.0\nprofiles = ["default", "soaks"]\n',
            '[[slos]] "fast" profiles #2: no profile "soaks" in [load]; did you mean "soak"?',
        ),
        wrong(
            "written-twice",
            REST
            + JOURNEY
            + LOAD.replace("list = 1.0", "list = 1.0, execution = 1.0")
            + 'written = { execution = "ours.py", browsing = "ours.py" }\n',
            "[load] written.execution: an endpoint or journey has this name too; load.shares could mean either",
            "[load] written.browsing: has no share in load.shares, and no user asks it; give it one",
        ),
    ],
)
def test_a_wrong_load_run_is_told(complaints_about, content, complaints):
    assert complaints_about(content) == complaints
