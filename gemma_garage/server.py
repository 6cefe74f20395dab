"""One process, one port: the page, TensorBoard, downloads and health, behind one guard.

`build_app` puts the parts together, `serve` runs them. Who may enter is decided in `guard.py`,
where to listen in `address.py`.
"""

import logging
import os
import signal
import socket
import threading
import time
import webbrowser
from collections.abc import Callable
from itertools import chain
from types import FrameType
from typing import TYPE_CHECKING, Any

import uvicorn
from fastapi import FastAPI, Request
from starlette.applications import Starlette
from starlette.responses import (
    FileResponse,
    JSONResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import BaseRoute, Mount, Route

from gemma_garage.address import check_address, listen, wait_for_answer
from gemma_garage.errors import GarageError, MachineError, NotFound
from gemma_garage.garage import Garage
from gemma_garage.guard import HEALTH, SIGN_IN, Guard
from gemma_garage.opening import Page
from gemma_garage.schema import Document, Export, Job, Run
from gemma_garage.settings import Settings
from gemma_garage.signin import SignIn, read_secret
from gemma_garage.tensorboard import PREFIX, TensorBoard
from gemma_garage.workspace import Workspace

if TYPE_CHECKING:
    from gradio import Blocks

log = logging.getLogger(__name__)

GRACE_S = 2  # for answers under way when the server stops
UPLOADS_KEPT_S = 24 * 3600
# A file over the limit is refused by `augment`, by name and beside the others. Gradio's own limit
# refuses all files of a drop with one that is too large, so it only keeps the disk from filling.
UPLOAD_FACTOR = 5
UNTRUSTED = "sandbox; default-src 'none'"  # of a file that a user was given by someone
IN_A_SPACE = "'self' https://huggingface.co https://*.huggingface.co https://*.hf.space"


def build_app(garage: Garage, page: "Blocks | None" = None) -> FastAPI:
    """The whole server as one ASGI app.

    Without `page` the real one is built in a thread once the app runs; `app.state.page.opened`
    tells when. A `page` given (tests) must have been made after `prepare_gradio`.
    """
    settings, workspace = garage.settings, garage.workspace
    prepare_gradio(workspace)
    opening = Page(lambda: _mount_page(garage, page))
    sign_in = _make_sign_in(settings, workspace)

    async def answer_health(_: Request) -> Response:
        opened = opening.opened
        if not opened.done():
            return JSONResponse({"status": "opening"}, 503)
        if opened.exception() is not None:
            return JSONResponse({"status": "broken"}, 500)
        return JSONResponse({"status": "ready"})

    def send_file(request: Request) -> Response:
        return _send_export(garage, request.path_params["export_id"])

    def send_dataset(request: Request) -> Response:
        asked = request.path_params
        return _send_dataset(garage, asked["dataset_id"], asked["name"])

    def send_document(request: Request) -> Response:
        return _send_document(garage, request.path_params["document_id"])

    def send_log(request: Request) -> Response:
        return _send_log(garage, request.path_params["run_id"])

    def send_exam(request: Request) -> Response:
        asked = request.path_params
        return _send_exam(garage, asked["run_id"], asked["form"])

    def send_batch(request: Request) -> Response:
        asked = request.path_params
        return _send_batch(garage, asked["job_id"], asked["form"])

    async def send_font(request: Request) -> Response:
        # TensorBoard's own style asks for them here, whatever its prefix.
        return RedirectResponse(f"..{PREFIX}{request.url.path}", 307)

    async def go_home(_: Request) -> Response:
        return RedirectResponse("./", 303)

    routes: list[BaseRoute] = [
        Route(HEALTH, answer_health),
        Route(SIGN_IN, sign_in.answer if sign_in else go_home, methods=["GET", "POST"]),
        Route("/signout", sign_in.leave if sign_in else go_home, methods=["POST"]),
        Route("/files/{export_id:int}", send_file),
        Route("/files/documents/{document_id:int}", send_document),
        Route("/files/datasets/{dataset_id:int}/{name}", send_dataset),
        Route("/files/runs/{run_id:int}/log.jsonl", send_log),
        Route("/files/runs/{run_id:int}/exam.{form}", send_exam),
        Route("/files/batches/{job_id:int}.{form}", send_batch),
        Mount(PREFIX, TensorBoard(workspace.runs)),
        Route("/font-roboto/{name}", send_font),
        Mount("/", opening),
    ]
    app = FastAPI(
        docs_url=None, redoc_url=None, openapi_url=None, routes=routes, lifespan=opening.lifespan
    )
    app.state.page = opening
    app.add_middleware(
        Guard,
        admits=sign_in.admits if sign_in else None,
        allowed_hosts=settings.allowed_hosts,
        trusted_proxies=settings.trusted_proxies,
        framed_by=_name_framers(settings),
    )
    return app


def prepare_gradio(workspace: Workspace) -> None:
    """Set what Gradio reads from the environment; before it is imported and Blocks are made."""
    os.environ |= {
        "GRADIO_ANALYTICS_ENABLED": "False",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "GRADIO_TEMP_DIR": str(workspace.uploads),
        # Otherwise every queued event is followed by statistics over 10,000 earlier ones.
        "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000",
        "GRADIO_ANALYTICS_MAX_EVENTS": "100",
    }


def serve(
    settings: Settings,
    *,
    open_browser: bool = False,
    say: Callable[[str], None] = log.info,
) -> None:
    """Open the garage and answer at its address until SIGTERM or Ctrl-C; then close it.

    `say` gets the one line "Gemma Garage is ready at …", once that is true. Raises AccessError
    when the address is not allowed or taken. Has to run in the main thread to see the signals.
    """
    check_address(settings)
    listener = listen(settings)
    with listener:
        # Only now: the packages behind the kinds of Job take their time to import.
        from gemma_garage.wiring import open_wired

        garage = open_wired(settings)
        try:
            _forget_old_uploads(garage.workspace)
            _run(garage, listener, open_browser, say)
        finally:
            garage.close()


class _Server(uvicorn.Server):  # type: ignore[misc]  # its types are not followed
    """uvicorn that first ends the page's endless event streams, so that it need not cut them."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.app.state.page.end_streams()
        await super().shutdown(sockets)


def _run(
    garage: Garage, listener: socket.socket, open_browser: bool, say: Callable[[str], None]
) -> None:
    app = build_app(garage)
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
        )
    )
    page: Page = app.state.page
    host, port = listener.getsockname()[:2]

    def announce() -> None:
        if page.opened.exception() is not None:
            server.should_exit = True
        elif not server.should_exit and (url := wait_for_answer(host, port, HEALTH)) is not None:
            say(f"Gemma Garage is ready at {url}")
            if open_browser:
                webbrowser.open(url)

    threading.Thread(target=announce, name="announce", daemon=True).start()
    main_thread = threading.current_thread() is threading.main_thread()
    # uvicorn raises the signal again when it has ended; ours must still close the garage then.
    before = signal.signal(signal.SIGTERM, _interrupt) if main_thread else None
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        log.info("stopping: running jobs get up to 25 s to save their work")
    finally:
        if main_thread:
            signal.signal(signal.SIGTERM, before)
    if page.opened.done():
        page.opened.result()


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def _mount_page(garage: Garage, page: "Blocks | None") -> Starlette:
    import gradio

    options: dict[str, Any] = {}
    if page is None:
        from gemma_garage.ui.shell import build_page, page_options

        page = build_page(garage)
        options = page_options()
    # Else Gradio draws a header that asks other servers for its fonts.
    page.space_id = None
    app = Starlette()
    gradio.mount_gradio_app(
        app,
        page,
        path="/",
        app_kwargs={"openapi_url": None},
        footer_links=[],
        run_history=False,
        allowed_paths=[],
        blocked_paths=[str(path) for path in garage.workspace.private],
        show_error=False,
        max_file_size=f"{UPLOAD_FACTOR * garage.settings.max_upload_mb}mb",
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        **options,
    )
    # Until this is set Gradio copies any file of the server that a request names into its cache
    # and serves it; only `launch`, which we do not use, sets it.
    page.has_launched = True
    mount: Any = app.routes[-1]
    app.state.end_streams = mount.app.stop_event.set
    return app


def _send_export(garage: Garage, export_id: int) -> Response:
    try:
        export = garage.store.get(Export, export_id)
        path = garage.workspace.absolute(export.path) if export.path else None
    except (NotFound, ValueError):
        path = None
    if path is None or not path.is_relative_to(garage.workspace.exports) or not path.is_file():
        return JSONResponse({"detail": f"There is no file of export {export_id}."}, 404)
    return FileResponse(path, filename=path.name, headers={"Cache-Control": "no-store"})


def _send_document(garage: Garage, document_id: int) -> Response:
    """The Document's own file. Whatever it holds, it can do nothing in the page's name."""
    path = None
    try:
        document = garage.store.get(Document, document_id)
        path = garage.workspace.absolute(document.path)
        folder = garage.workspace.document(document_id).resolve()
    except (NotFound, ValueError):
        folder = None
    if path is None or path.parent != folder or not path.is_file():
        return JSONResponse({"detail": f"There is no file of document {document_id}."}, 404)
    is_pdf = document.format == "pdf"
    return FileResponse(
        path,
        media_type="application/pdf" if is_pdf else "application/octet-stream",
        filename=path.name,
        content_disposition_type="inline" if is_pdf else "attachment",
        headers={"Cache-Control": "no-store", "Content-Security-Policy": UNTRUSTED},
    )


def _send_log(garage: Garage, run_id: int) -> Response:
    """The log of a Run, as text that a browser shows or keeps."""
    from gemma_garage.train.logs import NAME

    try:
        run = garage.store.get(Run, run_id)
        path = garage.workspace.run(run.id) / NAME
    except NotFound:
        path = None
    if path is None or path.is_symlink() or not path.is_file():
        return JSONResponse({"detail": f"There is no log of run {run_id}."}, 404)
    return FileResponse(
        path,
        media_type="application/octet-stream",
        filename=f"run-{run.number}-log.jsonl",
        headers={"Cache-Control": "no-store", "Content-Security-Policy": UNTRUSTED},
    )


def _send_exam(garage: Garage, run_id: int, form: str) -> Response:
    """All answers of a Run's exam, made on the spot: as CSV, or as one HTML file to keep."""
    from gemma_garage.infer.report import write_csv, write_html

    writers = {"csv": (write_csv, "text/csv"), "html": (write_html, "text/html")}
    try:
        write, media_type = writers[form]
        text, number = write(garage, run_id), garage.store.get(Run, run_id).number
    except (KeyError, NotFound):
        return JSONResponse({"detail": f"There is no exam.{form} of run {run_id}."}, 404)
    return Response(
        text.encode("utf-8-sig" if form == "csv" else "utf-8"),  # spreadsheets look for the mark
        media_type=media_type,
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="run-{number}-exam.{form}"',
            "Content-Security-Policy": UNTRUSTED,
        },
    )


