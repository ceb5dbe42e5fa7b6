"""What can be wrong with an answer from outside, by what to do about it."""


class SourceError(Exception):
    """An outside service gave no answer that can be used; the sentence names it and says why, and holds no secret."""


class Absent(SourceError):
    """It answered: there is no such thing. Asking again will not help; it may be remembered."""


class Unreachable(SourceError):
    """It did not answer, or not now: ask later."""

    def __init__(self, detail: str, *, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        """Seconds after which asking again makes sense, where that is known."""


class Refused(SourceError):
    """It does not want us, or we do not want it (a wrong key, a forbidden address): tell the owner."""
