"""Answers that were given before, by what decides them: an identical request is not computed
again. They are kept in the table of calls, the oldest are forgotten."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gemma_garage.garage import Garage
from gemma_garage.gemma.catalogue import find_base
from gemma_garage.gemma.obtain import base_path_if_ready
from gemma_garage.infer.answerers import Answerer, Answerers
from gemma_garage.infer.column import Column, read_column
from gemma_garage.infer.fingerprint import fingerprint_weights

TASK = "compare"
MOST_KEPT = 5_000


def find_base_print(garage: Garage, asked: Answerers) -> str | None:
    """The fingerprint of the base's files; None: they are not here yet."""
    path: Path | None = base_path_if_ready(find_base(asked.base_model), garage.workspace)
    return None if path is None else fingerprint_weights(path)


def make_key(
    base_print: str,
    asked: Answerers,
    who: Answerer,
    messages: Sequence[Mapping[str, str]],
    drawing: Mapping[str, Any],
    device: str,
) -> str:
    """Equal for equal answers: weights, words, how they are drawn, and with what it is computed."""
    facts = {
        "base": base_print,
        "tuned": "" if who.folder is None else fingerprint_weights(who.folder),
        "whole": who.is_whole,
        "four_bit": asked.four_bit and device == "cuda",
        "messages": [dict(message) for message in messages],
        "drawing": dict(drawing),
        "device": device,
        "versions": [version(name) for name in ("torch", "transformers", "peft")],
    }
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def find_answer(garage: Garage, key: str, who: Answerer) -> Column | None:
    """The answer that was kept, marked as such."""
    found = garage.store.find_call(key)
    if found is None:
        return None
    return replace(read_column(found[0]), name=who.name, title=who.title, cached=True)


def keep_answer(garage: Garage, key: str, base_model: str, column: Column) -> None:
    """Keep a whole answer without its scores, which belong to the request."""
    bare = replace(column, matches=None, f1=None, problems=None)
    garage.store.keep_call(key=key, model=base_model, task=TASK, reply=bare.store(), usage={})
    garage.store.trim_calls(TASK, MOST_KEPT)
