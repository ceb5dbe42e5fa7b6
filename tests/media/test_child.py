"""The loop of a child, run here in a thread over the same kind of line."""

import os
import socket
import threading
from pathlib import Path

import msgspec
import pytest
from msgspec import Raw

from revenge.media import sandbox
from revenge.media.child import serve, trial, warm
from revenge.media.limits import Limits
from revenge.media.wire import DONE, FAILED, HEADER, Call, Failure


@pytest.fixture
def line(monkeypatch):
    """The node's end of a line to a serving loop."""
    monkeypatch.setattr(sandbox, "allow_seconds", lambda seconds: None)  # here it would limit the tests themselves
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=serve.serve, args=(theirs, Limits()))
    thread.start()
    yield ours
    ours.close()
    thread.join(5)
    assert not thread.is_alive(), "hanging up ends the loop"
    theirs.close()


def ask(line: socket.socket, function: str, *args, fds=()) -> tuple[bytes, bytes]:
    body = msgspec.msgpack.encode(Call(function, tuple(Raw(msgspec.msgpack.encode(arg)) for arg in args)))
    socket.send_fds(line, [HEADER.pack(len(body), len(fds))], fds)
    line.sendall(body)
    size, _ = HEADER.unpack(line.recv(HEADER.size, socket.MSG_WAITALL))
    answer = line.recv(size, socket.MSG_WAITALL)
    return answer[:1], answer[1:]


def told(answer: bytes) -> Failure:
    return msgspec.msgpack.decode(answer, type=Failure)


def test_calls_are_answered_one_after_another(line):
    for value in (1, "two", [3.0], None, b"\0" * 100_000):
        kind, answer = ask(line, "revenge.media.child.trial:echo", value)
        assert (kind, msgspec.msgpack.decode(answer)) == (DONE, value)


def test_descriptors_arrive_open_and_are_closed_afterwards(line, tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 1000)
    before = len(list(Path("/proc/self/fd").iterdir()))
    fd = os.open(tmp_path / "a", os.O_RDONLY)
    kind, answer = ask(line, "revenge.media.child.trial:drain", fds=[fd])
    os.close(fd)
    assert (kind, msgspec.msgpack.decode(answer)) == (DONE, 1000)
    assert ask(line, "revenge.media.child.serve:nothing")[0] == DONE
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_refusal_is_expected_and_a_surprise_is_not(line, text_mkv):
    fd = os.open(text_mkv, os.O_RDONLY)
    kind, answer = ask(line, "revenge.media.child.text:embedded", 0, None, fds=[fd])
    os.close(fd)
    assert kind == FAILED
    assert told(answer).expected
    assert "no media file" in told(answer).reason
    kind, answer = ask(line, "revenge.media.child.trial:hold", "a word")
    assert kind == FAILED
    assert not told(answer).expected
    assert "ValidationError" in told(answer).reason


def test_arguments_become_what_the_function_declares(line):
    assert "Expected `int`" in told(ask(line, "revenge.media.child.trial:hold", 1.5)[1]).reason
    assert ask(line, "revenge.media.child.trial:hold", 10)[0] == DONE


def test_too_little_memory_is_said_in_words():
    assert "memory" in serve.sentence(MemoryError())


def test_here_nothing_is_locked_and_the_trial_says_so():
    assert "list a folder" in trial.escapes()


def test_warming_up_touches_every_part(capfd):
    warm.up()
    assert capfd.readouterr().err == ""
