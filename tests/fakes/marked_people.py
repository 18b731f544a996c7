"""A project in which every person's rows hold a mark of their own, all the way to live traffic."""

import hashlib
import json
from pathlib import Path

from tests.fakes.kept_runs import keep_run
from tests.fakes.small_project import make_small, released, tick
from tuneworthy.adapters.durable import Handler, Jobs
from tuneworthy.core.nouns.label_settings import QueueSettings
from tuneworthy.core.nouns.run import CaseResult
from tuneworthy.core.nouns.serving import Feedback, Interaction
from tuneworthy.core.nouns.suite import Arm
from tuneworthy.lifecycle import ceiling, collecting, labelling, training
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.serve.intake import SEALED_FEEDBACK, SEALED_INTERACTION
from tuneworthy.serve.segments import SegmentWriter


def _letters(text: str, words: int) -> str:
    """Words of letters that no two texts share."""
    seed = hashlib.sha256(text.encode()).digest()
    return " ".join(
        bytes(97 + c % 26 for c in seed[at * 7 : at * 7 + 7]).decode() for at in range(words)
    )


def mark(number: int) -> str:
    """What nobody else's rows hold."""
    return f"mark{_letters(f'mark {number}', 3).replace(' ', '')}"


def subject(number: int) -> str:
    return f"person-{_letters(f'person {number}', 1)}"


def sentence(number: int) -> str:
    return f"{_letters(str(number), 4)} says {mark(number)}"


def make_marked(home: Path, n: int, others: int = 300) -> Path:
    """``n`` people with a row each, and rows of nobody."""
    make_small(home)
    rows = [
        {"request": sentence(k), "target": f"look {k % 3}", "subject": subject(k)} for k in range(n)
    ]
    rows += [
        {"request": f"see {_letters(f'other {k}', 4)}", "target": f"t{k % 3}"}
        for k in range(others)
    ]
    text = "\n".join(json.dumps(row) for row in rows)
    (home / "data" / "train.jsonl").write_text(text, encoding="utf-8")
    (home / "guide.md").write_text("Say what is asked.\n", encoding="utf-8")
    with (home / "tuneworthy.yaml").open("a", encoding="utf-8") as file:
        file.write("\ncollect: {legal_basis: contract, licence: MIT, per_subject: 5}\n")
    return home


def live(route: str, number: int) -> Interaction:
    body = {
        "model": route,
        "user": subject(number),
        "messages": [{"role": "user", "content": f"please tell {sentence(number)} now"}],
    }
    return Interaction(
        id=f"chatcmpl-{number:06}", route=route, manifest="sha256:m",
        arm="production", sticky_key=subject(number), sticky=True,
        created_at=f"2026-03-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}"
        "+00:00",
        status=200, stream=False, seconds=0.1, request=json.dumps(body),
        response=f"You said {mark(number)}, and it is noted.",
    )  # fmt: skip


def word_on(number: int) -> Feedback:
    return Feedback(
        id=f"fb-{number}", interaction=f"chatcmpl-{number:06}", score=1.0, source="user",
        comment=f"thanks from {mark(number)} for the answer",
        created_at="2026-03-02T00:00:00+00:00",
    )  # fmt: skip


def lived(runtime: Runtime, n: int) -> None:
    """Build, label, train, judge, collect and record, so that every kind of copy is made."""
    released(runtime)
    settings = QueueSettings(
        source="data/train.jsonl", question="What is it?", scale="text", choices=(),
        guide="guide.md", annotators=1, overlap=0.0, gold_rate=0.0,
    )  # fmt: skip
    labelling.create(runtime, "notes", settings, "ana")
    for _ in range(5):
        handed = labelling.hand_out(runtime, "notes", "bo")
        assert handed is not None
        labelling.submit(runtime, "notes", handed.item.id, "bo", f"about {handed.item.text}")
    suite, cases = ceiling.current_suite(runtime)
    rows = [CaseResult(case=c.id, output=c.request, score=1.0, valid=True) for c in cases]
    keep_run(runtime, suite.id, Arm(id="echo", arm="zero_shot"), rows)
    runtime.store.answers.keep(
        {f"k{k}": json.dumps({"text": r.output}) for k, r in enumerate(rows)}
    )
    runtime.remember("echo", {"suite": suite.id}, json.dumps([r.output for r in rows[:5]]))
    half, route = n // 2, runtime.project.id
    runtime.store.record([live(route, k) for k in range(half)], list(map(word_on, range(half))))
    collecting.collect(runtime)
    sealer = runtime.store.sealer
    with SegmentWriter(runtime.state / "traffic") as writer:
        for number in range(half, n):
            said, noted = live(route, number).model_dump(), word_on(number).model_dump()
            writer.append(SEALED_INTERACTION + sealer.interaction(said, subject(number)))
            writer.append(SEALED_FEEDBACK + sealer.word(noted))
    handler: Handler = lambda context, _: {"seen": context.step("look", lambda: sentence(4))}  # noqa: E731
    with Jobs(f"sqlite:///{runtime.state / 'jobs.db'}", "1", {"look": handler}, owner="p") as jobs:
        jobs.start("look", {"at": sentence(5)}, "look-1").wait()
    (runtime.state / "log").mkdir(exist_ok=True)
    (runtime.state / "log" / "model.log").write_text(f"bad request: {sentence(1)}\n")
    stopped = runtime.state / "training" / "abc"
    stopped.mkdir(parents=True)
    (stopped / "rows.bin").write_bytes(sentence(2).encode())
    tick(runtime)


def preview_of(runtime: Runtime) -> str:
    """Put into the run what a real trainer keeps of the first example."""
    run = training.run_of(runtime, training.current_version(runtime))
    text = f"[masked]{sentence(3)}[/masked]look"
    changed = run.model_copy(update={"label_preview": text})
    with runtime.change("training.finish", ("training_run", run.id, run.adapter)) as change:
        change.put(changed)
    return text


def is_left(folder: Path, number: int) -> bool:
    """Whether a person's mark stands in any byte of any file."""
    return bool(marks_left(folder, range(number, number + 1)))


def marks_left(folder: Path, numbers: range) -> dict[str, set[Path]]:
    """Marks and names that stand in any byte of any file, each with the files."""
    wanted = {word: word.encode() for k in numbers for word in (mark(k), subject(k))}
    found: dict[str, set[Path]] = {}
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for word, raw in wanted.items():
                if raw in data:
                    found.setdefault(word, set()).add(path.relative_to(folder))
    return found
