"""Train the weights of `gemma_garage/gemma/paraphrases.py`: `python tools/train_paraphrases.py
STARTER`.

From `tools/writer/*.jsonl` (five questions each for 9,069 statements about invented things) and
`tools/documents/` (see `documents.py`): two wordings of a fact, or one and what the generator's
rules make of it, or the statement with a gap or a few of its words, give the starter's lower layers
a last state that is alike, and unlike that of the other facts of the same document, which are
hardest to tell apart. What else these layers make of text is held where it was: sentences, and
answers behind their question. Prints how often a wording leads to its own fact, in what was kept
back: a far one among the near ones of six short documents, one by hand among all rows of a long.

The weights that ship were made in two rounds, by a script that did the same: of the items alone
(360 steps of 48), then of both (`--go-on --steps 260 --rate 6e-4 --items 8`).
"""

import argparse
import json
import random
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from gemma_garage.augment.local.wordings import complete_statement
from gemma_garage.gemma.cut import cut_layers
from gemma_garage.gemma.device import detect_machine
from gemma_garage.gemma.load import load_model, load_tokenizer
from gemma_garage.gemma.paraphrases import (
    LAYERS,
    RANK,
    WEIGHTS,
    load_weights,
    place_paraphrases,
)
from gemma_garage.infer.grade import grade
from gemma_garage.train.backends import computes_bf16
from gemma_garage.train.config import MODULE_NAMES

sys.path.insert(0, str(Path(__file__).parent))
from documents import HELD, flatten, list_names, list_rows, match_rows, read_questions

ITEMS = Path(__file__).parent / "writer"
HELD_TITLES, POOLED_TITLES = 78, 6
DOCUMENT_FACTS, OTHER_ROWS, ITEM_FACTS = 32, 12, 16  # of a batch
AT_ONCE = 24  # rows
STEPS, RATE, WARMUP, TEMPERATURE = 360, 7e-4, 30, 0.07
HELD_STILL = 0.1  # weight of what else the layers make of text
ALPHA = 2 * RANK  # while it trains; the weights are written with a scaling of 1
GAP_SHARE, CUE_SHARE = 0.35, 0.15  # of the items' pairs; two questions in the others
ROW_SHARE, ROW_GAP_SHARE = 0.65, 0.15  # of the documents' pairs
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
        """The state behind each question's last token; rows of like length run together."""
        rows = [self.ask(question) for question in questions]
        order = sorted(range(len(rows)), key=lambda number: len(rows[number]))
        found = []
        for at in range(0, len(order), AT_ONCE):
            part = [rows[number] for number in order[at : at + AT_ONCE]]
            ends = torch.tensor([len(row) - 1 for row in part])
            found.append(self.run(part)[torch.arange(len(part)), ends])
        return torch.cat(found)[torch.tensor(order).argsort()]

    def embed(self, questions: Sequence[str]) -> Any:
        """Unit vectors. A few dimensions are hundreds of times as large as the others: each is
        taken in its own measure, that of the base."""
        states = (self.last(questions) - self.mean) / self.spread
        return functional.normalize(states.clamp(-6, 6), dim=-1)

    def embed_all(self, questions: Sequence[str]) -> Any:
        with torch.no_grad():
            return self.embed(questions)

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


Pair = tuple[str, str, str]  # a question, another wording of it, the answer in plain words


def choose_pair(item: Item, dice: random.Random) -> Pair:
    first, second = dice.sample(item["questions"], 2)
    chance = dice.random()
    if chance < GAP_SHARE:
        second = leave_gap(item)
    elif chance < GAP_SHARE + CUE_SHARE:
        second = choose_words(item, dice)
    return first, second, flatten(item["answer"])


