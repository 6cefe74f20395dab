"""Under which key the reply to a call is kept, so that the same call is never paid for twice.

The key is made of all that decides what is asked: the model, the version of the prompt, the passage
and the task with the user's wishes. How many facts are asked for is left out on purpose: after a
crash the share of a passage may be another, and the reply that was paid for is as good.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Protocol

from gemma_garage.augment.drafts import Passage
from gemma_garage.augment.remote.provider import Answer


class KeptCalls(Protocol):
    """Where replies are kept; `document_id` says with which Document they are forgotten."""

    def find(self, key: str) -> Answer | None: ...

    def keep(
        self, key: str | None, model: str, task: str, document_id: int | None, answer: Answer
    ) -> None:
        """Keep an answered call. Without a key its reply is of no use: it is never found again,
        but what it cost is known."""


def key_call(model: str, version: str, passage: Passage, task: Mapping[str, Any]) -> str:
    """sha256, in hex, of what decides the reply. `task` must be JSON."""
    told = [model, version, passage.text, passage.heading, passage.title, dict(task)]
    text = json.dumps(told, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
