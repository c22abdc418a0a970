"""What cannot be meant in [[slos]] is said, in the words of the target file."""

from __future__ import annotations

import pytest

from tests.target.wrong_files import BOTH, SLO, wrong

METRICS = '[slos.metrics]\ndurations = "seconds"\n'
COUNTED = SLO.replace("threshold_ms = 50\n", 'kind = "success"\n')
BURN = "[[slos.burns]]\nbudget_percent = 2\nlong_seconds = 3600\nshort_seconds = 300\n"
LOOSER = ": an agreement is looser than the objective"
SUCCESS = 'means nothing for kind "success"; remove it or say kind = "latency"'
RESERVED = "expected another label: those that begin with __ are Prometheus' own"
ALIKE = "Prometheus could not tell them apart"


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "agreement-sooner",
            BOTH + SLO + "agreement_threshold_ms = 40\n",
            f'[[slos]] "fast" agreement_threshold_ms: expected at least threshold_ms (50), came 40{LOOSER}',
        ),
        wrong(
            "agreement-of-success",
            BOTH + COUNTED + "agreement_threshold_ms = 40\n",
            f'[[slos]] "fast" agreement_threshold_ms: {SUCCESS}',
        ),
        wrong(
            "indifference-beside",
            BOTH + SLO + "indifference_percent = [98.0, 97.0]\n",
            '[[slos]] "fast" indifference_percent: expected a share of at least objective_percent (99), and a smaller '
            "one of at most it, came 98 and 97",
        ),
        wrong(
            "sample-of-nothing",
            BOTH + SLO.replace('["list"]', "[]") + "sample = 300\n",
            '[[slos]] "fast" sample: means nothing without endpoints; name one, or remove it: the canary judges it '
            "from metrics",
        ),
        wrong(
            "no-histogram",
            BOTH + SLO + '[slos.metrics]\nrequests = "requests_total"\n',
            '[[slos]] "fast" metrics.durations: is missing; kind "latency" is counted in a histogram\'s buckets',
        ),
        wrong(
            "no-counter",
            BOTH + COUNTED + "[slos.metrics]\n",
            '[[slos]] "fast" metrics.requests: is missing; expected the counter of answers, or durations',
        ),
        wrong(
            "bucket",
            BOTH + SLO + '[slos.metrics]\ndurations = "seconds_bucket"\n',
            '[[slos]] "fast" metrics.durations: expected the histogram\'s own name, without its ending, came '
            '"seconds_bucket"',
        ),
        wrong(
            "own-label",
            BOTH + SLO + METRICS + 'labels = { le = "0.05", path = [] }\n',
            '[[slos]] "fast" metrics.labels.le: is set by the objective itself: the edge of its threshold, and which '
            "statuses are errors",
            '[[slos]] "fast" metrics.labels.path: expected a value, or several',
        ),
        wrong(
            "labels-of-nothing",
            BOTH + "[monitoring.resources.labels]\ndisk_used = {}\n",
            "[monitoring] resources.labels.disk_used: no series of [monitoring.resources]; "
            'did you mean "disk_used_bytes"?',
        ),
        wrong(
            "labels-of-prometheus",
            BOTH + SLO + METRICS + 'labels = { __name__ = "a" }\n[monitoring.service_label]\n__area__ = "b"\n',
            f'[[slos]] "fast" metrics.labels.__name__: {RESERVED}',
            f"[monitoring] service_label.__area__: {RESERVED}",
        ),
        wrong(
            "label-of-numbers",
            BOTH + SLO + METRICS + "labels = { path = [7] }\n",
            '[[slos]] "fast" metrics.labels.path #1: expected text in quotes, came 7',
        ),
        wrong(
            "burn-windows",
            BOTH + SLO + "window_days = 1\n" + BURN.replace("3600", "90000").replace("300", "90000"),
            '[[slos]] "fast" burns #1.short_seconds: expected less than long_seconds (90000), came 90000',
            '[[slos]] "fast" burns #1.long_seconds: expected at most the objective\'s window (86400), came 90000',
        ),
        wrong(
            "windows-of-one-value",
            BOTH + SLO + "alerts = [{ for_seconds = 1 }]\n" + BURN.replace("300", "1"),
            '[[slos]] "fast" burns #1.short_seconds: expected at least 2, came 1',
            '[[slos]] "fast" alerts #1.for_seconds: expected at least 2, came 1',
        ),
        wrong(
            "burn-twice",
            BOTH + SLO + BURN + BURN,
            f'[[slos]] "fast" burns #2.severity: a second one of 3600 seconds and this severity: {ALIKE}',
        ),
        wrong(
            "alert-twice",
            BOTH + SLO + 'alerts = [{}, { severity = "warning" }]\n',
            f'[[slos]] "fast" alerts #2.name: a second one of this name and severity: {ALIKE}',
        ),
        wrong(
            "alert-of-success",
            BOTH + COUNTED + "alerts = [{ threshold_ms = 50 }]\n",
            f'[[slos]] "fast" alerts #1.threshold_ms: {SUCCESS}',
        ),
    ],
)
def test_everything_that_is_wrong_with_objectives_is_said(content, complaints, complaints_about):
    assert complaints == complaints_about(content)


@pytest.mark.parametrize(
    "more",
    [
        "agreement_threshold_ms = 500\nagreement_percent = 99.5\n",
        "agreement_percent = 99\n",
        "indifference_percent = [99.0, 98.0]\n",
        "indifference_percent = [99.5, 99.0]\n",
        BURN.replace("300", "3599"),
        "window_days = 1\n" + BURN.replace("3600", "86400"),
        METRICS + 'labels = { path = ["/a", "/b"], code = "x" }\n',
    ],
)
def test_what_is_just_right_is_taken(more, folder):
    from prodverify.target.load import load

    (folder / "ours.toml").write_text(BOTH + SLO + more)
    assert 1 == len(load("./ours.toml", root=folder, environ={"OUR_KEY": "12345678"}).promises.slos)
