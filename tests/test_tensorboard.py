"""TensorBoard inside the server: later, at its prefix, over the runs of the home."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from gemma_garage.tensorboard import PREFIX, TensorBoard
from tests.serving import QUIET_TENSORBOARD, make_client

pytestmark = pytest.mark.filterwarnings(QUIET_TENSORBOARD)


@pytest.fixture
def board(tmp_path: Path) -> TestClient:
    return make_client(Starlette(routes=[Mount(PREFIX, TensorBoard(tmp_path))]))


def write_run(folder: Path, name: str) -> None:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(folder / name / "tensorboard"))
    for step in range(3):
        value = Summary.Value(tag="train/loss", simple_value=3.0 - step)
        writer.add_event(Event(wall_time=step, step=step, summary=Summary(value=[value])))
    writer.close()


def test_it_shows_the_runs_of_the_home(board: TestClient, tmp_path: Path) -> None:
    write_run(tmp_path, "7")
    page = board.get("/tensorboard/")
    assert page.status_code == 200 and "<title>TensorBoard" in page.text
    deadline = time.monotonic() + 60
    runs: list[str] = []
    while not runs and time.monotonic() < deadline:
        runs = board.get("/tensorboard/data/runs").json()
        time.sleep(0.1)
    assert runs == ["7/tensorboard"]
    points = board.get(
        "/tensorboard/data/plugin/scalars/scalars",
        params={"run": "7/tensorboard", "tag": "train/loss"},
    ).json()
    assert [point[1:] for point in points] == [[0, 3.0], [1, 2.0], [2, 1.0]]


def test_without_its_slash_it_leads_to_itself(board: TestClient) -> None:
    response = board.get("/tensorboard")
    assert response.is_redirect
    assert response.headers["location"].endswith("/tensorboard/")


def test_plugins_that_open_other_files_are_not_there(board: TestClient) -> None:
    plugins = board.get("/tensorboard/data/plugins_listing").json()
    assert set(plugins) == {"scalars", "text", "timeseries", "hparams"}
    assert board.get("/tensorboard/data/plugin/projector/runs").status_code == 404


def test_it_is_imported_on_the_first_request_only() -> None:
    code = (
        "import sys; from pathlib import Path; import gemma_garage.server as server;"
        "server.TensorBoard(Path('.'));"
        "heavy = {'tensorboard.program', 'gradio', 'torch', 'transformers', 'google.genai',"
        " 'openai', 'huggingface_hub', 'pandas'} & set(sys.modules);"
        "sys.exit(', '.join(sorted(heavy)) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
