"""The whole life of a fine-tune, end to end, on real text and a real small model.

    python examples/demo.py --out build/demo

Two projects: `services` must end with a no; `tools` goes through all eight stages. Everything
printed is measured in this run. Run again, finished steps are taken from the ledger.
"""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from openai import OpenAI, OpenAIError

import tuneworthy
from tuneworthy.adapters.bfcl_calls import unfitting_requests
from tuneworthy.api.hosting import Host
from tuneworthy.core.errors import BlockedProblem
from tuneworthy.core.nouns.serving import Rollout
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate import metric_of
from tuneworthy.web.report import render_report
from tuneworthy.workspace import Workspace

APPROVERS = {
    "start": ["ada", "bruno", "carla"],
    "build": ["dmitri", "ada", "emeka"],
    "proof": ["farida", "goran"],
    "release": ["farida", "carla", "bruno", "hanna"],
}
DOCUMENTS = {
    "start": (("retention_class", "retention-class.md", "bruno"),),
    "build": (
        ("labelling_guide", "labelling-guide.md", "ada"),
        ("policy", "policy.md", "bruno"),
        ("single_model_waiver", "single-model-waiver.md", "carla"),
        ("break_even", "answers.yaml", "carla"),
    ),
}
"""What is signed before which gate."""
TRAINER = "emeka"
CLIENTS = 8
SHIFTED_REQUESTS = 100
ROLLOUT_LIMIT = 600
ENOUGH_SEEN = 40
"""Canary requests in the last stage after which the model owner decides, if proof is not there."""


def main() -> None:
    """Run both projects and write report, summary and audit pack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/demo"))
    out = parser.parse_args().out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with open_project(out, "services") as services, open_project(out, "tools") as tools:
        refusal = should_we(services)
        traced = whole_life(tools)
        reports = [tools.report(trace_response=traced), services.report()]
        pack = tools.export_audit(out / "audit-pack.zip")
        summary = tools.summary(reports[0]) | {
            "services": services.summary(reports[1]) | {"stopped_at": refusal},
            "audit_pack": {"events": pack.events, "verified": pack.verified},
            "wall_seconds": round(time.monotonic() - began, 1),
        }
    (out / "summary.json").write_text(json.dumps(summary, indent=1, ensure_ascii=False))
    (out / "report.html").write_text(render_report(reports), encoding="utf-8")
    print_table(summary)
    print(f"\nReport:  {out / 'report.html'}\nSummary: {out / 'summary.json'}")


def open_project(out: Path, name: str) -> Workspace:
    """The example's project in ``out``, made if it is not there yet."""
    folder = out / name
    if not (folder / "tuneworthy.yaml").exists():
        tuneworthy.init(folder, name)
    work: Workspace = tuneworthy.open(folder, actor=TRAINER, progress=Line(name))
    return work


def should_we(work: Workspace) -> str:
    """Data, every alternative, the decision; returns what stopped the training."""
    heading(f"{work.project.id}: is it worth tuning?")
    prepare(work)
    try:
        work.train()
    except BlockedProblem as problem:
        say(f"Training is refused: {problem.message} {problem.why}")
        return f"{problem.message} {problem.why}"
    return ""


def prepare(work: Workspace) -> None:
    """Build the dataset, run every alternative on the frozen cases, decide."""
    work.register_people()
    data = work.build_data()
    say(f"Data: {data.rows_in} rows in, {data.rows_out} kept, split {data.split.sizes}.")
    for run in work.run_alternatives():
        say(
            f"  {run.arm.id:20} {run.score.value:6.1%}  [{run.score.low:.1%}, {run.score.high:.1%}]"
        )
    declared, evidenced = work.decide()
    say(f"As declared: {declared.verdict.value}. As evidenced: {evidenced.verdict.value}.")
    for reason in evidenced.reasons:
        say(f"  - {reason}")


def whole_life(work: Workspace) -> str:
    """All eight stages; returns the id of the response to trace."""
    heading(f"{work.project.id}: the whole life")
    prepare(work)
    sign_documents(work, "start")
    approve(work, "start")
    cost = work.estimate()
    say(f"Estimate: {cost.cpu_seconds:.0f} CPU s, {cost.peak_memory_mb:.0f} MB.")
    sign_documents(work, "build")
    approve(work, "build")
    run = work.train()
    say(f"Trained: {run.actual.cpu_seconds:.0f} CPU s, {run.actual.peak_memory_mb:.0f} MB.")
    judged, compared = work.evaluate()
    say(f"Tuned: {judged.score.value:.1%} [{judged.score.low:.1%}, {judged.score.high:.1%}].")
    for found in compared:
        points = f"{found.delta.value * 100:+.1f} points"
        say(f"  against {found.against_name}: {points}, {found.verdict}")
    failed = work.failures()
    say(f"Failures: {failed.n_failed} of {failed.n}, in {len(failed.clusters)} clusters.")
    safety = work.run_safety()
    for suite in safety.suites:
        if suite.base and suite.candidate:
            both = f"base {suite.base.value:.1%}, tuned {suite.candidate.value:.1%}"
            say(f"  {suite.role}, {suite.name}: {both}")
    attacks = work.run_red_team(by="goran", owner="farida")
    say(f"Red team: {attacks.through} of {attacks.attempts} attacks got through.")
    work.model_card()
    approve(work, "proof")
    approve(work, "release")
    return serve_and_watch(work)


