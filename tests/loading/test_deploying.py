"""What load/deploy/ says to Kubernetes and to Compose names options, ports, files and secrets that there are."""

import re
import sysconfig
from pathlib import Path

import yaml

from prodverify.target.load import load

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "load" / "deploy"
PORT = 5557
SOURCES = (Path(sysconfig.get_path("purelib")) / "locust" / "argument_parser.py", ROOT / "load" / "locustfile.py")
OPTIONS = {option for source in SOURCES for option in re.findall(r'"(--[a-z-]+)"', source.read_text())}
"""Of Locust and of ours, as their sources name them: importing Locust would patch this process."""


def kubernetes():
    return {(each["kind"], each["metadata"]["name"]): each for each in yaml.safe_load_all(_read("kubernetes.yaml"))}


def compose():
    return yaml.safe_load(_read("compose.yaml"))


def _read(name):
    return (DEPLOY / name).read_text(encoding="utf-8")


def containers():
    """Each process that is started: where it stands, its arguments, and its container."""
    for (kind, name), each in kubernetes().items():
        if kind == "Job":
            for container in each["spec"]["template"]["spec"]["containers"]:
                yield f"kubernetes {name}", container["args"], container
    for name, service in compose()["services"].items():
        yield f"compose {name}", service["command"], service


def options(arguments):
    return dict(argument.partition("=")[::2] for argument in arguments)


def test_every_option_is_one_that_there_is():
    said = {option for _, arguments, _ in containers() for option in options(arguments)}
    assert {"--master", "--worker", "--target", "--runs"} <= said
    assert said - OPTIONS == set()


def test_one_port_leads_from_every_worker_to_its_master():
    there = kubernetes()
    for _, arguments, _ in containers():
        given = options(arguments)
        assert given.get("--master-bind-port", given.get("--master-port")) == str(PORT)
    service = there["Service", "prodverify-load-master"]
    assert [(port["port"], port["targetPort"]) for port in service["spec"]["ports"]] == [(PORT, PORT)]
    (rule,) = there["NetworkPolicy", "prodverify-load-master"]["spec"]["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": PORT}]
    assert compose()["services"]["master"]["ports"] == [f"${{LISTEN:-127.0.0.1}}:{PORT}:{PORT}"]


def test_workers_find_their_master_by_a_name_that_there_is_and_nobody_else_reaches_it():
    there = kubernetes()
    jobs = {name: each["spec"]["template"] for (kind, name), each in there.items() if kind == "Job"}
    labels = {name: template["metadata"]["labels"] for name, template in jobs.items()}
    assert there["Service", "prodverify-load-master"]["spec"]["selector"] == labels["prodverify-load-master"]
    policy = there["NetworkPolicy", "prodverify-load-master"]["spec"]
    assert policy["podSelector"]["matchLabels"] == labels["prodverify-load-master"]
    assert policy["ingress"][0]["from"] == [{"podSelector": {"matchLabels": labels["prodverify-load-workers"]}}]
    given = {where: options(arguments) for where, arguments, _ in containers()}
    assert given["kubernetes prodverify-load-workers"]["--master-host"] == "prodverify-load-master"
    assert given["compose worker"]["--master-host"] == "${MASTER:-master}"


def test_as_many_workers_are_expected_as_are_started():
    workers = kubernetes()["Job", "prodverify-load-workers"]["spec"]
    given = {where: options(arguments) for where, arguments, _ in containers()}
    assert given["kubernetes prodverify-load-master"]["--expect-workers"] == str(workers["completions"])
    assert workers["parallelism"] == workers["completions"]
    replicas = compose()["services"]["worker"]["deploy"]["replicas"]
    assert given["compose master"]["--expect-workers"] == f"${{WORKERS:-{replicas}}}"


