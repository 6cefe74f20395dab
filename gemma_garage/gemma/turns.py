"""Questions and answers as tokens: the tokenizer's chat template, a user's turn, its answer.

Training, exam and Compare all encode here, so what is asked is what was trained. Earlier turns of
a conversation may stand before the question. What a user or a document says stays text:
"<end_of_turn>" in a question ends no turn.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from gemma_garage.errors import BadInput, ModelError

PLACEHOLDER, ANSWER_PLACEHOLDER = "QUESTION-GOES-HERE", "ANSWER-GOES-HERE"
_marks: WeakKeyDictionary[Any, list[str]] = WeakKeyDictionary()
PROBE = "How often does the filter need 2 changes?"
END_OF_TURN = ("<end_of_turn>", "<turn|>")
ROLES = {"user": "user", "assistant": "assistant", "model": "assistant", "system": "system"}

Turns = Sequence[Mapping[str, Any]]  # chat messages: {"role", "content"}


def check_turns(turns: Turns) -> list[dict[str, str]]:
    """The turns before a question as every chat template takes them.

    Each is `{"role", "content"}`; user and assistant alternate, the user begins, the assistant has
    the last word; one system turn may lead. BadInput: they do not.
    """
    told = []
    for turn in turns:
        role, content = ROLES.get(str(turn.get("role"))), turn.get("content")
        if role is None or not isinstance(content, str) or not content.strip():
            raise BadInput(
                f"A turn of the conversation is {str(dict(turn))[:120]}; it needs a role (user, "
                "assistant or system) and a text as content. Correct or reject the example."
            )
        told.append({"role": role, "content": content})
    roles = [turn["role"] for turn in told]
    heard = roles[1:] if roles[:1] == ["system"] else roles
    if heard != ["user", "assistant"] * (len(heard) // 2):
        raise BadInput(
            f"The turns before the question are {', '.join(roles)}; user and assistant must take "
            "turns, the user first and the assistant last. Correct or reject the example."
        )
    return told


def encode_prompt(tokenizer: Any, question: str, turns: Turns = ()) -> list[int]:
    """Token ids up to where the answer begins, `<bos>` included.

    `turns`: what was said before. ModelError: no chat template; BadInput: see `check_turns`.
    """
    told = [*check_turns(turns), *_ask(question)]
    texts = [turn["content"].strip() for turn in told]
    if not any(_has_mark(tokenizer, text) for text in texts):
        return _encode(tokenizer, _render(tokenizer, told))
    places = [f"TURN-{number}-GOES-HERE" for number in range(len(told))]
    rest = _render(
        tokenizer,
        [{**turn, "content": place} for turn, place in zip(told, places, strict=True)],
    )
    ids: list[int] = []
    for place, text in zip(places, texts, strict=True):
        head, found, rest = rest.partition(place)
        if not found:
            raise ModelError(
                "The chat template of this model changes the text of a turn. Choose another base "
                "model, or a copy of it with an unchanged chat template."
            )
        ids += [*_encode(tokenizer, head), *_encode_plain(tokenizer, text)]
    return [*ids, *_encode(tokenizer, rest)]


def encode_answer(
    tokenizer: Any, question: str, answer: str, turns: Turns = ()
) -> tuple[list[int], list[int]]:
    """The prompt's ids, as `encode_prompt` gives them, and those of the answer with what closes
    its turn: what is masked and what is trained. Earlier answers in `turns` are masked too.

    Prompt and answer are encoded apart, as they are when the model is asked. Some Gemma 4
    templates put an empty thought between them that a finished conversation does not show.
    ModelError: the template hides the answer; BadInput: see `check_turns`.
    """
    opening, closing = _find_frame(tokenizer, check_turns(turns))
    text = answer.strip()
    prompt_ids = encode_prompt(tokenizer, question, turns)
    if not _has_mark(tokenizer, text):
        return prompt_ids, _encode(tokenizer, opening + text + closing)
    answer_ids = [*_encode(tokenizer, opening), *_encode_plain(tokenizer, text)]
    return prompt_ids, [*answer_ids, *_encode(tokenizer, closing)]


def render_answer(tokenizer: Any, question: str, answer: str, turns: Turns = ()) -> tuple[str, str]:
    """Prompt and answer as text, as `encode_answer` encodes them: to show a row before training.

    `tokenizer`: anything with its `apply_chat_template`. ModelError, BadInput: as `encode_answer`.
    """
    told = check_turns(turns)
    opening, closing = _find_frame(tokenizer, told)
    return _render(tokenizer, [*told, *_ask(question)]), opening + answer.strip() + closing


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


def list_stop_ids(model: Any, tokenizer: Any) -> list[int]:
    """What ends an answer: the model's own end tokens and the end of a turn."""
    ends = model.generation_config.eos_token_id
    known = {*(ends if isinstance(ends, list) else [ends]), tokenizer.eos_token_id}
    for mark in END_OF_TURN:  # the whole vocabulary would take a quarter of a second
        token = tokenizer.convert_tokens_to_ids(mark)
        if token is not None and tokenizer.convert_ids_to_tokens(token) == mark:
            known.add(token)
    return sorted(token for token in known if token is not None)


def _find_frame(tokenizer: Any, turns: list[dict[str, str]]) -> tuple[str, str]:
    """What stands between a prompt and its answer, and what closes the answer's turn."""
    asked = [*turns, *_ask(PLACEHOLDER)]
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
    return opening, closing


def _has_mark(tokenizer: Any, text: str) -> bool:
    """Does the text hold what the tokenizer would read as a control token?"""
    # Gemma has thousands of added tokens, and this is asked for every row.
    if tokenizer not in _marks:
        added = tokenizer.added_tokens_decoder.values()
        _marks[tokenizer] = [token.content for token in added if token.special]
    return any(mark in text for mark in _marks[tokenizer])


def _encode_plain(tokenizer: Any, text: str) -> list[int]:
    """A text whose control tokens stand for themselves."""
    ids = tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    return list(ids)


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
