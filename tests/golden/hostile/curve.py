"""curve.py NAME...: a table of placement curves whose traces and policies bear the names."""
import csv
import sys

out = csv.writer(sys.stdout, lineterminator="\n")
out.writerow("trace policy tune seed arrived_pct alloc_pct frag_pct".split())
for trace in range(2):
    for policy, name in enumerate(sys.argv[1:7]):
        for arrived in range(0, 131, 10):
            out.writerow([sys.argv[1 + trace] + str(trace), name, 1.3, 42, arrived, min(arrived, 90 - policy), 10 + policy])
