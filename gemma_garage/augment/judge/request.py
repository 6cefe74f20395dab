"""What the user asks a judge for: the fields, their bounds and their words, in one place.

It holds no secret, since it is kept in the Job so that the Job can be resumed.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from gemma_garage.augment.request import MAX_THREADS


class JudgeRequest(BaseModel):
    """What the user asks a judge for; kept in the Job, so that it can be resumed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    judge: Literal["auto", "gemini", "openai"] = Field(
        "auto",
        title="Judged by",
        description="auto: another model than the writer, if there is one",
    )
    reject: bool = Field(
        True, title="Reject", description="what the judge says no to; off: only keep the figures"
    )
    document_ids: tuple[int, ...] | None = Field(
        None, title="Documents", description="empty for all of the project"
    )
    threads: int = Field(4, ge=1, le=MAX_THREADS, title="Calls at once")
