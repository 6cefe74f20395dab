"""Questions and answers as tokens: the tokenizer's chat template, one user turn, one answer.

Training, exam and Compare all encode here, so what is asked is what was trained. What a user or a
document says stays text: "<end_of_turn>" in a question ends no turn.
"""

import hashlib
from typing import Any
from weakref import WeakKeyDictionary

from gemma_garage.errors import BadInput, ModelError

PLACEHOLDER, ANSWER_PLACEHOLDER = "QUESTION-GOES-HERE", "ANSWER-GOES-HERE"
_marks: WeakKeyDictionary[Any, list[str]] = WeakKeyDictionary()
PROBE = "How often does the filter need 2 changes?"


def encode_prompt(tokenizer: Any, question: str) -> list[int]:
    """Token ids up to where the answer begins, `<bos>` included. ModelError: no chat template."""
    return _encode_around(tokenizer, _render(tokenizer, _ask(question)), question.strip())


def encode_answer(tokenizer: Any, question: str, answer: str) -> tuple[list[int], list[int]]:
    """The prompt's ids, as `encode_prompt` gives them, and those of the answer with what closes
    its turn: what is masked and what is trained. ModelError: the template hides the answer.

    Prompt and answer are encoded apart, as they are when the model is asked. Some Gemma 4
    templates put an empty thought between them that a finished conversation does not show.
    """
    asked = _ask(PLACEHOLDER)
    prompt = _render(tokenizer, asked)
    told = [*asked, {"role": "assistant", "content": ANSWER_PLACEHOLDER}]
    whole = _render(tokenizer, told, ask=False)
    head, found, closing = whole.rpartition(ANSWER_PLACEHOLDER)
    if not found or not (prompt.startswith(head) or head.startswith(prompt)):
        raise ModelError(
            "The chat template of this model puts something before an answer that was not in the "
            "question's prompt, so answers cannot be told from prompts. Choose another base "
            "model, or a copy of it with an unchanged chat template."
        )
    opening = head.removeprefix(prompt) if head.startswith(prompt) else ""
    rendered = opening + answer.strip() + closing
    return encode_prompt(tokenizer, question), _encode_around(tokenizer, rendered, answer.strip())


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
    # Gemma has thousands of added tokens, and this is asked for every row.
    if tokenizer not in _marks:
        added = tokenizer.added_tokens_decoder.values()
        _marks[tokenizer] = [token.content for token in added if token.special]
    return _marks[tokenizer]


def _encode_around(tokenizer: Any, rendered: str, text: str) -> list[int]:
    """Encode `rendered`, where `text` stands for itself also if it looks like control tokens."""
    if not any(mark in text for mark in _list_marks(tokenizer)):
        return _encode(tokenizer, rendered)
    head, found, tail = rendered.partition(text)
    if not found:
        raise ModelError(
            "The chat template of this model changes the text of a turn. Choose another base "
            "model, or a copy of it with an unchanged chat template."
        )
    plain = tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    return [*_encode(tokenizer, head), *plain, *_encode(tokenizer, tail)]


def _ask(question: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": question}]


def _render(tokenizer: Any, turns: list[dict[str, str]], *, ask: bool = True) -> str:
    try:
        rendered = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=ask)
    except ValueError as error:  # no template
        raise ModelError(
            f"This base model cannot be asked: {error}. Choose another base model."
        ) from error
    return str(rendered)


def _encode(tokenizer: Any, text: str) -> list[int]:
    # The template has written <bos> already; the tokenizer must not write it twice.
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])
