"""What goes in and out of the doors, and how long a door stays shut after wrong passwords."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from revenge.services.session.entity import Started
from revenge.services.user.entity import Private, User

ACCESS_LIFE = timedelta(minutes=15)

WINDOW = timedelta(minutes=15)
"""How far back wrong passwords count."""
FREE_HERE = 5
"""Wrong passwords for one account from one place that cost no waiting."""
FREE_FROM_PLACE = 20
"""The same for one place over all accounts: a household has one address."""
FREE_PLACES = 10
"""Places that may get one account's password wrong before places it never signed in from have to wait."""
_SHORTEST = timedelta(seconds=2)
_LONGEST = WINDOW
_LONGEST_ELSEWHERE = timedelta(minutes=1)

Via = Literal["bearer", "cookie"]


class Login(Private, frozen=True):
    """A sign-in with a password."""

    username: Annotated[str, Meta(description="The username or the e-mail address.")]
    password: str
    device_name: Annotated[str, Meta(description="What the device is called in the list of sign-ins.")] | None = None


class Refresh(Private, frozen=True):
    """A refresh token to be exchanged."""

    refresh_token: str


class Logout(Private, frozen=True):
    """The end of a sign-in; its refresh token ends with it, whether it is sent or not."""

    refresh_token: str | None = None


class Tokens(Private, frozen=True):
    """What a program needs to act for a person."""

    user: User
    access_token: str
    refresh_token: str
    expires_in: int
    """Seconds the access token lives."""
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the scheme's name


class Entered(Private, frozen=True):
    """Somebody who has just come in: the person and the session."""

    user: User
    session: Started


class Stay(Private, frozen=True):
    """What the pages' cookie holds."""

    value: str
    max_age: int
    """Seconds."""


class Claims(Struct, frozen=True):
    """What a good token says."""

    user_id: UUID
    session_id: UUID


class Wrongs(Struct, frozen=True):
    """Wrong passwords within WINDOW, as they bear on one try: how many, and when the last one was."""

    here: int = 0
    """For this account from this place."""
    here_last: datetime | None = None
    from_place: int = 0
    """From this place, whatever the account."""
    from_place_last: datetime | None = None
    places: int = 0
    """Places that got this account's password wrong."""
    places_last: datetime | None = None
    known: bool = False
    """Whether this account has signed in from this place before."""

    def opens(self) -> datetime | None:
        """When the next try is let through; None for at once.

        Each rule waits from the last wrong password on, two seconds at first and doubled by every further one. One place can shut an
        account only for itself, and never for long: refused tries do not count. Many places together slow an account down for strangers,
        by a minute at most, and never for a place its owner has signed in from.
        """
        shut = [
            _until(self.here, FREE_HERE, self.here_last, _LONGEST),
            _until(self.from_place, FREE_FROM_PLACE, self.from_place_last, _LONGEST),
            None if self.known else _until(self.places, FREE_PLACES, self.places_last, _LONGEST_ELSEWHERE),
        ]
        return max((moment for moment in shut if moment), default=None)


def _until(count: int, free: int, last: datetime | None, longest: timedelta) -> datetime | None:
    if last is None or count < free:
        return None
    return last + min(_SHORTEST * (1 << min(count - free, 20)), longest)
