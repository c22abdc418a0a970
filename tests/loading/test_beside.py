"""What is written by hand is judged like everything else; what waits for its answers is shown, and judged by nobody."""

from collections import Counter

import pytest

from load.asides import LABEL

WRITTEN = """
from locust import FastHttpUser, constant, task

def visiting(client):
    token = client.ask("GET", "/list").json()["token"]
    client.ask("POST", "/execute?x=1", json={"token": token}, expect=200, label="visit")

class Waiting(FastHttpUser):
    fixed_count = 2
    wait_time = constant(0.1)

    @task
    def look(self):
        self.client.get("/waited")
        self.client.get("http://127.0.0.2:9/elsewhere")
"""
USERS = '[[load.users]]\nname = "list"\ncount = 4\nthink_seconds = 0.1\n'
SLO = '[[slos]]\nname = "visits"\nendpoints = ["visiting"]\nthreshold_ms = 400.0\nobjective_percent = 90.0\n'


@pytest.fixture
def written(target, tmp_path):
    """A target file with hand-written arrivals, and the file that has them."""

    def write(port, text=WRITTEN, **values):
        given = {"shares": "{ list = 1.0, visiting = 1.0 }", "duration": 2.0, **values}
        path = target(port, **given)
        declared = path.read_text() + '\nwritten = { visiting = "ours.py" }\n'
        path.write_text(f"{declared}{USERS}{SLO}")
        (tmp_path / "ours.py").write_text(text)
        return path

    return write


def test_what_is_written_by_hand_is_judged_and_closed_loops_beside_it_are_not(service, written, run):
    there = service()
    done = run("--target", written(there.port), "--processes", "2")
    assert done.status in {0, 10}, done  # on a busy machine the generator is late
    assert {case["id"].partition("[")[2] for case in done.record["checks"]} == {"fast]", "visits]"}
    load, asked = done.record["load"], Counter(request["path"] for request in there.asked())
    assert load["counts"]["visiting"]["asked"] + load["counts"]["list"]["asked"] == 150
    assert load["delivered"]["arrivals"] == load["plan"]["arrivals"] == 200
    executed = [request for request in there.asked() if request["path"] == "/execute?x=1"]
    assert len(executed) == pytest.approx(100, abs=1)
    assert all(request["body"].startswith('{"token":"token-') for request in executed)
    assert {request["headers"]["x-api-key"] for request in executed} == {"key-one-4f1d", "key-two-4f1d"}
    assert f"beside them, {LABEL}: 4 users of list who think 0.1 s, 2 of Waiting\n" in done.stdout
    assert load["asides"]["label"] == LABEL
    thinking, waiting = (load["asides"]["counts"][name] for name in ("list", "Waiting"))
    assert waiting["asked"] == pytest.approx(asked["/waited"], abs=2)  # those under way at the end
    assert waiting["asked"] > 10
    assert thinking["asked"] == pytest.approx(asked["/list"] - 200, abs=4)
    assert thinking["asked"] > 20
    assert waiting["errors"] == thinking["errors"] == {}
    assert "elsewhere" not in " ".join(asked)
    page = (done.folder / "locust.html").read_text()
    assert f"/waited ({LABEL})" in page
    assert f"list ({LABEL})" in page


LEAVING = """
from locust import FastHttpUser, constant, task

def visiting(client):
    client.ask("GET", "/list")

class Leaving(FastHttpUser):
    wait_time = constant(0.1)

    @task
    def leave(self):
        raise SystemExit(0)
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def visiting(client):\n    client.ask('GET', '/list')\n    exit(0)\n", "ours.py, line 3: SystemExit: 0"),
        pytest.param(LEAVING, "Leaving ended by SystemExit", marks=pytest.mark.proof),
    ],
)
def test_an_error_in_it_is_ours(service, written, run, text, said):
    there = service()
    done = run("--target", written(there.port, text))
    assert done.status == 10, done
    broken = done.record["checks"][0]["findings"][0]
    assert broken["rule"] == "generator-broken"
    assert broken["observed"].startswith("load.written")
    assert said in broken["observed"]
    assert said in done.stdout
    assert "Traceback" not in done.stderr, done


@pytest.mark.proof
def test_an_answer_that_it_does_not_expect_is_the_services_error(service, written, run):
    there = service(status=500)
    done = run("--target", written(there.port))
    assert done.status in {1, 10}, done
    assert set(done.record["load"]["counts"]["visiting"]["errors"]) == {"visiting 1: status 500"}
    assert "generator-broken" not in str(done.record)


@pytest.mark.proof
def test_another_file_may_stand_in(service, written, run, tmp_path):
    there = service()
    other = tmp_path / "other.py"
    other.write_text("def visiting(client):\n    client.ask('DELETE', '/other')\n")
    done = run("--target", written(there.port), "--written", other)
    assert done.status in {0, 10}, done
    assert "/other" in {request["path"] for request in there.asked()}
