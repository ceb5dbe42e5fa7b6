"""What lies in the store: msgpack, never pickle, since whoever can write to the store must not be able to run code here."""

from typing import Any

import msgspec
from arq.constants import in_progress_key_prefix, job_key_prefix
from arq.jobs import serialize_job
from arq.utils import timestamp_ms

from revenge.infra.jobs.job import Queue
from revenge.infra.jobs.repository import Sent

RUN = "run"
"""The only function arq knows: a node that is older than a job's kind must not make arq throw the job away."""

KEEP_MS = 7 * 86_400_000
"""Milliseconds a handed-over id waits in the store; arq drops what is older."""


def _plain(value: Any) -> Any:
    """Write what msgpack has no word for, an exception above all, as text."""
    return repr(value)


encode = msgspec.msgpack.Encoder(enc_hook=_plain).encode
decode = msgspec.msgpack.Decoder(dict[str, Any]).decode


def queue_key(queue: Queue) -> str:
    """The sorted set in which a queue's ids wait."""
    return f"revenge:jobs:{queue}"


def job_id(row: Sent) -> str:
    """The id under which arq knows one handing over of a row."""
    return f"ob:{row.id}:{row.sends}"


def job_key(row: Sent) -> str:
    """Where arq keeps the handed-over row."""
    return job_key_prefix + job_id(row)


def progress_key(id: str) -> str:
    """What a node holds while it runs an id."""
    return in_progress_key_prefix + id


def payload(row: Sent) -> bytes:
    """What arq reads when it starts the row: its id alone; the arguments are read from PostgreSQL."""
    return serialize_job(RUN, (), {"id": str(row.id), "sends": row.sends}, None, timestamp_ms(), serializer=encode)
