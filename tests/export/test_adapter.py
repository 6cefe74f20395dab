import json
import shutil
import zipfile
from pathlib import Path

import pytest

from gemma_garage.errors import MachineError, ModelError, Stopped
from gemma_garage.export import adapter
from gemma_garage.export.adapter import pack_adapter, submit_pack
from gemma_garage.garage import Garage
from gemma_garage.schema import Export, Run
from tests.export.garages import add_run
from tests.tiny import write_tiny_gemma


def test_plain_peft_loads_the_zip_and_gives_the_same_logits(
    garage: Garage, tiny_gemma: Path, tmp_path: Path
) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    run = add_run(garage, tiny_gemma)
    export = pack_adapter(garage, run.id)
    assert export.path is not None and run.adapter is not None
    with zipfile.ZipFile(garage.workspace.absolute(export.path)) as archive:
        archive.extractall(tmp_path / "taken")
    ids = torch.tensor([[2, 70, 80, 90, 100]])

    def ask(folder: Path | None) -> torch.Tensor:
        model = AutoModelForCausalLM.from_pretrained(tiny_gemma).eval()
        model = model if folder is None else PeftModel.from_pretrained(model, folder).eval()
        with torch.no_grad():
            return model(ids).logits

    taken = ask(tmp_path / "taken")
    assert torch.equal(taken, ask(garage.workspace.absolute(run.adapter)))
    assert not torch.allclose(taken, ask(None))
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "taken")
    turns = [{"role": "user", "content": "Hello"}]
    text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    assert text == "<bos><start_of_turn>user\nHello<end_of_turn>\n<start_of_turn>model\n"


