"""A command on the same machine asks the running node by its socket."""

import asyncio
import stat

import pytest

from revenge.cli.control import tell
from revenge.core.errors import Conflict, Invalid, Unavailable
from revenge.infra.control import Control, place
from revenge.infra.embedded.lock import DataLock


@pytest.fixture
async def control(open_dir):
    control = Control(open_dir / "run")
    async with DataLock(open_dir, open_dir / "run").lifetime(), control.lifetime():
        yield control


def asked(open_dir, name, body=None):
    return asyncio.to_thread(tell, open_dir, name, body)


async def test_the_node_answers_what_it_knows_and_its_errors_are_sentences(control, open_dir):
    async def twice(body):
        return {"twice": body["n"] * 2}

    async def clash(_body):
        raise Conflict("It is there already.")

    async def broken(_body):
        raise ZeroDivisionError

    for name, answer in (("twice", twice), ("clash", clash), ("broken", broken)):
        control.on(name, answer)
    assert await asked(open_dir, "twice", {"n": 21}) == {"twice": 42}
    for name, sentence in (("clash", "It is there already"), ("broken", "its log says why"), ("other", "does not know other")):
        with pytest.raises(Invalid, match=sentence):
            await asked(open_dir, name)
    assert await asked(open_dir, "twice", {"n": 1}) == {"twice": 2}


async def test_nobody_else_can_open_the_socket_and_nonsense_is_answered(control, open_dir):
    socket = place(open_dir / "run")
    assert stat.S_IMODE(socket.stat().st_mode) == 0o600
    reader, writer = await asyncio.open_unix_connection(socket)
    writer.write(b"nonsense\n")
    assert b"cannot be read" in await reader.readline()
    writer.close()


async def test_without_a_running_node_a_command_says_so(open_dir):
    with pytest.raises(Unavailable, match="No node runs"):
        await asked(open_dir, "anything")
