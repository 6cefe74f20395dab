"""The question writer: an adapter on the starter that was taught how people ask.

It reads a document's title, the heading and one statement. With an answer given, it writes five
questions for it, from near to the text's words to far from them; with a question given, it answers
it from the statement. So it can read again what it wrote. A small model that was only shown a few
examples repeats the statement; people who have not read it use other words.

`tools/train_writer.py` trains it with this project's own training on `tools/writer/*.jsonl`, all
written by us about invented things. Asking and answering in one model: Tang et al. 2017, arXiv
1706.02027.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemma_garage.augment.local.answer_sorts import GENERAL_WORDS
from gemma_garage.errors import Stopped
from gemma_garage.gemma.turns import encode_prompt, list_stop_ids

if TYPE_CHECKING:
    from gemma_garage.gemma.decode import ScoredText

ADAPTER = Path(__file__).parent / "writer_adapter"
UNSAID = "Nothing"  # the reader's answer to what the statement does not say
_LIST_TOKENS, _QUESTION_TOKENS = 110, 22
_ENDINGS = (("ies", "y"), ("es", ""), ("s", ""), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e"))
_QUESTION = "\nQuestion: "
_LABEL = re.compile(r"^(?:(?:Question|Answer):\s*)+")  # a statement must not pose as one of ours
_NUMBERING = re.compile(r"^(?:\d[.)]|[-*•])\s+")
_MARKS, _LIST_MARKS = ("?", "'", ",", "-", "'s"), (".", ":", "\n")
Stop = Callable[[], bool] | None


class QuestionWriter:
    """A base that the writer's adapter was merged into."""

    def __init__(self, model: Any, tokenizer: Any, adapter: Path = ADAPTER) -> None:
        """`model`: the base of `adapter`, which changes it. Nobody else may use it then."""
        from peft import PeftModel

        # Merged: a layer's two small products more cost a third of a short step's time.
        self._model = PeftModel.from_pretrained(model, adapter).merge_and_unload()
        self._tokenizer = tokenizer
        marks = {token for mark in _MARKS for token in self._encode(mark)}
        self._general = self._encode_words(GENERAL_WORDS) | marks
        taught = (adapter / "words.txt").read_text(encoding="utf-8").split()
        self._taught = {token for mark in _LIST_MARKS for token in self._encode(mark)}
        self._taught |= marks | self._encode_words(taught) | set(self._encode("\n".join(taught)))

    def write(self, prompts: Sequence[str], should_stop: Stop = None) -> list[list[str]]:
        """The questions for each of `prompts` (see `ask_for_questions`), in their words and those
        it was taught with, which saves most of the work. Raises Stopped."""
        stops = list_stop_ids(self._model, self._tokenizer)
        found = self._decode(
            [encode_prompt(self._tokenizer, prompt) for prompt in prompts],
            stop_ids=stops,
            max_new_tokens=_LIST_TOKENS,
            allowed_ids=[
                sorted({*self._taught, *stops, *self._encode_forms(prompt)}) for prompt in prompts
            ],
            should_stop=should_stop,
        )
        return [
            read_questions(self._tokenizer.decode(text.ids, skip_special_tokens=True))
            for text in found
        ]

    def finish(
        self, begun: Sequence[tuple[str, Sequence[str], str]], should_stop: Stop = None
    ) -> list[list[tuple[str, float]]]:
        """One question for each of the first words of each (prompt, first words, source), near to
        the source: only words of `source` and general ones are used, which also saves most of the
        work; with each its mean log-probability per token. All have as many first words. Raises
        Stopped."""
        starts = [self._encode(start) for _, words, _ in begun for start in words]
        found = self._decode(
            [encode_prompt(self._tokenizer, prompt) for prompt, _, _ in begun],
            samples=len(begun[0][1]) if begun else 1,
            begins=starts,
            stop_ids=self._encode("?"),
            max_new_tokens=_QUESTION_TOKENS,
            allowed_ids=[
                sorted(self._general | self._encode_forms(source)) for _, _, source in begun
            ],
            should_stop=should_stop,
        )
        asked = [
            (" ".join(f"{self._tokenizer.decode(text.ids)}?".split()), text.mean)
            if len(text.ids) < _QUESTION_TOKENS
            else ("", 0.0)
            for text in found
        ]
        each = len(asked) // max(1, len(begun))
        return [asked[first : first + each] for first in range(0, len(asked), each or 1)]

    def _decode(self, prompts: list[list[int]], **options: Any) -> "list[ScoredText]":
        from gemma_garage.gemma.decode import generate

        if not prompts:
            return []
        return generate(self._model, prompts, pad_id=self._tokenizer.pad_token_id, **options)

    def _encode_forms(self, text: str) -> set[int]:
        """The tokens of the words of `text`, also without their endings."""
        words = re.findall(r"[\w°'’-]+", text)
        forms = [
            word[: -len(end)] + new
            for word in words
            for end, new in _ENDINGS
            if word.endswith(end) and len(word) > len(end) + 2
        ]
        return self._encode_words([*words, *forms, *(word.lower() for word in words[:1])])

    def _encode_words(self, words: Sequence[str]) -> set[int]:
        return {token for word in words for token in self._encode(f" {word}")}

    def read(self, asked: Sequence[tuple[str, str]], should_stop: Stop = None) -> list[float]:
        """How well each answer follows from its prompt (see `ask_for_answer`): its mean
        log-probability per token. `asked`: (prompt, answer). Raises Stopped."""
        from gemma_garage.gemma.decode_step import count_shared
        from gemma_garage.gemma.score import extend_prefix, score_continuations

        if not asked:
            return []
        means = [0.0] * len(asked)
        groups: dict[str, list[int]] = {}  # what is asked of one statement
        for index, (prompt, _) in enumerate(asked):
            groups.setdefault(prompt.rpartition(_QUESTION)[0], []).append(index)
        for group in groups.values():
            if should_stop and should_stop():
                raise Stopped("Stopped while questions were read.")
            prompts = [encode_prompt(self._tokenizer, asked[index][0]) for index in group]
            shared = count_shared(prompts, least=1)
            rows = [
                (prompt[shared:], self._encode(asked[index][1]))
                for prompt, index in zip(prompts, group, strict=True)
            ]
            # An answer opens without a space: each word of the statement might, else the only
            # answer that could be said would always fit. Or the reader finds none.
            told = (*asked[group[0]][0].split(), UNSAID)
            might = {token for word in told for token in self._encode(word)}
            scores = score_continuations(
                self._model,
                extend_prefix(self._model, prompts[0][:shared]),
                rows,
                vocabulary=sorted(might.union(prompts[0], *(part for row in rows for part in row))),
            )
            for index, score in zip(group, scores, strict=True):
                means[index] = score.mean
        return means

    def _encode(self, text: str) -> list[int]:
        # What a document says stays text: "<end_of_turn>" in it ends nothing.
        ids: list[int] = self._tokenizer.encode(
            text, add_special_tokens=False, split_special_tokens=True
        )
        return ids


def ask_for_questions(title: str, heading: str, marked: str, answer: str) -> str:
    """What the writer is given to ask for `answer`, which stands in brackets in `marked`."""
    return f"{_place(title, heading)}{_LABEL.sub('', marked)}\nAnswer: {answer}"


def ask_for_answer(title: str, heading: str, plain: str, question: str) -> str:
    """What the writer is given to answer `question` from the statement `plain`."""
    return f"{_place(title, heading)}{_LABEL.sub('', plain)}{_QUESTION}{question}"


def _place(title: str, heading: str) -> str:
    # One line each: a heading of several could pose as a question.
    parts = (" ".join(part.split()) for part in (title, heading))
    told = ". ".join(dict.fromkeys(part for part in parts if part))
    return f"{told}\n" if told else ""


def read_questions(text: str) -> list[str]:
    """The questions among the lines that the writer wrote; a line that broke off is none."""
    lines = (_NUMBERING.sub("", line.strip()) for line in text.splitlines())
    return [line[:1].upper() + line[1:] for line in lines if line.endswith("?")]
