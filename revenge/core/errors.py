"""What can go wrong, in words that say what to do next. `api/problems.py` alone knows their HTTP status."""

from typing import Never


class RevengeError(Exception):
    """An error with a stable `code` (message catalogue key, problem `code`) and one English sentence for people."""

    code = "internal"

    def __init__(self, detail: str, *, code: str | None = None, retry_after: int | None = None, field: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.retry_after = retry_after
        """Seconds after which asking again makes sense, where that is known."""
        self.field = field
        """The input field that is wrong (`password`, `paths[1]`), so that a form can mark it."""


class NotFound(RevengeError):
    """It does not exist, or this caller may not know that it does."""

    code = "not_found"


class Conflict(RevengeError):
    """It clashes with what is already there."""

    code = "conflict"


class Invalid(RevengeError):
    """The input is understood and wrong; the sentence names the field and what to do."""

    code = "invalid"


class Malformed(RevengeError):
    """The input cannot be read at all (broken JSON, a header that is no header)."""

    code = "malformed"


class Unauthenticated(RevengeError):
    """Nobody is known to be asking: no credential, or one that is made up, expired or revoked."""

    code = "unauthenticated"


class Forbidden(RevengeError):
    """The caller is known and may not do this."""

    code = "forbidden"


class TooMany(RevengeError):
    """Asked too often; `retry_after` says when to come back."""

    code = "too_many"


class Unavailable(RevengeError):
    """A part that is needed cannot work now (full, read-only, unreachable); trying later may help."""

    code = "unavailable"


class StartRefused(RevengeError):
    """The node must not start like this; the sentence says what to change."""

    code = "start_refused"


def absent(what: str, id: object) -> Never:
    """Raise NotFound for a thing, in the tail of a lookup.

    `return movie or absent("film", id)`
    """
    raise NotFound(f"There is no {what} {id}.")
