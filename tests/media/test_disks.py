"""Whose turn it is at a disk that turns."""

import asyncio
import os

import pytest

from revenge.core.errors import Unavailable
from revenge.core.qos import Qos
from revenge.media.disks import Disks
from revenge.media.probe import Prober


@pytest.fixture
def machine(tmp_path):
    """A file, and a /sys in which the disk under it is of any kind."""
    file = tmp_path / "film.mkv"
    file.write_bytes(b"film")
    device = file.stat().st_dev
    system = tmp_path / "sys"
    number = system / "dev/block" / f"{os.major(device)}:{os.minor(device)}"
    number.parent.mkdir(parents=True)
    mounts = tmp_path / "mountinfo"
    mounts.write_text("")

    class Machine:
        path = file

        def disk(self, name: str, *, spins: bool, partition: str | None = None, over: tuple[str, ...] = ()) -> None:
            place = system / "devices" / name
            (place / "queue").mkdir(parents=True)
            (place / "queue/rotational").write_text(f"{spins:d}\n")
            for under in over:
                (place / "slaves").mkdir(exist_ok=True)
                (place / "slaves" / under).symlink_to(system / "devices" / under)
            block = place
            if partition:
                block = place / partition
                block.mkdir()
                (block / "partition").write_text("1")
            number.unlink(missing_ok=True)
            number.symlink_to(block)

        def disks(self) -> Disks:
            return Disks(system, mounts)

    if os.major(device) == 0:
        pytest.skip("the test's own folder lies on no disk with a number")
    return Machine()


def test_a_disk_that_turns_is_known_by_its_partition(machine):
    machine.disk("sda", spins=True, partition="sda1")
    assert machine.disks().spinning([machine.path, machine.path.parent]) == ["sda"]


def test_a_volume_is_the_disks_it_is_made_of(machine):
    machine.disk("sdb", spins=True)
    machine.disk("nvme0n1", spins=False)
    machine.disk("sdc", spins=True)
    machine.disk("md0", spins=True, over=("sdc", "sdb", "nvme0n1"))
    assert machine.disks().spinning([machine.path]) == ["sdb", "sdc"]


@pytest.mark.parametrize("known", [True, False])
def test_what_does_not_turn_or_is_no_disk_is_not_waited_for(machine, known):
    if known:
        machine.disk("nvme0n1", spins=False)
    assert machine.disks().spinning([machine.path, machine.path.parent / "gone.mkv"]) == []


async def test_one_reads_after_another_on_a_disk_that_turns(machine):
    machine.disk("sda", spins=True)
    disks = machine.disks()
    at_once = most = 0

    async def read() -> None:
        nonlocal at_once, most
        async with disks.turn([machine.path]):
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0.01)
            at_once -= 1

    await asyncio.gather(*(read() for _ in range(5)))
    assert most == 1


async def test_probing_in_the_background_waits_its_turn_and_people_do_not(machine):
    machine.disk("sda", spins=True)
    disks = machine.disks()
    asked = []

    class Pool:
        async def run(self, function, *args, fds, **_):
            asked.append(function)
            raise Unavailable("Nobody is here.")

    prober = Prober(Pool(), disks)
    async with disks.turn([machine.path]):
        assert await prober.probe([machine.path], begin=0.05) == []
        with pytest.raises(Unavailable):
            await prober.read_on(machine.path, None, None, seconds=1, begin=0.05)
        assert asked == []
        assert await prober.probe([machine.path], begin=5, qos=Qos.PERSON) == []
        assert len(asked) == 1
    assert await prober.probe([machine.path], begin=5) == []
    assert len(asked) == 2
