"""Batched decoding against transformers' own generate."""

import itertools
import random
from typing import Any

import pytest
import torch
from transformers import Gemma3ForCausalLM, Gemma3TextConfig

from gemma_garage.errors import Stopped
from gemma_garage.gemma.decode import generate, stream
from gemma_garage.gemma.decode_step import count_shared
from gemma_garage.gemma.score import extend_prefix, score_continuations


def _make_model(seed: int, window: int) -> Gemma3ForCausalLM:
    torch.manual_seed(seed)
    config = Gemma3TextConfig(
        vocab_size=97,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        query_pre_attn_scalar=16,
        sliding_window=window,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"],
        bos_token_id=2,
        eos_token_id=1,
        pad_token_id=0,
    )
    model = Gemma3ForCausalLM(config).eval()
    with torch.no_grad():  # random weights repeat themselves: make the outcome depend on all input
        for parameter in model.parameters():
            parameter.mul_(4.0)
    return model


def _expect(model: Gemma3ForCausalLM, prompt: list[int], stop_ids: list[int]) -> list[int]:
    ids = torch.tensor([prompt])
    out = model.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=12,
        do_sample=False,
        eos_token_id=stop_ids,
        pad_token_id=0,
    )[0, len(prompt) :].tolist()
    return list(itertools.takewhile(lambda token: token not in stop_ids, out))


def _make_prompts(seed: int, shared: int) -> list[list[int]]:
    rng = random.Random(seed)
    start = [2] + [rng.randrange(3, 97) for _ in range(shared)]
    return [start + [rng.randrange(3, 97) for _ in range(rng.randrange(1, 30))] for _ in range(11)]


def write(model: Any, prompts: Any, **options: Any) -> list[list[int]]:
    return [text.ids for text in generate(model, prompts, **options)]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("window", "shared"), [(8, 0), (8, 40), (512, 40)])
def test_greedy_agrees_with_generate(seed: int, window: int, shared: int) -> None:
    model = _make_model(seed, window)
    prompts = _make_prompts(seed, shared)
    stop_ids = [1, *range(50, 56)]
    found = write(model, prompts, stop_ids=stop_ids, pad_id=0, max_new_tokens=12, batch_size=4)
    assert found == [_expect(model, prompt, stop_ids) for prompt in prompts]
    assert len({tuple(text) for text in found}) > 3


def test_prompt_beyond_the_window_agrees() -> None:
    model = _make_model(5, 16)
    prompts = [[2, *range(3, 3 + size)] for size in (5, 33, 60, 61)]
    found = write(model, prompts, stop_ids=[1], pad_id=0, max_new_tokens=12)
    assert found == [_expect(model, prompt, [1]) for prompt in prompts]


def test_samples_follow_the_seed_and_not_the_batch() -> None:
    model = _make_model(1, 512)
    prompts = _make_prompts(1, 30)
    arguments = {
        "stop_ids": [1],
        "pad_id": 0,
        "max_new_tokens": 8,
        "temperature": 1.0,
        "samples": 3,
    }
    one = write(model, prompts, seed=7, batch_size=5, **arguments)
    assert one == write(model, prompts, seed=7, batch_size=64, **arguments)
    assert one != write(model, prompts, seed=8, batch_size=64, **arguments)
    assert len(one) == 33 and one[0] != one[1]


def test_each_prompt_keeps_to_its_allowed_ids() -> None:
    model = _make_model(2, 512)
    prompts = _make_prompts(2, 0)
    allowed = [list(range(10 + index, 40 + 3 * index)) for index in range(len(prompts))]
    found = write(
        model, prompts, stop_ids=[1], pad_id=0, max_new_tokens=9, allowed_ids=allowed, batch_size=4
    )
    for text, own in zip(found, allowed, strict=True):
        assert set(text) <= set(own) and len(text) == 9


