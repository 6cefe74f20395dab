"""Training speed and memory: this project's trainer against TRL's own, same model, same rows.

    python bench/training_speed.py STARTER_FOLDER [--dataset FOLDER] [--epochs 2] [--rank 64]

Each way runs in a process of its own (peak memory is that process's peak resident size):
  ours         `gemma_garage.train.trainer.train` with the sized defaults
  trl-default  SFTTrainer with SFTConfig() as it comes; only `use_cpu` is added
  trl-fp32     SFTTrainer with what a processor wants: fp32, no gradient checkpointing
All get the same token rows, LoRA rank, target modules and batch size. Tokens are those of the rows,
without padding; the clock runs from the first step to the last, checkpoints included. Without
--dataset the rows are made from the sample manual: its questions, and its sentences as text.
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).parent.parent / "gemma_garage" / "sample"
WAYS = ("ours", "trl-default", "trl-fp32")


def write_rows(folder: Path) -> Path:
    """A dataset folder from the sample manual: 20 questions four times, and its sentences."""
    questions = (SAMPLE / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    manual = (SAMPLE / "manual.md").read_text(encoding="utf-8")
    plain = " ".join(line for line in manual.splitlines() if line[:1].isalpha())
    sentences = re.split(r"(?<=[.!?])\s+(?=[A-Z])", plain)
    (folder / "train.jsonl").write_text("\n".join(questions * 4), encoding="utf-8")
    lines = "".join(json.dumps({"text": sentence}) + "\n" for sentence in sentences)
    (folder / "text.jsonl").write_text(lines, encoding="utf-8")
    return folder


def configure(options: argparse.Namespace) -> Any:
    from gemma_garage.gemma.device import detect_machine
    from gemma_garage.gemma.starter import STARTER_ID
    from gemma_garage.train.config import change_config
    from gemma_garage.train.sizing import size_config

    sized = size_config(STARTER_ID, detect_machine(), rows=200, effort="balanced")
    changes = {"rank": options.rank, "alpha": options.rank, "epochs": options.epochs}
    return change_config(sized, **changes, save_every_steps=100_000)


def run_ours(options: argparse.Namespace, dataset: Path, out: Path) -> dict[str, float]:
    from gemma_garage.gemma.device import detect_machine
    from gemma_garage.train.trainer import train

    result = train(
        configure(options),
        dataset,
        options.starter,
        out,
        machine=detect_machine(),
        events=lambda event: None,
        should_stop=lambda: False,
    )
    return {"tokens_per_second": result.tokens_per_second, "loss": result.loss}


def run_trl(
    options: argparse.Namespace, dataset: Path, out: Path, settings: dict[str, Any]
) -> dict[str, float]:
    from datasets import Dataset
    from peft import LoraConfig
    from trl import SFTConfig, SFTTrainer

    from gemma_garage.gemma.load import load_tokenizer
    from gemma_garage.train.config import MODULE_NAMES
    from gemma_garage.train.data import tokenise_dataset

    config = configure(options)
    tokenizer = load_tokenizer(options.starter)
    rows = tokenise_dataset(dataset, tokenizer, config).train
    lora = LoraConfig(
        task_type="CAUSAL_LM",
        r=config.rank,
        lora_alpha=config.alpha,
        target_modules=list(MODULE_NAMES["all-linear"]),
    )
    trainer = SFTTrainer(
        model=str(options.starter),
        args=SFTConfig(
            output_dir=str(out),
            use_cpu=True,
            num_train_epochs=config.epochs,
            per_device_train_batch_size=config.batch_size,
            disable_tqdm=True,
            **settings,
        ),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        peft_config=lora,
    )
    trained = trainer.train()
    tokens = config.epochs * sum(len(row["input_ids"]) for row in rows)
    seconds = trained.metrics["train_runtime"]
    return {"tokens_per_second": tokens / seconds, "loss": trained.training_loss}


def run_way(options: argparse.Namespace) -> None:
    os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")
    started, started_cpu = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        dataset = options.dataset or write_rows(Path(folder))
        out = Path(folder) / "out"
        if options.way == "ours":
            figures = run_ours(options, dataset, out)
        else:
            right = {"bf16": False, "gradient_checkpointing": False}
            settings = right if options.way == "trl-fp32" else {}
            figures = run_trl(options, dataset, out, settings)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    figures |= {"peak_gb": peak, "seconds": time.perf_counter() - started}
    figures["processor_seconds"] = time.process_time() - started_cpu
    print(json.dumps({"way": options.way, **figures}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("starter", type=Path, help="folder of the converted starter model")
    parser.add_argument("--dataset", type=Path, help="folder of a frozen dataset")
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--rank", type=int, default=64)
    parser.add_argument("--way", choices=WAYS, help="run this way only, in this process")
    options = parser.parse_args()
    if options.way:
        run_way(options)
        return
    found = {}
    for way in WAYS:
        command = [sys.executable, __file__, *sys.argv[1:], "--way", way]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found[way] = json.loads(done.stdout.splitlines()[-1])
        print(json.dumps(found[way]), flush=True)
    for way in WAYS[1:]:
        speed = found["ours"]["tokens_per_second"] / found[way]["tokens_per_second"]
        memory = found["ours"]["peak_gb"] / found[way]["peak_gb"]
        work = found["ours"]["processor_seconds"] / found[way]["processor_seconds"]
        print(
            f"ours / {way}: {speed:.2f}× the tokens/s, {memory:.2f}× the peak memory, "
            f"{work:.2f}× the processor time (loading included)"
        )


if __name__ == "__main__":
    main()
