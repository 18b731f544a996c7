"""What cleanlab finds, in a Python of its own: ``python peer.py IN.npz OUT.npz``."""

import sys
import time

import numpy as np
from cleanlab.classification import CleanLearning
from cleanlab.filter import find_label_issues


def main() -> None:
    """Cleanlab's counting on our probabilities, and its defaults from the vectors on."""
    held = np.load(sys.argv[1])
    given, mean = held["given"], held["mean"]
    answer = {}
    begun = time.process_time()
    answer["cleanlab_filter_on_our_mean"] = find_label_issues(given, mean.astype(float))
    answer["cleanlab_filter_on_our_mean_cpu"] = np.array([time.process_time() - begun])
    begun = time.process_time()
    issues = CleanLearning(seed=7).find_label_issues(held["vectors"].astype(float), given)
    answer["cleanlab_CleanLearning_defaults"] = issues["is_label_issue"].to_numpy()
    answer["cleanlab_CleanLearning_defaults_cpu"] = np.array([time.process_time() - begun])
    np.savez(sys.argv[2], **answer)


if __name__ == "__main__":
    main()
