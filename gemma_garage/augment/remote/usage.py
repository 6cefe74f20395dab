"""How much a remote generator used: calls, replies kept from before, tokens. It knows no prices."""

import threading


class Usage:
    """Counted from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.calls = 0
        self.kept = 0
        self.prompt_tokens = 0
        self.reply_tokens = 0

    def add(self, prompt_tokens: int, reply_tokens: int) -> None:
        """Count one answered call."""
        with self._lock:
            self.calls += 1
            self.prompt_tokens += prompt_tokens
            self.reply_tokens += reply_tokens

    def reuse(self) -> None:
        """Count a reply that was kept from before: no call, nothing to pay."""
        with self._lock:
            self.kept += 1

    def as_dict(self) -> dict[str, int]:
        return {
            "calls": self.calls,
            "kept": self.kept,
            "prompt_tokens": self.prompt_tokens,
            "reply_tokens": self.reply_tokens,
        }
