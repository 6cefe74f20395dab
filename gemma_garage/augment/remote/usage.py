"""How much a remote generator used: calls and tokens. It knows no prices."""

import threading


class Usage:
    """Counted from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.calls = 0
        self.prompt_tokens = 0
        self.reply_tokens = 0

    def add(self, prompt_tokens: int | None, reply_tokens: int | None) -> None:
        """Count one answered call; None where the provider did not say."""
        with self._lock:
            self.calls += 1
            self.prompt_tokens += prompt_tokens or 0
            self.reply_tokens += reply_tokens or 0

    def as_dict(self) -> dict[str, int]:
        return {
            "calls": self.calls,
            "prompt_tokens": self.prompt_tokens,
            "reply_tokens": self.reply_tokens,
        }
