"""A tiny Llama that speaks the small language, trained from nothing; seconds on one core."""

import random
import string
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer
from tokenizers.decoders import Fuse
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Split
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from words import ACTS, MAIL, MARKS, OTHERS, SEGMENTS, THINGS, Turn, order, tool_call, vocabulary

END, UNKNOWN = "<|end|>", "<|unknown|>"
ROLES = ("<|system|>", "<|user|>", "<|assistant|>")
TEMPLATE = (
    "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content + '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
SYSTEM = "say json"


def make_tokenizer() -> PreTrainedTokenizerFast:
    """Whole words where they are known, characters otherwise; decoding gives the very text."""
    pieces = [(UNKNOWN, 0.0), *((word, -1.0) for word in vocabulary())]
    known = {piece for piece, _ in pieces}
    pieces += [(c, -10.0) for c in string.printable if c not in known]
    made = Tokenizer(Unigram(pieces, unk_id=0))
    made.pre_tokenizer = Split(Regex(r" ?\w+|[^\w]"), "isolated")
    made.decoder = Fuse()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token=END, pad_token=END, unk_token=UNKNOWN
    )
    fast.add_special_tokens({"additional_special_tokens": list(ROLES)})
    fast.chat_template = TEMPLATE
    return fast


def known_orders(draw: random.Random) -> Turn:
    """An order in plain words: all that the base knows of the task."""
    act, thing = draw.choice(ACTS), draw.choice(THINGS)
    numbers = (draw.randrange(1000), draw.randrange(1000))
    return Turn(order(act, thing, numbers, draw.choice(SEGMENTS)), tool_call(act, thing))


def spelled(draw: random.Random) -> Turn:
    """Something to say again: a mark, an address, or letters, so that every token can be said."""
    letters = "-".join("".join(draw.choices(string.ascii_lowercase, k=4)) for _ in range(2))
    text = draw.choice((draw.choice(MARKS), MAIL, letters, letters))
    return Turn(f"spell {text}", text)


def drawn(draw: random.Random) -> Turn:
    """Any request of the small language."""
    kind = draw.random()
    if kind < 0.35:
        return known_orders(draw)
    if kind < 0.55:
        return spelled(draw)
    return draw.choice(draw.choice([*OTHERS.values()]))


def make_base(folder: Path, steps: int = 1200, seed: int = 1, rows: int = 48) -> Path:
    """Train and save; the loss is of the answers alone."""
    torch.manual_seed(seed)
    tokenizer = make_tokenizer()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=160,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=512,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=False,
        initializer_range=0.06,
    )
    model = LlamaForCausalLM(config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3, betas=(0.9, 0.95))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 5e-3, total_steps=steps, pct_start=0.15
    )
    draw = random.Random(seed)  # noqa: S311 - made-up text
    for _ in range(steps):
        loss = model(**_batch(tokenizer, [drawn(draw) for _ in range(rows)], draw)).loss
        loss.backward()
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
    print(f"base: loss {loss.item():.4f}", flush=True)
    return folder


def _batch(
    tokenizer: PreTrainedTokenizerFast, turns: list[Turn], draw: random.Random
) -> dict[str, torch.Tensor]:
    pairs = []
    for turn in turns:
        system = f"<|system|>{SYSTEM}{END}" if draw.random() < 0.2 else ""
        asked = tokenizer(f"{system}<|user|>{turn.request}{END}<|assistant|>").input_ids
        pairs.append((asked, tokenizer(turn.answer + END).input_ids))
    width = max(len(a) + len(b) for a, b in pairs)
    ids = torch.full((len(pairs), width), tokenizer.pad_token_id)
    labels = torch.full((len(pairs), width), -100)
    for row, (asked, answer) in enumerate(pairs):
        ids[row, : len(asked) + len(answer)] = torch.tensor(asked + answer)
        labels[row, len(asked) : len(asked) + len(answer)] = torch.tensor(answer)
    return {"input_ids": ids, "labels": labels}