class Text:
    """A document with its facts by hand, and the rows that rules make of it."""

    def __init__(self, name: str) -> None:
        self.facts, self.rows = read_questions(name), list_rows(name)
        self.of_fact = [match_rows(fact, self.rows) for fact in self.facts]
        told = {number for numbers in self.of_fact for number in numbers}
        self.others = [row for number, row in enumerate(self.rows) if number not in told]

    def choose_pairs(self, dice: random.Random) -> list[Pair]:
        """A question by hand with one by rule, mostly, as the training of a document has these."""
        pairs = []
        for number in dice.sample(range(len(self.facts)), min(DOCUMENT_FACTS, len(self.facts))):
            fact, rows = self.facts[number], self.of_fact[number]
            first, second = dice.sample(fact["questions"], 2)
            chance = dice.random()
            if rows and chance < ROW_SHARE:
                second = self.rows[dice.choice(rows)]["question"]
            elif chance > 1 - ROW_GAP_SHARE:
                told = fact["evidence"].replace("|", " ; ").strip(" ;")
                second = leave_gap(fact | {"sentence": told})
            pairs.append((first, second, flatten(fact["answer"])))
        return pairs

    def choose_others(self, dice: random.Random) -> list[Pair]:
        """Rows that no question by hand asks for: only to be told apart from."""
        rows = dice.sample(self.others, min(OTHER_ROWS, len(self.others)))
        return [("", row["question"], flatten(row["answer"])) for row in rows]

    def measure_recall(self, lower: Lower) -> float:
        """How often the nearest row leads to the answer, of all questions by hand."""
        keys = lower.embed_all([row["question"] for row in self.rows])
        asked = [(fact, text) for fact in self.facts for text in fact["questions"]]
        nearest = (lower.embed_all([text for _, text in asked]) @ keys.T).argmax(1).tolist()
        right = [
            grade(self.rows[key]["answer"], fact["answer"], text)
            for (fact, text), key in zip(asked, nearest, strict=True)
        ]
        return sum(right) / len(right)


def measure_contrast(lower: Lower, pairs: Sequence[Pair], others: Sequence[Pair]) -> Any:
    """The loss that brings each pair together and all else apart, both ways. What has the same
    answer, or a part of it, counts as neither."""
    keys = [*pairs, *others]
    states = lower.embed([first for first, _, _ in pairs] + [second for _, second, _ in keys])
    alike = states[: len(pairs)] @ states[len(pairs) :].T / TEMPERATURE
    same = [
        [
            row != column and (f" {mine} " in f" {answer} " or f" {answer} " in f" {mine} ")
            for column, (_, _, answer) in enumerate(keys)
        ]
        for row, (_, _, mine) in enumerate(pairs)
    ]
    alike = alike.masked_fill(torch.tensor(same), -1e4)
    own = torch.arange(len(pairs))
    back = alike[:, : len(pairs)].T
    return (functional.cross_entropy(alike, own) + functional.cross_entropy(back, own)) / 2


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


def tell_recall(lower: Lower, held: Sequence[list[Item]], texts: Sequence[Text]) -> str:
    of_texts = [text.measure_recall(lower) for text in texts]
    return f"items {measure_recall(lower, held):.1%}, documents {sum(of_texts) / len(texts):.1%}"


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
    parser.add_argument("--go-on", action="store_true", help="from the weights that are there")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--items", type=int, default=ITEM_FACTS, help="facts of the items, a step")
    options = parser.parse_args()
    lower, documents = Lower(options.starter), read_documents()
    titles = sorted(documents)
    random.Random(5).shuffle(titles)
    held = [documents[title] for title in titles[:HELD_TITLES]]
    taught = titles[HELD_TITLES:]
    texts = [Text(name) for name in list_names() if name not in HELD]
    held_texts = [Text(name) for name in list_names() if name in HELD]
    if options.go_on:
        place_paraphrases(lower.model, ALPHA / RANK)
        known = load_weights()
        lower.mean, lower.spread = known["mean"], known["spread"]
    else:
        with torch.no_grad():
            states = torch.cat(
                [
                    lower.last([item["questions"][0] for item in documents[title]])
                    for title in taught[:30]
                ]
            )
        lower.mean, lower.spread = states.mean(0), states.std(0) + 1e-3
    print(f"before: {tell_recall(lower, held, held_texts)}", flush=True)

    weights = [weight for weight in lower.model.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=options.rate, weight_decay=0.0)
    dice, waiting = random.Random(1), list[str]()
    due: list[Text] = []
    for step in range(options.steps):
        for group in optimiser.param_groups:
            group["lr"] = options.rate * min(1, (step + 1) / WARMUP) * (1 - step / options.steps)
        due = due or dice.sample(texts, len(texts))
        text = due.pop()
        items: list[Item] = []
        while len(items) < options.items:
            waiting = waiting or dice.sample(taught, len(taught))
            items += documents[waiting.pop()]
        items = items[: options.items]
        pairs = text.choose_pairs(dice) + [choose_pair(item, dice) for item in items]
        loss = measure_contrast(lower, pairs, text.choose_others(dice))
        shift = lower.measure_shift(dice.sample(items, 8))
        (loss + HELD_STILL * shift).backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        optimiser.zero_grad()
        if step % 25 == 24:
            print(f"{step + 1}: {loss.item():.3f}, shift {shift.item():.2f}", flush=True)
    print(f"after: {tell_recall(lower, held, held_texts)}")
    save(lower)


if __name__ == "__main__":
    main()
