"""Match after SQuAD's normalisation: lower case, no punctuation, no articles, single blanks."""

import re
import string

from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.mark import RIGHT, Mark, Metric, right_answers, unfit, wrong
from tuneworthy.evaluate.metrics.spec import MetricSpec, MetricTools, Options

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


class NormalisedMatchOptions(Options):
    """Which differences do not matter."""

    case: bool = True
    """Letters of another case."""
    punctuation: bool = True
    """ASCII punctuation."""
    articles: bool = True
    """The English articles a, an and the."""


ALL = NormalisedMatchOptions()


def normal(text: str, options: NormalisedMatchOptions = ALL) -> str:
    """``normalize_answer`` of SQuAD's ``evaluate-v1.1.py``, each step by its option.

    >>> normal("The  Eiffel-Tower.")
    'eiffeltower'
    """
    if options.case:
        text = text.lower()
    if options.punctuation:
        text = text.translate(_PUNCTUATION)
    if options.articles:
        text = _ARTICLES.sub(" ", text)
    return " ".join(text.split())


def _make(options: NormalisedMatchOptions, _tools: MetricTools) -> Metric:
    def normalised_match(output: str, case: Case) -> Mark:
        said = normal(output, options)
        if not said:
            # Nothing but articles or punctuation: it can only be right letter by letter.
            plain = " ".join(output.split())
            same = any(plain == " ".join(text.split()) for text in right_answers(case))
            return RIGHT if same else unfit("nothing but punctuation")
        same = any(said == normal(text, options) for text in right_answers(case))
        return RIGHT if same else wrong("different")

    return normalised_match


SPEC = MetricSpec(
    name="normalised_match",
    scores="1 when the answer is one of the right answers after SQuAD's normalisation.",
    source="`evaluate-v1.1.py` of SQuAD (Rajpurkar et al., 2016).",
    blind="Synonyms and other word order; articles of other languages than English; that "
    "`3.5` and `35` differ, unless `punctuation` is false.",
    make=_make,
    options=NormalisedMatchOptions,
    needs="reference",
)
