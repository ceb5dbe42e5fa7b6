"""What people's credentials are signed with."""

from secrets import token_urlsafe
from typing import Annotated

from msgspec import Struct

from revenge.core.settings.about import about, at_least
from revenge.core.settings.words import Secret


class AuthSettings(Struct, frozen=True):
    """Signing in."""

    jwt_secret: (
        Annotated[
            Secret,
            about(
                "What access tokens and tickets are signed with; the same on every node.",
                expected="at least 32 characters long",
                check=at_least(32),
                made=lambda: token_urlsafe(48),
            ),
        ]
        | None
    ) = None
