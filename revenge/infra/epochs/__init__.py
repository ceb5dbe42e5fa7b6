"""Numbers that only grow, given by the database: whoever writes under an older one is refused where the effect is."""

from revenge.infra.epochs.epochs import LEADER, Epochs

__all__ = ["LEADER", "Epochs"]
