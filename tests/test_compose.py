"""docker-compose.yml and the Dockerfile keep their laws; what needs an engine isn't tried here."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import compose
import pytest

from runtime.broker import broker_client
from runtime.database import check_database, open_database, reading
from runtime.roles import bring_up, is_separated
from runtime.servers import server_url
from tests.backends import broker_answers, servers

ROOT = Path(__file__).parent.parent
FILE = ROOT / "docker-compose.yml"
COMPOSE = Path(compose.__file__).parent / "docker-compose"
OURS = {"api", "worker", "beat", "vault"}
ONE_SHOTS = {"init", "operator", "rekey", "upgrade"}


def run_compose(file: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Docker Compose's own reader on a file; it needs no engine."""
    command = [str(COMPOSE), "--project-directory", str(ROOT), "--file", str(file), "--profile", "*"]
    return subprocess.run(
        [*command, *arguments], capture_output=True, text=True, check=False, env=os.environ | environment
    )


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """The whole project as Compose understands it."""
    answer = run_compose(FILE, "config", "--format", "json")
    assert answer.returncode == 0, answer.stderr
    document: dict[str, Any] = json.loads(answer.stdout)
    return document


@pytest.fixture(scope="module")
def services(project: dict[str, Any]) -> dict[str, Any]:
    """The services."""
    found: dict[str, Any] = project["services"]
    return found


def volumes_of(service: dict[str, Any]) -> set[str]:
    """Return the named volumes that a service mounts."""
    return {each["source"] for each in service.get("volumes", []) if each["type"] == "volume"}


def test_compose_takes_the_file() -> None:
    """`config` finds nothing to say."""
    answer = run_compose(FILE, "config", "--quiet")

    assert (0, "") == (answer.returncode, answer.stderr)


@pytest.mark.parametrize("mistake", ["imagee: redis", "read_onli: true"])
def test_compose_refuses_an_unknown_key(tmp_path: Path, mistake: str) -> None:
    """The check can fail."""
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text(FILE.read_text().replace("    network_mode: none\n", f"    {mistake}\n"))

    answer = run_compose(wrong, "config", "--quiet")

    assert answer.returncode != 0
    assert "not allowed" in answer.stderr


def test_the_parts_are_all_there(services: dict[str, Any]) -> None:
    """Each part has a service of its own; what runs once or for show has to be asked for."""
    assert OURS | ONE_SHOTS | {"redis", "postgres", "mail"} == set(services)
    assert {**{name: ["operator"] for name in ONE_SHOTS}, "mail": ["demo"]} == {
        name: service["profiles"] for name, service in services.items() if "profiles" in service
    }


def test_the_keys_are_the_vaults(services: dict[str, Any]) -> None:
    """Nobody but the vault mounts the keys, and nobody else is its user."""
    assert {"vault"} == {name for name, each in services.items() if "keys" in volumes_of(each)}
    assert "10002:10001" == services["vault"]["user"]
    assert {"10001:10001"} == {
        each["user"] for name, each in services.items() if name not in {"vault", "redis", "postgres"}
    }


def test_the_vault_is_reached_by_its_socket_alone(services: dict[str, Any]) -> None:
    """Only the vault writes to the sockets' folder; who calls it has the group that its socket is for."""
    mounts = {
        name: not mount.get("read_only", False)
        for name, each in services.items()
        for mount in each.get("volumes", [])
        if mount.get("source") == "sockets"
    }

    assert {"vault"} == {name for name, writes in mounts.items() if writes}
    assert {"vault", "api", "worker", "init", "operator", "rekey"} == set(mounts)
    assert "--socket-group=10001" in services["vault"]["command"]
    assert "--await-founding" in services["vault"]["command"]
    for name in mounts.keys() - {"vault"}:
        assert "true" == services[name]["environment"]["SEALEDBOOK_VAULT_EXTERNAL"], name


def test_each_caller_has_its_own_credential(services: dict[str, Any]) -> None:
    """A process of one kind can't ask the vault as another."""
    held = {name: {each for each in volumes_of(service) if each.startswith("credential-")}
            for name, service in services.items() if name not in {"init", "rekey"}}  # fmt: skip

    assert {
        "api": {"credential-api"},
        "worker": {"credential-worker"},
        "operator": {"credential-operator"},
    } == {name: volumes for name, volumes in held.items() if volumes}


