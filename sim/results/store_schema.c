#include "sim/results/store_schema.h"

#include <stddef.h>

/* Why it looks as it does:
 *  - series_value, outage, lease, ledger and message have no key. They are written once, in order, by the replication; a live index makes
 *    each row cost three times as much, and a scan of a million rows takes a tenth of a second.
 *  - series_value and metric_value hold a number for the name, which the views `series` and `metric` put back: half the size.
 *  - part_value holds sums of millionths over replications, in whole numbers, so that they do not depend on the order of adding, a
 *    run that is resumed goes on adding, shards are added up, and the file does not grow with the replications.
 *  - position is the declared order, which ids, being hashes, do not keep. */
const char *const store_schema[] = {
    "CREATE TABLE run ("
    " id INTEGER PRIMARY KEY, scenario TEXT NOT NULL, scenario_text TEXT NOT NULL, overrides TEXT NOT NULL,"
    " model TEXT NOT NULL, title TEXT NOT NULL, question TEXT NOT NULL, regime TEXT NOT NULL, comparison TEXT NOT NULL,"
    " version TEXT NOT NULL, commit_id TEXT NOT NULL, dirty INTEGER NOT NULL, compiler TEXT NOT NULL,"
    " libraries TEXT NOT NULL, seed INTEGER NOT NULL, shard INTEGER NOT NULL, shards INTEGER NOT NULL,"
    " replications INTEGER NOT NULL, variance_reduction TEXT NOT NULL, level REAL NOT NULL, start_utc TEXT NOT NULL,"
    " horizon_s REAL NOT NULL, warmup_s REAL NOT NULL, grid_s REAL NOT NULL,"
    " command TEXT NOT NULL, host TEXT NOT NULL, cpu TEXT NOT NULL, threads INTEGER NOT NULL, ranks INTEGER NOT NULL,"
    " log TEXT NOT NULL, sittings INTEGER NOT NULL, started_utc TEXT NOT NULL, finished_utc TEXT, wall_s REAL, cpu_s REAL,"
    " peak_memory_kib INTEGER,"
    " status TEXT NOT NULL CHECK (status IN ('running', 'complete', 'interrupted')),"
    " precision_reached INTEGER CHECK (precision_reached IN (0, 1)), digest TEXT) STRICT;",

    "CREATE TABLE cloud ("
    " id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, rules TEXT NOT NULL,"
    " position INTEGER NOT NULL) STRICT;",

    "CREATE TABLE point ("
    " id INTEGER PRIMARY KEY, label TEXT NOT NULL UNIQUE, parameters TEXT NOT NULL,"
    " position INTEGER NOT NULL) STRICT;",

    "CREATE TABLE design ("
    " point_id INTEGER PRIMARY KEY REFERENCES point, design TEXT NOT NULL, sample INTEGER NOT NULL, step INTEGER NOT NULL,"
    " matrix TEXT NOT NULL, factor TEXT) STRICT;",

    "CREATE TABLE design_value ("
    " point_id INTEGER NOT NULL REFERENCES point, position INTEGER NOT NULL, factor TEXT NOT NULL, u REAL NOT NULL,"
    " value TEXT NOT NULL, PRIMARY KEY (point_id, position)) STRICT, WITHOUT ROWID;",

    "CREATE TABLE input_draw ("
    " outer_draw INTEGER NOT NULL, position INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
    " PRIMARY KEY (outer_draw, position)) STRICT, WITHOUT ROWID;",

    "CREATE TABLE metric_help ("
    " id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, unit TEXT NOT NULL, help TEXT NOT NULL,"
    " higher_is_better INTEGER NOT NULL, is_availability INTEGER NOT NULL, is_share INTEGER NOT NULL DEFAULT 0,"
    " position INTEGER NOT NULL) STRICT;",

    "CREATE TABLE label ("
    " kind TEXT NOT NULL CHECK (kind IN ('metric', 'key')), name TEXT NOT NULL, label TEXT NOT NULL,"
    " PRIMARY KEY (kind, name)) STRICT, WITHOUT ROWID;",

    "CREATE TABLE series_help ("
    " id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, unit TEXT NOT NULL, help TEXT NOT NULL,"
    " position INTEGER NOT NULL) STRICT;",

    "CREATE TABLE breakdown_help ("
    " id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, unit TEXT NOT NULL, help TEXT NOT NULL, sliced_by TEXT NOT NULL,"
    " is_sample INTEGER NOT NULL, position INTEGER NOT NULL) STRICT;",

    "CREATE TABLE replication ("
    " id INTEGER PRIMARY KEY, point_id INTEGER NOT NULL REFERENCES point, rep INTEGER NOT NULL,"
    " cloud_id INTEGER NOT NULL REFERENCES cloud, outer_draw INTEGER NOT NULL, events INTEGER NOT NULL,"
    " digest TEXT NOT NULL, outages_seen INTEGER NOT NULL, outages_listed INTEGER NOT NULL,"
    " UNIQUE (point_id, outer_draw, rep, cloud_id)) STRICT;",

    "CREATE TABLE metric_value ("
    " replication_id INTEGER NOT NULL REFERENCES replication, metric_id INTEGER NOT NULL REFERENCES metric_help,"
    " value REAL, PRIMARY KEY (replication_id, metric_id)) STRICT, WITHOUT ROWID;",
    "CREATE VIEW metric AS"
    " SELECT v.replication_id, h.name, v.value, h.unit FROM metric_value v JOIN metric_help h ON h.id = v.metric_id;",

    "CREATE TABLE series_value ("
    " replication_id INTEGER NOT NULL REFERENCES replication, series_id INTEGER NOT NULL REFERENCES series_help,"
    " step INTEGER NOT NULL, value REAL NOT NULL) STRICT;",
    "CREATE VIEW series AS"
    " SELECT v.replication_id, h.name, v.step * (SELECT grid_s FROM run) AS t_s, v.value"
    " FROM series_value v JOIN series_help h ON h.id = v.series_id;",

    "CREATE TABLE breakdown_value ("
    " replication_id INTEGER NOT NULL REFERENCES replication, breakdown_id INTEGER NOT NULL REFERENCES breakdown_help,"
    " number INTEGER NOT NULL, slice TEXT NOT NULL, at REAL, numerator REAL NOT NULL, denominator REAL NOT NULL,"
    " PRIMARY KEY (replication_id, breakdown_id, number)) STRICT, WITHOUT ROWID;",
    "CREATE VIEW breakdown AS"
    " SELECT v.replication_id, h.name, v.slice, v.at, v.numerator, v.denominator, v.numerator / nullif(v.denominator, 0) AS value,"
    " h.unit FROM breakdown_value v JOIN breakdown_help h ON h.id = v.breakdown_id;",

    "CREATE TABLE outage ("
    " replication_id INTEGER NOT NULL REFERENCES replication, subject_kind TEXT NOT NULL, subject TEXT NOT NULL,"
    " start_s REAL NOT NULL, end_s REAL NOT NULL, censored INTEGER NOT NULL, cause TEXT NOT NULL,"
    " incident TEXT) STRICT;",

    "CREATE TABLE lease ("
    " replication_id INTEGER NOT NULL REFERENCES replication, id INTEGER NOT NULL, tenant TEXT NOT NULL,"
    " provider TEXT NOT NULL, requested_s REAL NOT NULL, start_s REAL, end_s REAL, reason TEXT NOT NULL,"
    " gpus INTEGER NOT NULL, price_usd_per_h REAL, paid_usd REAL) STRICT;",

    "CREATE TABLE ledger ("
    " replication_id INTEGER NOT NULL REFERENCES replication, t_s REAL NOT NULL, from_account TEXT NOT NULL,"
    " to_account TEXT NOT NULL, amount_micro INTEGER NOT NULL, denom TEXT NOT NULL, what TEXT NOT NULL) STRICT;",

    "CREATE TABLE part ("
    " id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL,"
    " UNIQUE (kind, name)) STRICT;",

    "CREATE TABLE part_value ("
    " point_id INTEGER NOT NULL REFERENCES point, cloud_id INTEGER NOT NULL REFERENCES cloud,"
    " part_id INTEGER NOT NULL REFERENCES part, t_s REAL NOT NULL, span_s REAL NOT NULL, n INTEGER NOT NULL,"
    " sum INTEGER NOT NULL, squares INTEGER NOT NULL, PRIMARY KEY (point_id, cloud_id, part_id, t_s)) STRICT, WITHOUT ROWID;",
    "CREATE VIEW part_series AS"
    " SELECT v.point_id, v.cloud_id, p.kind, p.name, v.t_s, v.span_s, v.n, v.sum / 1e6 / v.n AS mean,"
    " CASE WHEN v.n > 1 THEN sqrt(max(0.0, (v.squares - 1.0 * v.sum * v.sum / v.n) / (v.n - 1))) / 1e6 END AS sd"
    " FROM part_value v JOIN part p ON p.id = v.part_id;",

    "CREATE TABLE message ("
    " replication_id INTEGER NOT NULL REFERENCES replication, number INTEGER NOT NULL, height INTEGER NOT NULL,"
    " text TEXT NOT NULL) STRICT;",

    "CREATE TABLE incident_mark ("
    " point_id INTEGER NOT NULL REFERENCES point, name TEXT NOT NULL, start_s REAL NOT NULL, end_s REAL NOT NULL)"
    " STRICT;",

    "CREATE TABLE evidence ("
    " path TEXT NOT NULL PRIMARY KEY, mark TEXT NOT NULL, source TEXT NOT NULL) STRICT;",

    "CREATE TABLE analysis (interval TEXT NOT NULL, control TEXT, expected REAL) STRICT;",

    "CREATE TABLE smallest_difference (metric TEXT PRIMARY KEY, value REAL NOT NULL) STRICT, WITHOUT ROWID;",

    "CREATE TABLE summary ("
    " point_id INTEGER NOT NULL REFERENCES point, cloud_id INTEGER NOT NULL REFERENCES cloud, metric TEXT NOT NULL,"
    " unit TEXT NOT NULL, n INTEGER NOT NULL, n_undefined INTEGER NOT NULL, mean REAL, sd REAL, ci_low REAL,"
    " ci_high REAL, level REAL NOT NULL, method TEXT NOT NULL, is_bound INTEGER NOT NULL, param_low REAL,"
    " param_high REAL, p05 REAL, p50 REAL, p95 REAL, p05_low REAL, p05_high REAL, p50_low REAL, p50_high REAL,"
    " p95_low REAL, p95_high REAL, draws INTEGER NOT NULL, variance_ratio REAL, probability_best REAL,"
    " probability_good REAL, UNIQUE (point_id, cloud_id, metric)) STRICT;",

    "CREATE TABLE difference ("
    " point_a INTEGER NOT NULL REFERENCES point, cloud_a INTEGER NOT NULL REFERENCES cloud,"
    " point_b INTEGER NOT NULL REFERENCES point, cloud_b INTEGER NOT NULL REFERENCES cloud, metric TEXT NOT NULL,"
    " unit TEXT NOT NULL, n INTEGER NOT NULL, n_undefined INTEGER NOT NULL, mean REAL, sd REAL, ci_low REAL,"
    " ci_high REAL, level REAL NOT NULL, method TEXT NOT NULL, is_bound INTEGER NOT NULL, param_low REAL,"
    " param_high REAL, verdict TEXT NOT NULL CHECK (verdict IN ('ahead', 'behind', 'not decided')),"
    " decided_by TEXT NOT NULL CHECK (decided_by IN ('sampling', 'parameter')), smallest REAL, p REAL, p_adjusted REAL,"
    " family INTEGER NOT NULL, draws INTEGER NOT NULL, variance_ratio REAL,"
    " UNIQUE (point_a, cloud_a, point_b, cloud_b, metric)) STRICT;",

    "CREATE TABLE steady ("
    " point_id INTEGER NOT NULL REFERENCES point, cloud_id INTEGER NOT NULL REFERENCES cloud, name TEXT NOT NULL,"
    " left_out_s REAL NOT NULL, settled INTEGER NOT NULL, independent INTEGER NOT NULL, n INTEGER NOT NULL, n_undefined INTEGER NOT NULL,"
    " mean REAL, sd REAL, ci_low REAL, ci_high REAL, level REAL NOT NULL, method TEXT NOT NULL, is_bound INTEGER NOT NULL,"
    " UNIQUE (point_id, cloud_id, name)) STRICT;",

    "CREATE TABLE series_summary ("
    " point_id INTEGER NOT NULL REFERENCES point, cloud_id INTEGER NOT NULL REFERENCES cloud, name TEXT NOT NULL,"
    " t_s REAL NOT NULL, n INTEGER NOT NULL, mean REAL, ci_low REAL, ci_high REAL,"
    " PRIMARY KEY (point_id, cloud_id, name, t_s)) STRICT, WITHOUT ROWID;",

    "CREATE TABLE breakdown_summary ("
    " point_id INTEGER NOT NULL REFERENCES point, cloud_a INTEGER NOT NULL REFERENCES cloud,"
    " cloud_b INTEGER REFERENCES cloud, name TEXT NOT NULL, slice TEXT NOT NULL, at REAL, unit TEXT NOT NULL,"
    " n INTEGER NOT NULL, n_undefined INTEGER NOT NULL, numerator REAL, denominator REAL, value REAL, ci_low REAL,"
    " ci_high REAL, level REAL NOT NULL, method TEXT NOT NULL,"
    " UNIQUE (point_id, cloud_a, cloud_b, name, slice, at)) STRICT;",

    "CREATE TABLE risk ("
    " point_id INTEGER NOT NULL REFERENCES point, cloud_a INTEGER NOT NULL REFERENCES cloud,"
    " cloud_b INTEGER REFERENCES cloud, name TEXT NOT NULL,"
    " measure TEXT NOT NULL CHECK (measure IN ('mean', 'value at risk', 'expected shortfall')), share REAL, unit TEXT NOT NULL,"
    " n INTEGER NOT NULL, members REAL NOT NULL, value REAL, ci_low REAL, ci_high REAL, level REAL NOT NULL,"
    " method TEXT NOT NULL, UNIQUE (point_id, cloud_a, cloud_b, name, measure, share)) STRICT;",

    "CREATE TABLE sensitivity ("
    " cloud_a INTEGER NOT NULL REFERENCES cloud, cloud_b INTEGER REFERENCES cloud, metric TEXT NOT NULL,"
    " factor TEXT NOT NULL, name TEXT NOT NULL CHECK (name IN ('mu', 'mu_star', 'sigma', 'first', 'total')),"
    " unit TEXT NOT NULL, n INTEGER NOT NULL, value REAL, ci_low REAL, ci_high REAL, level REAL NOT NULL,"
    " method TEXT NOT NULL, UNIQUE (cloud_a, cloud_b, metric, factor, name)) STRICT;",

    "CREATE TABLE target ("
    " id INTEGER PRIMARY KEY, name TEXT NOT NULL, point_id INTEGER NOT NULL REFERENCES point,"
    " cloud_id INTEGER NOT NULL REFERENCES cloud, metric TEXT NOT NULL, unit TEXT NOT NULL, role TEXT NOT NULL,"
    " published REAL, low REAL, high REAL, measured REAL, ci_low REAL, ci_high REAL, method TEXT,"
    " outcome TEXT NOT NULL CHECK (outcome IN ('held', 'missed', 'undecided')), expect TEXT NOT NULL,"
    " reason TEXT NOT NULL, source TEXT NOT NULL, evidence TEXT NOT NULL, position INTEGER NOT NULL) STRICT;",

    "CREATE VIEW summary_named AS"
    " SELECT p.label AS point, c.name AS cloud, s.metric, s.unit, s.n, s.n_undefined, s.mean, s.sd, s.ci_low,"
    " s.ci_high, s.level, s.method, s.is_bound, s.param_low, s.param_high, s.p05, s.p50, s.p95, s.probability_best"
    " FROM summary s JOIN point p ON p.id = s.point_id JOIN cloud c ON c.id = s.cloud_id"
    " LEFT JOIN metric_help h ON h.name = s.metric ORDER BY p.position, h.position, c.position;",

    "CREATE VIEW difference_named AS"
    " SELECT pa.label AS point_a, ca.name AS cloud_a, pb.label AS point_b, cb.name AS cloud_b, d.metric, d.unit, d.n,"
    " d.mean, d.sd, d.ci_low, d.ci_high, d.level, d.method, d.param_low, d.param_high, d.verdict, d.decided_by,"
    " d.smallest, d.p, d.p_adjusted, d.family, d.variance_ratio"
    " FROM difference d JOIN point pa ON pa.id = d.point_a JOIN cloud ca ON ca.id = d.cloud_a"
    " JOIN point pb ON pb.id = d.point_b JOIN cloud cb ON cb.id = d.cloud_b"
    " LEFT JOIN metric_help h ON h.name = d.metric"
    " ORDER BY pa.position, pb.position, ca.position, cb.position, h.position;",
    NULL};
