"""Pictures as the node sees them: what is asked of the image children, and what they answer."""

from collections.abc import Sequence

from revenge.core.qos import Qos
from revenge.media.limits import Limits
from revenge.media.picture_sizes import Picture
from revenge.media.pool import Pool

POOL_PRELOAD = ("revenge.media.images", "revenge.media.posters")
POOL_WARM = ("revenge.media.images:warm", "revenge.media.posters:warm")
POOL_ENVIRONMENT = {"VIPS_CONCURRENCY": "1", "OPENBLAS_NUM_THREADS": "1"}
POOL_LIMITS = Limits(
    nice=19, session_nice=19
)  # drawing posters takes longer than scanning the films; what is watched and scanned goes before it
MEDIA_WARM = ("revenge.media.frames:warm",)
"""How the pool of image children is made: `Pool("image", preload=POOL_PRELOAD, warm=POOL_WARM, limits=POOL_LIMITS, environment=POOL_ENVIRONMENT)`.

The media children that films are opened in need `MEDIA_WARM` among what they warm.
"""


class Pictures:
    """Makes pictures in the image children and takes frames from films in the media children.

    Every call raises MediaError with a sentence when the file is no picture, is too large, or its decoder failed.
    """

    def __init__(self, images: Pool, media: Pool) -> None:
        self._images = images
        self._media = media

    async def shrink(self, fd: int, width: int, *, qos: Qos = Qos.BACKGROUND) -> bytes:
        """The picture in the open file as WebP, at most that many pixels wide."""
        return await self._images.run("revenge.media.images:shrink", width, fds=(fd,), result=bytes, qos=qos)

    async def sizes(self, fd: int, widths: Sequence[int], *, qos: Qos = Qos.BACKGROUND) -> Picture:
        """The picture in the open file in several widths, decoded once."""
        return await self._images.run("revenge.media.images:sizes", tuple(widths), fds=(fd,), result=Picture, qos=qos)

    async def generated_poster(
        self, title: str, year: int | None, widths: Sequence[int], frame: bytes | None = None, *, qos: Qos = Qos.BACKGROUND
    ) -> Picture:
        """A poster for a film that has none: its title over a frame of it, or over a colour of its own."""
        return await self._images.run("revenge.media.posters:generated", title, year, tuple(widths), frame, result=Picture, qos=qos)

    async def frame(self, fd: int, *, at: float = 0.15, qos: Qos = Qos.BACKGROUND) -> bytes:
        """A telling frame of the film in the open file, as JPEG at most 640 pixels wide, from around that share of its length."""
        return await self._media.run("revenge.media.frames:grab", at, fds=(fd,), result=bytes, timeout=20.0, qos=qos)