def _send_batch(garage: Garage, job_id: int, form: str) -> Response:
    """All answers of a batch, written while they are sent."""
    from gemma_garage.infer.batch import KIND
    from gemma_garage.infer.batch_report import write_csv, write_jsonl

    writers = {"csv": (write_csv, "text/csv"), "jsonl": (write_jsonl, "application/x-ndjson")}
    try:
        write, media_type = writers[form]
        job = garage.store.get(Job, job_id)
    except (KeyError, NotFound):
        job = None
    if job is None or job.kind != KIND:
        return JSONResponse({"detail": f"There is no batch {job_id} as {form}."}, 404)
    mark = ["\ufeff"] if form == "csv" else []  # spreadsheets look for it
    return StreamingResponse(
        chain(mark, write(garage.store, job)),
        media_type=media_type,
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="batch-{job_id}.{form}"',
            "Content-Security-Policy": UNTRUSTED,
        },
    )


def _send_dataset(garage: Garage, dataset_id: int, name: str) -> Response:
    # Only now: the server opens before the packages behind its page are imported.
    from gemma_garage.augment.download import pack_dataset

    try:
        path = pack_dataset(garage, dataset_id, name)
    except GarageError as error:
        status = 507 if isinstance(error, MachineError) else 404
        return JSONResponse({"detail": str(error)}, status)
    return FileResponse(path, filename=path.name, headers={"Cache-Control": "no-store"})


def _make_sign_in(settings: Settings, workspace: Workspace) -> SignIn | None:
    if not settings.password:
        return None
    return SignIn(
        settings.password,
        read_secret(workspace),
        cookie=f"gemma-garage-{settings.port}",  # a browser keeps one jar for all ports of a host
        embedded=settings.space_id is not None,
    )


def _name_framers(settings: Settings) -> str | None:
    if settings.space_id:
        return IN_A_SPACE
    return None if settings.allowed_hosts else "'self'"


def _forget_old_uploads(workspace: Workspace) -> None:
    """Delete what Gradio left of a process that was killed; documents were copied long ago."""
    oldest = time.time() - UPLOADS_KEPT_S
    for path in workspace.uploads.rglob("*"):
        if path.is_file() and path.stat().st_mtime < oldest:
            path.unlink()
