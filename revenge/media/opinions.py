"""A second opinion on odd names, asked of the name workers."""

from collections.abc import Sequence

from loguru import logger

from revenge.media.errors import MediaError
from revenge.media.names import NameGuess, parse
from revenge.media.pool import Pool

_SECONDS = 20.0


class Opinions:
    """Asks the name workers; their silence leaves our own reading."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def second_opinion(self, paths: Sequence[str]) -> list[NameGuess]:
        """Return better guesses for paths relative to their library, in the same order."""
        try:
            return await self._pool.run("revenge.media.names_guess:second_opinion", list(paths), result=list[NameGuess], timeout=_SECONDS)
        except MediaError as error:
            logger.warning("No second opinion on {} names: {}", len(paths), error)
            return [parse(path) for path in paths]
