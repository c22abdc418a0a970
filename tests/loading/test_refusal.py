"""A load run that may not be ends with status 4 and one sentence for each reason, and sends nothing."""

import signal

import pytest

from load.target import Refused, choose
from tests.loading.conftest import KEYS

ENVIRON = {f"LOAD_KEY_{name.upper()}": value for name, value in KEYS.items()}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"loads": "false"}, "a load run needs the permit loads, and it is not given; say loads = true in [permits]."),
        (
            {"writes": "false", "shares": "{ list = 1.0, execution = 1.0 }", "rate": 20.0},
            "load.shares names execution, which sends POST and needs the permit writes.",
        ),
        (
            {"shares": "{ execution = 1.0 }", "rate": 20.0},
            "no entry of [[slos]] covers an endpoint or journey of load.shares, so that nothing would be judged.",
        ),
        (
            {"shares": "{ list = 1.0, execution = 1.0 }", "duration": 4.0},
            "execution at 100 arrivals/s needs 4 credentials, because 60 requests in 60 s are accepted from each key;"
            " load.role loader has 2: give it more, or lower the rate or the share.",
        ),
    ],
)
def test_what_the_target_does_not_allow_is_refused(target, values, sentence):
    path = target(1, **values)
    with pytest.raises(Refused) as refused:
        choose(str(path), read_only=False, environ=ENVIRON)
    assert str(refused.value) == f"{path}: {sentence}"


def test_read_only_takes_the_permit_away_and_nothing_is_sent(service, target, run):
    there = service()
    path = target(there.port)
    done = run("--read-only", CI="true", PRODVERIFY_TARGET=str(path))
    sentence = f"{path}: a load run needs the permit loads, and it is not given; --read-only drops every permit.\n"
    assert (done.status, done.stdout, done.stderr) == (4, "", sentence), done
    assert there.asked() == []


def test_options_that_mean_nothing_here_or_lead_elsewhere_are_refused(service, target, run):
    there = service()
    done = run(
        *("production.toml", "--target", target(there.port), "--host", "http://127.0.0.1:1", "--users", 5),
        *("--spawn-rate", 1, "--run-time", "5s", "--html", "page.html", "--json-file", "a", "--csv", "a"),
        *("--autoquit", 0),
    )
    assert done.status == 4, done
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == [
        *("--host", "a name without an option", "--users", "--spawn-rate", "--run-time"),
        *("--autoquit", "--html", "--json-file", "--csv"),
    ], done
    assert there.asked() == []


def test_where_ci_is_set_a_target_is_named():
    with pytest.raises(Refused, match=r"^no target is named; where CI is set, say --target NAME or set PRODVERIFY_TAR"):
        choose(None, read_only=False, environ={"CI": "true"})


def test_a_wrong_target_file_is_told_as_everywhere(tmp_path, run):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("version = 2\n")
    done = run("--target", wrong, "--processes", "2")
    assert done.status == 4, done
    assert "Traceback" not in done.stderr
    assert "version" in done.stderr


def test_a_service_that_is_not_there_is_not_ready(target, run, service):
    there = service()
    path = target(there.port)
    path.write_text(
        path.read_text().replace(f":{there.port}", ":1").replace("[asking]", "[asking]\nready_within_seconds = 0.5")
    )
    done = run("--target", path)
    assert done.status in {1, 10}, done
    assert done.record["checks"][0]["id"] == "load/locustfile.py::readiness"
    assert (done.record["load"]["ended"], done.record["load"]["delivered"]["arrivals"]) == ("unready", 0)


@pytest.mark.parametrize("ended_by", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.proof)])
def test_a_run_may_be_ended_while_it_waits_for_the_service(target, begin, service, ended_by):
    there = service(delay=30.0)
    going = begin("--target", target(there.port))
    while not there.asked():
        assert going.poll() is None
    going.send_signal(ended_by)
    done = going.end()
    assert done.status == 10, done
    assert done.stderr.endswith("ended before the load run began; nothing was verified.\n"), done
    assert "Traceback" not in done.stderr
