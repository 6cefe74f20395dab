"""What is asked side by side: who, the words, how the answers are drawn. Checked before anything
is loaded."""

from dataclasses import dataclass
from typing import Any

from gemma_garage.errors import BadInput
from gemma_garage.gemma.decode_step import Sampling
from gemma_garage.infer.structure import read_schema

MOST_NEW_TOKENS = 4_096
HOTTEST = 2.0
GEMMA_TEMPERATURE, GEMMA_TOP_K, GEMMA_TOP_P = 1.0, 64, 0.95  # what Gemma's makers sample with


@dataclass(frozen=True, slots=True)
class Drawing:
    """How answers are drawn. Temperature 0 is greedy; then the others do not matter."""

    max_new_tokens: int = 128
    temperature: float = 0.0
    top_k: int = GEMMA_TOP_K
    top_p: float = GEMMA_TOP_P
    seed: int = 0

    @property
    def sampling(self) -> Sampling:
        return Sampling(self.temperature, self.top_k, self.top_p)

    def describe(self) -> dict[str, Any]:
        """What decides an answer; equal for equal answers."""
        told: dict[str, Any] = {
            "max_new_tokens": self.max_new_tokens,
            "temperature": self.temperature,
        }
        if self.temperature > 0:
            told |= {"top_k": self.top_k, "top_p": self.top_p, "seed": self.seed}
        return told

    def check(self) -> None:
        """Raise BadInput for what is out of bounds."""
        for name, value, least, most in (
            ("longest answer", self.max_new_tokens, 1, MOST_NEW_TOKENS),
            ("temperature", self.temperature, 0, HOTTEST),
            ("number of words drawn from (top k)", self.top_k, 1, 262_144),
            ("share drawn from (top p)", self.top_p, 0.01, 1),
            ("seed", self.seed, 0, 2**32 - 1),
        ):
            if not least <= value <= most:
                raise BadInput(
                    f"The {name} is {value:g}; {least:g} to {most:,} are possible. Choose another."
                )


@dataclass(frozen=True, slots=True)
class Request:
    """One prompt to those of `names` (see `answerers.py`).

    `conversation_id`: the Comparison that began the conversation this goes on with; its system
    prompt holds on. `reference`: the right answer, where one is known, for the scores. `schema`:
    a JSON schema that the answers must meet, as text, or "". `blind`: who is who is hidden until a
    person has voted.
    """

    project_id: int
    names: tuple[str, ...]
    prompt: str
    system: str = ""
    drawing: Drawing = Drawing()
    conversation_id: int | None = None
    reference: str = ""
    schema: str = ""
    blind: bool = False

    def check(self) -> None:
        """Raise BadInput for what cannot be asked."""
        if not self.prompt.strip():
            raise BadInput("There is nothing to ask: the prompt is empty. Type a question.")
        self.drawing.check()
        if self.schema.strip():
            read_schema(self.schema)
        if self.blind and len(set(self.names)) != 2:
            raise BadInput(
                f"{len(set(self.names))} columns are chosen; a blind vote is between 2. Choose two."
            )
