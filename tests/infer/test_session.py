"""One base in memory: without its adapter it is the base, with it another model."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gemma_garage.errors import BadInput, Busy, MachineError, ModelError
from gemma_garage.garage import Garage
from gemma_garage.infer import session as session_module
from gemma_garage.infer.answerers import BASE_NAME, find_answerers
from gemma_garage.infer.fingerprint import fingerprint_weights
from gemma_garage.infer.session import Session, open_answerers, open_session
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
            assert model.active_adapters == [f"run-{run_id}"]
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


def test_tells_in_one_sentence_that_an_adapter_is_of_another_base(
    garage: Garage, add_run: Callable[[int], int]
) -> None:
    from safetensors.torch import load_file, save_file

    run_id = add_run(0)
    garage.store.update(Run, run_id, number=41)
    path = garage.workspace.run(run_id) / "adapter" / "adapter_model.safetensors"
    wider = {name: weight.repeat(2, 2) for name, weight in load_file(path).items()}
    save_file(wider, path, metadata={"format": "pt"})
    with pytest.raises(ModelError) as raised, open_session(garage, run_id, "a test"):
        pass
    said = str(raised.value)
    assert said.startswith("The adapter of Run 41 does not fit gemma-3-270m-starter:")
    assert "lora_A" not in said and len(said) < 250


def test_the_fingerprint_follows_the_weights(base_folder: Path) -> None:
    before = fingerprint_weights(base_folder)
    assert fingerprint_weights(base_folder) == before
    weights = base_folder / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert fingerprint_weights(base_folder) != before


def test_whole_model_stands_beside_its_base_and_both_are_asked(
    garage: Garage, whole_run_id: int, run_id: int, base_folder: Path, loads: list[Path]
) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    from gemma_garage.infer.compare import compare
    from gemma_garage.infer.exam import exam_table, register, submit_exam
    from gemma_garage.infer.request import Drawing, Request

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
    request = Request(1, (BASE_NAME, f"run-{whole_run_id}"), "Which oil?", drawing=Drawing(8))
    *_, (base, tuned) = compare(garage, request)
    assert base.done and tuned.done and base.text != tuned.text
    assert loads == [base_folder, folder]

    register(garage)
    garage.jobs.start()
    assert garage.jobs.wait(submit_exam(garage, whole_run_id)).status == "finished"
    answers = exam_table(garage.store, whole_run_id)
    assert answers and all(row.base_answer != row.tuned_answer for row in answers)
    with open_session(garage, run_id, "a test") as session, session.tuned() as model:
        assert f"run-{run_id}" in model.peft_config


def test_off_is_exactly_the_base_with_three_adapters_in_memory(
    garage: Garage, add_run: Callable[[int], int], base_folder: Path, loads: list[Path]
) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    plain = _read_logits(AutoModelForCausalLM.from_pretrained(base_folder, dtype=torch.float32))
    names = [f"run-{add_run(adapter)}" for adapter in (0, 1, 0)]
    asked = find_answerers(garage, 1, [BASE_NAME, *names])
    ids = torch.tensor([[2, 10, 20, 30, 40]])
    with open_answerers(garage, asked, "a test") as session:
        assert list(session.model.peft_config) == names
        told = {}
        for name in (*names, BASE_NAME, *names):
            with session.use(name) as model:
                told[name] = _read_logits(model)
            with torch.inference_mode():
                assert torch.equal(session.forward([name], input_ids=ids).logits, told[name])
            with session.base() as model:
                assert torch.equal(_read_logits(model), plain)
        with torch.inference_mode():
            mixed = session.forward([BASE_NAME, *names], input_ids=ids.repeat(4, 1)).logits
    assert torch.allclose(mixed[0], plain[0], atol=1e-5)
    assert torch.equal(told[names[0]], told[names[2]])  # two copies of one adapter
    assert not torch.allclose(told[names[0]], told[names[1]], atol=1e-2)
    assert len(loads) == 1


def test_an_adapter_that_was_replaced_is_read_anew(
    garage: Garage, add_run: Callable[[int], int], adapters: list[Path], loads: list[Path]
) -> None:
    import shutil

    import torch

    run_id = add_run(0)
    with open_session(garage, run_id, "a test") as session, session.tuned() as model:
        before = _read_logits(model)
    folder = garage.workspace.run(run_id) / "adapter"
    shutil.copytree(adapters[1], folder, dirs_exist_ok=True)
    with open_session(garage, run_id, "a test") as session, session.tuned() as model:
        assert not torch.allclose(_read_logits(model), before, atol=1e-2)
    assert len(loads) == 1


def test_the_adapters_used_longest_ago_leave_when_there_are_too_many(
    garage: Garage, add_run: Callable[[int], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from gemma_garage.infer import loaded

    monkeypatch.setattr(loaded, "MOST_ADAPTERS", 2)
    first, second, third = (add_run(number % 2) for number in range(3))
    for run_id in (first, second, first, third):
        with open_session(garage, run_id, "a test") as session:
            pass
    assert set(session.loaded.adapters) == {f"run-{first}", f"run-{third}"}
    assert set(session.model.peft_config) == {f"run-{first}", f"run-{third}"}


def test_a_whole_model_without_room_is_refused_with_figures(
    garage: Garage, whole_run_id: int, run_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    free_gb = [99.0]
    monkeypatch.setattr(session_module, "measure_free_gb", lambda _: free_gb[0])
    with open_session(garage, whole_run_id, "a test"):
        assert len(garage.occupancy.left) == 2  # the base, and the tuned model
    garage.occupancy.release()
    free_gb[0] = 0.1
    with (
        pytest.raises(MachineError, match=r"about 0\.3 GB, and 0\.1 GB are free"),
        open_session(garage, whole_run_id, "a test"),
    ):
        pass
    with open_session(garage, run_id, "a test"):  # an adapter needs no place of its own
        pass


def test_another_base_pushes_out_the_one_used_longest_ago(
    garage: Garage, whole_run_id: int, run_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_session(garage, whole_run_id, "a test") as session:
        whole = session.wholes[f"run-{whole_run_id}"]
    with open_session(garage, run_id, "a test") as session:
        pass
    free = iter([0.0, 99.0])
    monkeypatch.setattr(session_module, "measure_free_gb", lambda _: next(free))
    other = session_module._fit(session.base_path, session.machine, False)
    assert garage.occupancy.make_room(other)
    assert whole.model is None
    assert session.model is not None
