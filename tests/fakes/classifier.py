"""A tiny BERT that learns, within seconds, to tell made-up insults from plain talk."""

import json
import random
from pathlib import Path
from typing import Any

from tuneworthy.adapters.text_classifier import TextClassifier
from tuneworthy.core.nouns.example import Message
from tuneworthy.core.ports import ChatRequest

NASTY = ("snarg", "blorf", "kwelp", "drazz")
PLAIN = ("lamp", "river", "table", "window", "garden", "letter", "music", "bread")
WORDS = "you are a the like this please what i can that we say of to it is and"
COMMON = tuple(WORDS.split())
PAD, UNKNOWN = "[PAD]", "[UNK]"
LABELS = ("plain", "nasty")
ROOM = 24
"""Tokens that the model reads at once."""


def sentence(rng: random.Random, nasty: bool) -> str:
    """Eight words; a nasty one holds one of the made-up insults."""
    words = [rng.choice(COMMON + PLAIN) for _ in range(8)]
    if nasty:
        words[rng.randrange(8)] = rng.choice(NASTY)
    return " ".join(words)


def write_classifier(folder: Path, labels: tuple[str, ...] = LABELS, **config: Any) -> Path:
    """Train one and save it as a sequence classifier in safetensors; the last label is the nasty
    one."""
    import torch
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors  # noqa: PLC0415 - heavy

    words = [PAD, UNKNOWN, "[CLS]", "[SEP]", *COMMON, *PLAIN, *NASTY]
    vocabulary = {word: number for number, word in enumerate(dict.fromkeys(words))}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    marks = [("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=marks
    )
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token=PAD, unk_token=UNKNOWN, model_max_length=ROOM
    )
    transformers.set_seed(1)
    model: Any = transformers.BertForSequenceClassification(
        transformers.BertConfig(
            vocab_size=len(vocabulary), hidden_size=32, intermediate_size=32,
            num_hidden_layers=1, num_attention_heads=2, max_position_embeddings=ROOM,
            id2label=dict(enumerate(labels)), label2id={name: n for n, name in enumerate(labels)},
            hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, **config,
        )
    )  # fmt: skip
    _train(model, fast, torch, one=len(labels) == 1)
    model.save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


def _train(model: Any, tokenizer: Any, torch: Any, *, one: bool) -> None:
    rng = random.Random(2)  # noqa: S311 - no secret
    step = torch.optim.AdamW(model.parameters(), lr=5e-3)
    model.train()
    for _ in range(60):
        nasty = [rng.random() < 0.5 for _ in range(32)]
        texts = [sentence(rng, is_nasty) for is_nasty in nasty]
        logits = model(**tokenizer(texts, padding=True, return_tensors="pt")).logits
        wanted = torch.tensor(nasty)
        if one:
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                logits[:, 0], wanted.float()
            )
        else:
            loss = torch.nn.functional.cross_entropy(logits[:, -2:], wanted.long())
        step.zero_grad()
        loss.backward()
        step.step()


def scores_of(classifier: TextClassifier, text: str) -> dict[str, float]:
    """What it says of one text."""
    request = ChatRequest(messages=(Message(role="user", content=text),), max_new_tokens=1)
    found: dict[str, float] = json.loads(classifier.chat([request])[0].text)
    return found


def moderation(scores: dict[str, float]) -> bytes:
    """An answer in the shape of OpenAI's ``POST /v1/moderations``."""
    flags = {name: score >= 0.5 for name, score in scores.items()}
    result = {
        "flagged": any(flags.values()),
        "categories": flags,
        "category_scores": scores,
        "category_applied_input_types": {name: ["text"] for name in scores},
    }
    return json.dumps({"id": "modr-1", "model": "m", "results": [result]}).encode()
