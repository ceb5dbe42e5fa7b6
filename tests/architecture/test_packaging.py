"""What the packaging says must be true of the product: its variables exist, and its files are well formed."""

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
PACKAGING = [*COMPOSE, ROOT / "Dockerfile", *ROOT.glob("systemd/*")]


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
