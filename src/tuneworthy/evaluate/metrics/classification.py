"""The label that an answer names, and F1 over all cases by label."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from pydantic import Field, field_validator

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.first_json import first_object
from tuneworthy.evaluate.metrics.mark import RIGHT, Mark, Metric, right_answers, unfit, wrong
from tuneworthy.evaluate.metrics.spec import Form, MetricSpec, MetricTools, Options


class ClassificationOptions(Options):
    """The labels, and where in the answer one is looked for."""

    labels: tuple[str, ...] = Field(min_length=2)
    """Every label there is."""
    field: str = ""
    """The field of the answer's JSON object that holds the label; empty: the whole answer."""
    several: Literal["wrong", "first", "last"] = "wrong"
    """What an answer that names more than one label is taken for."""

    @field_validator("labels")
    @classmethod
    def _apart(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        plain = [_plain(label) for label in labels]
        if "" in plain:
            raise ValueError("A label is blank")
        twice = [label for label, count in Counter(plain).items() if count > 1]
        if twice:
            raise ValueError(f"The label '{twice[0]}' stands there twice (case does not matter)")
        return labels


def label_in(output: str, options: ClassificationOptions) -> str:
    """The one label that the answer names, as it stands in the options; empty for none.

    Whole words count, in any case of letters; a longer label hides a shorter one inside it.
    """
    text = output
    if options.field:
        said = first_object(output)
        value = said.get(options.field) if said else None
        text = value if isinstance(value, str) else ""
    known = {_plain(label): label for label in options.labels}
    if (whole := _plain(text)) in known:
        return known[whole]
    if options.field:
        return ""
    found = list(dict.fromkeys(known[_plain(one)] for one in _form(options.labels).findall(text)))
    if len(found) > 1 and options.several == "wrong":
        return ""
    return found[-1 if options.several == "last" else 0] if found else ""


@lru_cache(maxsize=64)
def _form(labels: tuple[str, ...]) -> re.Pattern[str]:
    longest = sorted(labels, key=len, reverse=True)
    bodies = (r"\s+".join(map(re.escape, label.split())) for label in longest)
    return re.compile(rf"(?<!\w)(?:{'|'.join(bodies)})(?!\w)", re.I)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _wanted(case: Case, options: ClassificationOptions) -> list[str]:
    return [label for text in right_answers(case) if (label := label_in(text, options))]


def _make(options: ClassificationOptions, _tools: MetricTools) -> Metric:
    def classification(output: str, case: Case) -> Mark:
        wanted = _wanted(case, options)
        if not wanted:
            return unfit("no label in the reference")
        said = label_in(output, options)
        if not said:
            return unfit("no single label")
        return RIGHT if said in wanted else wrong(f"said {said}")

    return classification


def _form_check(options: ClassificationOptions) -> Form:
    return lambda text: bool(label_in(text, options))


def by_label(
    options: ClassificationOptions, outputs: Sequence[str], cases: Sequence[Case]
) -> dict[str, float]:
    """Accuracy, macro and weighted F1, each label's figures, and each confusion that occurs.

    F1 as in van Rijsbergen (1979); what is divided by zero counts 0. The mean of ``macro_f1`` is
    over labels that occur in a right answer or in an answer. An answer without a single label
    stands under ``confused:WANTED>``. Cases without a label in the reference are left out.
    """
    pairs: Counter[tuple[str, str]] = Counter()
    for output, case in zip(outputs, cases, strict=True):
        wanted = _wanted(case, options)
        if wanted:
            said = label_in(output, options)
            pairs[said if said in wanted else wanted[0], said] += 1
    figures: dict[str, float] = {}
    scores, weights = [], []
    for label in options.labels:
        found = _scores(label, pairs)
        if found["n"] or found["said"]:
            scores.append(found["f1"])
            weights.append(found["n"])
            figures |= {f"{name}:{label}": value for name, value in found.items()}
    total = pairs.total()
    hits = sum(count for (wanted, said), count in pairs.items() if wanted == said)
    weighted = sum(score * weight for score, weight in zip(scores, weights, strict=True))
    confused = {f"confused:{w}>{s}": float(n) for (w, s), n in sorted(pairs.items()) if w != s}
    return {
        "accuracy": hits / total if total else 0.0,
        "macro_f1": sum(scores) / len(scores) if scores else 0.0,
        "weighted_f1": weighted / total if total else 0.0,
        **figures,
        **confused,
    }


def _scores(label: str, pairs: Counter[tuple[str, str]]) -> dict[str, float]:
    right = pairs[label, label]
    said = sum(count for (_, one), count in pairs.items() if one == label)
    n = sum(count for (one, _), count in pairs.items() if one == label)
    return {
        "precision": right / said if said else 0.0,
        "recall": right / n if n else 0.0,
        "f1": 2 * right / (said + n) if right else 0.0,
        "n": float(n),
        "said": float(said),
    }


SPEC = MetricSpec(
    name="classification",
    scores="1 when the answer names the right label and no other; F1 by label over all cases.",
    source="F1 of van Rijsbergen, Information Retrieval (1979), averaged as in scikit-learn.",
    blind="A label that is named to be denied; labels in other words or another language.",
    make=_make,
    options=ClassificationOptions,
    needs="reference",
    form=_form_check,
    summary=by_label,
)
