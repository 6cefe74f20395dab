"""Exam questions from a dataset on the Hugging Face Hub, by name, such as `openai/gsm8k`.

Its files are read like any stranger's, in a process of their own; no code of a dataset runs.
"""

import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gemma_garage.garage import Garage


def add_hub_questions(garage: "Garage", dataset_id: int, address: str, rows: int) -> int:
    """Add the first `rows` rows of its test split (else of its first) to the exam; how many are
    new. ConfigError, GatedModel, NotOnHub, HubError, DatasetError; BadInput: no question or answer.
    """
    from gemma_garage import hub
    from gemma_garage.augment.rows.extract import extract_rows
    from gemma_garage.augment.rows.hub_rows import look_up, read_address
    from gemma_garage.infer.questions import add_own_questions

    token = garage.settings.hub_token
    _, config, split = read_address(address)
    found = look_up(address, token)
    source = found.choose(config, split, rows)
    if not split and "test" in found.parts[source.config]:
        source = found.choose(config, "test", rows)
    remote = hub.RemoteDataset(source.repo_id, source.commit, source.files)
    with tempfile.TemporaryDirectory(dir=garage.workspace.uploads) as folder:
        target = Path(folder) / f"{PurePosixPath(source.repo_id).name}.jsonl"
        left = rows
        for name in source.files:
            if left <= 0:
                break
            path = hub.download_dataset_file(remote, name, Path(folder) / "files", token)
            left -= extract_rows(
                path, target, name=PurePosixPath(name).name, limit=left, should_stop=lambda: False
            ).rows
        return add_own_questions(garage, dataset_id, target)
