"""table.py FILE...: says which table of CSV has rows of another length than its header, a cell that a spreadsheet would run, or which JSON is none."""
import csv
import json
import sys

csv.field_size_limit(1 << 30)
for path in sys.argv[1:]:
    text = open(path, encoding="utf-8", newline="").read()
    try:
        if path.endswith(".json"):
            json.loads(text)
            continue
        rows = list(csv.reader(text.splitlines(keepends=True)))
    except (ValueError, csv.Error) as error:
        print(f"{path}: {error}; ", end="")
        continue
    odd = [len(row) for row in rows if len(row) != len(rows[0])]
    if odd:
        print(f"{path}: {odd[0]} cells, not {len(rows[0])}; ", end="")
    active = [cell[:30] for row in rows for cell in row if cell[:1] in "=@" and cell]
    if active:
        print(f"{path}: {active[0]!r} would be run; ", end="")
