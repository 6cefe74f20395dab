"""TRL's SFTTrainer, or for preferences its DPOTrainer, as this project uses them: our loss, rows of
like length together, sealed checkpoints, nothing sent anywhere.

It decides how a TrainConfig becomes TRL's settings; what a run is made of stands in `trainer.py`.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from gemma_garage.errors import TrainingError
from gemma_garage.gemma.device import Machine
from gemma_garage.train.backends import Opened
from gemma_garage.train.callbacks import Tally
from gemma_garage.train.checkpoints import write_checkpoint
from gemma_garage.train.config import TrainConfig
from gemma_garage.train.data import IGNORED, TokenRow, TokenRows, count_tokens
from gemma_garage.train.depth import RowMemory, count_untrained_layers, fits_memory
from gemma_garage.train.loss import SampledVocabulary, pick_labelled, sum_exact_loss
from gemma_garage.train.stopping import find_best
from gemma_garage.train.tracking import choose_reporting

BATCHES_SORTED_TOGETHER = 8


def make_trainer(
    config: TrainConfig,
    opened: Opened,
    rows: TokenRows,
    out: Path,
    *,
    machine: Machine,
    callbacks: Sequence[Any],
    tally: Tally,
) -> Any:
    """A trainer over pre-tokenised rows, ready for `.train()`; checkpoints go to
    `out/checkpoints`. `tally` counts what is trained on in this call."""
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import DPOTrainer, SFTTrainer

    pairs = config.objective == "preferences"
    # Unsloth brings a fused loss of its own, and DPO weighs answers in another way.
    own_loss = opened.backend != "unsloth" and not pairs
    head = _Head(config, opened.causal, rows, tally) if own_loss else None

    class GarageTrainer(DPOTrainer if pairs else SFTTrainer):  # type: ignore[misc]  # untyped
        def _send_telemetry(self) -> None:
            """Nothing is sent: this project has no telemetry."""

        def create_model_card(self, *_: Any, **__: Any) -> None:
            """The export writes the card, with the true licence and the exam."""

        def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
            return dataset  # tokenised already

        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            return LengthBuckets(
                [count_tokens(row) for row in rows.train],
                rows_per_step=config.batch_size * config.accumulation,
                seed=config.seed,
                read_step=lambda: int(self.state.global_step),
            )

        def training_step(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
            tally.tokens += int(inputs["attention_mask"].sum())
            tally.rows += len(inputs["attention_mask"])
            loss = super().training_step(model, inputs, *args, **kwargs)
            if not loss.isfinite():
                raise TrainingError(
                    f"The loss became {float(loss)} at step {self.state.global_step + 1}, so "
                    f"nothing more can be learned. The learning rate is "
                    f"{config.learning_rate:g}: start again with a third of it."
                )
            return loss

        def compute_loss(
            self,
            model: Any,
            inputs: Any,
            return_outputs: bool = False,
            num_items_in_batch: Any = None,
        ) -> Any:
            if head is None:
                return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
            with self.accelerator.autocast():
                loss = head.measure_loss(inputs, num_items_in_batch, training=model.training)
            return (loss, {}) if return_outputs else loss

        def _save_checkpoint(self, model: Any, trial: Any) -> None:
            best = find_best(self.state.log_history, config)
            budget_bytes = config.checkpoints_gb * 1e9
            step = int(self.state.global_step)
            with write_checkpoint(out, step, budget_bytes, best.step if best else None):
                super()._save_checkpoint(model, trial)

    multiple = _choose_multiple(opened)
    trainer = GarageTrainer(
        model=opened.model,
        args=_make_settings(config, opened, out, machine, bool(rows.eval)),
        data_collator=_make_collator(opened.tokenizer, multiple) if own_loss else None,
        train_dataset=Dataset.from_list(_number(rows.train, 0)),
        eval_dataset=Dataset.from_list(_number(rows.eval, len(rows.train))) if rows.eval else None,
        processing_class=opened.tokenizer,
        callbacks=list(callbacks),
    )
    trainer.remove_callback(PrinterCallback)
    if pairs and "ref" in opened.model.peft_config:
        # A copy of the untrained adapter, which says what the base says without one.
        opened.model.delete_adapter("ref")
    return trainer


class _Head:
    """From a padded batch to its loss, the way the config asks for."""

    def __init__(self, config: TrainConfig, causal: Any, rows: TokenRows, tally: Tally) -> None:
        self.causal = causal
        self.tally = tally
        labels = {label for row in rows.train for label in row["labels"] if label != IGNORED}
        sampled = config.loss == "sampled" and SampledVocabulary.fits(causal, labels)
        self.vocabulary = SampledVocabulary(causal, labels) if sampled else None
        first = count_untrained_layers(causal, config.depth_percent)
        tokens = sum(len(row["input_ids"]) for row in rows.train + rows.eval)
        remember = fits_memory(causal, tokens)
        self.memory = RowMemory(causal, first, remember=remember) if first else None

    def measure_loss(self, inputs: dict[str, Any], items: Any, *, training: bool) -> Any:
        """Mean cross entropy of the labelled tokens; over `items` tokens where that is given
        (accumulated batches). Held-out rows are always measured over the whole vocabulary."""
        ids, mask = inputs["input_ids"], inputs["attention_mask"]
        if self.memory is not None:
            hidden = self.memory.run(ids, mask, inputs["row"].tolist())
        else:
            hidden = (
                self.causal.get_decoder()(input_ids=ids, attention_mask=mask, use_cache=False)
            ).last_hidden_state
        states, targets = pick_labelled(hidden, inputs["labels"])

        def count(hits: Any) -> None:
            self.tally.count_hits(hits, training=training)

        if self.vocabulary is not None and training:
            total = self.vocabulary.sum_loss(states, targets, count)
        else:
            total = sum_exact_loss(self.causal, states, targets, count)
        return total / (items if items is not None else max(len(targets), 1))


def _number(rows: list[TokenRow], start: int) -> list[dict[str, Any]]:
    return [row | {"row": number} for number, row in enumerate(rows, start=start)]


def _make_collator(
    tokenizer: Any, multiple: int
) -> Callable[[list[dict[str, Any]]], dict[str, Any]]:
    """Pads rows on the right to the longest of the batch, rounded up to a multiple, and keeps
    their numbers."""
    import torch

    def collate(rows: list[dict[str, Any]]) -> dict[str, Any]:
        longest = max(len(row["input_ids"]) for row in rows)
        width = -(-longest // multiple) * multiple

        def pad(name: str, filling: int) -> Any:
            values = [row[name] + [filling] * (width - len(row[name])) for row in rows]
            return torch.tensor(values)

        lengths = torch.tensor([len(row["input_ids"]) for row in rows])
        return {
            "input_ids": pad("input_ids", tokenizer.pad_token_id),
            "attention_mask": (torch.arange(width) < lengths[:, None]).long(),
            "labels": pad("labels", IGNORED),
            "row": torch.tensor([row["row"] for row in rows]),
        }

    return collate


def _make_settings(
    config: TrainConfig, opened: Opened, out: Path, machine: Machine, has_eval: bool
) -> Any:
    from trl import DPOConfig, SFTConfig

    on_cuda = machine.kind == "cuda"
    checkpointing = on_cuda and opened.backend != "unsloth"  # only costs time on a processor
    choose: Any = SFTConfig
    own: dict[str, Any] = {
        "dataset_kwargs": {"skip_prepare_dataset": True},
        "remove_unused_columns": opened.backend == "unsloth",
        "packing": False,
        "loss_type": "nll",
    }
    if config.objective == "preferences":
        choose = DPOConfig
        own = {
            "beta": config.beta,
            "disable_dropout": config.dropout == 0,
            "pad_to_multiple_of": _choose_multiple(opened),
            "remove_unused_columns": False,
        }
    return choose(
        **own,
        output_dir=str(out / "checkpoints"),
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        per_device_eval_batch_size=config.batch_size,
        gradient_accumulation_steps=config.accumulation,
        learning_rate=config.learning_rate,
        lr_scheduler_type=config.schedule,
        warmup_steps=config.warmup_ratio,  # below 1 it is a share of all steps
        weight_decay=config.weight_decay,
        max_grad_norm=config.max_grad_norm,
        optim="adamw_8bit" if opened.backend == "unsloth" else "adamw_torch",
        seed=config.seed,
        bf16=opened.bf16,
        fp16=False,
        use_cpu=machine.kind == "cpu",
        gradient_checkpointing=checkpointing,
        dataloader_pin_memory=on_cuda,
        dataloader_num_workers=0,
        max_length=None,
        logging_steps=1,
        logging_nan_inf_filter=False,
        include_num_input_tokens_seen="non_padding",
        eval_strategy="steps" if config.eval_every_steps and has_eval else "no",
        eval_steps=config.eval_every_steps or None,
        prediction_loss_only=True,
        save_strategy="steps",
        save_steps=config.save_every_steps,
        save_total_limit=None,  # `checkpoints.py` prunes: by size, and never the best
        disable_tqdm=True,
        **choose_reporting(config, out.name),
        push_to_hub=False,
    )


def _choose_multiple(opened: Opened) -> int:
    """What the width of a batch is rounded up to. In bf16 oneDNN keeps a kernel with its memory for
    every shape it meets (gigabytes in the end), and tensor cores want multiples of eight."""
    return 8 if opened.bf16 else 1


class LengthBuckets:
    """Row numbers, an epoch at a time, so that the rows of one step are of like length.

    Each epoch shuffles the rows, sorts them within groups of a few steps and shuffles the steps;
    an incomplete step comes last. The order depends on the seed and the epoch alone, and the
    epoch on the step at which it is asked (`read_step`), so a resumed run sees the same order.
    """

    def __init__(
        self, lengths: list[int], *, rows_per_step: int, seed: int, read_step: Callable[[], int]
    ) -> None:
        self.lengths = lengths
        self.rows_per_step = rows_per_step
        self.seed = seed
        self.read_step = read_step

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        import torch

        steps_per_epoch = -(-len(self.lengths) // self.rows_per_step)
        dice = torch.Generator().manual_seed(self.seed + self.read_step() // steps_per_epoch)
        shuffled = torch.randperm(len(self.lengths), generator=dice).tolist()
        group = self.rows_per_step * BATCHES_SORTED_TOGETHER
        steps: list[list[int]] = []
        for start in range(0, len(shuffled), group):
            by_length = sorted(shuffled[start : start + group], key=self.lengths.__getitem__)
            steps += [
                by_length[at : at + self.rows_per_step]
                for at in range(0, len(by_length), self.rows_per_step)
            ]
        whole = [step for step in steps if len(step) == self.rows_per_step]
        order = torch.randperm(len(whole), generator=dice).tolist()
        for number in order:
            yield from whole[number]
        for step in steps:
            if len(step) < self.rows_per_step:
                yield from step