def sign_documents(work: Workspace, gate: str) -> None:
    """Each document that a gate waits for is signed once, by the person who answers for it."""
    signed = {e.about for e in work.evidence()}
    for name, file, person in DOCUMENTS[gate]:
        if f"document.{name}" not in signed:
            work.attest(name, work.folder / file, person)


def approve(work: Workspace, gate: str) -> None:
    """Let each demonstration person sign, unless the gate stands open already."""
    for person in APPROVERS[gate]:
        if next(s for s in work.gates() if s.gate.value == gate).open:
            break
        work.decide_gate(gate, person, "Demonstration: the evidence meets the gate's policy.")
    state = next(s for s in work.gates() if s.gate.value == gate)
    say(f"Gate {gate}: {'open' if state.open else 'shut'}, {dict(state.approvers)}")
    for fault in (*state.missing_evidence, *state.void):
        say(f"  {fault}")


def serve_and_watch(work: Workspace) -> str:
    """A forced rollback, a real rollout, drift from shifted requests."""
    cases = work.cases()
    start_again(work)
    with Host(work, threads=1) as host:
        client = OpenAI(base_url=host.url, api_key="any", timeout=300)
        say(f"Gateway at {host.url}.")
        drill(work, host, client, cases)
        rollout = work.start_rollout()
        host.refresh()
        say(f"Rollout {rollout.id}: stages {rollout.stages}, an outcome is a rated answer.")
        ended = drive(work, client, cases, rollout)
        say(f"  {ended.state}: {ended.cause}")
        host.refresh()
        traced, _ = ask(client, work.project.id, cases[0], "traced-user")
        streamed = stream(client, work.project.id, cases[1])
        say(f"Streamed answer: {streamed[:100]}")
        host.ingest()
        shift(work, host, client)
    for step in work.trace(traced):
        say(f"  {step.status:9} {step.label}: {step.value}")
    return traced


def start_again(work: Workspace) -> None:
    """Take back what an earlier run of this demonstration left in traffic."""
    for rollout in work.rollouts():
        if rollout.state in ("running", "held"):
            work.end_rollout(rollout.id, "The demonstration starts again.")
    if any(v.state.value == "production" for v in work.versions()):
        work.roll_back_production("The demonstration starts again.")


def drill(work: Workspace, host: Host, client: OpenAI, cases: Sequence[Case]) -> None:
    """Stop the canary's model process in the second stage: it must roll back by itself."""
    rollout = work.start_rollout(drill=True)
    host.refresh()
    say(f"Drill {rollout.id}: the canary's process will be stopped in its second stage.")

    def stop_canary(now: Rollout) -> None:
        pid = host.backends.pid(now.candidate)
        stopped = now.candidate in host.backends.dead()
        if len(now.results) > 1 and pid is not None and not stopped:
            os.kill(pid, signal.SIGKILL)
            say("  canary process killed")

    ended = drive(work, client, cases, rollout, stop_canary)
    say(f"  {ended.state}: {ended.cause}")


def drive(
    work: Workspace,
    client: OpenAI,
    cases: Sequence[Case],
    rollout: Rollout,
    between: Callable[[Rollout], None] | None = None,
) -> Rollout:
    """Send requests and rate the answers, a batch at a time, until the rollout has ended."""
    deadline = time.monotonic() + ROLLOUT_LIMIT
    sent = failed = 0

    def one_user(number: int) -> str:
        case = cases[number % len(cases)]
        answer, text = ask(client, rollout.route, case, f"user-{number}")
        if answer:
            rate(client, answer, metric_of(work.project.scoring)(text, case).score)
        return answer

    with ThreadPoolExecutor(CLIENTS) as pool:
        while True:
            now = next(r for r in work.rollouts() if r.id == rollout.id)
            if now.state in ("promoted", "rolled_back"):
                break
            if time.monotonic() > deadline:
                say("  not ended in time; a person ends it")
                return work.end_rollout(rollout.id, "The demonstration's time is up.")
            if now.state == "held" and now.results[-1].canary_requests >= ENOUGH_SEEN:
                return promoted_by_a_person(work, now)
            if between:
                between(now)
            answers = list(pool.map(one_user, range(sent, sent + CLIENTS * 2)))
            sent, failed = sent + len(answers), failed + sum(not answer for answer in answers)
    say(f"  {sent} requests sent, {failed} failed at the client")
    return now


