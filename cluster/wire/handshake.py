"""The first two messages of a link: both sides prove the cluster's secret, and agree on keys nobody else can know.

Each side sends a fresh X25519 key, a random value and a MAC under the secret. The keys of the link come from the
exchange *and* the secret, so a recorded link stays closed even to someone who learns the secret later. A repeated
hello passes the first look, but whoever repeats it cannot make the keys, and falls silent.
"""

import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cluster.errors import Refused
from cluster.wire.seal import Session

MAGIC = b"rvnode01"
"""Names the protocol of the link itself; another one is another program."""
HELLO = len(MAGIC) + 32 + 32 + 32
"""Bytes of a hello, always: magic, public key, random value, MAC."""
SHORTEST_SECRET = 32


class Stranger(Exception):
    """The other side does not know the secret, or is no node at all."""


@lru_cache(maxsize=8)
def stretched(secret: str) -> bytes:
    """The key behind a secret; slow on purpose (tens of milliseconds), so that a weak secret is not guessed from a recording."""
    if len(secret) < SHORTEST_SECRET:
        raise Refused(f"cluster.secret is missing or shorter than {SHORTEST_SECRET} characters: without it, nodes cannot know each other.")
    return hashlib.scrypt(secret.encode(), salt=b"revenge cluster secret", n=2**14, r=8, p=1, maxmem=2**26, dklen=32)


class Dialer:
    """The side that opens the link."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._private = X25519PrivateKey.generate()
        self.hello = _hello(key, b"dial", b"", self._private)

    def finish(self, answer: bytes) -> Session:
        """Check the other side's hello and return the sealed session, or raise Stranger."""
        shared = _exchange(self._key, b"answer", self.hello, answer, self._private)
        return _session(self._key, shared, self.hello, answer, dialed=True)


def answer(key: bytes, hello: bytes) -> tuple[bytes, Session]:
    """The answer to a dialer's hello, and the session behind it; raise Stranger before any costly step is taken."""
    private = X25519PrivateKey.generate()
    shared = _exchange(key, b"dial", b"", hello, private)
    reply = _hello(key, b"answer", hello, private)
    return reply, _session(key, shared, hello, reply, dialed=False)


def _hello(key: bytes, role: bytes, before: bytes, private: X25519PrivateKey) -> bytes:
    said = MAGIC + private.public_key().public_bytes_raw() + os.urandom(32)
    return said + _mac(key, role, before, said)


def _mac(key: bytes, role: bytes, before: bytes, said: bytes) -> bytes:
    return hmac.digest(key, role + b"\0" + before + said, "sha256")


def _exchange(key: bytes, role: bytes, before: bytes, hello: bytes, private: X25519PrivateKey) -> bytes:
    """The shared value, once the MAC holds: a stranger costs one hash and nothing more."""
    said, proof = hello[:-32], hello[-32:]
    if len(hello) != HELLO or not said.startswith(MAGIC) or not hmac.compare_digest(proof, _mac(key, role, before, said)):
        raise Stranger
    try:
        return private.exchange(X25519PublicKey.from_public_bytes(said[len(MAGIC) : len(MAGIC) + 32]))
    except (ValueError, InvalidKey):
        raise Stranger from None


def _session(key: bytes, shared: bytes, first: bytes, second: bytes, *, dialed: bool) -> Session:
    salt = hashlib.sha256(first + second).digest()
    both = HKDF(algorithm=SHA256(), length=64, salt=salt, info=b"revenge cluster link").derive(shared + key)
    there, back = both[:32], both[32:]
    return Session(there, back) if dialed else Session(back, there)
