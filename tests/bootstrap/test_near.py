"""Which address a node names as its own, and which of its settings mean nothing elsewhere."""

import pytest

from revenge.bootstrap.near import near, own_address
from revenge.bootstrap.settings import Settings
from revenge.core.errors import Invalid
from revenge.core.settings import load


def settings(**said) -> Settings:
    return load(Settings, {f"REVENGE_{name}": value for name, value in said.items()}).values


def test_the_address_is_the_one_that_leads_to_the_other_node_unless_one_is_set():
    assert own_address(settings(), "http://127.0.0.1:8080") == "127.0.0.1:7000"
    assert own_address(settings(CLUSTER_RAFT_BIND_ADDR="0.0.0.0:7001"), "http://127.0.0.1:8080") == "127.0.0.1:7001"
    assert own_address(settings(CLUSTER_RAFT_ADVERTISE_ADDR="nas:7000"), "http://nowhere.invalid") == "nas:7000"
    with pytest.raises(Invalid, match="--advertise"):
        own_address(settings(), "http://nowhere.invalid")


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("postgresql:///revenge?host=/run/pg", True),
        ("postgresql://u:p@localhost/revenge", True),
        ("postgresql://u:p@db/revenge", False),
    ],
)
def test_a_database_that_is_this_very_machine_is_told(url, local):
    said = near(settings(DATABASE_URL=url, CACHE_URL="redis://store:6379"))
    assert (said is not None) == local
    assert not local or said.startswith("database.url names this very machine")
