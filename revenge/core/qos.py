"""Classes of traffic, most urgent first: people who watch come before work in the background."""

from enum import IntEnum


class Qos(IntEnum):
    """How urgent bytes are; each endpoint and each outgoing call names one."""

    INTERFACE = 0
    """P0: pages and API."""
    STREAM = 1
    """P1: what somebody watches now."""
    PERSON = 2
    """P2: what a person asked for and waits for: a download, a manual refresh."""
    BACKGROUND = 3
    """P3: scans, thumbnails, apps that fetch ahead."""
    MAINTENANCE = 4
    """P4: clean-up, analytics."""
