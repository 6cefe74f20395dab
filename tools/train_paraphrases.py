"""Train the weights of `gemma_garage/gemma/paraphrases.py`: `python tools/train_paraphrases.py
STARTER`.

From `tools/writer/*.jsonl` (five questions each for 9,069 statements about invented things): two
wordings of a fact, or one and the statement with a gap or a few of its words, give the starter's
lower layers a last state that is alike, and unlike that of the other facts of the batch, which
takes whole documents, as these are hardest to tell apart. What else these layers make of text is
held where it was: sentences, and answers behind their question. Prints how often a far wording
leads to its own fact among those of six documents that were kept back.

20 minutes on two cores that multiply in bf16 (3.4 s a step).
"""

import argparse
import json
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from gemma_garage.augment.local.wordings import complete_statement
from gemma_garage.gemma.cut import cut_layers
from gemma_garage.gemma.device import detect_machine
from gemma_garage.gemma.load import load_model, load_tokenizer
from gemma_garage.gemma.paraphrases import LAYERS, RANK, WEIGHTS
from gemma_garage.train.backends import computes_bf16
from gemma_garage.train.config import MODULE_NAMES

ITEMS = Path(__file__).parent / "writer"
HELD_TITLES, POOLED_TITLES = 78, 6
LEAST_FACTS, MOST_FACTS = 40, 48  # of a batch
STEPS, RATE, WARMUP, TEMPERATURE = 360, 7e-4, 30, 0.07
HELD_STILL = 0.1  # weight of what else the layers make of text
ALPHA = 2 * RANK  # while it trains; the weights are written with a scaling of 1
GAP_SHARE, CUE_SHARE = 0.35, 0.15  # of the pairs; two questions in the others
Item = dict[str, Any]


