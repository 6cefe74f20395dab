"""One base in memory: without its adapter it is the base, with it another model."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gemma_garage.errors import BadInput, Busy, ModelError
from gemma_garage.garage import Garage
from gemma_garage.infer import session as session_module
from gemma_garage.infer.session import Session, fingerprint_base, open_session
from gemma_garage.schema import Run


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The base models that were loaded, in order."""
    real, loaded = session_module.load_model, []

    def load_model(path: Path, **options: object) -> object:
        loaded.append(path)
        return real(path, **options)

    monkeypatch.setattr(session_module, "load_model", load_model)
    return loaded


def _read_logits(model: object) -> object:
    import torch

    with torch.inference_mode():
        return model(input_ids=torch.tensor([[2, 10, 20, 30, 40]])).logits  # type: ignore[operator]


def test_off_is_exactly_the_base_and_on_is_not(
    garage: Garage, run_id: int, base_folder: Path
) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    plain = _read_logits(AutoModelForCausalLM.from_pretrained(base_folder, dtype=torch.float32))
    with open_session(garage, run_id, "a test") as session:
        with session.base() as model:
            off = _read_logits(model)
        with session.tuned() as model:
            on = _read_logits(model)
        with session.base() as model:
            again = _read_logits(model)
    assert torch.equal(off, plain)
    assert torch.equal(again, plain)
    assert not torch.allclose(on, plain, atol=1e-2)


def test_stays_loaded_and_loads_only_the_adapter_of_another_run(
    garage: Garage, add_run: Callable[[int], int], loads: list[Path]
) -> None:
    import torch

    first, second = add_run(0), add_run(1)
    seen = []
    for run_id in (first, first, second, first):
        with open_session(garage, run_id, "a test") as session, session.tuned() as model:
            seen.append(_read_logits(model))
            assert session.run_id == run_id
            assert list(model.peft_config) == [session.adapter_name]
    assert len(loads) == 1
    assert torch.equal(seen[0], seen[1])
    assert torch.equal(seen[0], seen[3])
    assert not torch.allclose(seen[0], seen[2], atol=1e-2)


def test_gives_the_memory_back_to_a_run_and_loads_again_after_it(
    garage: Garage, run_id: int, loads: list[Path]
) -> None:
    with open_session(garage, run_id, "a test") as session:
        assert session.model is not None
    with garage.occupancy.claim("training run 1"):
        assert session.model is None
        with pytest.raises(Busy, match="training run 1"), open_session(garage, run_id, "a test"):
            pass
    with open_session(garage, run_id, "a test"):
        pass
    assert len(loads) == 2


def test_frees_the_model_after_something_unforeseen(
    garage: Garage, run_id: int, loads: list[Path]
) -> None:
    with pytest.raises(ZeroDivisionError), open_session(garage, run_id, "a test") as session:
        raise ZeroDivisionError
    assert session.model is None
    assert garage.occupancy.owner is None


def test_refuses_a_run_without_an_adapter(garage: Garage, run_id: int) -> None:
    garage.store.update(Run, run_id, adapter=None)
    with pytest.raises(BadInput, match="no adapter yet"), open_session(garage, run_id, "a test"):
        pass


def test_explains_a_damaged_adapter(
    garage: Garage, add_run: Callable[[int], int], loads: list[Path]
) -> None:
    good, bad = add_run(0), add_run(1)
    weights = garage.workspace.run(bad) / "adapter" / "adapter_model.safetensors"
    os.truncate(weights, 100)
    for run_id in (bad, good, bad):
        if run_id == good:
            with open_session(garage, good, "a test"):
                pass
            continue
        with (
            pytest.raises(ModelError, match="train the run again"),
            open_session(garage, run_id, "a test"),
        ):
            pass
    with open_session(garage, good, "a test") as session:
        assert isinstance(session, Session)
        assert list(session.model.peft_config) == [f"run-{good}"]


def test_the_fingerprint_follows_the_weights(base_folder: Path) -> None:
    before = fingerprint_base(base_folder)
    assert fingerprint_base(base_folder) == before
    weights = base_folder / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert fingerprint_base(base_folder) != before


def test_whole_model_stands_beside_its_base_and_both_are_asked(
    garage: Garage, whole_run_id: int, run_id: int, base_folder: Path, loads: list[Path]
) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    from gemma_garage.infer.compare import compare
    from gemma_garage.infer.exam import exam_table, register, submit_exam

    folder = garage.workspace.absolute(str(garage.store.get(Run, whole_run_id).adapter))
    plain = [
        _read_logits(AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32))
        for path in (base_folder, folder)
    ]
    with open_session(garage, whole_run_id, "a test") as session:
        with session.base() as model:
            assert torch.equal(_read_logits(model), plain[0])
        with session.tuned() as model:
            assert torch.equal(_read_logits(model), plain[1])
    *_, (base, tuned) = compare(garage, whole_run_id, "Which oil?", max_new_tokens=8)
    assert base.done and tuned.done and base.text != tuned.text
    assert loads == [base_folder, folder]

    register(garage)
    garage.jobs.start()
    assert garage.jobs.wait(submit_exam(garage, whole_run_id)).status == "finished"
    answers = exam_table(garage.store, whole_run_id)
    assert answers and all(row.base_answer != row.tuned_answer for row in answers)
    with open_session(garage, run_id, "a test") as session, session.tuned() as model:
        assert session.adapter_name in model.peft_config
