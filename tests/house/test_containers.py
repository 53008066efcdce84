"""Dockerfile and compose.yaml against the code: no container engine runs in CI, so what they name is looked up here."""

import re
import shlex
import subprocess
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
import yaml

from app.cli.main import taxdesk
from app.config import PREFIX, RegisterMode, Settings
from tests.house.repository import ROOT

SECRETS = ("TAXDESK_SECRET_KEYS", "TAXDESK_FIELD_KEYS", "POSTGRES_PASSWORD")
GIVEN = {
    "TAXDESK_BASE_URL": "https://taxdesk.example.com",
    "TAXDESK_SECRET_KEYS": "q3Jr0vN1kZp7Yw5TbXcE9uLhA2sDfG8mPoIiRtUy",
    "TAXDESK_FIELD_KEYS": "Yt4nBq8sKd2wHx6mRf0pLz3vCj7gAe1uNiOo5T9I",
    "TAXDESK_SELLERS": "./sellers.yaml",
    "POSTGRES_PASSWORD": "0a1b2c3d4e5f",
}


class Instruction(NamedTuple):
    stage: int
    name: str
    text: str


def dockerfile() -> list[Instruction]:
    """The instructions with joined lines; stage 0 is what stands before the first FROM."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    stage, found = 0, []
    for line in re.sub(r"\\\n", " ", text).splitlines():
        name, _, rest = line.strip().partition(" ")
        if not name:
            continue
        stage += name == "FROM"
        found.append(Instruction(stage, name, rest.strip()))
    return found


def last_stage(name: str) -> list[str]:
    instructions = dockerfile()
    return [each.text for each in instructions if each.stage == instructions[-1].stage and each.name == name]


def image_environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for text in last_stage("ENV") for pair in shlex.split(text))


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    return loaded


def ours() -> dict[str, dict[str, Any]]:
    return {name: service for name, service in compose()["services"].items() if "build" in service}


def interpolated(text: str, given: dict[str, str]) -> str:
    """Compose's ``${NAME:-default}`` and ``${NAME:?message}``."""

    def value(match: re.Match[str]) -> str:
        if match["name"] in given:
            return given[match["name"]]
        if match["how"] == ":?":
            raise LookupError(match["name"])
        return match["rest"] or ""

    return re.sub(r"\$\{(?P<name>[A-Z0-9_]+)(?P<how>:[-?])?(?P<rest>[^}]*)\}", value, str(text))


def parse_command(arguments: list[str]) -> click.Context:
    """Parse as ``taxdesk ARGUMENTS`` without running it; click refuses what it does not know."""
    command = taxdesk.get_command(click.Context(taxdesk), arguments[0])
    assert command is not None, f"taxdesk has no command {arguments[0]}"
    return command.make_context(arguments[0], list(arguments[1:]))


def test_every_copied_path_exists_and_is_sent_to_the_engine() -> None:
    sent = [line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")]
    sources = [
        source
        for each in dockerfile()
        if each.name == "COPY" and "--from" not in each.text
        for source in each.text.split()[:-1]
    ]
    assert len(sources) > 5
    for source in sources:
        assert (ROOT / source).exists(), source
        assert any(fnmatch(source, pattern) for pattern in sent), f"{source} is ignored"
    assert sorted(sent) == sorted(sources)


def test_the_image_holds_every_folder_that_the_code_reads() -> None:
    copied = {text.split()[0] for each in dockerfile() if each.name == "COPY" for text in [each.text]}
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "app").rglob("*.py"))
    read = {folder for folder in ("templates", "migrations", "docs") if f'"{folder}"' in code}
    assert {"app", "forms", "tax_rules"} | read <= copied


def test_packages_are_installed_from_the_lock_file_by_hash() -> None:
    pip = [each.text for each in dockerfile() if each.name == "RUN" and "pip install" in each.text]
    assert "--require-hashes -r requirements.lock" in pip[0]
    assert all("--no-index" in text or "--require-hashes" in text for text in pip)


def test_the_image_gets_the_same_system_libraries_as_the_environment() -> None:
    script = (ROOT / ".ci" / "env").read_text("utf-8")
    libraries = set(re.findall(r"\blib[a-z0-9.-]+-?0\b", re.search(r"apt_install .*pango.*", script)[0]))  # type: ignore[index]
    assert "libharfbuzz-subset0" in libraries
    assert libraries <= set(last_stage("RUN")[0].split())


@pytest.mark.skipif(not Path("/usr/bin/apt-cache").exists(), reason="apt-cache is not installed")
def test_debian_has_the_packages_by_these_names() -> None:
    install = re.search(r"--no-install-recommends ([a-z0-9. -]+?) &&", last_stage("RUN")[0])
    assert install
    for package in install[1].split():
        shown = subprocess.run(["apt-cache", "show", package], capture_output=True, text=True, check=False)
        if not shown.stdout and not list(Path("/var/lib/apt/lists").glob("*_Packages*")):
            pytest.skip("apt has no package lists here")
        assert f"Package: {package}" in shown.stdout


