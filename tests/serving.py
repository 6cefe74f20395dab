"""Apps for the tests of the server: a small page that takes files, behind the real guard."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from gemma_garage.garage import Garage, open_garage
from gemma_garage.server import build_app, prepare_gradio
from gemma_garage.settings import read_settings

ADDRESS = "http://127.0.0.1:7860"
# TensorBoard carries its own copy of bleach.
QUIET_TENSORBOARD = "ignore:html5lib's sanitizer is deprecated:DeprecationWarning"
PASSWORD = "correct horse battery"


def open_home(home: Path, **environment: str) -> Garage:
    return open_garage(read_settings({"GEMMA_GARAGE_HOME": str(home), **environment}))


def build_small_page(garage: Garage) -> Any:
    """Every kind of input that carries files; each handler hands back what it got."""
    prepare_gradio(garage.workspace)

    async def build() -> Any:  # Gradio leaks an event loop where none is running
        return _build_blocks()

    return asyncio.run(build())


def _build_blocks() -> Any:
    import gradio as gr

    with gr.Blocks() as page:
        answer = gr.Textbox()
        state = gr.State(0)
        for number, source in enumerate(
            [
                gr.File(),
                gr.File(file_count="multiple"),
                gr.UploadButton(),
                gr.Image(type="filepath"),
                gr.MultimodalTextbox(),
                gr.Chatbot(),
                gr.Gallery(),
                gr.JSON(),
                gr.HTML(),
            ]
        ):
            event = gr.Button().click
            event(str, source, answer, api_name=f"take_{number}", queue=False)
            event(lambda x: x, source, gr.File(), api_name=f"give_{number}", queue=False)
        gr.Button().click(lambda x: x, state, state)
    return page


@contextmanager
def run_app(garage: Garage, *, real_page: bool = False) -> Iterator[tuple[FastAPI, TestClient]]:
    """The app with its page (a small one, or the real one), and a client on this machine."""
    with pytest.MonkeyPatch.context() as patch:
        # `prepare_gradio` sets these; the next app gets its own.
        for name in ("GRADIO_TEMP_DIR", "GRADIO_ANALYTICS_MAX_EVENTS"):
            patch.setenv(name, "")
        app = build_app(garage, None if real_page else build_small_page(garage))
        with make_client(app) as client:
            app.state.page.opened.result(timeout=60)
            yield app, client


def make_client(app: Any, address: str = ADDRESS, client: str = "127.0.0.1") -> TestClient:
    return TestClient(app, base_url=address, client=(client, 50_000), follow_redirects=False)


def list_routes(app: Any) -> set[tuple[str, str]]:
    """(method, path) of all routes below an app, path parameters filled in."""
    found: set[tuple[str, str]] = set()
    for route in getattr(app, "routes", []):
        inner = getattr(route, "app", None) or getattr(route, "original_router", None)
        built = getattr(inner, "_app", None)
        if hasattr(inner, "routes"):
            prefix = getattr(route, "path", "")
            found |= {(method, prefix + path) for method, path in list_routes(inner)}
        elif built is not None:
            found |= list_routes(built)
        if isinstance(path := getattr(route, "path", None), str) and path:
            for method in getattr(route, "methods", None) or {"GET"}:
                found.add((method, re.sub(r"{[^}]*}", "1", path)))
    return found
