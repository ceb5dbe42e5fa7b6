"""What a node may send and fetch, as it is set."""

from revenge.api.settings import ServerSettings
from revenge.infra.bandwidth.node import Bandwidth
from revenge.infra.bus import Bus
from revenge.infra.cache.store import Store


def limited(settings: ServerSettings, store: Store, bus: Bus, node: str) -> Bandwidth:
    """Return the bandwidth of a node with the limits that were set. The end of a viewing is heard on the bus."""
    bandwidth = Bandwidth(store, node)
    bandwidth.set_node(settings.bandwidth)
    bandwidth.set_person(settings.user_bandwidth)
    bandwidth.set_uplink(settings.uplink)
    bus.listen(lambda tags: bandwidth.sent.ended({tag.partition(":")[2] for tag in tags}))
    return bandwidth
