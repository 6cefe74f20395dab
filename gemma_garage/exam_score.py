"""How many of an exam's questions are right, and how sure that is."""

import math
from dataclasses import dataclass

_Z95 = 1.959964


@dataclass(frozen=True, slots=True)
class Score:
    """How many of how many are right."""

    correct: int
    total: int

    @property
    def share(self) -> float:
        return self.correct / self.total if self.total else 0.0

    def interval(self) -> tuple[float, float]:
        """Where the true share lies, with 95 % confidence (Wilson's interval, 1927)."""
        if not self.total:
            return 0.0, 1.0
        n, share, z2 = self.total, self.share, _Z95**2
        middle = (share + z2 / (2 * n)) / (1 + z2 / n)
        half = _Z95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
        return max(0.0, middle - half), min(1.0, middle + half)

    def as_dict(self) -> dict[str, int]:
        return {"correct": self.correct, "total": self.total}


def say_share(score: Score) -> str:
    return f"{score.share:.0%}".replace("%", " %")


def say_interval(score: Score) -> str:
    low, high = score.interval()
    return f"({low * 100:.0f} to {high * 100:.0f})"


def say_result(score: Score) -> str:
    """ "57 of 60: 95 % (86 to 98)"."""
    return f"{score.correct} of {score.total}: {say_share(score)} {say_interval(score)}"
