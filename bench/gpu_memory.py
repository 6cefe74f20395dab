"""The GPU's memory: is it given back each time, and does a training go on where it runs out?

Cycles go the way of the app: a queued Run, a Comparison of base and adapter, then the memory is
asked back as the next run would. Parts of `gpu_training.py`, which starts each in a process of its
own.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

CYCLES = 10
MOST_GROWTH = 0.05  # of the memory in use after the first cycle
SHORT_SHARE = 0.6
QUESTION = "What is the pump for?"


def read_memory() -> dict[str, float]:
    """MB in use: of the GPU as NVML and torch tell it, else of this process."""
    import torch

    from gemma_garage.gemma.device import read_usage

    usage = read_usage()
    if usage.vram_used_gb is None or not torch.cuda.is_available():
        return {"used_mb": usage.process_ram_gb * 1024}
    allocated = torch.cuda.memory_allocated() / 2**20
    return {"used_mb": usage.vram_used_gb * 1024, "torch_mb": allocated}


def run_cycles(
    model: Path, write_dataset: Callable[[Path], Any], config: Any, home: Path, cycles: int
) -> dict[str, Any]:
    """The memory in use after each training, each Comparison and each release."""
    from gemma_garage.garage import open_garage
    from gemma_garage.gemma.starter import STARTER_ID
    from gemma_garage.infer.answerers import BASE_NAME
    from gemma_garage.infer.compare import compare
    from gemma_garage.infer.request import Drawing, Request
    from gemma_garage.schema import Dataset, Run
    from gemma_garage.settings import read_settings
    from gemma_garage.train.run import KIND, register

    garage = open_garage(read_settings({}, home=home))
    link = garage.workspace.model(STARTER_ID)
    link.symlink_to(model.resolve())
    write_dataset(garage.workspace.dataset(1))
    project = garage.store.projects()[0].id
    row = Dataset(
        project_id=project, version=1, path="datasets/1", counts={"train": 80}, fingerprint="f" * 64
    )
    dataset = garage.store.add(row).id
    register(garage)
    garage.jobs.start()
    found: list[dict[str, Any]] = [{"cycle": 0, "released": read_memory()}]
    try:
        for number in range(1, cycles + 1):
            run = Run(project_id=project, dataset_id=dataset, number=number, base_model=STARTER_ID)
            run.config = config.model_dump(mode="json")
            run_id = garage.store.add(run).id
            job_id = garage.jobs.submit(KIND, f"Run {number}", {"run_id": run_id}, project)
            job = garage.jobs.wait(job_id, timeout_s=600)
            if job.status != "finished":
                raise RuntimeError(f"run {number} is {job.status}: {job.error}")
            trained = read_memory()
            names = (BASE_NAME, f"run-{run_id}")
            request = Request(project, names, QUESTION, drawing=Drawing(max_new_tokens=24))
            base, tuned = list(compare(garage, request))[-1]
            loaded = read_memory()
            garage.occupancy.release()
            found.append({"cycle": number, "trained": trained, "loaded": loaded})
            found[-1] |= {"released": read_memory(), "base": base.text, "tuned": tuned.text}
            print(json.dumps(found[-1]), flush=True)
    finally:
        garage.close()
    used = [entry["released"]["used_mb"] for entry in found[1:]]
    growth = max(used) / used[0] - 1
    return {"cycles": found, "growth": growth, "grew": growth > MOST_GROWTH}


def run_short_of_memory(model: Path, dataset: Path, config: Any, folder: Path) -> dict[str, Any]:
    """The same training with all of the GPU, then with SHORT_SHARE of what that one took.

    With the micro-batch halved and the updates the same, the losses should agree.
    """
    import torch

    from gemma_garage.gemma.device import detect_machine
    from gemma_garage.train.recovery import free_memory
    from gemma_garage.train.trainer import train

    found: dict[str, Any] = {}
    for name in ("whole", "short"):
        events: list[dict[str, Any]] = []
        result = train(
            config,
            dataset,
            model,
            folder / name,
            machine=detect_machine(),
            events=events.append,
            should_stop=lambda: False,
        )
        found[name] = {
            "batch_size": result.batch_size,
            "accumulation": result.accumulation,
            "steps": result.steps,
            "loss": result.loss,
            "peak_gb": result.peak_memory_gb,
            "notes": [event["note"] for event in events if event.get("stage") == "smaller"],
        }
        if name == "whole":
            total = torch.cuda.get_device_properties(0).total_memory
            share = SHORT_SHARE * torch.cuda.max_memory_reserved() / total
            free_memory()
            torch.cuda.set_per_process_memory_fraction(share)
    if not found["short"]["notes"]:
        raise RuntimeError(f"nothing ran out of memory: {found}")
    return found
