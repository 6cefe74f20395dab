"""The gates between a Draft and an accepted Example, and what is found among accepted ones."""

from gemma_garage.augment.quality.duplicates import Duplicates, Place
from gemma_garage.augment.quality.evidence import stands_in
from gemma_garage.augment.quality.gates import judge_draft
from gemma_garage.augment.quality.reasons import REASONS

__all__ = ["REASONS", "Duplicates", "Place", "judge_draft", "stands_in"]
