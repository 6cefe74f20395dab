import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gemma_garage.errors import GatedModel, HubError, MachineError, Stopped
from gemma_garage.gemma import obtain
from gemma_garage.gemma.catalogue import find_base
from gemma_garage.gemma.obtain import base_path_if_ready, obtain_base
from gemma_garage.workspace import Workspace
from tests.fakes.fake_hub import FakeHub, FakeRepo, use_fake_hub

BASE = find_base("gemma-3-1b-it")
FILES = {"config.json": b'{"model_type": "gemma3_text"}', "model.safetensors": b"w" * 50_000}


@pytest.fixture
def fake() -> Iterator[FakeHub]:
    with use_fake_hub() as served:
        served.tokens["hf_ada"] = ("ada", "read")
        served.repos[BASE.open_id] = FakeRepo(files=dict(FILES))
        served.repos[BASE.hub_id] = FakeRepo(gated=True, files=dict(FILES))
        yield served


@pytest.fixture
def workspace(home: Path) -> Workspace:
    return Workspace(home)


def test_the_open_copy_is_downloaded_once(fake: FakeHub, workspace: Workspace) -> None:
    assert base_path_if_ready(BASE, workspace) is None
    folder = obtain_base(BASE, workspace)
    assert folder == workspace.model(BASE.id) == base_path_if_ready(BASE, workspace)
    assert {path.name for path in folder.iterdir()} == {*FILES, "source.json"}
    assert json.loads((folder / "source.json").read_text())["repo_id"] == BASE.open_id
    asked = len(fake.requests)
    assert obtain_base(BASE, workspace) == folder and len(fake.requests) == asked


def test_a_download_that_breaks_leaves_nothing_ready_and_goes_on(
    fake: FakeHub, workspace: Workspace
) -> None:
    fake.refuse("resolve/" + "c0ffee00" * 5 + "/model.safetensors", 403)
    with pytest.raises(HubError):
        obtain_base(BASE, workspace)
    assert base_path_if_ready(BASE, workspace) is None
    assert not workspace.model(BASE.id).exists()
    fetched = fake.seen("GET /unsloth/gemma-3-1b-it/resolve/" + "c0ffee00" * 5 + "/config.json")
    fake.refusals.clear()
    folder = obtain_base(BASE, workspace)
    assert (folder / "model.safetensors").read_bytes() == FILES["model.safetensors"]
    again = fake.seen("GET /unsloth/gemma-3-1b-it/resolve/" + "c0ffee00" * 5 + "/config.json")
    assert fetched == again == 1


def test_what_an_earlier_commit_left_is_not_taken_over(fake: FakeHub, workspace: Workspace) -> None:
    fake.repos[BASE.open_id].files["model-00002.safetensors"] = b"old"
    fake.refuse("/model.safetensors", 403)
    with pytest.raises(HubError):
        obtain_base(BASE, workspace)
    fake.refusals.clear()
    del fake.repos[BASE.open_id].files["model-00002.safetensors"]
    folder = obtain_base(BASE, workspace)
    assert {path.name for path in folder.iterdir()} == {*FILES, "source.json"}


def test_a_stop_passes_through(fake: FakeHub, workspace: Workspace) -> None:
    def stop(_part: float, _text: str) -> None:
        raise Stopped("now")

    with pytest.raises(Stopped):
        obtain_base(BASE, workspace, report=stop)
    assert base_path_if_ready(BASE, workspace) is None


def test_without_the_open_copy_the_gated_one_needs_a_token(
    fake: FakeHub, workspace: Workspace
) -> None:
    del fake.repos[BASE.open_id]
    with pytest.raises(GatedModel, match=r"huggingface\.co/google/gemma-3-1b-it"):
        obtain_base(BASE, workspace)
    folder = obtain_base(BASE, workspace, token="hf_ada")
    assert json.loads((folder / "source.json").read_text())["repo_id"] == BASE.hub_id
    assert "hf_ada" not in (folder / "source.json").read_text()


def test_a_full_disk_is_found_before_the_download(
    fake: FakeHub, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(workspace.home.parent)._replace(free=400_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(MachineError, match=r"disk space for Gemma 3 1B.*0\.4 GB free.*0\.5 GB"):
        obtain_base(BASE, workspace)
    assert fake.seen("/resolve/") == 0


def test_two_threads_share_one_download(fake: FakeHub, workspace: Workspace) -> None:
    found: list[Path] = []
    threads = [
        threading.Thread(target=lambda: found.append(obtain_base(BASE, workspace)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [workspace.model(BASE.id)] * 3
    assert fake.seen("GET /unsloth/gemma-3-1b-it/resolve/") == len(FILES)


def test_the_starter_is_prepared_where_models_are(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prepare(folder: Path, report: object = None) -> Path:
        folder.mkdir(parents=True)
        (folder / "config.json").write_text("{}")
        return folder

    monkeypatch.setattr(obtain, "prepare_starter", prepare)
    starter = find_base("gemma-3-270m-starter")
    assert base_path_if_ready(starter, workspace) is None
    assert obtain_base(starter, workspace) == workspace.model(starter.id)
    assert base_path_if_ready(starter, workspace) == workspace.model(starter.id)


def test_a_folder_without_its_proof_is_made_again(fake: FakeHub, workspace: Workspace) -> None:
    folder = workspace.model(BASE.id)
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("half")
    assert base_path_if_ready(BASE, workspace) is None
    assert obtain_base(replace(BASE), workspace) == folder
    assert (folder / "config.json").read_bytes() == FILES["config.json"]
