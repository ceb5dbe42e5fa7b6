"""How far a telephone was turned: the matrix in an MP4's track header, which the demuxer keeps to itself until a frame is decoded."""

import struct

from revenge.media.child.samples import children, movie

_ONE = 1 << 16
_TURNS = {(0, _ONE, -_ONE, 0): 90, (-_ONE, 0, 0, -_ONE): 180, (0, -_ONE, _ONE, 0): 270}


def rotation(fd: int) -> int:
    """Degrees clockwise the first picture track must be turned; 0 when it stands upright or does not say."""
    for trak in children(movie(fd), b"trak"):
        header = next(children(trak, b"tkhd"), b"")
        body = bytes(header[52 if header[:1] == b"\x01" else 40 :][:44])
        if len(body) == 44:
            a, b, _, c, d, _, _, _, _, width, _ = struct.unpack(">11i", body)
            if width:  # sound tracks have none
                return _TURNS.get((a, b, c, d), 0)
    return 0
