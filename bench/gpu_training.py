"""Training on an NVIDIA GPU: both of this project's ways against TRL as it comes, and the memory.

    python bench/gpu_training.py MODEL_FOLDER [--dataset FOLDER] [--out figures.json] [--parts ...]

Each part runs in a process of its own (Unsloth patches the libraries it meets) under a time limit;
one that fails leaves the end of its output in the result and the others go on.
  unsloth, transformers  `gemma_garage.train.trainer.train` with that backend
  trl                    SFTTrainer with SFTConfig() as it comes
  trl-bf16               SFTTrainer with the base in bf16 and no gradient checkpointing
  qlora-*                the same `train` with the base in 4 bits
  cycle-*                train, compare, train … in one process; the GPU's memory after each
  short-*                the same training once more with too little memory for its batch
Same LoRA, rows and batch for all; tokens are those of the rows, without padding. The clock starts
after the first epoch (compiling and warming up are in `start_s`). Rows are short (the sample
manual's questions and sentences) and long (passages of about 400 tokens). Ends with 1 when a part
failed or memory grew. `--cpu` tries the script itself where there is no GPU.
"""

import argparse
import functools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gpu_memory import CYCLES, run_cycles, run_short_of_memory
from training_speed import write_rows

SPEED = ("unsloth", "transformers", "trl", "trl-bf16")
PARTS = (
    *[f"{way}/{rows}" for rows in ("long", "short") for way in SPEED],
    *["qlora-unsloth/short", "qlora-transformers/short"],
    *["cycle-unsloth/short", "cycle-transformers/short"],
    *["short-unsloth/long", "short-transformers/long"],
)
ONLY_CUDA = ("unsloth", "qlora", "short-")
LONG_CHARACTERS = 1_700
LONG_ROWS = 64


def write_dataset(options: argparse.Namespace, folder: Path) -> Path:
    folder.mkdir()
    if options.dataset:
        for name in ("train.jsonl", "text.jsonl"):
            if (options.dataset / name).exists():
                (folder / name).write_bytes((options.dataset / name).read_bytes())
    else:
        write_rows(folder)
    if options.rows == "long":
        lines = (folder / "text.jsonl").read_text(encoding="utf-8").splitlines()
        texts = [json.loads(line)["text"] for line in lines]
        with (folder / "text.jsonl").open("w", encoding="utf-8") as file:
            for number in range(LONG_ROWS):
                turned = texts[number % len(texts) :] + texts[: number % len(texts)]
                text = " ".join(turned * 3)[:LONG_CHARACTERS]
                file.write(json.dumps({"text": text}) + "\n")
        (folder / "train.jsonl").unlink(missing_ok=True)
    return folder


def configure(options: argparse.Namespace, **changes: Any) -> Any:
    from gemma_garage.gemma.device import detect_machine
    from gemma_garage.gemma.starter import STARTER_ID
    from gemma_garage.train.config import change_config
    from gemma_garage.train.sizing import size_config

    sized = size_config(STARTER_ID, detect_machine(), rows=200)
    wanted = {"rank": options.rank, "alpha": options.rank, "epochs": options.epochs}
    wanted["save_every_steps"] = 100_000
    return change_config(sized, **(wanted | changes))


def count_tokens(options: argparse.Namespace, dataset: Path, config: Any) -> int:
    from gemma_garage.gemma.load import load_tokenizer
    from gemma_garage.train.data import tokenise_dataset

    rows = tokenise_dataset(dataset, load_tokenizer(options.model), config).train
    return sum(len(row["input_ids"]) for row in rows)


class Clock:
    """The time of each step; the rate is taken over the epochs after the first."""

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self.first_step = self.after_first_epoch = self.last = 0.0
        self.losses: list[float] = []

    def step(self, epoch: float) -> None:
        self.last = time.perf_counter()
        self.first_step = self.first_step or self.last
        if epoch > 0.999 and not self.after_first_epoch:
            self.after_first_epoch = self.last

    def read(self, tokens_per_epoch: int, epochs: float) -> dict[str, Any]:
        seconds = self.last - self.after_first_epoch
        return {
            "tokens_per_second": tokens_per_epoch * (epochs - 1) / seconds,
            "tokens_per_epoch": tokens_per_epoch,
            "start_s": self.first_step - self.started,
            "all_s": self.last - self.started,
            "losses": [self.losses[0], self.losses[-1]] if self.losses else [],
        }


