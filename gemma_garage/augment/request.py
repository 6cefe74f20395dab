"""What the user asks of generation: the fields, their bounds and their words, in one place.

The page's controls and the command's options are made from these fields. It holds no secret, since
it is kept in the Job so that the Job can be resumed.
"""

from typing import Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gemma_garage.augment.drafts import FACTUAL, WHY

GeneratorName = Literal["local", "gemini", "openai"]
Kind = Literal["factual", "why", "comparison", "summary", "multi-turn", "unanswerable"]
JudgeName = Literal["none", "auto", "gemini", "openai"]
Mode = Literal["documents", "paraphrase", "more-like-these"]
LOCAL_KINDS: tuple[Kind, ...] = (FACTUAL, WHY)
MAX_THREADS = 32


class GenerateRequest(BaseModel):
    """One generation. `seed_example_ids`: rows whose manner is to be kept (documents), which are
    reworded (paraphrase) or continued (more-like-these); None for all accepted ones of the project
    where rows are needed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    generator: GeneratorName = Field(
        "local", title="Written by", description="the model that writes the examples"
    )
    mode: Mode = Field(
        "documents",
        title="From",
        description="the documents; new wordings of accepted rows; or rows to continue",
    )
    kinds: tuple[Kind, ...] = Field(
        (FACTUAL, WHY), min_length=1, title="Kinds", description="of questions to write"
    )
    target: int | None = Field(
        None,
        ge=1,
        le=100_000,
        title="How many rows",
        description="accepted rows of these documents in the end; empty for all they give",
    )
    wordings: int = Field(
        8,
        ge=1,
        le=12,
        title="Wordings",
        description="questions a fact; from three on, one is kept for the exam",
    )
    answer_wordings: int = Field(
        1,
        ge=1,
        le=4,
        title="Answer wordings",
        description="wordings of each answer, spread over its questions (remote only)",
    )
    max_facts: int | None = Field(
        None,
        ge=1,
        title="How many facts",
        description="at most, spread evenly over the passages; empty for all",
    )
    style: str = Field(
        "", max_length=500, title="Style", description="a wish in your own words (remote only)"
    )
    instruction: str = Field(
        "",
        max_length=4_000,
        title="Instruction",
        description="what to ask about or leave out, in your own words (remote only)",
    )
    language: str = Field(
        "",
        max_length=60,
        title="Language",
        description="of questions and answers; empty for the document's own (remote only)",
    )
    document_ids: tuple[int, ...] | None = Field(
        None, title="Documents", description="empty for all of the project"
    )
    seed_example_ids: tuple[int, ...] | None = Field(
        None, title="Example rows", description="rows to write like, to reword or to continue"
    )
    judged_by: JudgeName = Field(
        "none",
        title="Judged by",
        description="a second model that looks at each row afterwards; auto: another than the "
        "writer, if there is one",
    )
    threads: int = Field(
        4,
        ge=1,
        le=MAX_THREADS,
        title="Calls at once",
        description=f"to a remote generator, up to {MAX_THREADS}",
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if len(set(self.kinds)) < len(self.kinds):
            raise ValueError("a kind is named twice")
        if self.target is not None and self.max_facts is not None:
            raise ValueError("“How many rows” and “How many facts” exclude each other; leave one")
        if self.mode == "more-like-these" and self.target is None:
            raise ValueError("say how many rows there shall be; these have no document to end with")
        return self

    @property
    def is_remote(self) -> bool:
        return self.generator != "local"


ALL_KINDS: tuple[Kind, ...] = get_args(Kind)
