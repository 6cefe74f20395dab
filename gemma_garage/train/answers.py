"""What the model in training answers: a watched question every few steps, so that one sees it
learn, and the share of held-out questions it gets right.

Greedy, outside of the training's precision and of its random numbers: the run is the same with
and without. The exam's questions are never asked here.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gemma_garage.gemma.decode import generate
from gemma_garage.gemma.turns import encode_prompt, list_stop_ids
from gemma_garage.train.backends import Opened
from gemma_garage.train.callbacks import Event

LONGEST_ANSWER_TOKENS = 24
LONGEST_PROMPT_TOKENS = 512
Grade = Callable[[str, str, str], bool]  # (given, expected, question): is it right?


class Asker:
    """Asks the model as it is now."""

    def __init__(self, opened: Opened) -> None:
        from peft import PeftModel

        model = opened.model
        # The trainer wraps the outer model in autocast, under which decoding on a processor grows
        # without an end; the inner one has the same adapter in it.
        self.causal = model.get_base_model() if isinstance(model, PeftModel) else model
        self.tokenizer = opened.tokenizer
        self.stop_ids = list_stop_ids(self.causal, self.tokenizer)

    def ask(self, questions: Sequence[str]) -> list[str]:
        """The answers, each at most `LONGEST_ANSWER_TOKENS` long."""
        prompts = [encode_prompt(self.tokenizer, question) for question in questions]
        answers = generate(
            self.causal,
            [prompt[:LONGEST_PROMPT_TOKENS] for prompt in prompts],
            stop_ids=self.stop_ids,
            pad_id=int(self.tokenizer.pad_token_id or 0),
            max_new_tokens=LONGEST_ANSWER_TOKENS,
        )
        decoded = [self.tokenizer.decode(one.ids, skip_special_tokens=True) for one in answers]
        return [str(text).strip() for text in decoded]

    def measure_recall(self, rows: Sequence[dict[str, Any]], grade: Grade) -> float:
        """The share of these held-out questions that is answered right."""
        answers = self.ask([row["question"] for row in rows])
        pairs = zip(answers, rows, strict=True)
        right = sum(grade(answer, row["answer"], row["question"]) for answer, row in pairs)
        return right / len(rows)


def choose_probe(prompt: str, dataset_folder: Path) -> str:
    """The watched question: the user's, else the first of the training rows, else none."""
    if prompt.strip():
        return prompt.strip()
    path = dataset_folder / "train.jsonl"
    if not path.is_file():
        return ""
    with path.open(encoding="utf-8") as lines:
        first = next((line for line in lines if line.strip()), "")
    return str(json.loads(first).get("question", "")) if first else ""


def make_probe(
    asker: Asker, question: str, every_steps: int, events: Callable[[Event], None]
) -> Any:
    """A transformers TrainerCallback: asks before the first step, every so many, and at the end."""
    from transformers import TrainerCallback

    class WatchAnswer(TrainerCallback):  # type: ignore[misc]  # transformers has no types
        asked_at = -1

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step == 0:
                self._ask(state)

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step % every_steps == 0:
                self._ask(state)

        def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if self.asked_at != state.global_step and state.global_step >= state.max_steps:
                self._ask(state)

        def _ask(self, state: Any) -> None:
            self.asked_at = int(state.global_step)
            (answer,) = asker.ask([question])
            step, total = self.asked_at, int(state.max_steps)
            events({"stage": "training", "step": step, "total": total, "answer": answer})

    return WatchAnswer()