def test_no_container_has_more_rights_than_it_needs(services: dict[str, Any]) -> None:
    """Non-root, a root that can't be written, no capability, no way to gain one, no core dump."""
    for name, service in services.items():
        user = service["user"].split(":")
        assert "0" not in user, name
        assert all(part.isdigit() for part in user), name
        assert service["read_only"] is True, name
        assert ["ALL"] == service["cap_drop"], name
        assert ["no-new-privileges:true"] == service["security_opt"], name
        assert "core" in service["ulimits"], name
        assert "privileged" not in service, name
        assert "cap_add" not in service, name
        assert "tmp" in {each.partition(":")[0].strip("/") for each in service["tmpfs"]}, name
        assert not any("docker.sock" in str(each) for each in service.get("volumes", [])), name


def test_every_lasting_service_shows_its_health(services: dict[str, Any]) -> None:
    """A health check each, and who needs another waits until that one is well."""
    for name, service in services.items():
        assert ("disable" in service["healthcheck"]) == (name in ONE_SHOTS), name
        for other, needed in service.get("depends_on", {}).items():
            assert "service_healthy" == needed["condition"], (name, other)


def test_no_secret_stands_in_the_environment(services: dict[str, Any], project: dict[str, Any]) -> None:
    """Passwords are files; environment and URLs hold none."""
    for name, service in services.items():
        for key, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|TOKEN|CREDENTIAL", key):
                assert key.endswith(("_FILE", "_FOLDER")), (name, key)
                assert value.startswith(("/run/secrets/", "/credentials")), (name, key)
            assert not re.search("://[^/@]*:[^/@]*@", value or ""), (name, key)
        assert not re.search('requirepass "?[^$"]', str(service.get("command", ""))), name
    assert {"file"} == {key for secret in project["secrets"].values() for key in secret} - {"name"}


def test_who_neednt_talk_shares_no_network(services: dict[str, Any], project: dict[str, Any]) -> None:
    """Only the API is reached, from this machine alone; the networks of database and queue lead nowhere."""
    on = {name: set(service.get("networks", {})) for name, service in services.items()}

    assert "none" == services["vault"]["network_mode"]
    assert {"queue"} == on["beat"] == on["redis"]
    assert {"data"} == on["postgres"] == on["init"]
    assert not on["api"] & on["mail"]
    assert {"data", "queue"} == {
        name for name, network in project["networks"].items() if network.get("internal")
    }
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert {"api": ["127.0.0.1"]} == {
        name: [port["host_ip"] for port in ports] for name, ports in published.items()
    }


def test_images_are_pinned_to_a_version(services: dict[str, Any]) -> None:
    """No image is `latest` or a bare major version."""
    for name, service in services.items():
        assert re.fullmatch(r"[a-z]+:\d+\.\d+(\.\d+)?(-[a-z]+)?", service["image"]), name


@pytest.fixture(scope="module")
def stages() -> list[list[str]]:
    """The Dockerfile's instructions, stage by stage, without comments and line breaks."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    starts = [number for number, line in enumerate(lines) if line.startswith("FROM ")]
    return [lines[start:end] for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)]


def test_a_compiler_builds_the_kernel_and_stays_behind(stages: list[list[str]]) -> None:
    """The build stage has gcc before the project is installed; the image that runs has none."""
    build, last = stages[0], stages[-1]
    has_compiler = next(number for number, line in enumerate(build) if "gcc" in line)
    installs = next(number for number, line in enumerate(build) if "--no-build-isolation" in line)

    assert has_compiler < installs
    assert not [line for line in last if "apt-get" in line or "gcc" in line]


def test_the_image_runs_as_nobody_special(stages: list[list[str]]) -> None:
    """The last stage ends as a numbered user, after everything that needs root."""
    last = stages[-1]
    user = next(number for number, line in enumerate(last) if line.startswith("USER "))

    assert "USER 10001:10001" == last[user]
    assert not [line for line in last[user:] if line.startswith(("RUN ", "COPY ", "ADD "))]


def test_the_image_is_made_of_what_the_lock_names(stages: list[list[str]]) -> None:
    """Dependencies come as wheels with known hashes; besides, only the build's compiler is fetched."""
    lines = [line for stage in stages for line in stage]
    installs = [line for line in lines if "pip" in line and " install " in line]

    assert any("--require-hashes" in line and "--only-binary=:all:" in line for line in installs)
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs)
    fetching = [line for line in lines if line.startswith("ADD ") or re.search("curl|wget|apt", line)]
    assert [line for line in stages[0] if "--no-install-recommends gcc libc6-dev " in line] == fetching
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        assert re.match(r"\s|#|[A-Za-z0-9_.\[\]-]+==", line), line


