"""Out of memory and out of disk: what is done is kept, and the run goes on."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gemma_garage.errors import DiskFull, OutOfMemory
from gemma_garage.train import checkpoints, sft
from gemma_garage.train.checkpoints import last_checkpoint, list_checkpoints, prune_checkpoints
from gemma_garage.train.recovery import halve_batches
from tests.train.small import STEPS, Run, configure


@pytest.mark.parametrize(
    ("before", "after"),
    [((8, 1), (4, 2)), ((3, 2), (1, 6)), ((6, 1), (3, 2)), ((5, 3), (1, 15)), ((2, 200), None)],
)
def test_the_rows_of_an_update_stay_the_same(
    before: tuple[int, int], after: tuple[int, int] | None
) -> None:
    smaller = halve_batches(configure(batch_size=before[0], accumulation=before[1]))
    assert (smaller and (smaller.batch_size, smaller.accumulation)) == after


def test_one_row_at_a_time_is_the_least() -> None:
    assert halve_batches(configure(batch_size=1, accumulation=8)) is None


@pytest.mark.parametrize(
    "raised", [MemoryError(), RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")]
)
def test_out_of_memory_goes_on_with_half_the_rows_and_ends_as_without(
    run: Run, monkeypatch: pytest.MonkeyPatch, raised: Exception
) -> None:
    whole = run("whole", configure(batch_size=2, accumulation=2, dropout=0.0))
    sum_loss, calls = sft.sum_exact_loss, 0

    def fail_once(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 15:  # step 15, behind the checkpoint of step 10
            raise raised
        return sum_loss(*arguments)

    monkeypatch.setattr(sft, "sum_exact_loss", fail_once)
    seen: list[dict[str, Any]] = []
    result = run("short", configure(batch_size=4, accumulation=1, dropout=0.0), events=seen.append)
    (smaller,) = [event for event in seen if event["stage"] == "smaller"]
    assert (smaller["batch_size"], smaller["accumulation"]) == (2, 2)
    assert "out of memory with 4 rows at a time" in smaller["note"]
    assert [event["from_step"] for event in seen if event["stage"] == "resuming"] == [10]
    losses = [event["step"] for event in seen if "loss" in event]
    assert losses == [*range(1, 15), *range(11, STEPS + 1)]
    assert result.adapter is not None and (result.batch_size, result.accumulation) == (2, 2)
    assert result.loss == pytest.approx(whole.loss, abs=1e-3)


def test_out_of_memory_before_a_checkpoint_begins_anew(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    sum_loss = sft.sum_exact_loss

    def refuse_many(causal: Any, states: Any, targets: Any, count: Any) -> Any:
        if len(targets) > 12:
            raise MemoryError
        return sum_loss(causal, states, targets, count)

    monkeypatch.setattr(sft, "sum_exact_loss", refuse_many)
    result = run("short", configure(epochs=1, train_on_text=False))
    assert result.adapter is not None and result.batch_size < 4
    assert result.batch_size * result.accumulation == 4


def test_out_of_memory_with_one_row_is_the_end(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(sft, "sum_exact_loss", refuse)
    with pytest.raises(OutOfMemory, match=r"batch_size 1 .*Lower max_length_tokens"):
        run("never", configure(epochs=1))


def test_a_full_disk_keeps_the_last_checkpoint_and_the_run_goes_on_from_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = configure(save_every_steps=4, epochs=1.5)
    whole = run("whole", config)
    seal = checkpoints.seal_checkpoint

    def fill_up(checkpoint: Path) -> None:
        if checkpoint.name == "checkpoint-8":
            raise OSError(28, "No space left on device")
        seal(checkpoint)

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "seal_checkpoint", fill_up)
        with pytest.raises(DiskFull, match="last whole checkpoint is kept") as caught:
            run("full", config)
    assert caught.value.needed_bytes > 0
    (kept,) = list_checkpoints(tmp_path / "full")  # what was half written is gone
    assert kept.name == "checkpoint-4" and last_checkpoint(tmp_path / "full") == kept
    resumed = run("full", config, resume_from=kept)
    assert resumed.loss == pytest.approx(whole.loss, abs=1e-3)


def test_a_disk_without_room_is_seen_before_anything_is_written(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        checkpoints.shutil, "disk_usage", lambda _: SimpleNamespace(free=60_000_000)
    )
    monkeypatch.setattr(checkpoints, "SPARE_BYTES", 60_000_000)
    with pytest.raises(DiskFull, match="60 MB free, 6"):
        run("full", configure(save_every_steps=4, epochs=1.5))
    assert [folder.name for folder in list_checkpoints(tmp_path / "full")] == ["checkpoint-4"]


def test_the_oldest_go_beyond_the_budget_but_never_the_best(tmp_path: Path) -> None:
    for step in (10, 20, 30, 40):
        folder = tmp_path / "checkpoints" / f"checkpoint-{step}"
        folder.mkdir(parents=True)
        (folder / "weights").write_bytes(b"x" * 1_000)
    gone = prune_checkpoints(tmp_path, budget_bytes=2_500, best=10)
    assert [folder.name for folder in gone] == ["checkpoint-20"]
    assert [folder.name for folder in list_checkpoints(tmp_path)] == [
        "checkpoint-40",
        "checkpoint-30",
        "checkpoint-10",
    ]
    prune_checkpoints(tmp_path, budget_bytes=1, best=10)
    assert [folder.name for folder in list_checkpoints(tmp_path)] == [
        "checkpoint-40",
        "checkpoint-10",
    ]
    shutil.rmtree(tmp_path / "checkpoints")
    assert prune_checkpoints(tmp_path, 1, None) == []
