"""What is said when the database cannot be reached, or gave a transaction up."""

import asyncpg
from loguru import logger

from revenge.core.data import BUSY
from revenge.core.errors import Unavailable

LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server's farewell came while the driver expected nothing
    asyncpg.OperatorInterventionError,
)
"""What the driver raises when the server has left a connection."""
GIVEN_UP = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
"""What the driver raises when the server gave a transaction up for another one."""


def unavailable(error: BaseException) -> Unavailable:
    """The error for people; why it is so stands in the log."""
    logger.warning("The database did not answer: {}", error)
    return Unavailable(
        "The database cannot be reached at the moment; please try again shortly.", code="database_unavailable", retry_after=2
    )


def given_up(error: BaseException) -> Unavailable:
    """The error for people whose transaction waited for another one in a circle."""
    logger.info("A transaction was given up for another one: {}", error)
    return Unavailable("Something else changed the same things at this moment; please try again.", code=BUSY, retry_after=1)
