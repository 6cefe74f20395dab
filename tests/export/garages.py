"""A finished Run in the store with a real adapter of the tiny Gemma on disk."""

from pathlib import Path

from gemma_garage.garage import Garage
from gemma_garage.schema import Dataset, ExamQuestion, ExamResult, Run

ANSWERS = [  # kind, base right, tuned right
    ("paraphrase", False, True),
    ("paraphrase", False, True),
    ("unseen", True, False),
    ("own", False, True),
]


def write_adapter(base: Path, folder: Path) -> Path:
    """Save a LoRA with non-zero weights and the tokenizer, as training does."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.manual_seed(1)
    lora = LoraConfig(task_type="CAUSAL_LM", r=4, lora_alpha=4, target_modules=["q_proj", "o_proj"])
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(base), lora)
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if "lora_B" in name:
                weights.normal_(std=0.5)
    model.save_pretrained(folder, save_embedding_layers=False)
    AutoTokenizer.from_pretrained(base).save_pretrained(folder)
    return folder


def add_run(
    garage: Garage,
    tiny_gemma: Path | None,
    *,
    base_model: str = "gemma-3-270m-starter",
    examined: bool = True,
) -> Run:
    """A Run of project 1; without `tiny_gemma` its adapter is missing."""
    dataset = garage.store.add(
        Dataset(
            project_id=1,
            version=1,
            path="datasets/1",
            counts={"train": 40, "eval": 4, "text": 12, "exam": 3, "documents": 2},
            fingerprint="f" * 64,
        )
    )
    run = garage.store.add(
        Run(
            project_id=1,
            dataset_id=dataset.id,
            number=garage.store.next_run_number(1),
            base_model=base_model,
            config={"base_model": base_model, "rank": 64, "learning_rate": 0.001},
            result={
                "steps": 12,
                "loss": 0.25,
                "backend": "transformers",
                "versions": {"torch": "2.13.0"},
            },
        )
    )
    if tiny_gemma is not None:
        folder = write_adapter(tiny_gemma, garage.workspace.run(run.id) / "adapter")
        garage.store.update(Run, run.id, adapter=garage.workspace.relative(folder))
    if examined:
        questions = [
            ExamQuestion(dataset_id=dataset.id, kind=kind, question=f"Q {n}?", answer=f"A {n}")
            for n, (kind, _, _) in enumerate(ANSWERS)
        ]
        garage.store.add_exam_questions(questions)
        garage.store.record_exam_results(
            [
                ExamResult(
                    run_id=run.id,
                    question_id=question.id,
                    subject=subject,
                    answer=f"{subject} says",
                    correct=correct,
                )
                for question, (_, base, tuned) in zip(questions, ANSWERS, strict=True)
                for subject, correct in (("base", base), ("tuned", tuned))
            ]
        )
    return garage.store.get(Run, run.id)
