"""What lets people look after nodes: how each of them is, and one's going."""

from collections.abc import Callable, Mapping, Sequence

from revenge.bootstrap.cluster import Clustered
from revenge.bootstrap.ground import Ground
from revenge.bootstrap.pulse import Looking, Roots
from revenge.infra.control import Control
from revenge.infra.neighbours import Neighbours
from revenge.infra.schedule import Schedule
from revenge.infra.vitals import Pulse
from revenge.services.nodes.care import CareRoutes
from revenge.services.nodes.draining import CHANNEL, Aside, Draining
from revenge.services.nodes.overview import Overviews


class Care:
    """Draining, vitals and the overview of one node, wired to the parts they look at."""

    def __init__(
        self,
        ground: Ground,
        clustered: Clustered,
        schedule: Schedule,
        neighbours: Neighbours,
        control: Control,
        aside: Sequence[tuple[str, Aside]],
        busy: Mapping[str, Callable[[], int]],
        roots: Roots,
    ) -> None:
        """`aside` are the parts that stand aside when the node drains, `busy` counts what runs here, `roots` names the folders of the libraries."""
        cluster = clustered.node
        self.draining = Draining(cluster, ground.database, neighbours.origins, aside, busy)
        ground.listener.on(CHANNEL, self.draining.hear)
        control.on("drain", self.draining.command)
        looking = Looking(busy["streams"], busy["jobs"], lambda: cluster.applied, roots)
        self.pulse = Pulse(ground.store, cluster.node_id, looking)
        self.overviews = Overviews(cluster, self.pulse.of, schedule.standing)
        self.routes = CareRoutes(self.draining, self.overviews)
