"""What can go wrong between nodes, by what the one who asked may do next."""


class NoQuorum(Exception):
    """Nothing was done, and nothing will be until enough nodes see each other. Asking again later is safe."""


class Unknown(Exception):
    """Nobody can say whether it was done: the answer did not come. Ask what stands before asking again."""


class Refused(Exception):
    """The cluster, or this node, says no; the sentence says why, and asking again gives the same answer."""


class Damaged(Exception):
    """What this node kept of the cluster cannot be read. Remove the node, empty its folder, and join again."""
