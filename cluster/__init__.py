"""The cluster: who is there and who leads. Knows nothing of media; bootstrap alone has the key.

`Node` is one of several, `Alone` the only one; both have the same face: `leadership`, `leases`, `configuration`,
`invalidations`, `members()`.
"""

from cluster.alone import Alone
from cluster.configuration import Configuration, Conflict
from cluster.errors import Damaged, NoQuorum, Refused, Unknown
from cluster.invalidations import Invalidations
from cluster.leadership import Leadership, Reign
from cluster.leases import Lease, Leases, Standing
from cluster.member import Member
from cluster.node import Node
from cluster.ports import Counting, Epochs
from cluster.settings import Membership, Self
from cluster.timing import Timing

__all__ = [
    "Alone",
    "Configuration",
    "Conflict",
    "Counting",
    "Damaged",
    "Epochs",
    "Invalidations",
    "Leadership",
    "Lease",
    "Leases",
    "Member",
    "Membership",
    "NoQuorum",
    "Node",
    "Refused",
    "Reign",
    "Self",
    "Standing",
    "Timing",
    "Unknown",
]