def test_each_copy_goes_on_from_its_given_beginning() -> None:
    model, prompts = _make_model(5, 64), _make_prompts(5, 4)[:3]
    begins = [[11, 12], [13], [1], [], [21, 22, 23], [24]]  # 1 ends nothing where it was given
    found = generate(
        model, prompts, stop_ids=[1], pad_id=0, max_new_tokens=9, samples=2, begins=begins
    )
    for row, (text, begin) in enumerate(zip(found, begins, strict=True)):
        alone = generate(
            model,
            [prompts[row // 2] + begin],
            stop_ids=[1],
            pad_id=0,
            max_new_tokens=9 - len(begin),
        )[0]
        assert text.ids == begin + alone.ids
        assert text.mean == pytest.approx(alone.mean, abs=1e-4)


def test_stop_is_obeyed() -> None:
    model = _make_model(3, 512)
    with pytest.raises(Stopped):
        write(model, [[2, 5]], stop_ids=[1], pad_id=0, max_new_tokens=9, should_stop=lambda: True)


def test_each_text_is_told_when_it_has_ended_so_a_stop_costs_only_the_others() -> None:
    model, prompts = _make_model(3, 512), [[2, 5], [2, 6, 7], [2, 8], [2, 9]]
    free = write(model, prompts, stop_ids=[], pad_id=0, max_new_tokens=9)
    stops = [free[2][3]]  # ends at least the third text early
    whole = write(model, prompts, stop_ids=stops, pad_id=0, max_new_tokens=9)
    told: dict[int, list[int]] = {}
    with pytest.raises(Stopped):
        generate(
            model,
            prompts,
            stop_ids=stops,
            pad_id=0,
            max_new_tokens=9,
            on_text=lambda place, text: told.update({place: text.ids}),
            should_stop=lambda: 2 in told,
        )
    assert 0 < len(told) < 4
    assert all(whole[place] == ids for place, ids in told.items())


def test_a_seed_of_its_own_makes_a_text_the_same_among_others() -> None:
    model, prompts = _make_model(3, 512), [[2, 5], [2, 6, 7], [2, 8]]
    options: dict[str, Any] = {"stop_ids": [1], "pad_id": 0, "max_new_tokens": 9}
    options["temperature"] = 1.0
    whole = write(model, prompts, seed=[7, 8, 9], **options)
    assert write(model, prompts[1:], seed=[8, 9], **options) == whole[1:]
    assert write(model, prompts[1:], seed=[7, 8], **options) != whole[1:]


def test_progress_counts_rows() -> None:
    told: list[tuple[int, int]] = []
    write(
        _make_model(3, 512),
        [[2, 5], [2, 6, 7], [2, 8]],
        stop_ids=[1],
        pad_id=0,
        max_new_tokens=2,
        samples=2,
        batch_size=2,
        on_progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(2, 6), (4, 6), (6, 6)]


def test_empty_prompt_is_refused() -> None:
    with pytest.raises(ValueError, match="bos"):
        write(_make_model(3, 512), [[]], stop_ids=[1], pad_id=0, max_new_tokens=2)


def test_stream_writes_what_generate_writes() -> None:
    class Letters:
        def decode(self, ids: list[int], skip_special_tokens: bool) -> str:
            return "".join(chr(64 + token) for token in ids)

    model = _make_model(4, 8)
    prompt = [2, 9, 11, 30, 31, 7, 60, 61, 62, 63, 64]
    pieces = list(stream(model, Letters(), prompt, stop_ids=[1], max_new_tokens=12))
    expected = write(model, [prompt], stop_ids=[1], pad_id=0, max_new_tokens=12)[0]
    assert "".join(pieces) == "".join(chr(64 + token) for token in expected)
    assert len(pieces) == len(expected)


def test_count_shared_leaves_a_token_and_ignores_little() -> None:
    same = list(range(40))
    assert count_shared([same, same]) == 39
    assert count_shared([[*same, 1], [*same, 2, 3]]) == 40
    assert count_shared([[1, 2, 3], [1, 2, 4]]) == 0


@pytest.mark.parametrize("window", [512, 4])
def test_scores_are_those_of_a_full_pass(window: int) -> None:
    """Also where the beginning is longer than the sliding window."""
    model = _make_model(6, window)
    start, middle = [2, 5, 6, 7, 8], [20, 21]
    rows = [([30, 31], [40, 41, 42]), ([32], [43])]
    prefix = extend_prefix(model, middle, extend_prefix(model, start))
    for score, (context, answer) in zip(
        score_continuations(model, prefix, rows), rows, strict=True
    ):
        ids = torch.tensor([start + middle + context + answer])
        with torch.inference_mode():
            logits = model(ids).logits[0].float().log_softmax(-1)
        at = len(start) + len(middle) + len(context)
        expected = [float(logits[at - 1 + n, token]) for n, token in enumerate(answer)]
        assert score.mean == pytest.approx(sum(expected) / len(expected), abs=1e-3)
        assert score.lowest == pytest.approx(min(expected), abs=1e-3)
