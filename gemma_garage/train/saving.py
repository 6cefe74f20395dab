"""What a Run leaves: `out/adapter`, or with the method full `out/model`; whole or not at all."""

import json
import shutil
from pathlib import Path
from typing import Any

from gemma_garage.train.backends import Opened
from gemma_garage.train.checkpoints import drop_blank_card


def save_result(opened: Opened, out: Path, base_name: str, base_path: Path | str) -> Path:
    """Save the trained weights with the tokenizer and give their folder.

    An adapter names its base by `base_name`: a local path would mean nothing on another machine.
    A whole model gets the precision its base has at `base_path`, so it is as large as that.
    """
    name = "adapter" if opened.is_adapter else "model"
    unfinished, finished = out / f".{name}", out / name
    shutil.rmtree(unfinished, ignore_errors=True)
    if opened.is_adapter:
        opened.model.peft_config["default"].base_model_name_or_path = base_name
        # False: the vocabulary is unchanged, and PEFT need not ask the Hub about it.
        opened.model.save_pretrained(unfinished, save_embedding_layers=False)
    else:
        if _is_kept_in_bf16(base_path):
            opened.model.bfloat16()
        opened.model.save_pretrained(unfinished)
    opened.tokenizer.save_pretrained(unfinished)
    drop_blank_card(unfinished)
    shutil.rmtree(finished, ignore_errors=True)
    unfinished.replace(finished)
    return finished


def _is_kept_in_bf16(base_path: Path | str) -> bool:
    file = Path(base_path) / "config.json"
    if not file.is_file():
        return True  # on the Hub every Gemma is
    config: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    text = config.get("text_config") or {}
    kept = config.get("dtype") or config.get("torch_dtype") or text.get("dtype")
    return kept != "float32"
