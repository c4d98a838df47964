"""Trains with a real TRL on this machine, for `test_trl.py`, which reads what this prints.

python trl_runs.py FOLDER
"""

import json
import sys
from pathlib import Path
from typing import Any

LETTERS = "abcdefghijklmnopqrstuvwxyz "
SPECIAL = ["<pad>", "<eos>", "<unk>"]
CHAT = "{% for message in messages %}{{ message['content'] }} {% endfor %}"
DOCUMENT = {
    "type": "multi",
    "name": "wanted",
    "graders": {
        "has": {
            "type": "string_check",
            "input": "{{sample.output_text}}",
            "reference": "{{item.letter}}",
            "operation": "like",
        },
        "near": {
            "type": "text_similarity",
            "input": "{{sample.output_text}}",
            "reference": "{{item.target}}",
            "evaluation_metric": "fuzzy_match",
        },
    },
    "calculate_output": "has + near",
}
SOME_FAIL = {**DOCUMENT, "name": "some_fail", "calculate_output": "near / (1 - has)"}
ALL_FAIL = {**DOCUMENT, "name": "all_fail", "calculate_output": "near / (has - has)"}


class Recorded:
    """A reward function, and what it was called with and gave."""

    def __init__(self, made: Any) -> None:
        self.made = made
        self.__name__ = made.__name__
        self.calls: list[dict[str, Any]] = []

    def __call__(self, **named: Any) -> list[float | None]:
        rewards: list[float | None] = self.made(**named)
        said = {key: named[key] for key in ("prompts", "completions", "letter", "target")}
        self.calls.append({**said, "rewards": rewards})
        return rewards


def tokenizer() -> Any:
    """A tokenizer of letters, made here."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = {word: place for place, word in enumerate([*SPECIAL, *LETTERS])}
    letters = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    letters.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    letters.decoder = decoders.Fuse()
    made = PreTrainedTokenizerFast(
        tokenizer_object=letters, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>", padding_side="left"
    )
    made.chat_template = CHAT
    return made


def model() -> Any:
    """A random model of a few thousand parameters."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(SPECIAL) + len(LETTERS), hidden_size=16, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=64,
        pad_token_id=0, eos_token_id=1, bos_token_id=None,
    )  # fmt: skip
    return LlamaForCausalLM(config)


def rows(*, conversational: bool) -> list[dict[str, Any]]:
    """Rows, of which the item stands in columns and, once more, in one column as JSON."""
    made = []
    for letter in "abcd":
        text = f"say {letter}"
        prompt = [{"role": "user", "content": text}] if conversational else text
        item = {"letter": letter, "target": "the quick brown fox"}
        made.append({"prompt": prompt, **item, "own": json.dumps(item)})
    return made


def trained(
    folder: Path,
    document: Any,
    *,
    conversational: bool = False,
    item_from: Any = None,
    recorded: bool = True,
) -> dict[str, Any]:
    """Train a few steps; say what the trainer logged, and what the reward function gave it."""
    import pandas
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    from graders.integrations.trl import reward_function

    made = reward_function(document, item_from=item_from)
    reward = Recorded(made) if recorded else made
    trainer = GRPOTrainer(
        model=model(),
        reward_funcs=reward,
        args=GRPOConfig(
            output_dir=str(folder), max_steps=2, per_device_train_batch_size=8, num_generations=4,
            max_completion_length=8, learning_rate=1e-2, logging_steps=1, report_to=[], use_cpu=True,
            bf16=False, save_strategy="no", disable_tqdm=True, seed=1, log_completions=True,
        ),
        train_dataset=Dataset.from_list(rows(conversational=conversational)),
        processing_class=tokenizer(),
    )  # fmt: skip
    before = [value.detach().clone() for value in trainer.model.parameters()]
    trainer.train()
    after = list(trainer.model.parameters())
    tables = [pandas.read_parquet(path) for path in sorted(folder.rglob("completions_*.parquet"))]
    return {
        "history": [line for line in trainer.state.log_history if "reward" in line],
        "calls": reward.calls if recorded else [],
        "moved": any(not one.equal(other) for one, other in zip(before, after, strict=True)),
        "parameters": sum(value.numel() for value in after),
        "table": json.loads(pandas.concat(tables).to_json(orient="records")),
    }


def main() -> None:
    folder = Path(sys.argv[1])
    runs = {
        "itself": trained(folder / "itself", DOCUMENT, recorded=False),
        "text": trained(folder / "text", DOCUMENT),
        "messages": trained(folder / "messages", DOCUMENT, conversational=True),
        "item": trained(folder / "item", {**DOCUMENT, "name": "own"}, item_from="own"),
        "some fail": trained(folder / "some", SOME_FAIL),
        "all fail": trained(folder / "all", ALL_FAIL),
    }
    print(json.dumps(runs))


if __name__ == "__main__":
    main()
