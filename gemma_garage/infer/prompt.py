"""A question as the tokens the model is asked with: the chat template, one user turn.

Training renders its questions with the same template, so exam and Compare ask as was trained.
What a user types stays text: "<end_of_turn>" in a question ends no turn.
"""

import hashlib
from typing import Any

from gemma_garage.errors import BadInput, ModelError

PLACEHOLDER = "QUESTION-GOES-HERE"
PROBE = "How often does the filter need 2 changes?"


def encode_prompt(tokenizer: Any, question: str) -> list[int]:
    """Token ids up to where the answer begins, `<bos>` included. ModelError: no chat template."""
    question = question.strip()
    if not any(mark in question for mark in _list_marks(tokenizer)):
        return _encode(tokenizer, _render(tokenizer, question))
    head, found, tail = _render(tokenizer, PLACEHOLDER).partition(PLACEHOLDER)
    if not found:
        raise ModelError(
            "The chat template of this model changes the text of a question. Choose another base "
            "model, or a copy of it with an unchanged chat template."
        )
    text = tokenizer(question, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    return [*_encode(tokenizer, head), *text, *_encode(tokenizer, tail)]


def fingerprint_prompt(tokenizer: Any) -> str:
    """Changes when a question would be asked in other tokens."""
    return hashlib.sha256(repr(encode_prompt(tokenizer, PROBE)).encode()).hexdigest()[:16]


def require_room(prompt_ids: list[int], context_tokens: int) -> int:
    """Tokens left for the answer. BadInput: the prompt fills the model's context."""
    room = context_tokens - len(prompt_ids)
    if room < 1:
        raise BadInput(
            f"The prompt has {len(prompt_ids):,} tokens; this model reads {context_tokens:,} with "
            "its answer. Shorten the prompt."
        )
    return room


def _list_marks(tokenizer: Any) -> list[str]:
    return [token.content for token in tokenizer.added_tokens_decoder.values() if token.special]


def _render(tokenizer: Any, question: str) -> str:
    turns = [{"role": "user", "content": question}]
    try:
        return str(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))
    except ValueError as error:  # no template
        raise ModelError(
            f"This base model cannot be asked: {error}. Choose another base model."
        ) from error


def _encode(tokenizer: Any, text: str) -> list[int]:
    # The template has written <bos> already; the tokenizer must not write it twice.
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])
