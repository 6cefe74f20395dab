"""Who may enter: one pure ASGI layer in front of every route, websocket and mounted app.

Without a password only this machine's own browser gets in; with one, whoever signed in. Either
way no other site may send requests through the user's browser, and routes of Gradio that the page
does not need answer 404. What a user may do once inside is not decided here.
"""

import ipaddress
import logging
from collections.abc import Callable, Collection, Sequence
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

HEALTH = "/healthz"
SIGN_IN = "/signin"
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")

# Gradio has these and the page does not use them: they write files, fetch URLs from the server,
# or belong to its own sign-in, which is not the one in force.
CLOSED = (
    "/gradio_api/deep_link",
    "/gradio_api/dev/",
    "/gradio_api/file=http",
    "/gradio_api/file/http",
    "/gradio_api/login",
    "/gradio_api/mcp",
    "/gradio_api/process_recording",
    "/gradio_api/profiling",
    "/gradio_api/proxy=",
    "/gradio_api/run-history",
    "/gradio_api/runs",
    "/gradio_api/token",
    "/gradio_api/undo-vibe",
    "/gradio_api/vibe",
    "/login",
    "/logout",
    "/monitoring",
)
# Never a page of its own: without sign-in they answer 401, not a redirect.
NO_PAGE = ("assets", "config", "files", "gradio_api", "static", "tensorboard", "theme.css")


