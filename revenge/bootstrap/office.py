"""The back office: who watches, what yields to them, what waits and why, and how busy the nodes have been."""

from collections.abc import Awaitable, Callable, Sequence

from revenge.bootstrap.ground import Ground, Part
from revenge.bootstrap.seen import sampled
from revenge.infra.audience import Audience
from revenge.infra.bandwidth.node import Bandwidth
from revenge.infra.jobs import CEILINGS
from revenge.infra.jobs.workers import Workers
from revenge.infra.load import LoadHistory
from revenge.services.jobs.routes import JobRoutes
from revenge.services.jobs.service import Jobs
from revenge.services.load.routes import LoadRoutes
from revenge.services.load.service import Loads
from revenge.services.playback.entity import VIEWINGS


class Office:
    """Makes the workers yield to people, and shows admins how work in the background goes."""

    def __init__(
        self,
        ground: Ground,
        workers: Workers,
        bandwidth: Bandwidth,
        streams: Callable[[], Awaitable[float]],
        failing: Callable[[], Sequence[str]],
    ) -> None:
        """`streams` counts who watches on all nodes; `failing` names broken parts."""
        audience = Audience(ground.bus, VIEWINGS, streams)
        audience.listen(workers.make_room)
        history = LoadHistory(ground.store, workers.node, sampled(workers, bandwidth, audience))
        self.desk = Jobs(ground.database, workers, CEILINGS, lambda: audience.streams, failing)
        self.loads = Loads(history)
        self.rooms = (JobRoutes(self.desk), LoadRoutes(self.loads))
        self.parts: list[Part] = [audience, history]
