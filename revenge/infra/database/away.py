"""What is said when the database cannot be reached."""

import asyncpg
from loguru import logger

from revenge.core.errors import Unavailable

LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server's farewell came while the driver expected nothing
    asyncpg.OperatorInterventionError,
)
"""What the driver raises when the server has left a connection."""


def unavailable(error: BaseException) -> Unavailable:
    """The error for people; why it is so stands in the log."""
    logger.warning("The database did not answer: {}", error)
    return Unavailable(
        "The database cannot be reached at the moment; please try again shortly.", code="database_unavailable", retry_after=2
    )
