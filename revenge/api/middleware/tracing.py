"""One span for each request. What callers say about their own traces is not believed: a stranger would decide what is traced."""

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from revenge.api.keys import REQUEST_ID
from revenge.infra.trace import Tracer


def tracing(tracer: Tracer) -> Middleware:
    """Return the middleware. A request is named by its route's pattern: what clients think up would be a name each."""

    @web.middleware
    async def traced(request: web.Request, handler: Handler) -> web.StreamResponse:
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else ""
        about = {"http_request_method": request.method, "http_route": route, "revenge_request": str(request.get(REQUEST_ID, "-"))}
        with tracer.span(f"{request.method} {route}".strip(), "server", None, **about) as span:
            response = await handler(request)
            span.set_attribute("http.response.status_code", response.status)
            return response

    return traced
