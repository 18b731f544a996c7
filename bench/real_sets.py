"""Public data sets as requests and targets, from the folder that TUNEWORTHY_TEST_DATA names.

None of them is part of this repository; a benchmark that needs one says which and stops.
"""

import csv
import gzip
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple


class Pairs(NamedTuple):
    """One data set: what is asked and what is to be answered, row by row."""

    name: str
    requests: list[str]
    targets: list[str]


def folder() -> Path:
    """The data folder; ends the program with one sentence when it is not there."""
    named = os.environ.get("TUNEWORTHY_TEST_DATA", "")
    if not named or not Path(named).is_dir():
        sys.exit("Set TUNEWORTHY_TEST_DATA to the folder of the public data sets, then run again.")
    return Path(named)


def load(name: str) -> Pairs:
    """The data set of that name."""
    rows = list(READERS[name](folder()))
    return Pairs(name, [request for request, _ in rows], [target for _, target in rows])


Rows = Iterator[tuple[str, str]]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from (json.loads(line) for line in file if line.strip())


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _banking(at: Path, part: str = "train") -> Rows:
    with (at / f"banking77/{part}.csv").open(encoding="utf-8", newline="") as file:
        yield from ((row["text"], row["category"]) for row in csv.DictReader(file))


def _clinc(at: Path, part: str = "train") -> Rows:
    data = json.loads((at / "clinc150/data_full.json").read_text(encoding="utf-8"))
    yield from ((text, label) for text, label in data[part])


def _clinc_domain(at: Path) -> Rows:
    domains = json.loads((at / "clinc150/domains.json").read_text(encoding="utf-8"))
    owner = {intent: domain for domain, intents in domains.items() for intent in intents}
    yield from ((text, owner[label]) for text, label in _clinc(at))


def _snips(at: Path, part: str = "train") -> Rows:
    yield from ((row["text"].strip(), row["intent"]) for row in _lines(at / f"snips/{part}.jsonl"))


def _snips_slots(at: Path) -> Rows:
    for row in _lines(at / "snips/train.jsonl"):
        slots = {slot["slot"]: slot["value"] for slot in row["slots"]}
        yield row["text"].strip(), _json({"intent": row["intent"], "slots": slots})


def _hwu_rows(at: Path, part: str = "train") -> Iterator[tuple[str, dict[str, Any]]]:
    for row in _lines(at / f"hwu64/kfold1_{part}.jsonl"):
        yield re.sub(r"\[[^:\]]+ : ([^\]]+)\]", r"\1", row["answer_annotation"]), row


def _hwu(at: Path, part: str = "train") -> Rows:
    yield from ((text, f"{r['scenario']}_{r['intent']}") for text, r in _hwu_rows(at, part))


def _hwu_scenario(at: Path) -> Rows:
    yield from ((text, r["scenario"]) for text, r in _hwu_rows(at))


def _slurp(at: Path) -> Rows:
    for row in _lines(at / "slurp-devel/devel.jsonl"):
        yield row["text"], f"{row['scenario']}_{row['action']}"


def _slurp_json(at: Path) -> Rows:
    for row in _lines(at / "slurp-devel/devel.jsonl"):
        kept = {key: row[key] for key in ("scenario", "action", "entities")}
        yield row["text"], _json(kept)


def _home(language: str) -> Callable[[Path], Rows]:
    def read(at: Path) -> Rows:
        for row in _lines(at / "ha-intents-tests/sentences.jsonl"):
            if row["lang"] == language:
                yield row["text"], row["intent"]

    return read


def _aws_title(row: dict[str, Any]) -> str:
    return re.sub(r"^Example \d+: ", "", row["title"])


def _aws_service(at: Path) -> Rows:
    for row in _lines(at / "awscli-examples/examples.jsonl"):
        yield _aws_title(row), row["command"].split()[1]


def _aws_command(at: Path) -> Rows:
    for row in _lines(at / "awscli-examples/examples.jsonl"):
        yield _aws_title(row), row["command"]


def _aws_body(at: Path) -> Rows:
    for row in _lines(at / "awscli-examples/examples.jsonl"):
        yield row["text"], row["command"].split()[2]


def _azure_group(at: Path) -> Rows:
    for row in _lines(at / "azure-cli-examples/examples.jsonl"):
        words = row["command"].split()
        if len(words) > 1:
            yield row["text"], words[1]


def _azure_command(at: Path) -> Rows:
    for row in _lines(at / "azure-cli-examples/examples.jsonl"):
        yield row["text"], row["command"]


def _tldr(at: Path) -> Rows:
    for row in _lines(at / "tldr-style/pairs.jsonl"):
        yield row["description"], row["command"]


def _instruct(at: Path) -> Rows:
    for name in ("seed_tasks", "user_oriented_instructions"):
        for row in _lines(at / f"self-instruct-human/{name}.jsonl"):
            case = row["instances"][0]
            yield f"{row['instruction']}\n{case['input']}".strip(), case["output"]


