"""TensorBoard over all runs, inside this server: a WSGI app that loads on its first request.

It has no sign-in of its own; `guard.py` stands in front of it.
"""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from a2wsgi import WSGIMiddleware
from starlette.types import Receive, Scope, Send

PREFIX = "/tensorboard"
RELOAD_EVERY_S = 5


class TensorBoard:
    """The ASGI app to mount at `PREFIX`. Importing TensorBoard takes seconds and 60 MB: later."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._wsgi: Callable[..., Iterable[bytes]] | None = None
        self._asgi: Any = WSGIMiddleware(self._answer, workers=4)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # TensorBoard is told its prefix and wants to see whole paths.
        await self._asgi({**scope, "root_path": ""}, receive, send)

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        with self._lock:
            if self._wsgi is None:
                self._wsgi = _load(self._folder)
        return self._wsgi(environ, start)


def _load(folder: Path) -> Callable[..., Iterable[bytes]]:
    from tensorboard.backend import application
    from tensorboard.backend.event_processing.data_ingester import LocalDataIngester
    from tensorboard.plugins.core.core_plugin import CorePluginLoader
    from tensorboard.plugins.hparams.hparams_plugin import HParamsPlugin
    from tensorboard.plugins.metrics.metrics_plugin import MetricsPlugin
    from tensorboard.plugins.scalar.scalars_plugin import ScalarsPlugin
    from tensorboard.plugins.text.text_plugin import TextPlugin
    from tensorboard.program import TensorBoard as Program

    # Only what a training run writes: other plugins open files that the log names.
    plugins = [CorePluginLoader(), MetricsPlugin, ScalarsPlugin, TextPlugin, HParamsPlugin]
    program = Program(plugins=plugins)
    program.configure(
        argv=[
            "tensorboard",
            f"--logdir={folder}",
            f"--path_prefix={PREFIX}",
            f"--reload_interval={RELOAD_EVERY_S}",
            "--load_fast=false",
        ]
    )
    ingester = LocalDataIngester(program.flags)
    ingester.start()  # a daemon thread that reads what the runs append
    app: Callable[..., Iterable[bytes]] = application.TensorBoardWSGIApp(
        program.flags,
        program.plugin_loaders,
        ingester.data_provider,
        program.assets_zip_provider,
        ingester.deprecated_multiplexer,
    )
    return app
