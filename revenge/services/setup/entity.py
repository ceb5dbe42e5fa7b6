"""What setting up a server takes."""

from typing import Annotated

from msgspec import Meta, Struct

from revenge.services.user.entity import Password, Private


class SetupState(Struct, frozen=True, omit_defaults=True):
    """Whether this server still waits for its first admin."""

    required: bool
    code_needed: bool = False
    """Whether whoever asks has to bring the setup code: everybody but a browser on the same machine."""


class FirstAdmin(Private, frozen=True):
    """The first admin's account."""

    username: str
    email: str
    password: Password
    setup_code: (
        Annotated[str, Meta(description="Printed at start and kept in the data directory; not needed on the machine itself.")] | None
    ) = None
