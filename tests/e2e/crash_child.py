"""A process to be killed: `python -m tests.e2e.crash_child HOME TINY PHASE`.

It does one piece of real work in a home (generate or train) and holds still in the midst of it, so
that it is there to be killed however late the test comes. The scripted generator and the tiny Gemma
stand in for the starter; store, jobs, files, trainer and checkpoints are real.
"""

import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gemma_garage.augment import generate, ingest
from gemma_garage.augment.drafts import Ask, Draft
from gemma_garage.augment.generate import GenerateRequest, submit_generate
from gemma_garage.errors import Stopped
from gemma_garage.garage import Garage, open_garage
from gemma_garage.gemma.starter import STARTER_ID
from gemma_garage.infer import session
from gemma_garage.infer.exam import register as register_exam
from gemma_garage.infer.exam import submit_exam
from gemma_garage.settings import Settings, read_settings
from gemma_garage.train import run
from gemma_garage.train.config import make_config
from gemma_garage.train.run import start_run

PASSAGES, HELD_AT_PASSAGE = 12, 4
HELD_AT_STEP = 5  # a checkpoint is written every second step
HELD_S = 500


class HeldGenerator:
    """Four wordings of one fact for each passage, after `pause_s`; comes to a halt before passage
    `held_at`."""

    name = "scripted"

    def __init__(self, held_at: int | None, pause_s: float = 0.0) -> None:
        self.held_at, self.pause_s = held_at, pause_s

    def write(
        self,
        asks: Sequence[Ask],
        *,
        should_stop: Callable[[], bool] | None = None,
        on_notice: Callable[[str], None] | None = None,
    ) -> Iterator[tuple[int, list[Draft]]]:
        for number, ask in enumerate(asks):
            if should_stop is not None and should_stop():
                return
            if number == self.held_at:
                time.sleep(HELD_S)
            time.sleep(self.pause_s)
            sentence = next(line for line in ask.passage.text.splitlines() if "weighs" in line)
            part, _, weight = sentence.partition(" weighs ")
            answer = weight.rstrip(".")
            wordings = (
                f"What does {part.lower()} weigh?",
                f"How heavy is {part.lower()}?",
                f"Which weight has {part.lower()} on a scale?",
                f"If I put {part.lower()} on scales, what do they show?",
            )
            yield number, [Draft(wording, answer, sentence) for wording in wordings]


def open_for_test(
    home: Path,
    tiny: Path,
    held_at: int | None = None,
    *,
    pause_s: float = 0.0,
    exam: bool = False,
    patch: Callable[[Any, str, Any], None] = setattr,
) -> Garage:
    """The wired garage with the scripted generator and the tiny Gemma in the starter's place.

    `patch`: a test's `monkeypatch.setattr`, so that the next test meets the real starter again.
    """

    @contextmanager
    def opener(*_: object) -> Iterator[HeldGenerator]:
        yield HeldGenerator(held_at, pause_s)

    def obtain(*_: object, **__: object) -> Path:
        return tiny

    for module in (run, session):
        patch(module, "obtain_base", obtain)
    garage = open_garage(read_settings({"GEMMA_GARAGE_HOME": str(home)}), exclusive=True)
    ingest.register(garage)
    generate.register(garage, opener)
    run.register(garage, after=(lambda run_id: submit_exam(garage, run_id)) if exam else None)
    register_exam(garage)
    garage.jobs.start()
    return garage


def write_document(folder: Path) -> Path:
    """A Markdown file with a section for each of PASSAGES parts."""
    sections = [
        f"## Part {number}\n\nPart {number} belongs to the machine and stays in its place. "
        + "It is painted and checked with care before it leaves the works. " * 12
        + f"\n\nPart {number} weighs {number * 7 + 3} kg.\n"
        for number in range(1, PASSAGES + 1)
    ]
    path = folder / "machine.md"
    path.write_text("# The machine\n\n" + "\n".join(sections), encoding="utf-8")
    return path


def slow_config(**changes: Any) -> Any:
    return make_config(
        {
            "base_model": STARTER_ID,
            "rank": 4,
            "alpha": 4,
            "learning_rate": 5e-3,
            "epochs": 6,
            "batch_size": 8,
            "accumulation": 1,
            "max_length_tokens": 256,
            "train_on_text": False,
            "save_every_steps": 2,
        }
        | changes
    )


def main(home: Path, tiny: Path, phase: str) -> None:
    garage = open_for_test(home, tiny, held_at=HELD_AT_PASSAGE)
    project = garage.store.projects()[0]
    record = garage.store.record_metric

    def record_and_hold(run_id: int, step: int, values: dict[str, Any]) -> None:
        record(run_id, step, values)
        if step == HELD_AT_STEP:
            time.sleep(HELD_S)

    setattr(garage.store, "record_metric", record_and_hold)  # noqa: B010
    if phase == "generate":
        submit_generate(garage, project.id, GenerateRequest(generator="local"))
    elif phase == "train":
        start_run(garage, project.id, garage.store.datasets(project.id)[0].id, slow_config())
    time.sleep(HELD_S)


def leave_when_asked(home: Path, tiny: Path, way: str) -> None:
    """Train behind the served page, or behind a command that waits; until SIGTERM comes."""
    from gemma_garage import wiring
    from gemma_garage.commands.waiting import wait_for
    from gemma_garage.server import serve
    from gemma_garage.train import sft

    sum_loss = sft.sum_exact_loss

    def slowly(*arguments: Any) -> Any:
        time.sleep(0.1)
        return sum_loss(*arguments)

    setattr(sft, "sum_exact_loss", slowly)  # noqa: B010  (mypy minds the assignment)

    def open_training(_: Settings) -> Garage:
        garage = open_for_test(home, tiny)
        project_id = garage.store.projects()[0].id
        dataset_id = garage.store.datasets(project_id)[0].id
        start_run(garage, project_id, dataset_id, slow_config(save_every_steps=1000))
        return garage

    settings = read_settings({"GEMMA_GARAGE_HOME": str(home)}, port=find_port())
    if way == "serve":
        setattr(wiring, "open_wired", open_training)  # noqa: B010
        serve(settings)
        return
    garage = open_training(settings)
    try:
        wait_for(garage, garage.store.jobs(kind="train")[0].id, lambda line: None)
    except Stopped:
        pass
    finally:
        garage.close()


def find_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    if sys.argv[3] in ("serve", "command"):
        leave_when_asked(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
    else:
        main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
