"""What a node may send and fetch, as it is set."""

from revenge.api.settings import ServerSettings
from revenge.infra.bandwidth.node import Bandwidth
from revenge.infra.cache.store import Store


def limited(settings: ServerSettings, store: Store, node: str) -> Bandwidth:
    """Return the bandwidth of a node with the limits that were set."""
    bandwidth = Bandwidth(store, node)
    bandwidth.set_node(settings.bandwidth)
    bandwidth.set_person(settings.user_bandwidth)
    bandwidth.set_uplink(settings.uplink)
    return bandwidth
