"""Join tokens of this cluster: made by any node, used up by any, once."""

import time

from cluster.errors import Refused
from cluster.invitation import UNKNOWN, Host, Token, kept, opened
from cluster.ports import Replicated
from cluster.table import MOST_TOKENS


class Invitations:
    """Makes tokens, and lets in who holds one."""

    def __init__(self, log: Replicated, key: bytes) -> None:
        """`key` is made of the cluster's secret."""
        self._log, self._key = log, key

    async def make(self, seconds: float) -> str:
        """A join token, good once and for so many seconds; raise Refused, NoQuorum or Unknown."""
        token, now = Token.made(), time.time()
        operation = {"op": "invite", "id": token.id, "secret": kept(self._key, token), "expires": now + seconds, "now": now}
        if "ok" not in await self._log.propose(operation):
            raise Refused(f"{MOST_TOKENS} join tokens wait already: use one of them, or wait until they expire.")
        return token.text

    async def welcome(self, id: str, hello: bytes, said: bytes) -> tuple[bytes, bytes]:
        """Use a token up: the answering hello, and what is said to the guest alone. Raise Refused where the guest does not hold it."""
        waiting = self._log.content.tokens.get(id)
        if waiting is None:
            raise Refused(UNKNOWN)
        host = Host(opened(self._key, id, waiting["secret"]), hello)
        if not (await self._log.propose({"op": "use", "id": id, "now": time.time()})).get("ok"):
            raise Refused(UNKNOWN)
        return host.hello, host.seal(said)
