"""spoil.py FILE NAME...: puts the names into every column of every table whose text is a name or words, in turn, each made unique."""
import json
import sqlite3
import sys

KEPT = {"run": {"digest", "start_utc", "started_utc", "finished_utc", "status", "variance_reduction", "log", "model"},
        "replication": {"digest"}, "point": {"parameters"}, "difference": {"verdict", "decided_by", "method", "metric"}, "summary": {"metric", "method"},
        "target": {"outcome", "metric", "method", "role", "expect", "evidence"}, "sensitivity": {"name", "metric", "method"},
        "series_summary": {"name"}, "steady": {"name", "method"}, "metric_help": {"name"}, "series_help": {"name"}, "part": {"kind"},
        "outage": {"subject_kind"}, "analysis": {"interval", "control"}, "smallest_difference": {"metric"}, "design": {"design", "matrix"},
        "evidence": {"mark"}}
path, names = sys.argv[1], sys.argv[2:]
file = sqlite3.connect(path)
turn, spoiled = 0, 0
for (table,) in file.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetchall():
    columns = [row[1] for row in file.execute(f"PRAGMA table_info({table})") if row[2] == "TEXT"]
    for column in columns:
        if column in KEPT.get(table, set()):
            continue
        for (value,) in file.execute(f'SELECT DISTINCT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL LIMIT 60').fetchall():
            turn += 1
            name = names[turn % len(names)] + str(turn)
            try:
                spoiled += file.execute(f'UPDATE OR IGNORE "{table}" SET "{column}" = ? WHERE "{column}" = ?', (name, value)).rowcount
            except sqlite3.IntegrityError:
                pass  # a column that takes certain words only
keys = {}
for number, text in file.execute("SELECT id, parameters FROM point").fetchall():
    spoiled_keys = {keys.setdefault(key, names[len(keys) % len(names)] + key): value for key, value in json.loads(text).items()}
    file.execute("UPDATE point SET parameters = ? WHERE id = ?", (json.dumps(spoiled_keys), number))
file.commit()
if spoiled < 50:
    print(f"{path}: only {spoiled} texts")
