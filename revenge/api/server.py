"""How the node's HTTP server is run: what aiohttp would answer by itself is ours as well."""

from http import HTTPStatus
from secrets import token_hex

from aiohttp import web
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_server import Server
from loguru import logger

from revenge.api.keys import REQUEST_ID
from revenge.api.problems import answer, of_status, render

KEEP_ALIVE = 75.0
"""Seconds an idle connection is kept: a little longer than the proxies in front usually do."""


class Runner(web.AppRunner):
    """Runs the application as a node does: `web.TCPSite(Runner(app), host, port)`.

    A handler is cancelled when its client leaves: without that, closed event streams would live on for ever.
    """

    def __init__(self, app: web.Application, *, grace: float = 10.0) -> None:
        super().__init__(app, handler_cancellation=True, access_log=None, keepalive_timeout=KEEP_ALIVE, shutdown_timeout=grace)

    async def _make_server(self) -> Server:
        made = await super()._make_server()
        options = {name: value for name, value in self._kwargs.items() if name != "handler_cancellation"}
        return _Server(
            made.request_handler, request_factory=made.request_factory, handler_cancellation=made.handler_cancellation, **options
        )


class _Server(Server):
    def __call__(self) -> RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)


class _Connection(RequestHandler):
    """Differs from aiohttp's in how it answers what cannot be read as HTTP: with a problem document."""

    __slots__ = ()

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Answer, and close the connection. ConnectionError when an answer has begun already."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun")
        request[REQUEST_ID] = token_hex(8)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            response = answer(exc or RuntimeError(message), request)
        else:
            logger.debug("Not HTTP from {}: {}", request.remote, message)
            response = render(of_status(status, request[REQUEST_ID]), {})
        response.headers.update({"X-Request-Id": request[REQUEST_ID], "Server": "Revenge", "X-Content-Type-Options": "nosniff"})
        response.force_close()
        return response
