"""`train` on a tiny random Gemma: it learns, stops, resumes, survives damage, and loads."""

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.errors import ConfigError, MachineError, NotFound, OutOfMemory, TrainingError
from gemma_garage.gemma.starter import STARTER_ID
from gemma_garage.train import checkpoints
from gemma_garage.train.checkpoints import is_whole, last_checkpoint, list_checkpoints
from gemma_garage.train.trainer import train
from tests.tiny import write_tiny_paraphrases
from tests.train.small import PROCESSOR, STEPS, Run, configure, stop_after


def test_loss_falls_and_every_step_is_an_event(run: Run, tmp_path: Path) -> None:
    seen: list[dict[str, Any]] = []
    result = run("whole", events=seen.append)
    steps = [event for event in seen if "loss" in event]
    losses = [event["loss"] for event in steps]
    assert [event["step"] for event in steps] == list(range(1, STEPS + 1))
    assert sum(losses[-5:]) < 0.97 * sum(losses[:5])  # random weights learn slowly
    assert {"learning_rate", "grad_norm", "tokens_per_second", "eta_s", "elapsed_s", "total"} <= (
        steps[0].keys()
    )
    assert steps[-1]["eta_s"] == 0
    assert {"token_accuracy", "examples_per_second", "steps_per_second"} <= steps[0].keys()
    assert all(0 <= event["token_accuracy"] <= 1 for event in steps)
    told = ("training", "checked", "machine")
    assert [event["stage"] for event in seen if event["stage"] not in told] == [
        "tokenising",
        "tokenised",
        "loading",
        "saving",
        "done",
    ]
    assert not result.stopped and result.steps == STEPS and result.backend == "transformers"
    assert result.loss == losses[-1] and result.eval_loss and math.isfinite(result.eval_loss)
    assert result.tokens_per_second > 0 and result.peak_memory_gb > 0.05
    assert result.versions.keys() == {"torch", "transformers", "trl", "peft", "accelerate"}
    assert list((tmp_path / "whole" / "tensorboard").glob("events.out.tfevents.*"))


def test_adapter_loads_with_plain_peft_and_changes_the_answers(
    run: Run, tiny_gemma: Path, tmp_path: Path
) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    adapter = run("whole").adapter
    assert adapter == tmp_path / "whole" / "adapter"
    saved = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    assert saved["base_model_name_or_path"] == "someone/tiny-gemma"
    tokenizer = AutoTokenizer.from_pretrained(adapter)
    base = AutoModelForCausalLM.from_pretrained(tiny_gemma, dtype=torch.float32)
    ids = torch.tensor([tokenizer("Code of box 3?").input_ids])
    with torch.no_grad():
        before = base(ids).logits
        tuned = PeftModel.from_pretrained(base, adapter)
        after = tuned(ids).logits
    assert (after - before).abs().max() > 0.1
    moved = [value.abs().max() for name, value in tuned.named_parameters() if "lora_B" in name]
    assert len(moved) == 2 * 7 and min(moved) > 0  # two layers, seven matrices each