def test_the_package_holds_what_others_need_and_nothing_of_this_machine(
    garage: Garage, tiny_gemma: Path
) -> None:
    run = add_run(garage, tiny_gemma)
    assert run.adapter is not None
    folder = garage.workspace.absolute(run.adapter)
    described = json.loads((folder / "adapter_config.json").read_text())
    described["base_model_name_or_path"] = str(tiny_gemma)
    (folder / "adapter_config.json").write_text(json.dumps(described))
    (folder / "notes.txt").write_text("private")
    (folder / "README.md").write_text("by PEFT")
    export = pack_adapter(garage, run.id)
    assert export.path is not None
    with zipfile.ZipFile(garage.workspace.absolute(export.path)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert {
        "README.md",
        "LICENSE",
        "NOTICE",
        "adapter_config.json",
        "adapter_model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "chat_template.jinja",
        "exam.json",
        "training.json",
    } <= set(files)
    assert "notes.txt" not in files
    assert json.loads(files["adapter_config.json"])["base_model_name_or_path"] == (
        "google/gemma-3-270m"
    )
    places = [str(garage.workspace.home), str(tiny_gemma), str(tiny_gemma.parent)]
    for name, data in files.items():
        assert not any(place.encode() in data for place in places), name
    assert export.size_bytes == garage.workspace.absolute(export.path).stat().st_size


def test_the_exam_is_in_the_package_question_by_question(garage: Garage, tiny_gemma: Path) -> None:
    export = pack_adapter(garage, add_run(garage, tiny_gemma).id)
    assert export.path is not None
    with zipfile.ZipFile(garage.workspace.absolute(export.path)) as archive:
        exam = json.loads(archive.read("exam.json"))
    assert exam["exam"] == {
        "base": {"correct": 0, "total": 2},
        "tuned": {"correct": 2, "total": 2},
    }
    assert exam["own_questions"]["tuned"] == {"correct": 1, "total": 1}
    assert exam["exam_by_kind"]["unseen"]["tuned"] == {"correct": 0, "total": 1}
    assert exam["questions"][0] == {
        "kind": "paraphrase",
        "question": "Q 0?",
        "expected": "A 0",
        "base": {"answer": "base says", "correct": False},
        "tuned": {"answer": "tuned says", "correct": True},
    }
    assert export.details["exam"] == exam["exam"]


def test_the_card_asks_the_leak_check_of_the_exam(garage: Garage, tiny_gemma: Path) -> None:
    run = add_run(garage, tiny_gemma)
    for rows, own, said in (
        ('{"question": "q 3", "answer": "x"}\n', None, "trained in the same words (1)"),
        ('{"question": "else", "answer": "x"}\n', 1, "No question was trained on"),
        ("{damaged\n", 1, "could not be looked at"),
    ):
        train = garage.workspace.home / "datasets" / "1" / "train.jsonl"
        train.parent.mkdir(parents=True, exist_ok=True)
        train.write_text(rows, encoding="utf-8")
        export = pack_adapter(garage, run.id)
        assert export.path is not None
        with zipfile.ZipFile(garage.workspace.absolute(export.path)) as archive:
            exam = json.loads(archive.read("exam.json"))
            card = archive.read("README.md").decode()
        assert (exam["own_questions"] or {}).get("tuned", {}).get("total") == own
        assert said in card


def test_a_whole_model_is_packed_as_one_and_loads_with_transformers_alone(
    garage: Garage, tiny_gemma: Path, tmp_path: Path
) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    run = add_run(garage, tiny_gemma)
    folder = write_tiny_gemma(garage.workspace.run(run.id) / "model", seed=7)
    stored = garage.workspace.relative(folder)
    garage.store.update(Run, run.id, adapter=stored, config={**run.config, "method": "full"})
    export = pack_adapter(garage, run.id)
    assert export.path is not None
    with zipfile.ZipFile(garage.workspace.absolute(export.path)) as archive:
        archive.extractall(tmp_path / "taken")
    card = (tmp_path / "taken" / "README.md").read_text(encoding="utf-8")
    assert "base_model_relation: finetune" in card and "adapter" not in card
    for name in ("NOTICE", "LICENSE"):
        assert "adapter" not in (tmp_path / "taken" / name).read_text(encoding="utf-8")
    taken = AutoModelForCausalLM.from_pretrained(tmp_path / "taken").state_dict()
    for name, weight in AutoModelForCausalLM.from_pretrained(folder).state_dict().items():
        assert torch.equal(taken[name], weight)
    (folder / "config.json").unlink()
    with pytest.raises(ModelError, match=r"config\.json is missing"):
        pack_adapter(garage, run.id)


def test_packing_twice_gives_one_export_and_the_same_bytes(
    garage: Garage, tiny_gemma: Path
) -> None:
    run = add_run(garage, tiny_gemma)
    first = pack_adapter(garage, run.id)
    assert first.path is not None
    path = garage.workspace.absolute(first.path)
    before = path.read_bytes()
    assert pack_adapter(garage, run.id).id == first.id
    path.unlink()
    assert pack_adapter(garage, run.id).id == first.id
    assert path.read_bytes() == before


def test_a_run_without_an_adapter_says_what_to_do(garage: Garage) -> None:
    run = add_run(garage, None, examined=False)
    with pytest.raises(ModelError, match=r"has no adapter yet.*Train"):
        submit_pack(garage, run.id)
    garage.store.update(Run, run.id, adapter="runs/1/adapter")
    with pytest.raises(ModelError, match=r"adapter_config\.json.*missing"):
        pack_adapter(garage, run.id)


def test_a_stop_leaves_no_zip_and_no_row(garage: Garage, tiny_gemma: Path) -> None:
    run = add_run(garage, tiny_gemma)

    def stop(part: float, _stage: str) -> None:
        if part > 0:
            raise Stopped("now")

    with pytest.raises(Stopped):
        pack_adapter(garage, run.id, stop)
    assert list(garage.workspace.export(run.id).iterdir()) == []
    assert garage.store.exports(1) == []


def test_a_full_disk_is_said_before_the_work(
    garage: Garage, tiny_gemma: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = add_run(garage, tiny_gemma)
    usage = shutil.disk_usage(garage.workspace.home)._replace(free=1_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(MachineError, match="the export of run 1"):
        pack_adapter(garage, run.id)


def test_the_job_gives_the_export(garage: Garage, tiny_gemma: Path) -> None:
    run = add_run(garage, tiny_gemma)
    adapter.register(garage)
    garage.jobs.start()
    job = garage.jobs.wait(submit_pack(garage, run.id), timeout_s=60)
    assert job.status == "finished", job.error
    assert garage.store.get(Export, job.result["export_id"]).run_id == run.id
