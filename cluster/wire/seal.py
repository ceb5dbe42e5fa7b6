"""Sealed frames: encrypted, numbered, and bounded in size. What was altered, repeated, left out or swapped is refused."""

import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

LARGEST = 256 * 1024
"""Bytes of a frame. The largest message is a batch of 64 KiB of entries with one of 32 KiB on top."""
_LENGTH = struct.Struct(">I")
_TAG = 16


class Forged(Exception):
    """A frame that the holder of the keys did not send, or not now."""


class Session:
    """The two keys of a link, and how many frames went each way. A frame's number is its nonce, so it opens once, in its turn."""

    def __init__(self, send_key: bytes, receive_key: bytes) -> None:
        self._send, self._receive = ChaCha20Poly1305(send_key), ChaCha20Poly1305(receive_key)
        self._sent = self._received = 0
        self._buffer = bytearray()

    def seal(self, message: bytes) -> bytes:
        """One frame, to be sent after all before it; ValueError when it is too large for the other side to take."""
        if len(message) + _TAG > LARGEST:
            raise ValueError(f"A message of {len(message)} bytes does not fit a frame.")
        length = _LENGTH.pack(len(message) + _TAG)
        nonce = self._sent.to_bytes(12, "big")
        self._sent += 1
        return length + self._send.encrypt(nonce, message, length)

    def open(self, received: bytes, largest: int = LARGEST) -> list[bytes]:
        """The whole messages in what came so far; raise Forged at the first that is not what was sent."""
        self._buffer += received
        messages = []
        while (size := self._next(largest)) is not None:
            frame = bytes(self._buffer[: 4 + size])
            del self._buffer[: 4 + size]
            messages.append(self._opened(frame))
        return messages

    def _next(self, largest: int) -> int | None:
        """Bytes of the next frame if it is here in full."""
        if len(self._buffer) < _LENGTH.size:
            return None
        size: int = _LENGTH.unpack_from(self._buffer)[0]
        if not _TAG <= size <= largest:
            raise Forged
        return size if len(self._buffer) >= _LENGTH.size + size else None

    def _opened(self, frame: bytes) -> bytes:
        nonce = self._received.to_bytes(12, "big")
        try:
            message = self._receive.decrypt(nonce, frame[4:], frame[:4])
        except InvalidTag:
            raise Forged from None
        self._received += 1
        return message
