"""What an answer's status means, and how long to wait until one asks again."""

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import backoff
import httpx

from revenge.core.clock import Clock
from revenge.core.sources import Absent, Refused, SourceError, Unreachable
from revenge.infra.fetch.circuit import Down

_NOT_THERE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY})
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 8.0


def waits() -> Iterator[float]:
    """Yield seconds between attempts: twice as many each time, and any part of that, so that not all come back at once."""
    lengths = backoff.expo(factor=_FIRST_WAIT, max_value=_LONGEST_WAIT)
    next(lengths)
    for length in lengths:
        yield length / 2 + backoff.full_jitter(length) / 2


def problem(name: str, response: httpx.Response, clock: Clock) -> SourceError | None:
    """Return what is wrong with the answer; None when nothing is."""
    status = response.status_code
    if response.is_success or response.is_redirect:
        return None
    if status in _NOT_THERE:
        return Absent(f"{name} has no such thing.")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Unreachable(f"{name} wants to be asked less often.", retry_after=_retry_after(response, clock))
    if status in _LATER or response.is_server_error:
        return Down(f"{name} answers {status}.", retry_after=_retry_after(response, clock))
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return Refused(f"{name} does not accept our key ({status}); check it in the settings.")
    return Refused(f"{name} does not take our question ({status}).")


def _retry_after(response: httpx.Response, clock: Clock) -> float | None:
    told = response.headers.get("Retry-After", "").strip()
    if told.isdigit():
        return float(told)
    try:
        return max(0.0, (parsedate_to_datetime(told) - clock()).total_seconds())
    except (ValueError, TypeError):
        return None
