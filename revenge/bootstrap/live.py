"""Who takes a setting that changes while the node runs."""

from collections.abc import Callable, Mapping
from typing import Any

from revenge.bootstrap.house import House
from revenge.infra.log import Log


def listeners(house: House, log: Log) -> Mapping[str, Callable[[Any], None]]:
    """Return them by the path of the setting: one for each that is declared live."""
    return {
        "server.bandwidth": house.bandwidth.set_node,
        "server.user_bandwidth": house.bandwidth.set_person,
        "server.uplink": house.bandwidth.set_uplink,
        "log.level": log.set_level,
    }
