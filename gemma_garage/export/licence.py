"""The licence files that travel with what is made from a base model: LICENSE, NOTICE, the terms.

What each licence asks for: Gemma Terms of Use §3.1 (a notice in these words, a copy of the terms,
a statement of modification, the restrictions of §3.2 passed on); Apache License 2.0 §4.
"""

from importlib import resources
from pathlib import Path

from gemma_garage.gemma.catalogue import APACHE_LICENCE, BaseModel

GEMMA_NOTICE = (
    "Gemma is provided under and subject to the Gemma Terms of Use found at "
    "ai.google.dev/gemma/terms"
)
PROHIBITED_USE_URL = "https://ai.google.dev/gemma/prohibited_use_policy"
TERMS_FILE = "GEMMA_TERMS.html"


def write_licence(
    base: BaseModel, folder: Path, terms: Path | None, *, whole: bool = False
) -> None:
    """Write LICENSE and NOTICE into `folder`, and the full Gemma terms where they apply and
    `terms`, a file that holds them, is there. `whole`: it is a whole model, not an adapter."""
    (folder / "NOTICE").write_text(word_notice(base, whole=whole), encoding="utf-8")
    if base.licence == APACHE_LICENCE:
        text = resources.files("gemma_garage.export") / "licences" / "apache-2.0.txt"
        (folder / "LICENSE").write_text(text.read_text(encoding="utf-8"), encoding="utf-8")
        return
    (folder / "LICENSE").write_text(_word_gemma_licence(terms is not None, whole), encoding="utf-8")
    if terms is not None:
        (folder / TERMS_FILE).write_bytes(terms.read_bytes())


def word_notice(base: BaseModel, *, whole: bool = False) -> str:
    """The notice and the statement of modification, a few lines of plain text."""
    changed = (
        f"This is a modified work: the LoRA adapter in adapter_model.safetensors was made by "
        f"fine-tuning {base.hub_id} with Gemma Garage. It changes how that model answers. The "
        f"model itself, copyright Google, is not included.\n"
    )
    if whole:
        changed = (
            f"This is a modified work: all weights here were changed by fine-tuning {base.hub_id}, "
            "copyright Google, with Gemma Garage.\n"
        )
    if base.licence == APACHE_LICENCE:
        return (
            f"{changed}\n{base.hub_id} is licensed under the Apache License, Version 2.0; a copy "
            "is in the file LICENSE.\n"
        )
    return f"{GEMMA_NOTICE}\n\n{changed}"


def _word_gemma_licence(with_terms: bool, whole: bool) -> str:
    copy = f"A copy is in the file {TERMS_FILE}.\n" if with_terms else ""
    return (
        f"{GEMMA_NOTICE}\n{copy}\n"
        f"This {'model' if whole else 'adapter'} is a Model Derivative of Gemma in the sense of "
        "those terms. Whoever uses it or passes it on, also as part of something else, has to keep "
        "to them, including the use restrictions of section 3.2 and the Gemma Prohibited Use "
        f"Policy at {PROHIBITED_USE_URL}, "
        "has to pass both on, and has to keep the file NOTICE.\n"
    )
