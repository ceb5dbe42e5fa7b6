"""The log."""

from typing import Annotated, Literal

from msgspec import Struct

from revenge.core.settings import about


class LogSettings(Struct, frozen=True):
    """What the node writes down while it runs."""

    level: Annotated[
        Literal["trace", "debug", "info", "warning", "error"], about("The least important message that is written.", live=True)
    ] = "info"
    format: Annotated[
        Literal["auto", "text", "json"], about("How messages are written; auto is text on a terminal and JSON lines elsewhere.")
    ] = "auto"
