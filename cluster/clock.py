"""The clock of leases and links."""

import time


def boottime() -> float:
    """Seconds since the machine started, suspended or not. Nobody sets it, and it is never compared across machines."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
