"""Disks that turn: two readers at once make one jump about and both slow, so what can wait reads one after another."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

_MOST_LAYERS = 8
"""Of volumes made of volumes that are looked through."""


class Disks:
    """Whose turn it is at each spinning disk of this machine. What no disk can be named for (a network share) is not waited for."""

    def __init__(self, system: Path = Path("/sys"), mounts: Path = Path("/proc/self/mountinfo")) -> None:
        self._system = system
        self._mounts = mounts
        self._turns: dict[str, asyncio.Lock] = {}

    @asynccontextmanager
    async def turn(self, paths: Sequence[Path | str], until: float | None = None) -> AsyncIterator[None]:
        """Read these files in the block, alone on their spinning disks; TimeoutError when that is not possible before `until` (loop's clock)."""
        names = await asyncio.to_thread(self.spinning, paths)
        async with AsyncExitStack() as stack:
            async with asyncio.timeout_at(until):
                for name in names:  # in one order for all, so that nobody waits in a circle
                    await stack.enter_async_context(self._turns.setdefault(name, asyncio.Lock()))
            yield

    def spinning(self, paths: Sequence[Path | str]) -> list[str]:
        """Return the names of the spinning disks the files lie on, in order. Looks at files, so call it in a thread."""
        devices = {device for path in paths if (device := _device(path)) is not None}
        return sorted({name for device in devices for name in self._below(self._block(device), _MOST_LAYERS)})

    def _block(self, device: int) -> Path | None:
        """The block device a file system lies on; file systems over several (btrfs) have a number of their own, and their mount names one."""
        if os.major(device) == 0:
            device = self._mounted(device)
        place = self._system / "dev/block" / f"{os.major(device)}:{os.minor(device)}"
        return place.resolve() if device and place.exists() else None

    def _mounted(self, device: int) -> int:
        wanted = f"{os.major(device)}:{os.minor(device)}"
        try:
            lines = self._mounts.read_text(errors="replace").splitlines()
        except OSError:
            return 0
        for line in lines:
            before, _, after = line.partition(" - ")
            source = after.split()[1:2]
            if before.split()[2:3] == [wanted] and source and source[0].startswith("/dev/"):
                try:
                    return Path(source[0]).stat().st_rdev
                except OSError:
                    return 0
        return 0

    def _below(self, block: Path | None, layers: int) -> list[str]:
        """The spinning disks under a device: itself, the disk a partition is on, or what a volume is made of."""
        if block is None or not layers:
            return []
        disk = block.parent if (block / "partition").exists() else block
        slaves = sorted((disk / "slaves").glob("*"))
        if slaves:
            return [name for slave in slaves for name in self._below(slave.resolve(), layers - 1)]
        try:
            return [disk.name] if (disk / "queue/rotational").read_text().strip() == "1" else []
        except OSError:
            return []


def _device(path: Path | str) -> int | None:
    try:
        return Path(path).stat().st_dev
    except OSError:  # whoever opens it will say so
        return None
