"""The real traces for the claims: unpacked from $MIZAN_SHARED or ../shared; None where absent."""

import os
import subprocess

from measure import ROOT, folder


def trace(*names):
    shared = os.environ.get("MIZAN_SHARED", os.path.join(ROOT, os.pardir, "shared"))
    packed = os.path.join(shared, "traces", *names) + ".xz"
    path = os.path.join(folder(), names[-1])
    if not os.path.exists(packed):
        return None
    if not os.path.exists(path):
        with open(path, "wb") as file:
            subprocess.run(["xz", "-dc", packed], check=True, stdout=file)
    return path


def philly():
    return trace("philly", "philly_jobs.csv")
