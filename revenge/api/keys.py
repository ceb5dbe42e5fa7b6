"""What the frame keeps on a request, by typed key."""

from aiohttp import web

from revenge.api.endpoint import Endpoint
from revenge.core.caller import Caller
from revenge.core.qos import Qos

REQUEST_ID = web.RequestKey("request_id", str)
"""Id of the request: in the log, in every answer's `X-Request-Id`, in problem documents."""
CALLER = web.RequestKey("caller", Caller)
"""Who is asking; absent for strangers at open doors."""
QOS = web.RequestKey("qos", Qos)
"""How urgent the answer's bytes are."""
ENDPOINT = web.RequestKey("endpoint", Endpoint)
"""The endpoint that answers; absent where no route matched."""
STARTED = web.RequestKey("started", bool)
"""Set once an answer's headers are being sent: from then on an error can only close the connection."""
COMPILES = web.RequestKey("compiles", bool)
"""Set where the answer is a page or a worker that has to compile WebAssembly: its security policy allows that, and nothing else more."""
