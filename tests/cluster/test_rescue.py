"""Out of a cluster that lost most of its nodes comes a cluster of one, with all that this node knew."""

import pytest

from cluster import Refused, force_single


async def test_the_last_node_of_three_becomes_a_cluster_of_its_own_and_keeps_everything(site):
    machines = await site.three()
    for number in range(30):
        await site.written(machines[number % 3], f"key-{number}", number)
    left = machines[2]
    await site.until(lambda: left.node.configuration.get("key-29")[1] == 29)
    before = left.node.cluster_id
    for machine in machines:
        await machine.stop()
    rescued = force_single(left.path, left.address)
    assert (rescued.before, sorted(rescued.lost)) == (before, sorted(machine.address for machine in machines[:2]))
    assert (rescued.copy / "journal").exists()
    await site.epochs.release(rescued.before)
    await left.start()
    assert await site.leader() is left
    assert left.node.cluster_id == rescued.after
    assert [left.node.configuration.get(f"key-{number}")[1] for number in range(30)] == list(range(30))
    assert [member.node_id for member in left.node.members()] == ["node-3"]
    await site.written(left, "after", "yes")
    fresh = site.machine(join_addrs=(left.address,))
    await fresh.start()
    await site.until(lambda: fresh.node.configuration.get("after")[1] == "yes")


async def test_lost_nodes_that_come_back_are_another_cluster_and_never_act(site):
    machines = await site.three()
    for machine in machines:
        await machine.stop()
    rescued = force_single(machines[0].path, machines[0].address)
    await site.epochs.release(rescued.before)
    await machines[0].start()
    await site.leader()
    for machine in machines[1:]:
        await machine.start()
    await site.until(lambda: any(machine.node.role == "leader" for machine in machines[1:]))
    assert site.leaders() == [machines[0]]


async def test_a_rescue_after_a_snapshot_keeps_everything_too_and_a_founder_alone_comes_back(site):
    from msgspec.structs import replace

    from tests.cluster.conftest import QUICK

    first = site.machine(bootstrap=True, timing=replace(QUICK, snapshot_threshold=5, snapshot_interval=0.3))
    await first.start()
    await site.leader()
    for number in range(20):
        await site.written(first, f"key-{number}", number)
    await site.until((first.path / "snapshot").exists)
    await first.stop()
    await first.start()
    await site.leader()
    await first.stop()
    rescued = force_single(first.path, first.address)
    await site.epochs.release(rescued.before)
    await first.start()
    await site.leader()
    assert [first.node.configuration.get(f"key-{number}")[1] for number in range(20)] == list(range(20))


def test_a_folder_without_a_cluster_cannot_be_rescued(tmp_path):
    with pytest.raises(Refused, match="was in none"):
        force_single(tmp_path, "127.0.0.1:7000")


async def test_a_node_that_left_is_not_let_in_again_by_accident(site):
    from cluster.disk.folder import readmitted

    await site.three()
    machine = site.followers()[0]
    await machine.node.leave()
    await machine.stop()
    assert [file.name for file in machine.path.iterdir()] == ["left"]
    others = tuple(other.address for other in site.running())
    with pytest.raises(Refused, match="has left its cluster"):
        await machine.start(join_addrs=others)
    assert readmitted(machine.path)
    assert not readmitted(machine.path)
    node = await machine.start(join_addrs=others)
    await site.until(lambda: len(node.members()) == 3)


async def test_the_last_node_that_leaves_gives_the_database_free(site):
    first = site.machine(bootstrap=True)
    await first.start()
    await site.leader()
    assert await site.epochs.owner()
    await first.node.leave()
    await first.stop()
    assert await site.epochs.owner() == ""


async def test_two_nodes_of_one_name_are_not_let_in(site):
    first = site.machine(bootstrap=True)
    await first.start()
    await site.leader()
    same = site.machine(join_addrs=(first.address,))
    same.name = first.name
    with pytest.raises(Refused, match="set another"):
        await same.start()
