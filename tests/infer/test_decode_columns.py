"""Several columns from one model: each is what it is alone, batched or in turn."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gemma_garage.errors import Stopped
from gemma_garage.garage import Garage
from gemma_garage.gemma.decode_step import Sampling
from gemma_garage.gemma.turns import encode_prompt
from gemma_garage.infer import decode_columns as decode_module
from gemma_garage.infer.answerers import BASE_NAME, find_answerers
from gemma_garage.infer.decode_columns import Side, decode_columns
from gemma_garage.infer.session import Session, open_answerers

PROMPTS = [
    "How often is the oil changed?",
    "Who?",
    "Which colour has the small valve behind the left cover of the pump house, and why?",
]
GREEDY = Sampling(0.0, 64, 0.95)


def _decode(
    session: Session, sides: list[Side], together: bool, sampling: Sampling = GREEDY, seed: int = 0
) -> list[list[int]]:
    """The lengths after each step."""
    return [
        [len(side.ids) for side in sides]
        for _ in decode_columns(
            session.forward,
            sides,
            device=session.device,
            stop_ids=session.stop_ids,
            pad_id=session.pad_id,
            shares_batch=lambda _: together,
            sampling=sampling,
            seed=seed,
        )
    ]


def _answer_alone(model: object, ids: list[int], room: int) -> list[int]:
    """What transformers itself says."""
    import torch

    out = model.generate(  # type: ignore[attr-defined]
        input_ids=torch.tensor([ids]), max_new_tokens=room, do_sample=False, pad_token_id=0
    )
    return [token for token in out[0, len(ids) :].tolist() if token not in (1, 5)]


@pytest.fixture
def names(add_run: Callable[[int], int]) -> list[str]:
    return [BASE_NAME, *(f"run-{add_run(adapter)}" for adapter in (0, 1))]


@pytest.mark.parametrize("together", [False, True])
def test_each_column_is_what_transformers_says_alone(
    garage: Garage, names: list[str], base_folder: Path, together: bool
) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    plain = AutoModelForCausalLM.from_pretrained(base_folder, dtype=torch.float32)
    with open_answerers(garage, find_answerers(garage, 1, names), "a test") as session:
        prompts = [encode_prompt(session.tokenizer, prompt) for prompt in PROMPTS]
        sides = [Side(name, ids, 24) for name, ids in zip(names, prompts, strict=True)]
        lengths = _decode(session, sides, together)
        for side in sides[1:]:
            with session.use(side.name) as model:
                assert side.ids == _answer_alone(model, list(side.prompt_ids), 24)
    assert sides[0].ids == _answer_alone(plain, prompts[0], 24)
    assert lengths[:4] == [[1, 1, 1], [2, 2, 2], [3, 3, 3], [4, 4, 4]]
    assert all(side.done for side in sides)


@pytest.mark.parametrize("together", [False, True])
def test_the_seed_decides_and_columns_draw_the_same_numbers(
    garage: Garage, names: list[str], together: bool
) -> None:
    def sample(seed: int, together: bool) -> list[list[int]]:
        with open_answerers(garage, find_answerers(garage, 1, names), "a test") as session:
            ids = encode_prompt(session.tokenizer, PROMPTS[0])
            sides = [Side(name, ids, 12) for name in names]
            _decode(session, sides, together, Sampling(1.0, 64, 0.95), seed)
            return [side.ids for side in sides]

    first = sample(1, together)
    assert first == sample(1, False)
    assert first != sample(2, together)


def test_each_column_ends_in_its_own_room(garage: Garage, names: list[str]) -> None:
    with open_answerers(garage, find_answerers(garage, 1, names), "a test") as session:
        ids = encode_prompt(session.tokenizer, PROMPTS[0])
        for together in (False, True):
            sides = [Side(name, ids, room) for name, room in zip(names, (3, 9, 6), strict=True)]
            _decode(session, sides, together)
            assert [len(side.ids) <= side.room for side in sides] == [True] * 3
            assert [side.done for side in sides] == [True] * 3
            assert len(sides[0].ids) == 3


def test_stops_within_a_token(garage: Garage, names: list[str]) -> None:
    with open_answerers(garage, find_answerers(garage, 1, names), "a test") as session:
        sides = [Side(name, encode_prompt(session.tokenizer, "Who?"), 50) for name in names]
        with pytest.raises(Stopped):
            for _ in decode_columns(
                session.forward,
                sides,
                device=session.device,
                stop_ids=session.stop_ids,
                pad_id=session.pad_id,
                shares_batch=lambda _: False,
                sampling=GREEDY,
                should_stop=lambda: len(sides[0].ids) == 2,
            ):
                pass
    assert [len(side.ids) for side in sides] == [2, 1, 1]


def test_the_speed_counts_from_the_first_token_on_and_with_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A model of 8 tokens that takes 10 s to read a prompt and 0.5 s for a token."""
    import torch

    now_s, steps = 0.0, 0

    class Output:
        past_key_values: object = ()

        def __init__(self, rows: int) -> None:
            token = 1 if steps > 5 else 7
            self.logits = torch.nn.functional.one_hot(torch.full((rows, 1), token), 8).float()

    def forward(names: list[str], *, past_key_values: object, **_: object) -> Output:
        nonlocal now_s, steps
        now_s += 10.0 if past_key_values is None else 0.5
        steps += 1
        return Output(len(names))

    monkeypatch.setattr(decode_module.time, "perf_counter", lambda: now_s)
    sides = [Side("base", [2, 3], 24), Side("run-1", [2, 3], 24)]
    for _ in decode_columns(
        forward,
        sides,
        device="cpu",
        stop_ids=[1],
        pad_id=0,
        shares_batch=lambda _: True,
        sampling=GREEDY,
    ):
        pass
    for side in sides:
        assert (len(side.ids), side.first_token_s) == (5, 10.0)
        assert side.tokens_per_second == 2.0  # five computed after the first, in 2.5 s
