"""Replies kept in the store, as a remote generator finds and keeps them."""

import uuid
from dataclasses import dataclass

from gemma_garage.augment.remote.provider import Answer
from gemma_garage.store import Store


@dataclass(frozen=True, slots=True)
class StoredCalls:
    """The store as `remote.keys.KeptCalls`. `job_id`: who pays for what is new."""

    store: Store
    job_id: int | None = None

    def find(self, key: str) -> Answer | None:
        found = self.store.find_call(key)
        if found is None:
            return None
        reply, usage = found
        return Answer(reply["ended"], reply["text"], **usage)

    def keep(
        self, key: str | None, model: str, task: str, document_id: int | None, answer: Answer
    ) -> None:
        self.store.keep_call(
            key=key or f"of-no-use-{uuid.uuid4().hex}",
            model=model,
            task=task,
            reply={"ended": answer.ended, "text": answer.text},
            usage={"prompt_tokens": answer.prompt_tokens, "reply_tokens": answer.reply_tokens},
            document_id=document_id,
            job_id=self.job_id,
        )
