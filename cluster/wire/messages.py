"""What nodes say to each other: plain data of known shape. Nothing is ever unpickled, neither here nor behind."""

from typing import Any, NotRequired, TypedDict

import msgspec

Message = dict[str, Any]
"""A message as the library reads it: `type` and the fields below."""
Entry = tuple[bytes, int, int]
"""Command, index and term of one line of the log."""


class Malformed(Exception):
    """A message of a known kind whose fields are not what they must be."""


class AppendEntries(TypedDict):
    """The leader's entries or a piece of a snapshot; with neither, its heartbeat."""

    term: int
    commit_index: int
    entries: NotRequired[list[Entry]]
    prevLogIdx: NotRequired[int]
    prevLogTerm: NotRequired[int]
    serialized: NotRequired[tuple[bytes, bool, bool] | None]
    hb: float
    """The sender's own clock at sending; it comes back in the answer."""


class NextNodeIdx(TypedDict):
    """A follower's answer: what it has and what it wants."""

    next_node_idx: int
    reset: bool
    success: bool
    hb: float
    hb_term: int


class Ack(TypedDict):
    """A follower's answer to what the library does not answer."""

    hb: float
    hb_term: int


class RequestVote(TypedDict):
    """A candidate asks for a vote."""

    term: int
    last_log_index: int
    last_log_term: int
    transfer: NotRequired[bool]
    """The leader asked for this election."""
    everyone: NotRequired[bool]
    """The candidate will lead only if every member votes for it."""


class Term(TypedDict):
    """A vote, an order to campaign, or a word that the term is over."""

    term: int


class PreVote(TypedDict):
    """The question whether one would get a vote, before anybody is disturbed."""

    rid: int
    term: int
    lli: int
    llt: int


class PreVoteAnswer(TypedDict):
    """Whether it would, and whether it remembers everything it ever promised."""

    rid: int
    grant: bool
    certain: bool


class Ping(TypedDict):
    """A sign of life."""


class ApplyCommand(TypedDict):
    """A follower's command, for the leader's log."""

    command: bytes
    request_id: NotRequired[int]


class ApplyCommandResponse(TypedDict):
    """Where the command stands in the log, or why it does not."""

    request_id: int
    error: NotRequired[int]
    log_idx: NotRequired[int]
    log_term: NotRequired[int]


_KINDS: dict[str, tuple[int, type]] = {
    "append_entries": (1, AppendEntries),
    "next_node_idx": (2, NextNodeIdx),
    "request_vote": (3, RequestVote),
    "response_vote": (4, Term),
    "timeout_now": (5, Term),
    "apply_command": (6, ApplyCommand),
    "apply_command_response": (7, ApplyCommandResponse),
    "rv_ping": (8, Ping),
    "rv_prevote": (9, PreVote),
    "rv_prevote_resp": (10, PreVoteAnswer),
    "rv_term": (11, Term),
    "rv_ack": (12, Ack),
}
_DECODERS: dict[int, tuple[str, msgspec.msgpack.Decoder[Any]]] = {
    code: (name, msgspec.msgpack.Decoder(shape)) for name, (code, shape) in _KINDS.items()
}


def encode(message: Message) -> bytes:
    """One byte for the kind, then the fields."""
    code, _ = _KINDS[message["type"]]
    return bytes([code]) + msgspec.msgpack.encode({name: value for name, value in message.items() if name != "type"})


def decode(data: bytes) -> Message | None:
    """The message, None for a kind that only a newer node knows; raise Malformed for anything else."""
    known = _DECODERS.get(data[0]) if data else None
    if known is None:
        return None
    name, decoder = known
    try:
        return {"type": name, **decoder.decode(data[1:])}
    except (msgspec.DecodeError, msgspec.ValidationError) as wrong:
        raise Malformed(f"{name}: {wrong}") from None
