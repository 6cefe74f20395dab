"""What the preview shows is what the tokenizer renders, character for character."""

from pathlib import Path

import pytest

from gemma_garage.errors import ModelError
from gemma_garage.gemma.template import ShippedTemplate
from gemma_garage.gemma.turns import encode_answer, render_answer

TALK = [
    {"role": "system", "content": "Be brief.  "},
    {"role": "user", "content": " Hi {{ you }}"},
    {"role": "assistant", "content": "Ho\n"},
    {"role": "user", "content": "How hot?"},
]


def test_the_shipped_template_renders_as_the_tokenizer_does(tiny_gemma: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_gemma)
    for turns in (TALK, TALK[1:2], [*TALK, {"role": "assistant", "content": "90 °C"}]):
        for ask in (True, False):
            wanted = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=ask)
            shown = ShippedTemplate().apply_chat_template(turns, add_generation_prompt=ask)
            assert shown == wanted


def test_a_row_is_rendered_as_it_is_encoded(tiny_gemma: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_gemma)
    prompt, answer = render_answer(ShippedTemplate(), "How hot?", " 90 °C ", TALK[:3])
    prompt_ids, answer_ids = encode_answer(tokenizer, "How hot?", " 90 °C ", TALK[:3])
    assert tokenizer.decode(prompt_ids) == prompt
    assert tokenizer.decode(answer_ids) == answer == "90 °C<end_of_turn>\n"


def test_a_tokenizer_is_not_pretended() -> None:
    with pytest.raises(ValueError, match="no tokenizer"):
        ShippedTemplate().apply_chat_template(TALK, tokenize=True)
    with pytest.raises(ModelError, match="cannot be asked"):
        render_answer(_Refusing(), "a", "b")


class _Refusing:
    def apply_chat_template(self, *_: object, **__: object) -> str:
        raise ValueError("no template")
