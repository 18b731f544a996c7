"""Gathers the files of an audit pack from the ledger; what is read here is the current project's.

Nothing here holds a row of data, a recorded request, an answer or a person's name.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from tuneworthy.assess import declared_and_evidenced
from tuneworthy.core.nouns.base import Noun
from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.duties import KeptDuties
from tuneworthy.core.nouns.erasure import Erasure, Taint, Tombstone
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.gate import Approval, GateName
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.monitoring import Alert, Proposal
from tuneworthy.core.nouns.retention import LegalHold
from tuneworthy.core.nouns.run import Comparison, EvaluationRun, TrainingRun
from tuneworthy.core.nouns.serving import Route, ServingManifest
from tuneworthy.core.nouns.suite import Suite
from tuneworthy.core.nouns.words import KeptPolicy
from tuneworthy.data.card import markdown
from tuneworthy.govern.pack import Sieve, lineage_events, ml_bom
from tuneworthy.lifecycle import (
    assessing,
    audited,
    counted,
    excepting,
    failures,
    gates,
    incidents,
    money,
    override_rate,
    people,
    policies,
    rollouts,
)
from tuneworthy.lifecycle.cards import for_machines
from tuneworthy.lifecycle.evaluation import weights
from tuneworthy.lifecycle.named_words import WORDS
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import canonical, digest

Files = dict[str, bytes]

NOTHING_RECORDED = {"recorded": [], "note": "None is on record."}


class Gatherer:
    """The files of one pack, by name; what holds a secret or personal data is left out."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.sieve = Sieve()
        self.files: Files = {}

    def gather(self) -> Files:
        """All but the audit chain and what is said of the pack itself."""
        self._decision()
        self._data()
        self._model()
        self._evaluation()
        self._governance()
        self._serving()
        self._evidence()
        return self.files

    # -- the parts ---------------------------------------------------------------------------

    def _decision(self) -> None:
        runtime, project = self.runtime, self.runtime.project
        declared, evidenced = declared_and_evidenced(
            project, runtime.answers, counted.about_now(runtime)
        )
        found = money.found(runtime)
        self._one(
            "decision/decision.json",
            {"declared": declared, "evidenced": evidenced, "break_even": found},
        )
        card = _without_names(_plain(assessing.scorecard(runtime).timeless()), self._names())
        self._one("decision/scorecard.json", card)
        shown = {"id", "use_case", "goal", "metric", "target", "declared_gain", "base_model"}
        self._one("decision/project.json", project.model_dump(mode="json", include=shown))

    def _data(self) -> None:
        runtime = self.runtime
        version = runtime.store.get(DatasetVersion, runtime.head.dataset)
        if version is None:
            return
        self._text("data/dataset-card.md", markdown(runtime.project, version))
        self._one("data/croissant.json", for_machines(runtime, version))
        self._one("data/dataset.json", version.model_dump(mode="json", exclude={"canaries"}))

    def _model(self) -> None:
        runtime, store = self.runtime, self.runtime.store
        trainings, versions = self._own(TrainingRun), self._own(ModelVersion)
        judged = self._own(EvaluationRun)
        events = lineage_events(
            runtime.project.id, self._own(DatasetVersion), trainings, versions, judged
        )
        self._rows("data/lineage.jsonl", events, "job")
        # The preview of a run is its first example as it was trained.
        self._list("model/training-runs.json", trainings, exclude={"label_preview"})
        self._list("model/versions.json", versions)
        self._one(
            "model/base.json",
            {
                "base_model": runtime.project.base_model,
                "digests": sorted({version.base for version in versions}),
                "supplier": runtime.project.supplier.name or "not stated",
                "licence": runtime.project.supplier.licence or "not stated",
                "source": runtime.project.supplier.url or "not stated",
            },
        )
        version = store.get(ModelVersion, runtime.head.version)
        run = store.get(TrainingRun, version.training_run) if version else None
        dataset = store.get(DatasetVersion, version.dataset) if version else None
        if version is None or run is None or dataset is None:
            return
        own = [one for one in judged if one.model == weights(version)]
        compared = [one for one in store.list(Comparison) if one.candidate in {o.id for o in own}]
        bom = ml_bom(runtime.project, version, run, dataset, own, compared)
        self._one("model/ml-bom.cdx.json", bom)
        self._card(runtime.head.model)

    def _card(self, model: str) -> None:
        cards = [
            item
            for item in self.runtime.evidence()
            if item.about == "card.model" and model in item.subjects
        ]
        kept = str(cards[-1].result.get("sha256")) if cards else ""
        if kept and self.runtime.blobs.has(kept):
            self._text("model/model-card.md", self.runtime.blobs.get(kept).decode("utf-8"))

    def _evaluation(self) -> None:
        suites, runs = self._own(Suite), self._own(EvaluationRun)
        known = {suite.id for suite in suites}
        compared = [one for one in self.runtime.store.list(Comparison) if one.suite in known]
        self._list("evaluation/suites.json", suites)
        # A prompt can hold examples from the training rows: its digest stands for it.
        self._list("evaluation/runs.json", [_without_prompt(run) for run in runs])
        self._list("evaluation/comparisons.json", compared)
        attacks = [i for i in self._own(Evidence) if i.about == "eval.red_team"]
        found = {"recorded": attacks} if attacks else NOTHING_RECORDED
        self._one("evaluation/red-team.json", found)
        self._claims("evaluation/failures.json", failures.ABOUT)

    def _governance(self) -> None:
        runtime = self.runtime
        policy = policies.in_force(runtime)
        everyone = people.everyone(runtime)
        # Names are left out: the log knows people by their ids.
        self._always(
            "governance/people.json",
            [p.model_dump(mode="json", exclude={"name"}) for p in everyone],
        )
        self._one(
            "governance/policy.json", {"digest": policy.digest, **policy.model_dump(mode="json")}
        )
        self._list("governance/kept-policies.json", self._own(KeptPolicy))
        self._list("governance/duty-plans.json", self._own(KeptDuties))
        states = gates.states(runtime)
        bundles = {gate.value: gates.bundle(runtime, gate) for gate in GateName}
        self._one("governance/gates.json", {"states": states, "bundles": bundles})
        self._always("governance/approvals.jsonl", self._approvals(), lines=True)
        self._words()
        self._retention()
        self._one(
            "governance/stamps.json",
            {
                "demonstration_people": any(person.demonstration for person in everyone),
                "independence": {state.gate.value: state.independence for state in states},
                "reduced_because": {
                    state.gate.value: state.reduced_because
                    for state in states
                    if state.reduced_because
                },
                "accelerated_rollouts": [r.id for r in rollouts.all_of(runtime) if r.accelerated],
                "drills": [r.id for r in rollouts.all_of(runtime) if r.drill],
            },
        )

    def _approvals(self) -> list[Approval]:
        """Every decision but those that the audit log says to be of another project."""
        mine, store = self.runtime.project.id, self.runtime.store
        others = {
            one.id
            for one in audited.objects(store, ("gate.approve", "gate.reject"))
            if one.on_behalf_of not in ("", mine)
        }
        return [one for one in store.list(Approval) if one.id not in others]

    def _words(self) -> None:
        """What people signed beside approvals; exceptions stand in a file of their own too."""
        store, held = self.runtime.store, self.runtime.words.held
        words = [row for kind in WORDS for row in held(store, kind, self.runtime.project.id)]
        self._always("governance/words.jsonl", words, lines=True)
        found = {"recorded": excepting.all_of(self.runtime)}
        self._one("governance/exceptions.json", found if found["recorded"] else NOTHING_RECORDED)

    def _retention(self) -> None:
        """How long things are kept, what must be kept longer, and what was erased."""
        self._one(
            "governance/retention.json",
            {
                "days": self.runtime.project.retention,
                "holds": self._own(LegalHold),
                "erasures": self._own(Erasure),
                "tombstones": self._own(Tombstone),
                "tainted": self._own(Taint),
            },
        )

    def _serving(self) -> None:
        runtime, store = self.runtime, self.runtime.store
        mine = runtime.project.id
        manifests = [one for one in store.list(ServingManifest) if one.route == mine]
        self._list("serving/manifests.json", manifests)
        # The salt decides who meets a canary; nobody outside needs it.
        routes = [one for one in store.list(Route) if one.id == mine]
        self._list("serving/routes.json", routes, exclude={"salt"})
        self._list("serving/rollouts.json", rollouts.all_of(runtime))
        plan = {
            "rollout": runtime.project.rollout.model_dump(mode="json"),
            "monitor": runtime.project.monitor.model_dump(mode="json"),
        }
        self._one("monitoring/plan.json", plan)
        self._list("monitoring/alerts.json", self._own(Alert))
        self._list("monitoring/proposals.json", self._own(Proposal))
        self._claims("monitoring/drift.json", "monitor.drift")
        self._claims("monitoring/overrides.json", override_rate.OVERRIDES)
        self._list("monitoring/incidents.json", list(incidents.all_of(runtime)))

    def _evidence(self) -> None:
        rows = [item for item in self._own(Evidence) if item in self.runtime.evidence()]
        self._rows("evidence/evidence.jsonl", [r.model_dump(mode="json") for r in rows], "id")
        documents = {
            item.about: str(item.result["sha256"])
            for item in rows
            if item.about.startswith("document.") and "sha256" in item.result
        }
        self._one("evidence/documents.json", {"digests": documents, "note": _DOCUMENTS})

    def _claims(self, name: str, about: str) -> None:
        """All that was found about one thing, oldest first."""
        self._list(name, [item for item in self.runtime.evidence() if item.about == about])

    def _names(self) -> dict[str, str]:
        """People's names to their ids; the longest first."""
        everyone = people.everyone(self.runtime)
        known = {one.name: one.id for one in everyone if one.name not in ("", one.id)}
        return dict(sorted(known.items(), key=lambda one: -len(one[0])))

    # -- how they are put --------------------------------------------------------------------

    def _own(self, kind: type[Any]) -> list[Any]:
        mine = self.runtime.project.id
        return [one for one in self.runtime.store.list(kind) if one.project == mine]

    def _one(self, name: str, value: Any) -> None:
        plain = _plain(value)
        if self.sieve.passes(name, "", plain):
            self.files[name] = canonical(plain)

    def _text(self, name: str, text: str) -> None:
        if self.sieve.passes(name, "", text):
            self.files[name] = text.encode()

    def _list(
        self,
        name: str,
        items: Sequence[Noun | Mapping[str, Any]],
        exclude: set[str] | None = None,
    ) -> None:
        rows = [
            item.model_dump(mode="json", exclude=exclude) if isinstance(item, Noun) else item
            for item in items
        ]
        self.files[name] = canonical(
            [row for row in rows if self.sieve.passes(name, str(row["id"]), row)]
        )

    def _rows(self, name: str, rows: Iterable[Mapping[str, Any]], key: str) -> None:
        self.files[name] = b"".join(
            canonical(row) + b"\n" for row in rows if self.sieve.passes(name, str(row[key]), row)
        )

    def _always(self, name: str, value: Sequence[Any], *, lines: bool = False) -> None:
        """What the check of the pack needs, whatever it says; what it holds is counted."""
        rows = _plain(value)
        for row in rows:
            self.sieve.notice(name, row)
        self.files[name] = (
            b"".join(canonical(row) + b"\n" for row in rows) if lines else canonical(rows)
        )


_DOCUMENTS = "Signed documents are kept by their owners; these are their digests."


def _without_prompt(run: EvaluationRun) -> dict[str, Any]:
    arm = {"id": run.arm.id, "kind": run.arm.arm, "k": run.arm.k, "digest": digest(run.arm)}
    return {**run.model_dump(mode="json"), "arm": arm}


def _without_names(value: Any, names: Mapping[str, str]) -> Any:
    """The same JSON with the id of a person in the place of their name, as a whole word."""
    if isinstance(value, str):
        for name, id_ in names.items():
            value = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", id_, value)
        return value
    if isinstance(value, Mapping):
        return {key: _without_names(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_names(inner, names) for inner in value]
    return value


def _plain(value: Any) -> Any:
    """A value with every noun in it as JSON."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
