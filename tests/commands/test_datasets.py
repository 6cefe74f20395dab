"""`gemma-garage datasets …`: the same functions as the tab, held against what the tab gives."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.augment.card import describe_dataset
from gemma_garage.augment.dataset import freeze
from gemma_garage.augment.diff import compare_datasets
from gemma_garage.augment.download import FORMS, pack_dataset
from gemma_garage.augment.export_rows import SHAPES
from gemma_garage.cli import main
from gemma_garage.commands import datasets
from gemma_garage.garage import Garage, open_garage
from gemma_garage.settings import read_settings
from tests.augment.test_dataset import fill
from tests.fakes.fake_hub import use_fake_hub

# The client's own LFS upload hands httpx its bytes in a way that httpx has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")


@pytest.fixture
def filled(home: Path) -> Iterator[Garage]:
    """Held open, and by a process with Jobs: these commands must not mind."""
    garage = open_garage(read_settings({"GEMMA_GARAGE_HOME": str(home)}), exclusive=True)
    fill(garage, chunks=10, facts=4, wordings=4)
    yield garage
    garage.close()


@pytest.fixture
def call(home: Path, filled: Garage, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(verb: str, *more: str) -> tuple[int, Any, str]:
        code = main(["datasets", verb, "--home", str(home), "--json", *more])
        told = capsys.readouterr()
        return code, json.loads(told.out) if told.out else None, told.err

    return run


def test_the_forms_and_shapes_are_those_of_the_tab() -> None:
    assert datasets.FORMS == FORMS
    assert datasets.SHAPES == SHAPES


def test_freezing_and_listing(call: Any, filled: Garage) -> None:
    assert call("list")[:2] == (0, {"datasets": []})
    code, told, err = call("freeze", "--hold-back", "0.1", "--seed", "3")
    assert code == 0 and "Version 1" in err
    (stored,) = filled.store.datasets(1)
    assert told == datasets.describe_version(stored)
    assert told["settings"]["unseen_share"] == 0.1 and told["counts"]["unseen"] > 0
    assert call("list")[1] == {"datasets": [told]}
    code, told, err = call("freeze", "--exam-share", "2")
    assert (code, told) == (1, None) and "must lie between 0 and 0.5" in err


def test_exported_files_are_those_of_the_tabs_download(
    call: Any, filled: Garage, tmp_path: Path
) -> None:
    dataset = freeze(filled, 1)
    wish = ("--format", "csv", "--shape", "question-answer")
    code, told, _ = call("export", "--to", str(tmp_path), *wish)
    assert code == 0
    with zipfile.ZipFile(pack_dataset(filled, dataset.id, "question-answer.csv")) as archive:
        assert len(archive.namelist()) == 2
        for file in told["files"]:
            path = Path(file["path"])
            assert archive.read(path.name) == path.read_bytes()
    assert [file["rows"] for file in told["files"]] == [128, 32]


def test_card_and_diff_are_those_of_the_tab(call: Any, filled: Garage) -> None:
    one = freeze(filled, 1)
    filled.store.edit_example(1, answer="another answer")
    two = freeze(filled, 1)
    assert call("card", "--version", "1")[1] == _as_json(
        describe_dataset(filled, 1, one.id).as_dict()
    )
    told = call("diff", "1", "2")[1]
    assert told == _as_json(compare_datasets(filled, one.id, two.id).as_dict())
    assert len(told["changed"]) == 1
    code, told, err = call("diff", "1", "9")
    assert (code, told) == (1, None) and "there are: 2, 1" in err


def test_a_push_needs_a_token_and_gives_the_address(
    call: Any, filled: Garage, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(filled, 1)
    wish = ("--repo", "pump-qa", "--licence", "mit")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    code, told, err = call("push", *wish)
    assert (code, told) == (1, None) and "needs a Hugging Face token" in err
    with use_fake_hub() as fake:
        fake.tokens["hf_writes"] = ("ada", "write")
        monkeypatch.setenv("HF_TOKEN", "hf_writes")
        code, told, err = call("push", *wish)
        assert code == 0, err
        assert told["url"] == f"{fake.url}/datasets/ada/pump-qa" and told["private"]
        assert fake.repos["datasets/ada/pump-qa"].private
        code, told, err = call("push", *wish)
        assert (code, told) == (1, None) and "ada/pump-qa exists" in err
        assert "hf_writes" not in err


def _as_json(value: Any) -> Any:
    return json.loads(json.dumps(value))
