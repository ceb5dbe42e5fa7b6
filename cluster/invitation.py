"""Join tokens bring in a node that lacks the cluster's secret. A token is `id.secret`; its secret never travels.

Both sides prove it by the hellos of a link (`wire.handshake`), whose keys come from a fresh exchange *and* the token. So who recorded the
conversation learns nothing, not even with the token in hand later, and who has only the id gets no answer and uses nothing up.
"""

import base64
import os
import secrets
from binascii import Error

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Struct

from cluster.errors import Refused
from cluster.wire.handshake import Dialer, Stranger, answer
from cluster.wire.seal import Forged

_ID, _SECRET, _NONCE = 8, 32, 12
"""Bytes of a token's name, of its secret, and of the nonce beside a kept one."""
UNKNOWN = "This join token is unknown, used up or expired: `revenge cluster token` makes another."


class Token(Struct, frozen=True):
    """What somebody carries from a node of the cluster to the one that shall join."""

    id: str
    secret: bytes

    @classmethod
    def made(cls) -> "Token":
        """A new one."""
        return cls(secrets.token_hex(_ID), os.urandom(_SECRET))

    @classmethod
    def read(cls, text: str) -> "Token":
        """The token that was written; raise Refused for anything else."""
        id, _, secret = text.strip().partition(".")
        try:
            known = base64.urlsafe_b64decode(f"{secret}=")
        except (Error, ValueError):
            known = b""
        if len(id) != 2 * _ID or len(known) != _SECRET:
            raise Refused("This is no join token: it has 60 characters, with a dot after the sixteenth.")
        return cls(id, known)

    @property
    def text(self) -> str:
        """The token, as people copy it."""
        return f"{self.id}.{base64.urlsafe_b64encode(self.secret).rstrip(b'=').decode()}"


class Guest:
    """The side that wants to join."""

    def __init__(self, token: Token) -> None:
        self._dialer = Dialer(token.secret)
        self.hello = self._dialer.hello
        """To be sent, with the token's id."""

    def read(self, hello: bytes, sealed: bytes) -> bytes:
        """What the cluster said; raise Refused where it was not this cluster, or somebody altered it."""
        try:
            (said,) = self._dialer.finish(hello).open(sealed)
        except (Stranger, Forged, ValueError):
            raise Refused("The answer was not made by a node that knows this token: is the address right?") from None
        return said


class Host:
    """The side that lets in: it has checked that the guest holds the token's secret."""

    def __init__(self, secret: bytes, hello: bytes) -> None:
        """Raise Refused where the guest does not; that costs one hash, and the token stays good."""
        try:
            self.hello, self._session = answer(secret, hello)
        except Stranger:
            raise Refused(UNKNOWN) from None

    def seal(self, said: bytes) -> bytes:
        """What only this guest can read."""
        return self._session.seal(said)


def kept(key: bytes, token: Token) -> str:
    """The token's secret as the table keeps it: closed to everybody who has not the cluster's own."""
    nonce = os.urandom(_NONCE)
    return base64.b64encode(nonce + _box(key).encrypt(nonce, token.secret, token.id.encode())).decode()


def opened(key: bytes, id: str, text: str) -> bytes:
    """The secret that was kept; raise Refused where it cannot be read."""
    data = base64.b64decode(text)
    try:
        return _box(key).decrypt(data[:_NONCE], data[_NONCE:], id.encode())
    except InvalidTag:
        raise Refused(UNKNOWN) from None


def _box(key: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(HKDF(algorithm=SHA256(), length=32, salt=None, info=b"revenge join token").derive(key))
