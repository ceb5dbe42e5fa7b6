"""The wheel is the product: whoever installs it needs neither the checkout nor node."""

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
CARRIED = ("revenge", "cluster", "web", "migrations")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", place],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert built.returncode == 0, built.stderr
    (made,) = place.glob("*.whl")
    return made


def test_every_file_of_the_product_is_in_the_wheel(wheel):
    wanted = {
        str(path.relative_to(ROOT))
        for package in CARRIED
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert sorted(wanted - set(ZipFile(wheel).namelist())) == []


def test_the_scripts_from_npm_are_in_the_wheel(wheel):
    carried = {Path(name).name for name in ZipFile(wheel).namelist() if name.startswith("web/static/vendor/")}

    assert {"hls.mjs", "htmx.js"} <= carried, "`make assets` brings them"


def test_nothing_else_is_in_the_wheel(wheel):
    rooms = {name.partition("/")[0] for name in ZipFile(wheel).namelist()}

    assert {room for room in rooms if not room.endswith(".dist-info")} == set(CARRIED)


def test_the_wheel_works_without_the_checkout(wheel, tmp_path):
    ZipFile(wheel).extractall(tmp_path)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("REVENGE_")} | {"PYTHONPATH": str(tmp_path)}
    where = "import revenge.cli.api, web; print(revenge.__file__, web.__file__)"

    said = subprocess.run([sys.executable, "-c", where], cwd=tmp_path, env=environ, capture_output=True, text=True, check=True, timeout=60)

    assert said.stdout.split() == [str(tmp_path / "revenge" / "__init__.py"), str(tmp_path / "web" / "__init__.py")]