def test_stop_leaves_a_checkpoint_at_that_step_and_resume_equals_an_uninterrupted_run(
    run: Run, tmp_path: Path
) -> None:
    import torch
    from safetensors.torch import load_file

    whole = run("whole")
    stopped = run("broken", should_stop=stop_after(13))  # in the middle of the second epoch
    assert stopped.stopped and stopped.adapter is None and stopped.steps == 13
    assert not (tmp_path / "broken" / "adapter").exists()
    checkpoint = last_checkpoint(tmp_path / "broken")
    assert checkpoint is not None and checkpoint.name == "checkpoint-13"

    resumed = run("broken", resume_from=checkpoint)
    assert resumed.steps == STEPS and resumed.adapter is not None and whole.adapter is not None
    assert resumed.loss == pytest.approx(whole.loss, abs=1e-3)
    for name, value in load_file(whole.adapter / "adapter_model.safetensors").items():
        other = load_file(resumed.adapter / "adapter_model.safetensors")[name]
        torch.testing.assert_close(other, value, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("damage", ["truncated", "changed", "missing", "unsealed"])
def test_damaged_newest_checkpoint_is_skipped(
    run: Run, tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    run("broken", should_stop=stop_after(13))
    newest, older = list_checkpoints(tmp_path / "broken")
    assert (newest.name, older.name) == ("checkpoint-13", "checkpoint-10")
    file = newest / "optimizer.pt"
    content = bytearray(file.read_bytes())
    if damage == "truncated":
        file.write_bytes(content[: len(content) // 2])
    elif damage == "changed":
        content[len(content) // 2] ^= 0xFF
        file.write_bytes(content)
    elif damage == "missing":
        file.unlink()
    else:
        (newest / "seal.json").unlink()
    assert not is_whole(newest)
    assert last_checkpoint(tmp_path / "broken") == older
    assert "checkpoint-13 is damaged" in caplog.text
    with pytest.raises(NotFound, match="checkpoint-13 is missing or damaged"):
        run("broken", resume_from=newest)


def test_no_checkpoint_is_none(tmp_path: Path) -> None:
    (tmp_path / "checkpoints" / "checkpoint-x").mkdir(parents=True)
    assert last_checkpoint(tmp_path) is None


def test_same_seed_same_adapter_other_seed_another(run: Run) -> None:
    first, again, other = run("a"), run("b"), run("c", configure(seed=1))
    assert first.adapter and again.adapter and other.adapter
    read = [
        (result.adapter / "adapter_model.safetensors").read_bytes()
        for result in (first, again, other)
        if result.adapter
    ]
    assert read[0] == read[1] != read[2]


def test_half_the_depth_trains_the_upper_half_and_resumes_the_same(
    run: Run, tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    half = configure(depth_percent=50, dropout=0.0)
    whole = run("whole", half)
    assert whole.adapter is not None
    names = load_file(whole.adapter / "adapter_model.safetensors")
    assert {name.split(".layers.")[1][0] for name in names} == {"1"}
    run("broken", half, should_stop=stop_after(13))
    checkpoint = last_checkpoint(tmp_path / "broken")
    resumed = run("broken", half, resume_from=checkpoint)
    assert resumed.loss == pytest.approx(whole.loss, abs=1e-3)


def test_layers_that_begin_as_paraphrases_stay_so_where_they_are_not_trained(
    run: Run, tiny_gemma: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    from safetensors.torch import load_file

    from gemma_garage.gemma import paraphrases

    path = write_tiny_paraphrases(tiny_gemma, tmp_path / "paraphrases.safetensors")
    monkeypatch.setattr(paraphrases, "WEIGHTS", path)
    wishes = {"lower_layers": "paraphrases", "rank": 16, "alpha": 32, "dropout": 0.0}
    half = configure(depth_percent=50, **wishes)
    begun = load_file(path)
    name = "base_model.model.model.layers.0.mlp.up_proj.lora_B.weight"
    whole = run("whole", half).adapter
    assert whole is not None
    saved = load_file(whole / "adapter_model.safetensors")
    assert {name.split(".layers.")[1][0] for name in saved} == {"0", "1"}
    assert torch.allclose(saved[name], begun[name].float() / 2)
    run("broken", half, should_stop=stop_after(13))
    resumed = run("broken", half, resume_from=last_checkpoint(tmp_path / "broken")).adapter
    assert resumed is not None
    assert torch.equal(load_file(resumed / "adapter_model.safetensors")[name], saved[name])
    trained = run("all", configure(**wishes)).adapter
    assert trained is not None
    moved = load_file(trained / "adapter_model.safetensors")[name] - begun[name].float() / 2
    assert 0 < float(moved.abs().max())


def test_accumulation_takes_the_same_number_of_updates_from_more_batches(run: Run) -> None:
    result = run("accumulated", configure(batch_size=2, accumulation=2, epochs=1))
    assert result.steps == STEPS // 3


def test_adapter_of_a_known_base_names_it_by_its_public_id(run: Run) -> None:
    adapter = run("known", configure(base_model=STARTER_ID, epochs=0.2)).adapter
    assert adapter is not None
    saved = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    assert saved["base_model_name_or_path"] == "google/gemma-3-270m"


def test_loss_that_is_not_finite_names_the_learning_rate(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gemma_garage.train import sft

    def explode(*_: Any) -> Any:
        import torch

        return torch.tensor(math.nan, requires_grad=True)

    monkeypatch.setattr(sft, "sum_exact_loss", explode)
    with pytest.raises(TrainingError, match=r"nan at step 1.*learning rate is 0\.01"):
        run("nan")


@pytest.mark.parametrize(
    ("raised", "wanted", "message"),
    [
        (OSError(28, "No space left on device"), MachineError, "disk .* is full"),
        (RuntimeError("CUDA out of memory. Tried"), OutOfMemory, "batch_size 1 "),
        (
            RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"),
            OutOfMemory,
            "batch_size 1 ",
        ),
    ],
)
def test_foreign_errors_are_worded(
    run: Run, monkeypatch: pytest.MonkeyPatch, raised: Exception, wanted: Any, message: str
) -> None:
    def fail(checkpoint: Path) -> None:
        raise raised

    monkeypatch.setattr(checkpoints, "seal_checkpoint", fail)
    with pytest.raises(wanted, match=message) as caught:
        run("failing", configure(batch_size=1, accumulation=4))
    assert caught.value.__cause__ is raised


def test_interrupted_save_leaves_the_old_adapter(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = run("twice").adapter
    assert old is not None
    before = (old / "adapter_model.safetensors").read_bytes()
    shutil.rmtree(tmp_path / "twice" / "checkpoints")
    monkeypatch.setattr(Path, "replace", _refuse_adapter(Path.replace))
    with pytest.raises(MachineError):
        run("twice", configure(seed=2))
    assert not old.exists() or (old / "adapter_model.safetensors").read_bytes() == before


def _refuse_adapter(replace: Callable[..., Path]) -> Callable[..., Path]:
    def refuse(self: Path, target: Path) -> Path:
        if self.name == ".adapter":
            raise OSError(28, "No space left on device")
        return replace(self, target)

    return refuse


def test_qlora_without_a_gpu_is_refused(run: Run) -> None:
    with pytest.raises(ConfigError, match=r"method is qlora.*Set method to lora"):
        run("qlora", configure(method="qlora"))


def test_text_alone_can_be_trained(tiny_gemma: Path, dataset: Path, tmp_path: Path) -> None:
    folder = tmp_path / "text-only"
    folder.mkdir()
    shutil.copy(dataset / "text.jsonl", folder)
    result = train(
        configure(epochs=1),
        folder,
        tiny_gemma,
        tmp_path / "out",
        machine=PROCESSOR,
        events=lambda event: None,
        should_stop=lambda: False,
    )
    assert result.steps == 2 and result.eval_loss is None
