"""What pages say above everything else while a part is away without which the node still works."""

from collections.abc import Callable, Sequence

from web.render import Banner

_WORDS = {"store": Banner("warn", "banner.store"), "jobs": Banner("warn", "banner.jobs"), "quorum": Banner("bad", "banner.quorum")}


def of_parts(failing: Callable[[], Sequence[str]]) -> Callable[[], list[Banner]]:
    """Return what gives the banners for the parts that do not work at the moment."""
    return lambda: [_WORDS[name] for name in failing() if name in _WORDS]
