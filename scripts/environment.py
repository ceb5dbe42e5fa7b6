"""Make `.venv` what the locks say: the interpreter's own venv, uv pinned by hash, every package by hash, this project in place.

Needs nothing but Python 3.11's standard library. When nothing it depends on has changed it ends at once, and needs no network.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
STAMP = VENV / ".stamp"
PYTHON = VENV / "bin" / "python"
LOCKS = ROOT / "requirements"
OLDEST = (3, 11)
OLDEST_NODE = 20


def main() -> None:
    """Bring the environment up to date, or say in one sentence why it cannot be."""
    if sys.version_info < OLDEST:
        sys.exit(
            f"Revenge needs Python 3.11 or newer; {sys.executable} is {platform.python_version()}. Name another: make PYTHON=python3.12 …"
        )
    os.chdir(ROOT)
    locks = wanted_locks()
    wanted = fingerprint(locks)
    if not PYTHON.exists() or not (STAMP.exists() and STAMP.read_text() == wanted):
        if not usable():
            create()
        install(locks)
    STAMP.write_text(wanted)


def wanted_locks() -> list[Path]:
    """The locks of this machine; node comes from PyPI only where there is none."""
    names = ["runtime", "dev", "tools"] + ([] if has_node() else ["assets"])
    return [LOCKS / f"{name}.txt" for name in names]


def has_node() -> bool:
    """Whether the machine's own node and npm will do."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = re.match(r"v(\d+)", said)
    return major is not None and int(major[1]) >= OLDEST_NODE


def fingerprint(locks: list[Path]) -> str:
    """What the environment was made from: the packages, the way they are installed, and the place (scripts name it)."""
    digest = hashlib.sha256(f"{ROOT}\n".encode())
    for part in (*locks, ROOT / "pyproject.toml", Path(__file__)):
        digest.update(part.read_bytes())
    return digest.hexdigest() + "\n"


def usable() -> bool:
    """Whether there is an environment that runs, has pip, and stands where it was made."""
    if not PYTHON.exists():
        return False
    probe = "import sys, pip; print(sys.version_info >= (3, 11))"
    said = subprocess.run([PYTHON, "-c", probe], capture_output=True, text=True, check=False)
    pip = VENV / "bin" / "pip"
    return said.stdout.strip() == "True" and pip.exists() and str(VENV) in pip.read_text().partition("\n")[0]


def create() -> None:
    """Make an empty environment in the place of what is there."""
    print(f"Making .venv with Python {platform.python_version()} …", flush=True)
    if not can_make():
        get_venv()
    run([sys.executable, "-m", "venv", "--clear", VENV], "The environment could not be made in .venv.")


def can_make() -> bool:
    """Whether this Python brings what an environment needs: Debian packs it apart."""
    return not subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True, check=False).returncode


def get_venv() -> None:
    """Install Debian's missing half of Python as root; tell everybody else."""
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    sentence = f"{sys.executable} cannot make environments. On Debian and Ubuntu: sudo apt-get install {package}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(sentence)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = ["apt-get", "-qq", "-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=300"]
    run([*apt, "update"], sentence, quiet)
    run([*apt, "install", "-y", "--no-install-recommends", package], sentence, quiet)


def install(locks: list[Path]) -> None:
    """Have exactly the packages of the locks, and the project itself as an editable one, without asking anybody for more."""
    tools = LOCKS / "tools.txt"
    if not has_uv(tools):
        print("Installing uv …", flush=True)
        pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
        run([*pip, "--require-hashes", "-r", tools], "uv could not be installed: does the network reach the package index?")
    print("Installing the packages the locks name …", flush=True)
    uv, here = VENV / "bin" / "uv", ["--quiet", "--python", str(PYTHON)]
    sync: list[str | Path] = [uv, "pip", "sync", *here, "--require-hashes", *locks]
    if subprocess.run([*sync, "--offline"], capture_output=True, check=False).returncode:  # what is there already is not asked for
        run(sync, "The packages could not be installed: does the network reach the package index?")
    run(
        [uv, "pip", "install", *here, "--offline", "--no-deps", "--no-build-isolation", "--editable", ROOT],
        "Revenge itself could not be installed.",
    )


def has_uv(lock: Path) -> bool:
    """Whether the environment has the very uv the lock names."""
    pinned = re.search(r"^uv==([\w.]+)", lock.read_text(), re.MULTILINE)
    uv = VENV / "bin" / "uv"
    if pinned is None or not uv.exists():
        return False
    said = subprocess.run([uv, "--version"], capture_output=True, text=True, check=False).stdout
    return said.split()[1:2] == [pinned[1]]


def run(command: Sequence[str | Path], failed: str, environ: dict[str, str] | None = None) -> None:
    """Run a step; what it said is shown only when it fails, then the sentence, and that is the end."""
    with tempfile.TemporaryFile("w+") as said:
        if subprocess.run(command, stdout=said, stderr=subprocess.STDOUT, env=environ, check=False).returncode:
            said.seek(0)
            sys.exit(f"{said.read().rstrip()}\n{failed}")


if __name__ == "__main__":
    main()