def read_peak() -> dict[str, float]:
    import torch

    if torch.cuda.is_available():
        allocated = torch.cuda.max_memory_allocated() / 1e9
        return {"peak_gb": allocated, "peak_reserved_gb": torch.cuda.max_memory_reserved() / 1e9}
    import resource

    return {"peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6}


def force_backend(backend: str) -> None:
    from gemma_garage.train import backends

    backends.choose_backend = lambda machine: backend


def run_ours(options: argparse.Namespace, folder: Path, backend: str, method: str) -> Any:
    from gemma_garage.gemma.device import detect_machine
    from gemma_garage.train.trainer import train

    force_backend(backend)
    clock = Clock()

    def take(event: dict[str, Any]) -> None:
        if "loss" in event:
            clock.losses.append(event["loss"])
            clock.step(event["epoch"])

    dataset = write_dataset(options, folder / "dataset")
    config = configure(options, method=method)
    result = train(
        config,
        dataset,
        options.model,
        folder / "out",
        machine=detect_machine(),
        events=take,
        should_stop=lambda: False,
    )
    figures = clock.read(count_tokens(options, dataset, config), config.epochs)
    return figures | read_peak() | {"backend": result.backend, "versions": result.versions}


def run_trl(options: argparse.Namespace, folder: Path, settings: dict[str, Any]) -> Any:
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    from gemma_garage.gemma.load import load_tokenizer
    from gemma_garage.train.config import MODULE_NAMES
    from gemma_garage.train.data import tokenise_dataset

    clock = Clock()

    class Watch(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            clock.step(state.epoch)

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            clock.losses += [float(logs["loss"])] if "loss" in logs else []

    config = configure(options)
    dataset = write_dataset(options, folder / "dataset")
    tokenizer = load_tokenizer(options.model)
    rows = tokenise_dataset(dataset, tokenizer, config).train
    trainer = SFTTrainer(
        model=str(options.model),
        args=SFTConfig(
            output_dir=str(folder / "out"),
            num_train_epochs=config.epochs,
            per_device_train_batch_size=config.batch_size,
            gradient_accumulation_steps=config.accumulation,
            disable_tqdm=True,
            **settings,
        ),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        peft_config=LoraConfig(
            task_type="CAUSAL_LM",
            r=config.rank,
            lora_alpha=config.alpha,
            target_modules=list(MODULE_NAMES["all-linear"]),
        ),
        callbacks=[Watch()],
    )
    trainer.train()
    tokens = sum(len(row["input_ids"]) for row in rows)
    return clock.read(tokens, config.epochs) | read_peak() | {"backend": "trl"}


def run_part(options: argparse.Namespace) -> None:
    os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")
    way, _, options.rows = options.part.partition("/")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        os.chdir(folder)  # Unsloth writes what it compiles into the working folder
        kind, _, backend = way.rpartition("-")
        if kind == "cycle":
            force_backend(backend)
            config = configure(options, epochs=1, learning_rate=1e-3, warmup_ratio=0.0)
            prepare = functools.partial(write_dataset, options)
            figures = run_cycles(options.model, prepare, config, folder / "home", options.cycles)
        elif kind == "short":
            force_backend(backend)
            config = configure(options, epochs=2, batch_size=32, accumulation=1)
            dataset = write_dataset(options, folder / "dataset")
            figures = run_short_of_memory(options.model, dataset, config, folder)
        elif kind == "trl" or way == "trl":
            right = {"model_init_kwargs": {"dtype": "bfloat16"}, "gradient_checkpointing": False}
            settings = (right if kind else {}) | ({"use_cpu": True} if options.cpu else {})
            figures = run_trl(options, folder, settings)
        else:
            method = "qlora" if kind == "qlora" else "lora"
            figures = run_ours(options, folder, backend, method)
        options.result.write_text(json.dumps(figures), encoding="utf-8")


def watch_gpu(ended: threading.Event, most: dict[str, float]) -> None:
    """The highest NVML readings until `ended`."""
    from gemma_garage.gemma.device import read_usage

    while not ended.wait(0.25):
        for name, value in asdict(read_usage()).items():
            if value is not None:
                most[name] = max(most.get(name, 0.0), round(value, 2))


def run_child(options: argparse.Namespace, part: str) -> dict[str, Any]:
    ended, most = threading.Event(), dict[str, float]()
    watcher = threading.Thread(target=watch_gpu, args=(ended, most), daemon=True)
    watcher.start()
    with tempfile.TemporaryDirectory() as place:
        result = Path(place) / "result.json"
        command = [sys.executable, str(Path(__file__).resolve()), *sys.argv[1:]]
        command += ["--part", part, "--result", str(result)]
        started = time.perf_counter()
        output = Path(place) / "output"
        try:
            with output.open("w") as stream:
                done = subprocess.run(
                    command, stdout=stream, stderr=subprocess.STDOUT, timeout=options.limit
                )
            ending = f"ended with {done.returncode}"
        except subprocess.TimeoutExpired:
            ending = f"was stopped after {options.limit} s"
        ended.set()
        watcher.join()
        about = {"seconds": time.perf_counter() - started, "most": most}
        if result.exists():
            return json.loads(result.read_text(encoding="utf-8")) | about
        text = output.read_text(encoding="utf-8", errors="replace")
        return {"failed": f"The process {ending}", "output": text[-4000:], **about}


def describe_machine() -> dict[str, Any]:
    from importlib.metadata import PackageNotFoundError, version

    from gemma_garage.gemma.device import detect_machine, read_usage

    about: dict[str, Any] = asdict(detect_machine()) | {"python": sys.version.split()[0]}
    about["idle"] = {k: v for k, v in asdict(read_usage()).items() if v is not None}
    if about["kind"] == "cuda":
        import pynvml

        about["driver"] = str(pynvml.nvmlSystemGetDriverVersion())
    for name in ("torch", "triton", "transformers", "trl", "peft", "unsloth", "bitsandbytes"):
        try:
            about[name] = version(name)
        except PackageNotFoundError:
            about[name] = None
    return about


def compute_ratios(parts: dict[str, Any]) -> dict[str, Any]:
    """tokens/s and peak memory of ours over TRL's (and of Unsloth over transformers)."""
    ratios = {}
    pairs = [("unsloth", "transformers")]
    pairs += [(ours, trl) for ours in ("unsloth", "transformers") for trl in ("trl", "trl-bf16")]
    for rows in ("long", "short"):
        for ours, other in pairs:
            a, b = parts.get(f"{ours}/{rows}", {}), parts.get(f"{other}/{rows}", {})
            if "peak_gb" in a and "peak_gb" in b:
                ratios[f"{ours} / {other}, {rows} rows"] = {
                    name: round(a[name] / b[name], 3) for name in ("tokens_per_second", "peak_gb")
                }
    return ratios


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("model", type=lambda text: Path(text).resolve(), help="folder of a Gemma")
    parser.add_argument("--dataset", type=lambda text: Path(text).resolve(), help="frozen dataset")
    parser.add_argument("--epochs", type=float, default=4.0)
    parser.add_argument("--rank", type=int, default=64)
    parser.add_argument("--cycles", type=int, default=CYCLES)
    parser.add_argument("--limit", type=float, default=240.0, help="seconds a part may take")
    parser.add_argument("--parts", nargs="+", help="some of: " + " ".join(PARTS))
    parser.add_argument("--out", type=lambda text: Path(text).resolve(), help="also write it here")
    parser.add_argument("--cpu", action="store_true", help="try the script without a GPU")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--result", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.cpu:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    if options.part:
        run_part(options)
        return
    able = [part for part in PARTS if not (options.cpu and any(word in part for word in ONLY_CUDA))]
    found: dict[str, Any] = {"machine": describe_machine(), "parts": {}}
    for part in options.parts or able:
        print(f"{part} …", file=sys.stderr, flush=True)
        found["parts"][part] = run_child(options, part)
        found["ratios"] = compute_ratios(found["parts"])
        print(json.dumps(found["parts"][part])[:1500], file=sys.stderr, flush=True)
        if options.out:
            options.out.write_text(json.dumps(found, indent=1), encoding="utf-8")
    print(json.dumps(found))
    sys.exit(any("failed" in part or part.get("grew") for part in found["parts"].values()))


if __name__ == "__main__":
    main()
