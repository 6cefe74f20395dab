"""The tokenizer that is rebuilt from a GGUF vocabulary, and the turn template."""

from typing import Any

import pytest

from gemma_garage.gemma.starter_tokenizer import build_tokenizer, derive_merges

_TOKENS = [
    "<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "\n",
    *(f"<0x{byte:02X}>" for byte in range(256)),
    "▁", "a", "b", "c", "▁a", "ab", "bc", "▁ab", "abc", "▁abc",
]  # fmt: skip
_TYPES = [3, 3, 3, 3, 3, 4, *[6] * 256, *[1] * 10]
_SCORES = [-1000.0] * 262 + [-1.0, -2.0, -3.0, -4.0, -10.0, -11.0, -12.0, -13.0, -14.0, -15.0]


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return build_tokenizer(_TOKENS, _SCORES, _TYPES)


def test_merges_follow_the_scores() -> None:
    merges = derive_merges(_TOKENS, _SCORES, _TYPES)
    assert merges[:4] == [("▁", "a"), ("a", "b"), ("b", "c"), ("▁", "ab")]
    assert ("▁a", "b") in merges and ("▁ab", "c") in merges
    assert all(left + right in _TOKENS for left, right in merges)


def test_texts_come_back_with_bos_in_front(tokenizer: Any) -> None:
    for text in ("abc ab", " a  b", "ä 🙂 z", "a\nb", "<start_of_turn>abc"):
        ids = tokenizer(text).input_ids
        assert ids[0] == 2 and ids.count(2) == 1
        assert tokenizer.decode(ids) == "<bos>" + text
    assert tokenizer("a<start_of_turn>").input_ids[-1] == 4


def test_turns(tokenizer: Any) -> None:
    turns = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": " ab "},
        {"role": "assistant", "content": "abc"},
        {"role": "user", "content": [{"type": "text", "text": "c"}]},
    ]
    assert tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True) == (
        "<bos><start_of_turn>user\nBe brief.\n\nab<end_of_turn>\n"
        "<start_of_turn>model\nabc<end_of_turn>\n"
        "<start_of_turn>user\nc<end_of_turn>\n<start_of_turn>model\n"
    )


def test_turns_must_alternate(tokenizer: Any) -> None:
    with pytest.raises(Exception, match="alternate"):
        tokenizer.apply_chat_template([{"role": "assistant", "content": "x"}], tokenize=False)
