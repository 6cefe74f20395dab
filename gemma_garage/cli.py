"""The `gemma-garage` command. One JSON document on stdout with --json; all else on stderr.

Exit 0: all that was asked for is done. 1: the work failed, with a message. 2: the call was wrong.
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from gemma_garage import __version__
from gemma_garage.commands import compare, datasets, exam, generate, ingest, runs, train
from gemma_garage.commands.terminal import read_home, say
from gemma_garage.errors import GarageError
from gemma_garage.log_lines import JsonLines


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    options = _parser().parse_args(arguments)
    _start_logging(options)
    if options.run is not _serve and not options.verbose:
        # What a Job failed with is said by the command that waited for it.
        logging.getLogger("gemma_garage.jobs").setLevel(logging.CRITICAL)
    # Nothing of ours phones home; the libraries are told so before they are imported.
    for name in ("HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
        os.environ.setdefault(name, "1")
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    # Their progress bars are ours to draw, and stderr is for a person.
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    try:
        code: int = options.run(options)
    except GarageError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("Stopped.")
        return 1
    return code


def _start_logging(options: argparse.Namespace) -> None:
    """Words on stderr; or, where the environment asks for it, JSON lines for a collector of logs:
    on stdout while the page is served, else on stderr, as a command's answer has stdout."""
    as_json = os.environ.get("GEMMA_GARAGE_LOG_JSON", "") not in ("", "0")
    serving = options.run is _serve
    handler = logging.StreamHandler(sys.stdout if as_json and serving else sys.stderr)
    words = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(JsonLines() if as_json else words)
    level = logging.INFO if options.verbose or as_json else logging.WARNING
    logging.basicConfig(level=level, handlers=[handler])


def _serve(options: argparse.Namespace) -> int:
    from gemma_garage.server import serve

    serve(read_home(options, host=options.host, port=options.port), say=say)
    return 0


def _demo(options: argparse.Namespace) -> int:
    from gemma_garage.demo import run_demo
    from gemma_garage.gemma.starter import GEMMA_TERMS
    from gemma_garage.wiring import open_wired

    for path in [*options.files, *([options.questions] if options.questions else [])]:
        if not path.is_file():
            say(f"There is no file {path}. Check the name.")
            return 2
    garage = open_wired(read_home(options))
    try:
        say(GEMMA_TERMS)
        result = run_demo(
            garage,
            options.files,
            say,
            questions=options.questions,
            base_id=options.base,
            effort=options.effort,
        )
    finally:
        garage.close()
    if options.json:
        sys.stdout.write(result.as_json() + "\n")
    return 1 if result.failed else 0


def _starter(options: argparse.Namespace) -> int:
    from gemma_garage.gemma.starter import GEMMA_TERMS, STARTER_ID, prepare_starter
    from gemma_garage.workspace import Workspace

    say(GEMMA_TERMS)
    folder = options.to or Workspace(read_home(options).home).model(STARTER_ID)
    sys.stdout.write(f"{prepare_starter(folder)}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--home", type=Path, metavar="FOLDER", help="where everything is kept (~/.gemma-garage)"
    )
    shared.add_argument("--verbose", action="store_true", help="log what happens, on stderr")
    parser = argparse.ArgumentParser(
        prog="gemma-garage",
        description="From documents to a Gemma of your own, with proof, on your machine.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", parents=[shared], help="start the page")
    serve.add_argument("--host", help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", type=int, help="port to listen on (7860)")
    serve.set_defaults(run=_serve)

    demo = commands.add_parser(
        "demo",
        parents=[shared],
        help="documents to a tuned and examined Gemma, without the page",
        description="Without FILE, a sample manual that ships with the project is used.",
    )
    demo.add_argument("files", nargs="*", type=Path, metavar="FILE")
    demo.add_argument(
        "--questions",
        type=Path,
        metavar="FILE",
        help="your own exam questions: JSONL or CSV with question and answer",
    )
    demo.add_argument("--base", metavar="ID", help="base model (the best that fits this machine)")
    demo.add_argument("--effort", choices=("quick", "balanced", "thorough"), default="balanced")
    demo.add_argument("--json", action="store_true", help="print the result as one JSON document")
    demo.set_defaults(run=_demo)

    for module in (ingest, generate, datasets, train, exam, compare, runs):
        module.add_parser(commands, shared)

    starter = commands.add_parser(
        "starter", parents=[shared], help="convert the starter model and print its folder"
    )
    starter.add_argument("--to", type=Path, metavar="FOLDER", help="put it there instead")
    starter.set_defaults(run=_starter)
    return parser


if __name__ == "__main__":
    sys.exit(main())
