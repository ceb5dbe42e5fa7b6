"""How a follower takes the leader's entries: it never cuts lines that agree with them.

The library cuts everything behind the line a message begins with, and puts the message's entries in its place. When an
older message is repeated, lines that were acknowledged are gone until the next one comes, and with them, should the
leader die just then, writes that were acknowledged. So the message is cut to what is really new before the library sees it.
"""

from typing import Any, Protocol

from cluster.wire.messages import Message


class Log(Protocol):
    """The follower's log."""

    def has(self, index: int, term: int) -> bool:
        """Whether it holds this line."""


def news(log: Log, message: Message) -> tuple[Message, int | None]:
    """The message without what the log already holds; and up to where the log is the leader's, where nothing new is left."""
    if "prevLogIdx" not in message:
        return {**message, "commit_index": 0}, None  # a piece of a snapshot says nothing about the lines this log has
    before: tuple[int, int] = message["prevLogIdx"], message["prevLogTerm"]
    if not log.has(*before):
        return message, None
    entries: list[Any] = list(message.get("entries", ()))
    while entries and log.has(entries[0][1], entries[0][2]):
        _, *before = entries.pop(0)
    if entries:
        return {**message, "entries": entries, "prevLogIdx": before[0], "prevLogTerm": before[1]}, None
    bare = {"type": message["type"], "term": message["term"], "commit_index": min(message["commit_index"], before[0])}
    return bare, before[0]