def promoted_by_a_person(work: Workspace, rollout: Rollout) -> Rollout:
    """The last stage shows no harm, and too little to prove no loss: the model owner decides."""
    last = rollout.results[-1]
    say(f"  held: {rollout.cause}")
    reason = f"No harm in {last.canary_requests} canary requests; better on the held-out cases."
    with tuneworthy.open(work.folder, actor="farida") as owner:
        ended: Rollout = owner.end_rollout(rollout.id, reason, promoted=True)
    return ended


def ask(client: OpenAI, model: str, case: Case, user: str) -> tuple[str, str]:
    """One chat through the gateway by the official client: the answer's id and text, or empty."""
    try:
        answer = client.chat.completions.create(**as_asked(model, case), user=user)
    except OpenAIError as fault:
        say(f"  request failed: {fault}")
        return "", ""
    return answer.id, answer.choices[0].message.content or ""


def stream(client: OpenAI, model: str, case: Case) -> str:
    """The same, streamed; the joined text."""
    pieces = client.chat.completions.create(
        **as_asked(model, case), user="streaming-user", stream=True
    )
    return "".join(p.choices[0].delta.content or "" for p in pieces if p.choices)


def as_asked(model: str, case: Case) -> dict[str, Any]:
    """A held-out case as a client would send it."""
    turn = {"role": "user", "content": case.request}
    return {"model": model, "messages": [turn], "tools": list(case.tools)}


def rate(client: OpenAI, answer: str, score: float) -> None:
    """Say what the answer was worth, as a user would: here the right one is known."""
    word = {"interaction": answer, "score": score, "source": "check"}
    client.post("/feedback", body=word, cast_to=object)


def shift(work: Workspace, host: Host, client: OpenAI) -> None:
    """Real requests for functions of other domains; drift must be seen and a person asked."""
    before, _, _ = work.check_drift(window=SHIFTED_REQUESTS)
    say(f"Before the shift: drift {before.drifted}, p = {before.p_value:.3g}.")
    texts = unfitting_requests()[:SHIFTED_REQUESTS]
    since = work.clock.now().isoformat()
    say(f"Shifted traffic: {len(texts)} requests for functions of other domains.")
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda text: short_ask(client, work.project.id, text), texts))
    host.ingest()
    result, alert, proposal = work.check_drift(window=SHIFTED_REQUESTS, since=since)
    say(f"Drift: {result.drifted}, p = {result.p_value:.3g}, {result.novel_share:.0%} novel.")
    if alert:
        say(f"Alert for {alert.owner}: {alert.message}")
    for found in [proposal] if proposal else work.proposals()[-1:]:
        say(f"Proposal ({found.action}), {found.state} since {found.created_at}: {found.reason}")


def short_ask(client: OpenAI, model: str, text: str) -> None:
    """A request whose answer is cut short: only what is asked matters for drift."""
    client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": text}], max_tokens=4, user=text[:40]
    )


def print_table(summary: dict[str, Any]) -> None:
    """The one table at the end."""
    rows = [("Project", "Way", "Right", "95 % interval", "n")]
    for name, part in (("services", summary["services"]), ("tools", summary)):
        arms = [*([part["tuned"]] if part["tuned"] else []), *part["baselines"]]
        for arm in arms:
            bounds = "{:.1%} to {:.1%}".format(*arm["interval"])
            rows.append((name, arm["name"], f"{arm['score']:.1%}", bounds, str(arm["n"])))
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    print()
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))
    print(f"\nservices: {summary['services']['verdict_sentence']}")
    print(f"tools:    {summary['verdict_sentence']}")


class Line:
    """Progress: one line now and then, so that a log stays readable."""

    def __init__(self, name: str) -> None:
        self._name, self._step, self._said = name, "", 0.0

    def __call__(self, step: str, done: int, total: int, note: str = "") -> None:
        """Say the first and the last of a step, and one every ten seconds."""
        now = time.monotonic()
        if step != self._step or (total and done >= total) or now - self._said > 10:
            self._step, self._said = step, now
            print(f"    [{self._name}] {step} {done}/{total} {note}", file=sys.stderr, flush=True)


def heading(text: str) -> None:
    """A title."""
    print(f"\n== {text}", flush=True)


def say(text: str) -> None:
    """A line."""
    print(text, flush=True)


if __name__ == "__main__":
    main()
