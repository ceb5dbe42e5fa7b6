"""Artwork made smaller by the image child against Pillow in a process of its own: a JPEG of 1000 x 1500 to WebP, 342 pixels wide.

Counted is processor time, that of asking and answering included: it is the same however busy the machine is otherwise. The same work on
both sides: the same quality and effort of WebP, and Lanczos as the filter. Pillow's usual filter, which is softer and quicker,
and its `draft`, which decodes half of what it shows, stand beside it.
"""

import asyncio
import json
import os
import subprocess
import sys
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

import av
import numpy as np

from benchmarks.figures import Figure, middle, spread
from benchmarks.node import scratch
from benchmarks.processes import CORE, cpu, pinned, tree
from revenge.media import webp
from revenge.media.pictures import POOL_ENVIRONMENT, POOL_PRELOAD, POOL_WARM, Pictures
from revenge.media.pool import Pool
from revenge.media.pools import media_pool

TITLE = "Pictures"
PEER = "Pillow, WebP of the same quality and effort, in one process at the children's priority; all on one core"
_PILLOW = "pillow==13.0.0"
WAYS = {
    "lanczos": ("`thumbnail` with the same filter", 2.0),
    "bicubic": ("`thumbnail` with its usual filter", None),
    "draft": ("`draft` and `thumbnail`", None),
}
_THEIRS = """
import io, json, os, sys, time
from PIL import Image
data, count, way, quality, effort, width = open(sys.argv[1], "rb").read(), int(sys.argv[2]), sys.argv[3], *map(int, sys.argv[4:]), 342
filter = Image.Resampling.LANCZOS if way == "lanczos" else Image.Resampling.BICUBIC
os.nice(10)
def once():
    image = Image.open(io.BytesIO(data))
    if way == "draft":
        image.draft("RGB", (width, width * 3 // 2))   # half the size; `thumbnail` alone asks for twice what is wanted and decodes all
    image.thumbnail((width, 20000), filter)
    out = io.BytesIO()
    image.save(out, "webp", quality=quality, method=effort)
    return out.getvalue()
once()
began = time.process_time()
for _ in range(count):
    made = once()
print(json.dumps({"seconds": (time.process_time() - began) / count, "size": len(made), "width": Image.open(io.BytesIO(made)).width}))
"""
_OURS = [sys.executable, "-m", "benchmarks.pictures"]


def run(*, quick: bool = False) -> list[Figure]:
    rounds, count = (1, 3) if quick else (5, 100)
    took: dict[str, list[dict[str, float]]] = {way: [] for way in ("ours", *WAYS)}
    with scratch() as place:
        photo, env = str(poster(place / "poster.jpg")), pillow(place / "pillow")
        for _ in range(rounds):
            took["ours"].append(_answer([*_OURS, photo, str(count)], None))
            for way in WAYS if env is not None else ():
                wish = (photo, str(count), way, str(webp.QUALITY), str(webp.EFFORT))
                took[way].append(_answer([sys.executable, "-c", _THEIRS, *wish], env))
    if env is None:
        print("Pillow could not be brought: the comparison with it is left out")
        return [
            Figure(
                "pictures per second of a core", _told(took["ours"]), "", middle([1 / one["seconds"] for one in took["ours"]]), unit="/s"
            )
        ]
    return [
        Figure(f"pictures per second of a core, to {told}", _told(took["ours"]), _told(took[way]), ratio(took, way), goal, ">=")
        for way, (told, goal) in WAYS.items()
    ]


def ratio(took: dict[str, list[dict[str, float]]], way: str) -> float:
    return middle([theirs["seconds"] / ours["seconds"] for ours, theirs in zip(took["ours"], took[way], strict=True)])


def _told(runs: list[dict[str, float]]) -> str:
    return f"{spread([1 / one['seconds'] for one in runs], 1)} /s, {runs[0]['size'] / 1024:.1f} KiB"


def _answer(command: list[str], env: dict[str, str] | None) -> dict[str, float]:
    answer = subprocess.run(pinned(command, CORE), check=True, capture_output=True, env=env, cwd=Path(__file__).parent.parent)
    found = json.loads(answer.stdout)
    if found["width"] != 342:
        raise RuntimeError(f"The picture came out {found['width']} pixels wide.")
    return found


def poster(path: Path) -> Path:
    """A picture with the detail of a photograph: soft shapes, edges, and grain."""
    random, (y, x) = np.random.default_rng(7), np.mgrid[0:1500, 0:1000]
    waves = [np.sin(x / a + y / b) for a, b in ((90, 140), (23, -31), (300, 80))]
    grey = 128 + 40 * waves[0] + 25 * waves[1] + 30 * waves[2] + 60 * ((x // 125 + y // 150) % 2) - 30
    colours = np.stack([grey, grey * 0.8 + 20, grey * 0.6 + 40], axis=-1) + random.normal(0, 8, (1500, 1000, 1))
    frame = av.VideoFrame.from_ndarray(colours.clip(0, 255).astype(np.uint8), format="rgb24").reformat(format="yuvj420p")
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 1000, 1500, "yuvj420p", Fraction(1, 25)
    encoder.options, encoder.thread_count = {"qmin": "2", "qmax": "4"}, 1  # the same file on every machine, and none cut into slices
    path.write_bytes(bytes(encoder.encode(frame)[0]))
    return path


def pillow(place: Path) -> dict[str, str] | None:
    """The environment in which Pillow can be imported; None where it cannot be brought. It is no dependency of the product."""
    if find_spec("PIL"):
        return dict(os.environ)
    uv = Path(sys.executable).with_name("uv")
    command = [str(uv), "pip", "install", "--quiet", "--target", str(place), _PILLOW]
    if not uv.exists() or subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode:
        return None
    return {**os.environ, "PYTHONPATH": str(place)}


async def shrunk(path: str, count: int) -> dict[str, float]:
    """How much processor time the product takes for a picture, node and child together."""
    images = Pool("image", preload=POOL_PRELOAD, warm=POOL_WARM, environment=POOL_ENVIRONMENT)
    with Path(path).open("rb") as file:
        async with images.lifetime(), media_pool().lifetime() as media:
            pictures = Pictures(images, media)
            made = await pictures.shrink(file.fileno(), 342)
            family = tree(os.getpid())
            began = sum(map(cpu, family))
            for _ in range(count):
                made = await pictures.shrink(file.fileno(), 342)
            seconds = (sum(map(cpu, family)) - began) / count
    return {"seconds": seconds, "size": len(made), "width": _width(made)}


def _width(webp: bytes) -> int:
    decoder = av.CodecContext.create("webp", "r")
    return decoder.decode(av.Packet(webp))[0].width


if __name__ == "__main__":
    print(json.dumps(asyncio.run(shrunk(sys.argv[1], int(sys.argv[2])))))
