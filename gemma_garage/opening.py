"""The page while it is still being built, and the built page from then on.

Gradio alone takes 3 to 5 s to import. It is imported in a thread while the server already
answers: a person sees that the garage is opening, everything else waits until it is open.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from gemma_garage.plain_page import answer_page

log = logging.getLogger(__name__)

LONGEST_WAIT_S = 60.0
OPENING = """<h1>Gemma Garage</h1>
<p role="status">The garage is opening. This page goes on by itself in a few seconds.</p>"""
BROKEN = """<h1>Gemma Garage</h1>
<p role="alert">The page could not be built. The log of the server says why.</p>"""


class Page:
    """An ASGI app around one that takes a while to build; `opened` tells when, or why not.

    `state.end_streams()` of the built app ends the answers that otherwise never end.
    """

    def __init__(self, build: Callable[[], Starlette]) -> None:
        self.opened: Future[None] = Future()
        self._build = build
        self._app: Starlette | None = None

    @asynccontextmanager
    async def lifespan(self, _: object) -> AsyncIterator[None]:
        """Build in a thread from the start of the server, close with it."""
        ended = asyncio.Event()
        # One task enters and leaves the inner lifespan, as its task groups demand.
        task = asyncio.create_task(self._live(ended))
        try:
            yield
        finally:
            ended.set()
            await task

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None and not (scope["type"] == "http" and scope["path"] == "/"):
            await asyncio.wait([asyncio.wrap_future(self.opened)], timeout=LONGEST_WAIT_S)
        if self._app is not None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer_unopened(scope["path"])(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1013})

    def end_streams(self) -> None:
        """Let the server stop without cutting open answers off."""
        if self._app is not None:
            self._app.state.end_streams()

    def _answer_unopened(self, path: str) -> Response:
        if path != "/":
            return PlainTextResponse("The garage is not open. Try again in a few seconds.", 503)
        if self.opened.done():
            return answer_page("Gemma Garage", BROKEN, status=500)
        refresh = '<meta http-equiv="refresh" content="1">'
        return answer_page("Gemma Garage is opening", OPENING, head=refresh)

    async def _live(self, ended: asyncio.Event) -> None:
        try:
            app = await asyncio.to_thread(asyncio.run, self._build_in_loop())
            async with app.router.lifespan_context(app):
                self._app = app
                self.opened.set_result(None)
                await ended.wait()
        except Exception as error:
            log.exception("the page could not be built or closed")
            if not self.opened.done():
                self.opened.set_exception(error)

    async def _build_in_loop(self) -> Starlette:
        # Gradio makes (and leaks) an event loop of its own where none is running.
        return self._build()