class Guard:
    """The layer. `admits` None: no password is set. `framed_by`: sites that may frame the page."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        admits: Callable[[Scope], bool] | None,
        allowed_hosts: Collection[str] = (),
        trusted_proxies: Sequence[str] = (),
        framed_by: str | None = "'self'",
    ) -> None:
        self._app = app
        self._admits = admits
        self._allowed_hosts = allowed_hosts
        self._trusted_proxies = trusted_proxies
        self._framed_by = framed_by
        self._warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        scope, hidden = self._settle_proxy(scope)
        refusal = self._refuse(scope, hidden)
        if refusal is None:
            await self._app(scope, receive, self._harden(send))
        elif scope["type"] == "http":
            await refusal(scope, receive, self._harden(send))
        else:
            # The server makes a 403 of it. After a denial with a text uvicorn logs an error.
            await send({"type": "websocket.close", "code": 1008})

    def _refuse(self, scope: Scope, hidden: bool) -> Response | None:
        """The answer to a request that may not enter; None if it may."""
        path: str = scope["path"]
        headers = Headers(scope=scope)
        if self._is_foreign(scope, headers):
            return PlainTextResponse(
                f"This request was sent by another site ({headers.get('origin', 'unnamed')}) and "
                f"was refused. Only the page at {headers.get('host', '')} itself may use this "
                "server. Open it in a tab of its own.",
                403,
            )
        if path == HEALTH:
            return None
        if self._admits is None:
            if (reason := self._explain_outsider(scope, headers, hidden)) is not None:
                return PlainTextResponse(reason, 403)
        elif path != SIGN_IN and not self._admits(scope):
            return _send_to_sign_in(scope, headers)
        if path.lower().startswith(CLOSED):
            return PlainTextResponse("Not found.", 404)
        return None

    def _is_foreign(self, scope: Scope, headers: Headers) -> bool:
        """Whether a page of another origin made the browser send this.

        Browsers name the origin with everything that changes state, opens a websocket or wants to
        read across origins. Programs that are no browsers send none.
        """
        origin = headers.get("origin")
        if origin is not None:
            host = urlsplit(origin).netloc.lower()
            return not (self._is_allowed(host) or _same_host(origin, headers.get("host", "")))
        return (
            headers.get("sec-fetch-site") == "cross-site"
            and headers.get("sec-fetch-mode", "navigate") != "navigate"
            and "*" not in self._allowed_hosts
        )

    def _explain_outsider(self, scope: Scope, headers: Headers, hidden: bool) -> str | None:
        """Why this client may not use a server without a password; None if it may."""
        remedy = "Set GEMMA_GARAGE_PASSWORD and start again to reach it from elsewhere."
        client = scope["client"][0] if scope.get("client") else "unknown"
        if not _is_loopback(client):
            return (
                f"This garage has no password, so only its own machine may use it; this request "
                f"came from {client}. {remedy}"
            )
        host = headers.get("host", "")
        if not (self._is_allowed(host) or _without_port(host) in LOOPBACK_NAMES):
            return (
                f"This garage has no password, so it answers only under localhost or 127.0.0.1; "
                f"this request was for {host!r}. {remedy} Or name the host in "
                "GEMMA_GARAGE_ALLOWED_HOSTS if something in front of it checks who enters."
            )
        if hidden and not self._allowed_hosts:
            return (
                "This garage has no password, so only its own machine may use it; this request "
                f"came through a proxy. {remedy} Or name the proxy's host in "
                "GEMMA_GARAGE_ALLOWED_HOSTS if it checks who enters."
            )
        return None

    def _is_allowed(self, host: str) -> bool:
        names = self._allowed_hosts
        return "*" in names or host.lower() in names or _without_port(host) in names

    def _settle_proxy(self, scope: Scope) -> tuple[Scope, bool]:
        """Believe a trusted proxy's headers and drop anyone else's; True: some were dropped.

        Gradio takes X-Forwarded-* from any client to name its own address.
        """
        headers = Headers(scope=scope)
        if not any(_is_forwarding(name) for name in headers):
            return scope, False
        peer = scope["client"][0] if scope.get("client") else ""
        if not self._trusts(peer):
            if not self._warned and not self._allowed_hosts:
                self._warned = True
                log.warning(
                    "X-Forwarded headers from %s are ignored. If that is your proxy, name it in "
                    "GEMMA_GARAGE_TRUSTED_PROXIES.",
                    peer or "a socket",
                )
            kept = [
                (name, value)
                for name, value in scope["headers"]
                if not _is_forwarding(name.decode("latin-1"))
            ]
            return {**scope, "headers": kept}, True
        scope = {**scope, "headers": list(scope["headers"])}
        proto = headers.get("x-forwarded-proto", "").split(",")[0].strip()
        if proto in ("http", "https"):
            secure = proto == "https"
            plain = "ws" if scope["type"] == "websocket" else "http"
            scope["scheme"] = plain + ("s" if secure else "")
        if host := headers.get("x-forwarded-host", "").split(",")[0].strip():
            MutableHeaders(scope=scope)["host"] = host
        # The last address that no proxy of ours has: what stands before it anyone can write.
        for address in reversed(headers.get("x-forwarded-for", "").split(",")):
            if address.strip():
                scope["client"] = (address.strip(), 0)
            if "*" in self._trusted_proxies or not self._trusts(address.strip()):
                break
        return scope, False

    def _trusts(self, peer: str) -> bool:
        if "*" in self._trusted_proxies:
            return True
        try:
            address = ipaddress.ip_address(peer)
            return any(
                address in ipaddress.ip_network(proxy, strict=False)
                for proxy in self._trusted_proxies
            )
        except ValueError:
            return False

    def _harden(self, send: Send) -> Send:
        async def send_hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
                if self._framed_by is not None:
                    # Beside a policy the app sets itself: browsers then ask for both.
                    headers.append("Content-Security-Policy", f"frame-ancestors {self._framed_by}")
            await send(message)

        return send_hardened


def _send_to_sign_in(scope: Scope, headers: Headers) -> Response:
    path: str = scope["path"]
    first = path.lstrip("/").partition("/")[0]
    is_page = path == "/" or "text/html" in headers.get("accept", "")
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        is_page = False
    if not is_page or first in NO_PAGE:
        return PlainTextResponse("Sign in first: open the page and give the password.", 401)
    query = scope.get("query_string", b"").decode("latin-1")
    goal = quote(path + ("?" + query if query else ""), safe="")
    up = "../" * (path.count("/") - 1) or "./"
    return RedirectResponse(f"{up}signin?next={goal}", 303, {"Cache-Control": "no-store"})


def _same_host(origin: str, host: str) -> bool:
    parts = urlsplit(origin)
    standard = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    wanted = parts.netloc.lower().removesuffix(standard)
    return bool(wanted) and host.lower().removesuffix(standard) == wanted


def _without_port(host: str) -> str:
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isdigit() else host.lower()


def _is_loopback(client: str) -> bool:
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback


def _is_forwarding(name: str) -> bool:
    name = name.lower()
    return name.startswith("x-forwarded-") or name in ("forwarded", "x-real-ip", "x-gradio-server")
