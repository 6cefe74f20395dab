"""`gemma-garage datasets …`: list, freeze, describe, compare, export and push frozen Datasets.

None of these runs a Job, so all work while the page is open on the same home.
"""

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemma_garage.commands.terminal import (
    CSV_GUARD,
    add_shared,
    answer,
    find_project,
    open_home,
    say,
)
from gemma_garage.errors import NotFound

if TYPE_CHECKING:
    from gemma_garage.garage import Garage
    from gemma_garage.schema import Dataset

# Those of augment/download.py and augment/export_rows.py; a test holds them against each other.
FORMS = ("jsonl", "csv", "parquet")
SHAPES = ("messages", "prompt-completion", "question-answer")
Verb = Callable[["Garage", int, argparse.Namespace], Any]


def add_parser(commands: Any, shared: argparse.ArgumentParser) -> None:
    parser = commands.add_parser("datasets", help="freeze, compare and take away datasets")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    def add(name: str, verb: Verb, text: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = verbs.add_parser(name, parents=[shared], help=text)
        add_shared(added)
        added.set_defaults(run=lambda options: _run(verb, options))
        return added

    add("list", list_datasets, "the frozen datasets, newest first")

    freezing = add("freeze", freeze_project, "freeze the accepted examples as the next version")
    freezing.add_argument("--exam-share", type=float, default=0.2, metavar="SHARE")
    freezing.add_argument("--eval-share", type=float, default=0.0, metavar="SHARE")
    freezing.add_argument(
        "--hold-back",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="of the passages, kept from training to examine unseen text, such as 0.05",
    )
    freezing.add_argument("--seed", type=int, default=0, metavar="N")

    _add_version(add("card", show_card, "what is in a dataset and what was left out"))

    taking = add("export", export_files, "write train, validation and test as files")
    _add_version(taking)
    taking.add_argument(
        "--to", type=Path, default=Path.cwd(), metavar="FOLDER", help="where (this folder)"
    )
    taking.add_argument(
        "--format", choices=FORMS, default="jsonl", help=f"of the files (in CSV {CSV_GUARD})"
    )
    taking.add_argument("--shape", choices=SHAPES, default="messages")
    taking.add_argument("--cues", action="store_true", help="the cues among the training rows too")
    taking.add_argument("--text", action="store_true", help="the documents' statements too")

    pushing = add("push", push_files, "push to the Hugging Face Hub (token: HF_TOKEN)")
    _add_version(pushing)
    pushing.add_argument("--repo", required=True, metavar="NAME", help="name or owner/name")
    pushing.add_argument("--licence", required=True, metavar="NAME", help="such as cc-by-4.0")
    pushing.add_argument("--public", action="store_true", help="for everyone to see")
    pushing.add_argument("--update", action="store_true", help="if the repository exists already")

    comparing = add("diff", compare_versions, "what changed from one version to another")
    comparing.add_argument("before", type=int, metavar="VERSION")
    comparing.add_argument("after", type=int, metavar="VERSION")


def _add_version(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--version", type=int, metavar="N", help="of the dataset (the newest)")


def _run(verb: Verb, options: argparse.Namespace) -> int:
    with open_home(options) as garage:
        answer(options, verb(garage, find_project(garage, options).id, options))
    return 0


def describe_version(dataset: "Dataset") -> dict[str, Any]:
    """A Dataset as programs get it."""
    return {
        "id": dataset.id,
        "version": dataset.version,
        "created": dataset.created,
        "counts": dataset.counts,
        "settings": dataset.settings,
        "fingerprint": dataset.fingerprint,
    }


def list_datasets(garage: "Garage", project_id: int, _: argparse.Namespace) -> dict[str, Any]:
    datasets = garage.store.datasets(project_id)
    for dataset in datasets:
        say(_say_version(dataset))
    if not datasets:
        say("Nothing is frozen yet. `gemma-garage datasets freeze` makes the first version.")
    return {"datasets": [describe_version(dataset) for dataset in datasets]}


def freeze_project(
    garage: "Garage", project_id: int, options: argparse.Namespace
) -> dict[str, Any]:
    from gemma_garage.augment.dataset import freeze

    dataset = freeze(
        garage,
        project_id,
        exam_share=options.exam_share,
        eval_share=options.eval_share,
        unseen_share=options.hold_back,
        seed=options.seed,
    )
    say(_say_version(dataset))
    return describe_version(dataset)


def show_card(garage: "Garage", project_id: int, options: argparse.Namespace) -> dict[str, Any]:
    from gemma_garage.augment.card import describe_dataset

    dataset = find_version(garage, project_id, options.version)
    card = describe_dataset(garage, project_id, dataset.id)
    say(f"{_say_version(dataset)}; {card.covered} of {card.chunks} passages gave examples")
    for passage in card.empty:
        say(
            f"  nothing from {passage.document}, {passage.heading or 'beginning'}: {passage.reason}"
        )
    return card.as_dict()


def export_files(garage: "Garage", project_id: int, options: argparse.Namespace) -> dict[str, Any]:
    from gemma_garage.augment.download import write_dataset

    dataset = find_version(garage, project_id, options.version)
    written = write_dataset(
        garage,
        dataset.id,
        options.to,
        form=options.format,
        shape=options.shape,
        cues=options.cues,
        texts=options.text,
    )
    for split in written:
        say(f"{split.path}: {split.rows:,} rows")
    files = [
        {"split": split.split, "path": str(split.path.resolve()), "rows": split.rows}
        for split in written
    ]
    return {"version": dataset.version, "files": files}


def push_files(garage: "Garage", project_id: int, options: argparse.Namespace) -> dict[str, Any]:
    from gemma_garage.augment.publish import publish_dataset
    from gemma_garage.hub_tickets import require_token

    dataset = find_version(garage, project_id, options.version)
    published = publish_dataset(
        garage,
        dataset.id,
        options.repo,
        licence=options.licence,
        private=not options.public,
        token=require_token(None, garage.settings),
        overwrite=options.update,
        report=lambda share, stage: say(f"   {share:4.0%}  {stage}"),
    )
    say(published.url)
    return asdict(published)


def compare_versions(
    garage: "Garage", project_id: int, options: argparse.Namespace
) -> dict[str, Any]:
    from gemma_garage.augment.diff import compare_datasets

    before, after = (
        find_version(garage, project_id, version) for version in (options.before, options.after)
    )
    diff = compare_datasets(garage, before.id, after.id)
    if diff.same:
        say("Nothing changed.")
    else:
        say(
            f"{len(diff.added)} added, {len(diff.removed)} removed, {len(diff.changed)} changed, "
            f"{len(diff.moved)} moved between training and exam"
        )
    return diff.as_dict()


def find_version(garage: "Garage", project_id: int, version: int | None) -> "Dataset":
    """The project's Dataset of that version, else its newest. NotFound."""
    datasets = garage.store.datasets(project_id)
    for dataset in datasets:
        if version is None or dataset.version == version:
            return dataset
    told = ", ".join(str(dataset.version) for dataset in datasets) or "none"
    raise NotFound(
        f"There is no dataset version {version or 1}; there are: {told}. "
        "`gemma-garage datasets freeze` makes one."
    )


def _say_version(dataset: "Dataset") -> str:
    counts = dataset.counts
    exam = sum(int(counts.get(kind, 0)) for kind in ("exam", "unseen", "unanswerable"))
    return (
        f"Version {dataset.version} of {dataset.created[:16].replace('T', ' ')}: "
        f"{counts.get('train', 0)} to train on, {exam} in the exam"
    )
