"""The seam between asking and a provider: one Question in, one Answer out. No behaviour."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import BaseModel

# whole: as it should be · cut-off: at the limit of its length · recited: held back for quoting too
# much · odd: broken off by chance · refused: a filter let nothing through
Ended = Literal["whole", "cut-off", "recited", "odd", "refused"]


@dataclass(frozen=True, slots=True)
class Question:
    """One call. `schema`: the wanted shape of the reply; `in_words` says it to a model that takes
    no schema. `reply_tokens`: how long the reply may be. `picture`: a JPEG that the prompt is
    about; only Gemini takes one."""

    instruction: str
    prompt: str
    schema: type[BaseModel]
    in_words: str
    reply_tokens: int
    picture: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and what it cost in tokens (0 where the provider did not say)."""

    ended: Ended
    text: str
    prompt_tokens: int = 0
    reply_tokens: int = 0


class Provider(Protocol):
    """A model behind a network. It repeats nothing by itself."""

    @property
    def name(self) -> str:
        """What Examples carry as their origin, such as "gemini:gemini-3.5-flash-lite"."""

    @property
    def model(self) -> str: ...

    @property
    def identity(self) -> str:
        """Model and place: what tells its replies from those of another."""

    def connect(self) -> AbstractContextManager[None]:
        """Open the connection that `complete` uses, from any thread. Raises GarageError."""

    def complete(self, question: Question) -> Answer:
        """Make one call. Raises TryAgain where the same call may work later, else GarageError."""
