"""Where the shared store is."""

from typing import Annotated

from msgspec import Struct

from revenge.core.settings.about import about, url_of


class CacheSettings(Struct, frozen=True):
    """Dragonfly, or any server that speaks the Redis protocol."""

    url: (
        Annotated[
            str,
            about(
                "Address of the shared store; unset means the embedded one.",
                expected="a URL such as redis://dragonfly:6379",
                check=url_of("redis", "rediss", "unix"),
            ),
        ]
        | None
    ) = None