class Lower:
    """The lower layers with their adapter, and the last states of questions."""

    def __init__(self, starter: Path) -> None:
        from peft import LoraConfig, get_peft_model

        machine = detect_machine()
        self.tokenizer = load_tokenizer(starter)
        torch.manual_seed(0)
        base = load_model(starter, machine=machine, for_training=True, bf16=computes_bf16(machine))
        config = LoraConfig(
            task_type="CAUSAL_LM",
            r=RANK,
            lora_alpha=ALPHA,
            bias="none",
            target_modules=list(MODULE_NAMES["all-linear"]),
            layers_to_transform=list(range(LAYERS)),
            layers_pattern="layers",
        )
        self.model = get_peft_model(base, config)
        self.layers = cut_layers(self.model.get_base_model().get_decoder(), 0, LAYERS)
        self.mean, self.spread = torch.zeros(()), torch.ones(())

    def encode(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def ask(self, question: str) -> list[int]:
        return self.encode(
            f"<bos><start_of_turn>user\n{question}<end_of_turn>\n<start_of_turn>model\n"
        )

    def run(self, rows: Sequence[list[int]]) -> Any:
        """All states, (rows, tokens, width); rows are padded on the right."""
        width = -(-max(map(len, rows)) // 8) * 8
        ids = torch.tensor(
            [row + [self.tokenizer.pad_token_id] * (width - len(row)) for row in rows]
        )
        lengths = torch.tensor([len(row) for row in rows])
        mask = (torch.arange(width) < lengths[:, None]).long()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            states = self.layers(input_ids=ids, attention_mask=mask, use_cache=False)
        return states.last_hidden_state.float()

    def last(self, questions: Sequence[str]) -> Any:
        rows = [self.ask(question) for question in questions]
        states = self.run(rows)
        return states[torch.arange(len(rows)), torch.tensor([len(row) - 1 for row in rows])]

    def embed(self, questions: Sequence[str]) -> Any:
        """Unit vectors. A few dimensions are hundreds of times as large as the others: each is
        taken in its own measure, that of the base."""
        states = (self.last(questions) - self.mean) / self.spread
        return functional.normalize(states.clamp(-6, 6), dim=-1)

    def embed_all(self, questions: Sequence[str]) -> Any:
        with torch.no_grad():
            return torch.cat(
                [self.embed(questions[at : at + 64]) for at in range(0, len(questions), 64)]
            )

    def measure_shift(self, items: Sequence[Item]) -> Any:
        """How far the states of sentences and answers are from the base's, in its own measure."""
        rows, skipped = [], []
        for number, item in enumerate(items):
            asked = self.ask(item["questions"][0]) if number % 2 else []
            told = f"{item['answer']}<end_of_turn>" if asked else f"<bos>{item['sentence']}"
            rows.append(asked + self.encode(told))
            skipped.append(max(1, len(asked)))
        with torch.no_grad(), self.model.disable_adapter():
            before = self.run(rows)
        shift = (((self.run(rows) - before) / self.spread).clamp(-10, 10) ** 2).mean(-1)
        places = torch.arange(shift.shape[1])
        first, end = torch.tensor(skipped)[:, None], torch.tensor([*map(len, rows)])[:, None]
        counted = ((places >= first) & (places < end)).float()
        return (shift * counted).sum() / counted.sum()


def read_documents() -> dict[str, list[Item]]:
    documents: dict[str, list[Item]] = {}
    for file in sorted(ITEMS.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            item = json.loads(line)
            documents.setdefault(item["title"], []).append(item)
    return documents


def leave_gap(item: Item) -> str:
    """The statement as a question with a gap for the answer, as the generator writes it."""
    before, _, after = item["sentence"].partition(item["answer"])
    return complete_statement(f"{before}[{item['answer']}]{after}") or item["questions"][0]


def choose_words(item: Item, dice: random.Random) -> str:
    """A few words of the statement in any order, half of them behind a question's first words."""
    rest = item["sentence"].replace(item["answer"], " ")
    words = [word for word in re.findall(r"[\w'’°/-]+", rest) if len(word) > 3]
    if len(words) < 3:
        return str(item["questions"][0])
    chosen = dice.sample(words, max(2, min(9, round(len(words) * dice.choice((0.4, 0.6, 0.8))))))
    if dice.random() < 0.5:
        chosen = dice.choice(item["questions"]).split()[: dice.choice((2, 3))] + chosen
    return " ".join(chosen)


def choose_pair(item: Item, dice: random.Random) -> tuple[str, str]:
    first, second = dice.sample(item["questions"], 2)
    chance = dice.random()
    if chance < GAP_SHARE:
        second = leave_gap(item)
    elif chance < GAP_SHARE + CUE_SHARE:
        second = choose_words(item, dice)
    return first, second


def measure_recall(lower: Lower, documents: Sequence[list[Item]]) -> float:
    """The share of the two farthest wordings whose nearest near wording leads to the answer."""
    right = asked = 0
    for at in range(0, len(documents), POOLED_TITLES):
        items = [item for document in documents[at : at + POOLED_TITLES] for item in document]
        keys = lower.embed_all([text for item in items for text in item["questions"][:3]])
        for place in (3, 4):
            found = lower.embed_all([item["questions"][place] for item in items]) @ keys.T
            for item, key in zip(items, found.argmax(1).tolist(), strict=True):
                right += items[key // 3]["answer"] == item["answer"]
            asked += len(items)
    return right / asked


def save(lower: Lower) -> None:
    from safetensors.torch import save_file

    weights = {"mean": lower.mean, "spread": lower.spread}
    for name, weight in lower.model.named_parameters():
        if "lora_" in name:
            scaled = weight * (ALPHA / RANK) if "lora_B" in name else weight
            weights[name.replace(".default.", ".")] = scaled.detach().bfloat16()
    save_file({name: weight.contiguous() for name, weight in weights.items()}, WEIGHTS)
    WEIGHTS.chmod(0o644)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("starter", type=Path, help="the converted starter")
    options = parser.parse_args()
    lower, documents = Lower(options.starter), read_documents()
    titles = sorted(documents)
    random.Random(5).shuffle(titles)
    held = [documents[title] for title in titles[:HELD_TITLES]]
    taught = titles[HELD_TITLES:]
    with torch.no_grad():
        states = torch.cat(
            [
                lower.last([item["questions"][0] for item in documents[title]])
                for title in taught[:30]
            ]
        )
    lower.mean, lower.spread = states.mean(0), states.std(0) + 1e-3
    print(f"before: {measure_recall(lower, held):.1%}", flush=True)

    weights = [weight for weight in lower.model.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=RATE, weight_decay=0.0)
    dice, waiting = random.Random(1), list[str]()
    for step in range(STEPS):
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / WARMUP) * (1 - step / STEPS)
        items: list[Item] = []
        while len(items) < LEAST_FACTS:
            if not waiting:
                waiting = dice.sample(taught, len(taught))
            items += documents[waiting.pop()]
        items = items[:MOST_FACTS]
        pairs = [choose_pair(item, dice) for item in items]
        one, other = (lower.embed([pair[side] for pair in pairs]) for side in (0, 1))
        alike, own = one @ other.T / TEMPERATURE, torch.arange(len(items))
        loss = functional.cross_entropy(alike, own) + functional.cross_entropy(alike.T, own)
        shift = lower.measure_shift(dice.sample(items, 8))
        (loss / 2 + HELD_STILL * shift).backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        optimiser.zero_grad()
        if step % 25 == 24:
            print(f"{step + 1}: {float(loss) / 2:.3f}, shift {float(shift):.2f}", flush=True)
    print(f"after: {measure_recall(lower, held):.1%}")
    save(lower)


if __name__ == "__main__":
    main()
