"""The address the node listens on."""

import socket

import pytest

from revenge.core.errors import StartRefused
from revenge.infra import listen
from revenge.infra.notify import notify


def test_port_zero_is_one_free_port_on_every_address_of_the_host():
    sockets = listen.bind("localhost", 0)
    try:
        assert len({door.getsockname()[1] for door in sockets}) == 1
        assert listen.page("localhost", sockets, tls=False) == f"http://localhost:{sockets[0].getsockname()[1]}/"
    finally:
        listen.close(sockets)


def test_an_ipv6_address_stands_in_brackets():
    assert listen.page("::1", [], tls=True) == "https://[::1]:0/"
    assert listen.page("::", [], tls=False) == "http://localhost:0/"


def test_what_was_bound_is_given_back_when_a_later_address_refuses(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, taken)) for host in ("127.0.0.2", "127.0.0.1")]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        with pytest.raises(StartRefused, match=f"port {taken}"):
            listen.bind("both", taken)
        monkeypatch.undo()
        listen.close(listen.bind("127.0.0.2", taken))


def test_a_port_of_the_systems_own_is_explained():
    with pytest.raises(StartRefused, match=r"ports below 1024.*REVENGE_SERVER_PORT"), listen.refused("0.0.0.0", 80):
        raise PermissionError(13, "Permission denied")


def test_without_systemd_nothing_is_told_and_nothing_fails(open_dir):
    notify("READY=1", {})
    notify("READY=1", {"NOTIFY_SOCKET": str(open_dir / "nobody")})


def test_systemds_abstract_socket_is_understood():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0revenge-test-notify")
        notify("READY=1", {"NOTIFY_SOCKET": "@revenge-test-notify"})
        assert manager.recv(100, socket.MSG_DONTWAIT) == b"READY=1"
