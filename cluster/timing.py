"""How long things take. Everything follows from two settings, and the order between the values is what leases rest on."""

from msgspec import Struct


class Timing(Struct, frozen=True):
    """Seconds. `lease < fallback < patience <= votes refused`: a leader stops before anybody may elect another."""

    patience: float = 1.0
    """How long a leader may be silent before it is doubted, and how long whoever heard it refuses its vote to others."""
    spread: float = 0.8
    """Nodes lose patience at different moments within this time, so that one of them comes first."""
    snapshot_interval: float = 120.0
    snapshot_threshold: int = 8192

    @classmethod
    def of(cls, heartbeat_timeout: float, election_timeout: float, snapshot_interval: float, snapshot_threshold: int) -> "Timing":
        """From the settings: 1 s and 1 s elect within one to two seconds; 2 s and 2 s suit slow links and small boards."""
        if heartbeat_timeout < 0.5 or election_timeout < 0.5:
            raise ValueError("cluster.raft.heartbeat_timeout and election_timeout are at least half a second.")
        return cls(heartbeat_timeout, election_timeout * 0.8, snapshot_interval, snapshot_threshold)

    @property
    def heartbeat(self) -> float:
        """Between two heartbeats."""
        return self.patience / 10

    @property
    def lease(self) -> float:
        """How long a leader believes in itself after it *sent* what a quorum has answered. The rest of `patience` pays for clocks that differ."""
        return self.patience * 0.8

    @property
    def fallback(self) -> float:
        """After how long without a quorum's answers a leader becomes a follower."""
        return self.patience * 0.9

    @property
    def tick(self) -> float:
        """The longest the Raft thread waits for something to do."""
        return self.patience / 20