def _wikisql(at: Path) -> Rows:
    for row in _lines(at / "wikisql-mlx/train.jsonl"):
        request, _, answer = row["text"].partition("\nA: ")
        yield request, answer


def _advisories(at: Path) -> Rows:
    for row in _lines(at / "pypa-advisories/advisories.jsonl"):
        kept = {key: row[key] for key in ("package", "introduced", "fixed")}
        yield row["text"], _json(kept)


def _ssvc(part: str) -> Callable[[Path], Rows]:
    def read(at: Path) -> Rows:
        for row in _lines(at / "vulnrichment-ssvc/ssvc_1500.jsonl"):
            if part in row["ssvc"]:
                yield row["text"], row["ssvc"][part]

    return read


def _llmbar(at: Path) -> Rows:
    for name in ("Natural", "Adversarial_Manual", "Adversarial_Neighbor"):
        for row in json.loads((at / f"llmbar/{name}_dataset.json").read_text(encoding="utf-8")):
            yield row["input"], row[f"output_{row['label']}"]


def _xstest(at: Path) -> Rows:
    with (at / "xstest/xstest_prompts.csv").open(encoding="utf-8", newline="") as file:
        yield from ((row["prompt"], row["label"]) for row in csv.DictReader(file))


def _gsm(at: Path, part: str = "train_sample1000") -> Rows:
    for row in _lines(at / f"gsm8k/{part}.jsonl"):
        yield row["question"], row["answer"]


def _bfcl(at: Path) -> Rows:
    for part in ("simple_python", "live_simple", "multiple", "parallel"):
        gold = {
            row["id"]: row["ground_truth"]
            for row in _lines(at / f"bfcl/possible_answer/BFCL_v4_{part}.json")
        }
        for row in _lines(at / f"bfcl/BFCL_v4_{part}.json"):
            calls = [
                {"name": name, "arguments": {k: v[0] for k, v in values.items() if v and v[0]}}
                for call in gold[row["id"]]
                for name, values in call.items()
            ]
            yield row["question"][0][-1]["content"], _json(calls)


def _tooltalk(at: Path) -> Rows:
    for path in sorted((at / "tooltalk").glob("[et]*/*.json")):
        turns = json.loads(path.read_text(encoding="utf-8")).get("conversation", [])
        asked = ""
        for turn in turns:
            if turn["role"] == "user":
                asked = turn["text"]
            elif turn.get("apis"):
                yield asked, _json([api["request"] for api in turn["apis"]])


def _hh(at: Path) -> Rows:
    """Harmful requests among them: never print a row of this set."""
    with gzip.open(at / "hh-rlhf-harmless-test/test.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            head, _, answer = json.loads(line)["chosen"].rpartition("\n\nAssistant:")
            yield head.rpartition("\n\nHuman:")[2].strip(), answer.strip()


def _mt_bench(at: Path) -> Rows:
    asked = {
        row["question_id"]: row["turns"] for row in _lines(at / "mt-bench-questions/question.jsonl")
    }
    for row in _lines(at / "mt-bench-questions/reference_gpt4.jsonl"):
        yield from zip(asked[row["question_id"]], row["choices"][0]["turns"], strict=False)


def _truthful(at: Path) -> Rows:
    with (at / "truthfulqa/TruthfulQA.csv").open(encoding="utf-8", newline="") as file:
        yield from ((row["Question"], row["Best Answer"]) for row in csv.DictReader(file))


READERS: dict[str, Callable[[Path], Rows]] = {
    "banking77": _banking,
    "banking77 test": partial(_banking, part="test"),
    "clinc150": _clinc,
    "clinc150 test": partial(_clinc, part="test"),
    "clinc150 val": partial(_clinc, part="val"),
    "clinc150 domain": _clinc_domain,
    "snips": _snips,
    "snips validate": partial(_snips, part="validate"),
    "snips slots": _snips_slots,
    "hwu64": _hwu,
    "hwu64 test": partial(_hwu, part="test"),
    "hwu64 scenario": _hwu_scenario,
    "slurp": _slurp,
    "slurp json": _slurp_json,
    "home en": _home("en"),
    "home de": _home("de"),
    "home es": _home("es"),
    "home fr": _home("fr"),
    "aws service": _aws_service,
    "aws command": _aws_command,
    "aws body": _aws_body,
    "azure group": _azure_group,
    "azure command": _azure_command,
    "tldr command": _tldr,
    "self-instruct": _instruct,
    "wikisql": _wikisql,
    "advisories": _advisories,
    "ssvc automatable": _ssvc("Automatable"),
    "ssvc exploitation": _ssvc("Exploitation"),
    "ssvc impact": _ssvc("Technical Impact"),
    "gsm8k": _gsm,
    "gsm8k test": partial(_gsm, part="test"),
    "bfcl": _bfcl,
    "tooltalk": _tooltalk,
    "hh harmless": _hh,
    "llmbar": _llmbar,
    "xstest": _xstest,
    "mt-bench": _mt_bench,
    "truthfulqa": _truthful,
}
