"""How likely base and candidate hold given texts to be: right answers of a suite, or a file's.

A low perplexity is no proof of good answers; it tells when a model has moved away from a kind of
text, long before its answers do.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from tuneworthy.config.case_file import file_text
from tuneworthy.config.row_file import read_rows
from tuneworthy.config.suite_file import MAIN
from tuneworthy.core.errors import ConfigProblem, UsageProblem
from tuneworthy.core.model_ports import Likelihood
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.perplexity import PerplexityRun
from tuneworthy.core.nouns.suite import Case, Suite
from tuneworthy.core.ports import ChatRequest
from tuneworthy.evaluate.asking import likelihood_client
from tuneworthy.evaluate.perplexity import against_base, figures, utf8_bytes
from tuneworthy.lifecycle import ceiling, evaluation, suite_runs, suites, training
from tuneworthy.lifecycle.judging import AskedModel, Judge, OpenedModel
from tuneworthy.lifecycle.remembered import remembered
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest

ABOUT = "eval.perplexity"
COLUMN = "text"


class _Texts(NamedTuple):
    """What is scored; groups of texts are drawn together."""

    source: str
    after: Literal["prompt", "nothing"]
    pairs: list[tuple[ChatRequest | str, str]]
    groups: list[str] | None
    subject: str
    """The suite's id; empty for a file."""


def run(
    runtime: Runtime, file: str | Path = "", *, suite: str = "", tuned: bool = False
) -> PerplexityRun:
    """Score the texts with the base and, with ``tuned``, with the current version too; on record.

    Args:
        runtime: The project.
        file: Texts by themselves: JSON Lines or CSV with ``text``, or a plain file as one text.
        suite: In place of a file, the right answers of a suite after their prompts; the test
            split's own where neither is named.
        tuned: Score with the current version too, its weights proved.

    Raises:
        UsageProblem: Both a file and a suite are named, or its prompt has several steps.
        ConfigProblem: There is no such file, suite or version, or no text in it.
        IntegrityProblem: The loaded weights are not what was trained.
        ModelProblem: The model tells no probabilities, or a prompt is too long.
    """
    if file and suite:
        raise UsageProblem(
            "file_or_suite", "A file and a suite are two runs.", fix="Name one of them."
        )
    version = training.current_version(runtime) if tuned else None
    texts = _of_file(Path(file)) if file else _of_suite(runtime, suite or MAIN, version)
    with OpenedModel(runtime, runtime.project.base) as base:
        theirs = _score(runtime, base, texts)
    said = [text for _, text in texts.pairs]
    found = PerplexityRun(
        source=texts.source,
        texts=digest([_facts(*pair) for pair in texts.pairs]),
        after=texts.after,
        n=len(said),
        bytes=utf8_bytes(said),
        base=figures(runtime.project.base.title, said, theirs),
    )
    subjects = [runtime.digest_of(runtime.project.base)]
    if version is not None:
        ours = _score(runtime, evaluation.candidate(runtime, version), texts)
        ratio, verdict = against_base(ours, theirs, texts.groups)
        beside = {"candidate": figures(version.id, said, ours), "ratio": ratio, "verdict": verdict}
        found = found.model_copy(update=beside)
        subjects = [runtime.head.model]
    subjects += [texts.subject] if texts.subject else []
    runtime.record(runtime.claim(ABOUT, subjects, found.model_dump(mode="json")))
    return found


def _score(runtime: Runtime, model: AskedModel, texts: _Texts) -> list[Likelihood]:
    client = remembered(model.load()[0], runtime.store.answers)
    asked = likelihood_client(client, "Perplexity is made of the probabilities of given texts.")
    return asked.loglikelihood(texts.pairs, runtime.progress)


def _facts(prompt: ChatRequest | str, text: str) -> list[object]:
    return [prompt if isinstance(prompt, str) else prompt.model_dump(mode="json"), text]


def _of_suite(runtime: Runtime, name: str, version: ModelVersion | None) -> _Texts:
    """Right answers after their prompts, as both models are asked on the suite."""
    suite, cases, arm, judge = _job(runtime, name, version)
    if arm.arm == "decomposed":
        raise UsageProblem(
            "in_steps",
            f"Suite '{name}' is asked in several steps; there is no one prompt before an answer.",
            fix="Name another suite, or a file of texts.",
        )
    kept = [case for case in cases if case.expected.strip()]
    if not kept:
        raise _nothing(f"Suite '{name}'", "a right answer")
    requests = judge.asker(arm, None).requests(kept)
    grouped = any(case.group for case in kept)
    return _Texts(
        source=name,
        after="prompt",
        pairs=[(request, case.expected) for request, case in zip(requests, kept, strict=True)],
        groups=[case.group or f"\0{case.id}" for case in kept] if grouped else None,
        subject=suite.id,
    )


def _job(runtime: Runtime, name: str, version: ModelVersion | None) -> suite_runs.Job:
    if name != MAIN:
        return suite_runs.job_of(runtime, *suites.settle(runtime, name), version)
    found: tuple[Suite, list[Case]] = ceiling.current_suite(runtime)
    arm = evaluation.trained_prompt(runtime, version) if version else runtime.tuned_arm
    return suite_runs.Job(*found, arm, Judge(runtime, *found))


def _of_file(path: Path) -> _Texts:
    """Texts by themselves; blank ones are no texts."""
    said = [text for text in _read(path) if text.strip()]
    if not said:
        raise _nothing(str(path), f"'{COLUMN}'")
    return _Texts(
        source=path.name,
        after="nothing",
        pairs=[("", text) for text in said],
        groups=None,
        subject="",
    )


def _read(path: Path) -> Sequence[str]:
    if path.suffix.lower() not in (".jsonl", ".json", ".csv"):
        return [file_text(path)]
    rows = [row.get(COLUMN) for row in read_rows(path)]
    return [text for text in rows if isinstance(text, str)]


def _nothing(what: str, lacking: str) -> ConfigProblem:
    return ConfigProblem(
        "no_texts",
        f"{what} holds no text to score: no row has {lacking}.",
        fix='Write one JSON object a line: {"text": "..."}.',
    )
