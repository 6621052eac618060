#!/usr/bin/env python3
"""The design of Sobol indices for the strongest inputs of a screening, as the option of nines that asks for it.

    paper/strongest.py RESULTS STUDY,COUNT,ROWS        e.g. results/paper inputs,5,64

Reads RESULTS/STUDY/run.db, a study with design = "morris". For each verdict that the paper gives (VERDICTS, between the first cloud and
each other one) an input's weight is its share of the sum of all mu*, so that availability and money can be compared; an input is as
strong as its weight in the verdict that it weighs most in. Prints 'study={...}' with the COUNT strongest as the scenario writes them."""

import pathlib
import re
import sqlite3
import sys

VERDICTS = ("availability_service", "cost_usd_per_useful_gpu_hour")
EFFECTS = """SELECT cloud_b, metric, factor, value FROM sensitivity JOIN cloud ON cloud.id = cloud_a
             WHERE sensitivity.name = 'mu_star' AND cloud.position = 0 AND cloud_b IS NOT NULL AND value IS NOT NULL AND metric IN (?, ?)"""


def strongest(database, count):
    """Names of inputs, the strongest first; equally strong ones by name."""
    effects = {}
    for cloud, metric, factor, value in database.execute(EFFECTS, VERDICTS):
        effects.setdefault((cloud, metric), {})[factor] = value
    weights = {}
    for verdict in effects.values():
        total = sum(verdict.values())
        for factor, value in verdict.items():
            weights[factor] = max(weights.get(factor, 0), value / total if total > 0 else 0)
    return sorted(weights, key=lambda factor: (-weights[factor], factor))[:count]


def main():
    if len(sys.argv) != 3 or sys.argv[2].count(",") != 2:
        sys.exit("usage: paper/strongest.py RESULTS STUDY,COUNT,ROWS")
    study, count, rows = sys.argv[2].split(",")
    path = pathlib.Path(sys.argv[1]) / study / "run.db"
    try:
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        text = database.execute("SELECT scenario_text FROM run WHERE status = 'complete'").fetchone()[0]
        keys = strongest(database, int(count))
    except (sqlite3.Error, TypeError) as error:
        sys.exit(f"paper: study '{study}' ({path}) is to say which inputs are strongest, and cannot be read: {error}")
    screened = text.partition("vary = (")[2]  # other lists before it may name the same keys
    written = [re.search(r"\{ key = \"" + re.escape(key) + r"\";[^}]*\}", screened) for key in keys]
    if len(keys) < int(count) or None in written:
        sys.exit(f"paper: study '{study}' ({path}) screened {len(keys)} inputs, {count} are wanted, each written on a line of its own")
    print(f"study={{design=\"saltelli\";samples={rows};vary=({','.join(match[0] for match in written)});}}")


main()
