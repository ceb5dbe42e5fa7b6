"""The segment cache, for tests of what it keeps and when it makes."""

from collections.abc import AsyncIterator

import pytest

from revenge.media.segments import Segments
from tests.media.caching import Plain, Slow


@pytest.fixture
async def slow() -> Slow:
    return Slow()


@pytest.fixture
async def cache(slow, tmp_path) -> AsyncIterator[Segments]:
    async with Segments(slow, Plain(), tmp_path / "cache", 10_000, ahead=False).lifetime() as opened:
        yield opened
