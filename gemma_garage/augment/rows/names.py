"""What people call the columns of a training set, by the part they play."""

import re

QUESTIONS = (
    "question", "prompt", "instruction", "query", "input", "user", "human", "question text",
    "user message", "user input", "request", "ask", "problem", "front", "q", "frage", "pregunta",
    "pergunta", "domanda", "questions",
)  # fmt: skip
ANSWERS = (
    "answer", "completion", "output", "response", "chosen", "assistant", "reply", "target",
    "answers", "answer text", "expected output", "expected answer", "ground truth", "model answer",
    "generation", "solution", "gpt", "bot", "back", "a", "antwort", "respuesta", "resposta",
    "risposta", "label",
)  # fmt: skip
WORSE = ("rejected", "worse", "worse answer", "rejected response")  # beside a preferred answer
CONTEXTS = ("input", "context", "passage")  # what is put beneath the question
SYSTEMS = ("system", "system prompt", "system message")
TURNS = ("messages", "conversations", "conversation", "turns", "chat", "dialog", "dialogue")
TEXTS = ("text", "content", "body", "document", "passage", "article", "paragraph", "story")
LISTS = (  # under which key of one JSON object its rows stand
    "data", "rows", "examples", "train", "items", "records", "samples", "questions", "qa pairs",
    "conversations", "entries", "results",
)  # fmt: skip
KNOWN = frozenset(  # by which a header row is told; a single letter may be a cell as well
    name for name in (*QUESTIONS, *ANSWERS, *CONTEXTS, *SYSTEMS, *TURNS, *TEXTS) if len(name) > 1
)


def fold_name(name: str) -> str:
    """`Question_Text`, `questionText` and ` question text ` are one name."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return " ".join(re.sub(r"[\W_]+", " ", spaced).casefold().split())
