"""What statsmodels says, in a Python of its own: ``python peer.py``; JSON on standard output."""

import json

from peer_tables import P_VALUES, POWERS, TABLES
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower


def main() -> None:
    """Exact McNemar, Holm and the power of the paired t test."""
    print(
        json.dumps(
            {
                "mcnemar": [float(mcnemar([[0, b], [c, 0]], exact=True).pvalue) for b, c in TABLES],
                "holm": [multipletests(p, method="holm")[1].tolist() for p in P_VALUES],
                "power": [
                    float(TTestPower().power(d, n, 0.025, alternative="larger")) for n, d in POWERS
                ],
            }
        )
    )


if __name__ == "__main__":
    main()
