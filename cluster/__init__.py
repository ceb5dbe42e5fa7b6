"""The cluster: who is there and who leads. Knows nothing of media; bootstrap alone has the key.

`Node` is one of several, `Alone` the only one; both have the same face: `leadership`, `leases`, `configuration`,
`invalidations`, `members()`.
"""

from cluster.alone import Alone
from cluster.configuration import Configuration, Conflict
from cluster.disk.folder import emptied, readmitted
from cluster.errors import Damaged, NoQuorum, Refused, Unknown
from cluster.invalidations import Invalidations
from cluster.invitation import Guest, Token
from cluster.joining import Asker
from cluster.leadership import Leadership, Reign
from cluster.leases import Lease, Leases, Standing
from cluster.member import Member
from cluster.node import Node
from cluster.ports import Counting, Epochs, Record
from cluster.rescue import Known, Rescued, force_single, known
from cluster.settings import Membership, Self
from cluster.timing import Timing
from cluster.wire.handshake import stretched
from cluster.wire.intro import PROTOCOL

__all__ = [
    "PROTOCOL",
    "Alone",
    "Asker",
    "Configuration",
    "Conflict",
    "Counting",
    "Damaged",
    "Epochs",
    "Guest",
    "Invalidations",
    "Known",
    "Leadership",
    "Lease",
    "Leases",
    "Member",
    "Membership",
    "NoQuorum",
    "Node",
    "Record",
    "Refused",
    "Reign",
    "Rescued",
    "Self",
    "Standing",
    "Timing",
    "Token",
    "Unknown",
    "emptied",
    "force_single",
    "known",
    "readmitted",
    "stretched",
]