def test_the_last_stage_has_no_compiler_and_no_root() -> None:
    assert not re.search(r"\b(gcc|g\+\+|build-essential|make|-dev)\b", " ".join(last_stage("RUN")))
    user = last_stage("USER")[-1].split(":")
    assert all(part.isdigit() and int(part) >= 1000 for part in user)
    assert last_stage("STOPSIGNAL") == ["SIGTERM"]
    assert last_stage("ENTRYPOINT") == ['["tini", "--", "taxdesk"]']


def test_the_base_image_is_named_once_with_a_version() -> None:
    arguments = [each.text for each in dockerfile() if each.name == "ARG" and each.text.startswith("PYTHON_IMAGE=")]
    assert len(arguments) == 1
    assert re.search(r"PYTHON_IMAGE=python:3\.\d+-slim-bookworm$", arguments[0])
    assert {each.text.split()[0] for each in dockerfile() if each.name == "FROM"} == {"${PYTHON_IMAGE}"}


def test_the_health_check_asks_a_route_that_exists_on_the_port_that_is_served() -> None:
    check = last_stage("HEALTHCHECK")[0]
    address = re.search(r"http://127\.0\.0\.1:(\d+)(/[a-z]+)", check)
    assert address
    assert address[1] == image_environment()["TAXDESK_PORT"] == last_stage("EXPOSE")[0]
    system = (ROOT / "app" / "api" / "system.py").read_text("utf-8")
    assert f'"{address[2]}"' in system


def test_every_setting_that_is_named_exists() -> None:
    known = {PREFIX + name.upper() for name in Settings.__dataclass_fields__}
    named = {name for name in image_environment() if name.startswith(PREFIX)}
    for service in ours().values():
        named |= {name for name in service["environment"] if name.startswith(PREFIX)}
    example = (ROOT / ".env.example").read_text("utf-8")
    named |= set(re.findall(r"^#?(TAXDESK_[A-Z0-9_]+)=", example, flags=re.MULTILINE))
    assert len(named) > 8
    assert named <= known


@pytest.mark.parametrize("service", ["migrate", "web", "worker-doc", "worker-io", "scheduler"])
def test_the_settings_of_a_service_allow_a_start_in_production(
    service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in Settings.__dataclass_fields__:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)
    for name, value in (image_environment() | ours()[service]["environment"]).items():
        if name.startswith(PREFIX):
            monkeypatch.setenv(name, interpolated(value, GIVEN))
    settings = Settings.from_environment(dotenv=tmp_path / "none")
    assert settings.is_production
    assert settings.registers is RegisterMode.LIVE
    assert settings.database_url.startswith("postgresql+psycopg://taxdesk:0a1b2c3d4e5f@postgres")
    assert settings.host == "0.0.0.0"  # noqa: S104 - inside the container


@pytest.mark.parametrize("missing", sorted(GIVEN))
def test_what_is_not_given_stops_the_start(missing: str) -> None:
    given = {name: value for name, value in GIVEN.items() if name != missing}
    text = yaml.safe_dump(ours()["web"])
    with pytest.raises(LookupError, match=missing):
        interpolated(text, given)


def test_no_secret_has_a_default_or_stands_in_a_file() -> None:
    text = (ROOT / "compose.yaml").read_text("utf-8")
    for name in SECRETS:
        assert f"${{{name}:?" in text
        assert f"${{{name}:-" not in text
    example = (ROOT / ".env.example").read_text("utf-8")
    assert all(re.search(rf"^{name}=$", example, flags=re.MULTILINE) for name in SECRETS)


def test_every_command_is_one_that_taxdesk_understands() -> None:
    image_command = yaml.safe_load(last_stage("CMD")[0])
    assert parse_command(image_command)
    for name, service in ours().items():
        assert parse_command(service["command"]), name


def test_the_database_and_the_broker_have_no_way_out() -> None:
    file = compose()
    for name in ("postgres", "redis", "scheduler", "migrate"):
        assert [network for network in file["services"][name]["networks"] if not file["networks"][network]] == [], name


def test_services_volumes_and_networks_refer_to_each_other() -> None:
    file = compose()
    used_networks, used_volumes = set(), set()
    for name, service in file["services"].items():
        used_networks |= set(service["networks"])
        sources = {str(volume).split(":")[0] for volume in service.get("volumes", [])}
        used_volumes |= {source for source in sources if re.fullmatch(r"[a-z]+", source)}
        for other, how in service.get("depends_on", {}).items():
            depended = file["services"][other]
            if how["condition"] == "service_healthy":
                assert "test" in depended["healthcheck"], (name, other)
            else:
                assert depended["restart"] == "no", (name, other)
    assert used_networks == set(file["networks"])
    assert used_volumes == set(file["volumes"])


def test_every_service_is_limited_and_ours_are_locked_down() -> None:
    for name, service in compose()["services"].items():
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}, name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert ":" in service["image"], name
        assert not service["image"].endswith("latest"), name
    for name, service in ours().items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert any(mount.startswith("/tmp") for mount in service["tmpfs"]), name  # noqa: S108 - in the container


def test_redis_keeps_what_it_took() -> None:
    command = " ".join(compose()["services"]["redis"]["command"])
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


def test_only_loopback_is_published() -> None:
    ports = [port for service in compose()["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
