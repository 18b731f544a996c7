"""Which words set some texts apart from others: log-odds with an informative Dirichlet prior.

Source: Monroe, Colaresi and Quinn (2008), "Fightin' Words", Political Analysis 16, 372-403,
equations 16, 20 and 22. Words that are frequent in all texts weigh little, and so do rare ones.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from tuneworthy.methods.ngrams import tokens

LEAST_Z = 1.96
PRIOR = 100.0
"""How many words the prior counts for in all, spread as the words of all texts are."""
LEAST_TEXTS = 2
_LONGEST = 20_000
"""Characters of one text that are looked at."""


def log_odds(
    here: Mapping[str, float], there: Mapping[str, float], prior: float = PRIOR
) -> dict[str, float]:
    """The z-score of every word's log-odds ratio; above 0 it belongs ``here``.

    Args:
        here: How often each word stands in the texts that are asked about.
        there: The same for the others.
        prior: The prior's words in all; more of them draw every score towards 0.
    """
    n_here, n_there = sum(here.values()), sum(there.values())
    both = n_here + n_there
    scores = {}
    for word in here.keys() | there.keys():
        one, other = here.get(word, 0.0), there.get(word, 0.0)
        alpha = prior * (one + other) / both
        if alpha <= 0:
            continue
        rest_here, rest_there = n_here + prior - one - alpha, n_there + prior - other - alpha
        if rest_here <= 0 or rest_there <= 0:
            scores[word] = 0.0  # the only word that there is
            continue
        difference = math.log((one + alpha) / rest_here) - math.log((other + alpha) / rest_there)
        scores[word] = difference / math.sqrt(1 / (one + alpha) + 1 / (other + alpha))
    return scores


def distinctive(here: Sequence[str], there: Sequence[str], most: int = 6) -> tuple[str, ...]:
    """The words of ``here`` with the highest scores, if above 1.96 and in two texts or more.

    A word counts once a text, so that one endless text cannot choose.
    """
    ours, theirs = _counts(here), _counts(there)
    scores = log_odds(ours, theirs)
    clear = [w for w, z in scores.items() if z > LEAST_Z and ours.get(w, 0) >= LEAST_TEXTS]
    return tuple(sorted(clear, key=lambda word: (-round(scores[word], 9), word))[:most])


def _counts(texts: Iterable[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for text in texts:
        words = {word for word in tokens(text[:_LONGEST]) if len(word) > 1 and len(word) <= 40}
        found.update(words)
    return found