def test_the_last_stage_has_no_build_tools(stages: list[list[str]]) -> None:
    """Only the finished environment is copied, and the image's own installer goes."""
    last = stages[-1]

    assert ["COPY --from=build /opt/sealedbook /opt/sealedbook"] == [
        line for line in last if line.startswith("COPY ")
    ]
    assert [line for line in last if "pip uninstall" in line]


def test_the_builder_sees_only_what_the_image_is_made_of() -> None:
    """`.dockerignore` lets named folders through and nothing else, no `.git`, no data, no secrets."""
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    packages = re.search(r"packages = \[(.*?)\]", (ROOT / "pyproject.toml").read_text(), re.DOTALL)

    assert "*" == lines[0]
    assert packages is not None
    named = set(re.findall('"([a-z]+)"', packages[1]))
    assert named | {"pyproject.toml", "README.md", "requirements.lock"} == {
        line[1:] for line in lines if line.startswith("!")
    }


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A password in a file, as Compose hands it over."""
    path = tmp_path / "password"
    path.write_text("a pass'word/with:odd@signs#\n")
    return path


@pytest.fixture
def database(secret: Path) -> Iterator[Callable[[str], str]]:
    """A database made by the script that Compose hands to PostgreSQL; asked for the URL of a role there."""
    running = servers()
    script = ["psql", "--quiet", "--no-psqlrc", "--host", str(running.folder), "--username", "postgres"]
    names = ("SEALEDBOOK_PASSWORD_FILE", "SEALEDBOOK_OWNER_PASSWORD_FILE")
    environment = os.environ | dict.fromkeys(names, str(secret))
    subprocess.run([*script, "--file", str(ROOT / "deploy" / "postgres.sql")], check=True, env=environment)
    try:
        yield lambda role: f"postgresql+psycopg://{role}@/sealedbook?host={running.folder}"
    finally:
        running.administer("DROP DATABASE sealedbook WITH (FORCE)")
        running.administer("DROP ROLE sealedbook")
        running.administer("DROP ROLE sealedbook_owner")


@pytest.mark.servers
def test_the_databases_script_makes_a_database_that_fits(database: Callable[[str], str]) -> None:
    """Its owner can migrate, the house's role works with less, and neither is anything more."""
    house, owner = database("sealedbook"), database("sealedbook_owner")
    check_database(house)
    bring_up(house, owner)
    bring_up(house, owner)

    engine = open_database(house)
    try:
        assert is_separated(engine)
        with reading(engine) as connection:
            rights = connection.exec_driver_sql(
                "SELECT bool_or(rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication) FROM pg_roles"
                " WHERE starts_with(rolname, 'sealedbook')"
            ).scalar_one()
        assert rights is False
    finally:
        engine.dispose()


@pytest.fixture
def redis_url(services: dict[str, Any], secret: Path, tmp_path: Path) -> Iterator[str]:
    """A Redis that was started by the command of the Compose file, on another port and folder."""
    port = 20000 + os.getpid() % 20000
    command = [part.replace("$$", "$") for part in services["redis"]["command"]]
    command[-1] = (
        command[-1]
        .replace("/run/secrets/broker_password", str(secret))
        .replace("dir /data", f"dir {tmp_path}\nport {port}\nbind 127.0.0.1")
    )
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.mark.servers
def test_the_queues_command_asks_for_the_password(redis_url: str, secret: Path) -> None:
    """Redis keeps its queue, never drops from it, and answers who has the file's password."""
    known = server_url(redis_url, secret)

    assert broker_answers(known)
    assert not broker_answers(redis_url, patience=0)
    with broker_client(known) as client:
        asked: Any = client.config_get("appendonly", "maxmemory-policy", "save")
    assert {"appendonly": "yes", "maxmemory-policy": "noeviction", "save": ""} == asked
