"""A settings file that changes under a running node."""

import asyncio
from pathlib import Path

import pytest
from loguru import logger

from revenge.bootstrap.settings import Settings
from revenge.core.settings import Watcher, load


class Node:
    """A settings file, the watcher over it, what a listener heard, and what was logged."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.heard = []
        self.arrived = asyncio.Event()
        self.said = []
        logger.add(lambda message: self.said.append(message.record["message"]), level="INFO")
        self.watcher = Watcher(
            load(Settings, {"REVENGE_SERVER_UPLINK": "5Mbps"}, file),
            lambda: load(Settings, {"REVENGE_SERVER_UPLINK": "5Mbps"}, file),
            {"server.bandwidth": self.hear, "server.uplink": self.hear},
            interval=0.01,
        )

    def hear(self, value):
        self.heard.append(value)
        self.arrived.set()

    async def write(self, text):
        self.file.write_text(text)
        await self.watcher.refresh()


@pytest.fixture
def node(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("server: {bandwidth: 100Mbps, port: 8080}")
    yield Node(file)
    logger.remove()


async def test_a_saved_change_reaches_who_listens(node):
    async with node.watcher.lifetime():
        await asyncio.sleep(0.03)
        node.file.write_text("server: {bandwidth: 20Mbps, port: 8080}")
        await asyncio.wait_for(node.arrived.wait(), 5)

    assert node.heard == [20_000_000]
    assert node.watcher.loaded.values.server.bandwidth == 20_000_000
    assert "server.bandwidth is now 20Mbps." in node.said


async def test_what_is_removed_from_the_file_goes_back_to_its_default(node):
    await node.write("")

    assert node.heard == [None]


async def test_a_change_that_needs_a_restart_is_told_and_not_taken(node):
    await node.write("server: {bandwidth: 100Mbps, port: 9090}")

    assert node.watcher.loaded.values.server.port == 8080
    assert node.said == ["server.port was changed in the settings; it needs a restart."]


async def test_a_wrong_file_changes_nothing(node):
    await node.write("server: {bandwidth: 20Mbps, prot: 1}")

    assert node.heard == []
    assert "not taken" in node.said[0]
    assert "server.prot" in node.said[0]


async def test_what_the_environment_sets_the_file_cannot_change(node):
    await node.write("server: {bandwidth: 100Mbps, uplink: 1Mbps}")

    assert node.heard == []


async def test_a_listener_that_fails_does_not_end_the_watch(node):
    def fail(value):
        raise RuntimeError("no")

    node.watcher._listeners = {"server.bandwidth": fail, "server.uplink": node.hear}

    await node.write("server: {bandwidth: 20Mbps}")

    assert any("server.bandwidth" in line for line in node.said)


async def test_without_a_file_there_is_nothing_to_watch():
    watcher = Watcher(load(Settings, {}), lambda: load(Settings, {}), {})

    async with watcher.lifetime():
        assert [task for task in asyncio.all_tasks() if task.get_name() == "settings-watch"] == []


def test_listening_to_a_setting_that_cannot_change_is_a_mistake():
    with pytest.raises(ValueError, match=r"server\.port"):
        Watcher(load(Settings, {}), lambda: load(Settings, {}), {"server.port": print})
