"""What the packaging says must be true of the product: its variables exist, and its files are well formed."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from dynaconf.vendor.ruamel.yaml import YAML

from revenge.bootstrap.settings import Settings
from revenge.core.settings import ALIASES, fields

ROOT = Path(__file__).parents[2]
COMPOSE = sorted(ROOT.glob("packaging/compose*.yaml"))
BALANCE = ROOT / "packaging" / "balance"
PACKAGING = [*COMPOSE, ROOT / "Dockerfile", *ROOT.glob("systemd/*"), *BALANCE.iterdir()]


@pytest.mark.parametrize("path", PACKAGING, ids=lambda path: path.name)
def test_every_variable_in_the_packaging_is_a_setting(path):
    known = {"REVENGE_CONFIG", *ALIASES, *(field.env for field in fields(Settings))}
    used = set(re.findall(r"\bREVENGE_[A-Z][A-Z_]*[A-Z]\b", path.read_text()))

    assert {name.removesuffix("_FILE") for name in used} <= known


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_every_volume_and_secret_of_a_compose_file_is_declared(path):
    tree = YAML(typ="safe").load(path.read_text())
    named = {mount.split(":")[0] for service in tree["services"].values() for mount in service.get("volumes", [])}
    wanted = {secret for service in tree["services"].values() for secret in service.get("secrets", [])}

    assert {name for name in named if name.isalpha()} <= set(tree.get("volumes", {}))
    assert wanted <= set(tree.get("secrets", {}))


def test_the_unit_is_understood_by_systemd(tmp_path):
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not on this machine")
    unit = tmp_path / "revenge.service"
    unit.write_text((ROOT / "systemd" / "revenge.service").read_text().replace("/opt/revenge/bin/revenge", shutil.which("true")))

    said = subprocess.run([analyze, "verify", "--man=no", unit], capture_output=True, text=True, check=False, timeout=60)

    assert [line for line in said.stderr.splitlines() if "revenge.service" in line] == []


def test_haproxy_and_caddy_understand_their_examples(tmp_path):
    home = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    for program, *arguments in (
        ("haproxy", "-c", "-f", BALANCE / "haproxy.cfg"),
        ("caddy", "validate", "--adapter", "caddyfile", "--config", BALANCE / "Caddyfile"),
    ):
        said = subprocess.run([needed(program), *arguments], env=home, capture_output=True, text=True, check=False, timeout=60)
        assert said.returncode == 0, said.stdout + said.stderr


def test_keepalived_understands_its_example(tmp_path):
    """In a network of its own, where the interface exists. As another user than root its test ends itself (2.2.7), so the copy names root."""
    if os.geteuid() != 0:
        pytest.skip("a network namespace needs root")
    (tmp_path / "k.conf").write_text((BALANCE / "keepalived.conf").read_text().replace("script_user nobody", "script_user root"))
    (tmp_path / "bad.conf").write_text((tmp_path / "k.conf").read_text().replace("virtual_router_id", "virtual_rooter_id"))
    for name, status in (("k.conf", 0), ("bad.conf", 5)):
        inside = f"ip link add eth0 type veth peer name eth1 && exec {needed('keepalived')} -t -f {tmp_path / name}"
        said = subprocess.run(
            ["unshare", "-n", "-p", "-f", "--mount-proc", "sh", "-c", inside], capture_output=True, text=True, check=False, timeout=60
        )
        assert said.returncode == status, said.stdout + said.stderr


@pytest.mark.parametrize("example", ["haproxy.cfg", "Caddyfile"])
def test_no_balancer_ties_anybody_to_a_node(example):
    words = re.sub(r"#.*", "", (BALANCE / example).read_text())

    assert not re.search(r"\b(cookie|stick|source|ip_hash|sticky)\b", words)
    assert "/health/ready" in words


def needed(program):
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    return found or pytest.skip(f"{program} is not on this machine")
