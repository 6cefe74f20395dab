"""The numbers of a run as TensorBoard event files, under the run's folder."""

from pathlib import Path

from gemma_garage.train.callbacks import Event

STEP_NAMES = (
    "loss",
    "eval_loss",
    "eval_recall",
    "token_accuracy",
    "eval_token_accuracy",
    "learning_rate",
    "grad_norm",
    "tokens_per_second",
    "examples_per_second",
    "steps_per_second",
)


class EventFiles:
    """`with EventFiles(folder, purge_after):` and `write` for each event, from any thread.

    `purge_after`: the step a run goes on from; what an earlier process wrote behind it is hidden.
    """

    def __init__(self, folder: Path, purge_after: int | None = None) -> None:
        self.folder = folder
        self.purge_step = None if purge_after is None else purge_after + 1

    def __enter__(self) -> "EventFiles":
        from torch.utils.tensorboard import SummaryWriter

        self.writer = SummaryWriter(str(self.folder), purge_step=self.purge_step)
        return self

    def __exit__(self, *_: object) -> None:
        self.writer.close()

    def write(self, event: Event) -> None:
        step = event.get("step")
        if event["stage"] == "machine":
            for name, value in event.items():
                if name not in ("stage", "step"):
                    self.writer.add_scalar(f"machine/{name}", value, step)
        elif event["stage"] == "training":
            for name in STEP_NAMES:
                if name in event:
                    self.writer.add_scalar(f"train/{name}", event[name], step)
            if "answer" in event:
                self.writer.add_text("answer", event["answer"], step)