def test_the_target_of_the_config_map_is_one_and_its_secrets_are_where_it_looks(tmp_path):
    path = tmp_path / "target.toml"
    path.write_text(kubernetes()["ConfigMap", "prodverify-load-target"]["data"]["target.toml"])
    environ = dict.fromkeys(["LOADER_KEY"], "key-7c1e")
    promises = load(str(path), root=tmp_path, environ=environ).promises
    named = {origin.env for origin in promises.secrets.values()}
    for where, _, container in containers():
        given = container.get("env") or container.get("environment")
        if where.startswith("kubernetes"):
            given = {each["name"] for each in given if "secretKeyRef" in each["valueFrom"]}
        assert set(given) == named, where
    assert promises.load.max_duration_seconds > promises.load.duration_seconds


def test_every_file_that_an_option_names_is_mounted():
    for where, arguments, container in containers():
        mounted = [
            mount.get("mountPath") or mount["target"] if isinstance(mount, dict) else mount.partition(":")[2]
            for mount in container.get("volumeMounts") or container["volumes"]
        ]
        for option in {"--target", "--runs"} & set(options(arguments)):
            path = options(arguments)[option]
            assert any(path.startswith(mount) for mount in mounted), (where, path, mounted)


def test_no_secret_is_written_down_and_no_container_may_more_than_it_needs():
    for where, _, container in containers():
        if where.startswith("kubernetes"):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert "cpu" not in container["resources"]["limits"]  # throttled, a generator is late
            assert {"mountPath": "/tmp", "name": "scratch"} in container["volumeMounts"]
        else:
            assert (container["cap_drop"], container["read_only"], container["tmpfs"]) == (["ALL"], True, ["/tmp"])
            assert container["security_opt"] == ["no-new-privileges:true"]
            assert all(str(value).startswith("${") for value in container["environment"].values())
    jobs = [each["spec"] for (kind, _), each in kubernetes().items() if kind == "Job"]
    for job in jobs:
        # With the containers' own, what the restricted Pod Security Standard asks.
        asked = {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}}
        assert job["template"]["spec"]["securityContext"].items() >= asked.items()
        assert job["template"]["spec"]["automountServiceAccountToken"] is False
    assert {job["backoffLimit"] for job in jobs} == {0}
    assert {job["template"]["spec"]["restartPolicy"] for job in jobs} == {"Never"}


def test_the_image_starts_what_everybody_starts():
    said = _read("Containerfile")
    assert 'ENTRYPOINT ["python", "-m", "locust", "-f", "load/locustfile.py"]' in said
    for copied in re.findall(r"^COPY (\S+) ", said, re.MULTILINE):
        assert (ROOT / copied).exists()
    images = {container["image"] for _, _, container in containers()}
    assert {f"-t {image.partition(':')[0]} " in said for image in images} == {True}
    build = compose()["services"]["master"]["build"]
    assert (DEPLOY / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).is_file()


def test_the_image_has_what_a_run_imports_and_no_evidence_of_others():
    lines = _read("Containerfile.dockerignore").splitlines()
    assert "*" in lines
    assert {"reports/runs", "reports/latest"} <= set(lines)
    kept = {line[1:] for line in lines if line.startswith("!")}
    assert all((ROOT / each).exists() for each in kept)
    imported = {
        word
        for package in ("load", "reports", "prodverify")
        for path in (ROOT / package).rglob("*.py")
        for word in re.findall(r"^\s*(?:from|import) (\w+)", path.read_text(), re.MULTILINE)
    }
    assert {word for word in imported if (ROOT / word).is_dir()} - kept == set()


def test_every_option_of_the_guide_is_one_that_there_is():
    guide = _read("README.md")
    said = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", re.sub(r"`kubectl [^`]+`", "", guide)))
    assert said - OPTIONS == set()
    rules = set(re.findall(r"`(worker-[a-z]+)`", guide))
    sources = [(ROOT / "load" / name).read_text() for name in ("workers.py", "sending.py")]
    assert rules == set(re.findall(r'"(worker-[a-z]+)"', "".join(sources)))
