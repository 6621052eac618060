-- A run made by hand for the charts: two clouds, two points, something for every chart to draw. It stands on the file of a real run,
-- whose tables it fills anew, so that the pictures depend on nothing that is simulated.
UPDATE run SET title = 'A small world', version = '0', commit_id = 'golden', digest = '0123456789abcdef', seed = 1, horizon_s = 864000,
    grid_s = 21600, level = 0.95, start_utc = '2026-01-01T00:00Z', command = 'golden';
DELETE FROM target; DELETE FROM series_summary; DELETE FROM summary; DELETE FROM difference; DELETE FROM series_value;
DELETE FROM metric_value; DELETE FROM outage; DELETE FROM replication; DELETE FROM metric_help; DELETE FROM series_help;
DELETE FROM part_value; DELETE FROM part; DELETE FROM steady; DELETE FROM design_value; DELETE FROM design; DELETE FROM point; DELETE FROM cloud; DELETE FROM evidence;

INSERT INTO cloud (id, name, kind, rules, position) VALUES (1, 'central', 'hyperscaler', '', 0), (2, 'market', 'akash', '', 1);
INSERT INTO point (id, label, parameters, position) VALUES
    (1, 'calm', '{"demand.replicas":"1"}', 0), (2, 'storm', '{"demand.replicas":"3"}', 1);
INSERT INTO metric_help (id, name, unit, help, higher_is_better, is_availability, position) VALUES
    (1, 'availability_service', '1', 'share of wanted replicas that are up', 1, 1, 0),
    (2, 'cost_usd', 'USD', 'net outflow', 0, 0, 1),
    (3, 'restored_first_min', 'min', 'first replica back', 0, 0, 2),
    (4, 'restored_50_min', 'min', 'half back', 0, 0, 3),
    (5, 'restored_99_min', 'min', 'nearly all back', 0, 0, 4);
INSERT INTO series_help (id, name, unit, help, position) VALUES
    (1, 'availability_service', '1', 'replicas', 0), (2, 'availability_quorum', '1', 'services', 1);
INSERT INTO replication (id, point_id, rep, cloud_id, outer_draw, events, digest, outages_seen, outages_listed)
    SELECT 100 * p.id + 10 * c.id + r.value, p.id, r.value, c.id, 0, 1, '0', 8, 8
    FROM point p, cloud c, json_each('[0,1,2,3]') r;
INSERT INTO incident_mark (point_id, name, start_s, end_s) VALUES (2, 'storm-day', 345600, 388800);

INSERT INTO summary (point_id, cloud_id, metric, unit, n, n_undefined, mean, sd, ci_low, ci_high, level, method, is_bound, draws)
    VALUES (1, 1, 'availability_service', '1', 4, 0, 0.9995, 0, 0.9991, 0.9999, 0.95, 'student t', 0, 0),
    (1, 2, 'availability_service', '1', 4, 0, 1, 0, 0.93, 1, 0.95, 'rule of three', 1, 0),
    (2, 1, 'availability_service', '1', 4, 0, 0.981, 0, 0.975, 0.987, 0.95, 'student t', 0, 0),
    (2, 2, 'availability_service', '1', 4, 0, 0.9971, 0, 0.994, 1, 0.95, 'student t', 0, 0),
    (1, 1, 'cost_usd', 'USD', 4, 0, 120, 0, 118, 122, 0.95, 'student t', 0, 0),
    (1, 2, 'cost_usd', 'USD', 4, 0, 71, 0, 60, 82, 0.95, 'student t', 0, 0),
    (2, 1, 'cost_usd', 'USD', 4, 0, 360, 0, 355, 365, 0.95, 'student t', 0, 0),
    (2, 2, 'cost_usd', 'USD', 4, 0, 233, 0, 190, 276, 0.95, 'student t', 0, 0),
    (2, 1, 'restored_first_min', 'min', 4, 0, 62, 0, 55, 69, 0.95, 'student t', 0, 0),
    (2, 1, 'restored_50_min', 'min', 4, 0, 130, 0, 110, 150, 0.95, 'student t', 0, 0),
    (2, 1, 'restored_99_min', 'min', 4, 0, 240, 0, 228, 252, 0.95, 'student t', 0, 0),
    (2, 2, 'restored_first_min', 'min', 4, 0, 12, 0, -3, 27, 0.95, 'student t', 0, 0),
    (2, 2, 'restored_99_min', 'min', 3, 1, 900, 0, 300, 1500, 0.95, 'student t', 0, 0);
INSERT INTO difference (point_a, cloud_a, point_b, cloud_b, metric, unit, n, n_undefined, mean, sd, ci_low, ci_high, level, method,
    is_bound, param_low, param_high, verdict, decided_by, smallest, family, draws)
    VALUES (1, 1, 1, 2, 'availability_service', '1', 4, 0, -0.0005, 0, -0.0009, -0.0001, 0.95, 'student t', 0, -0.001, 0.0002,
        'not decided', 'parameter', 0.0001, 1, 8),
    (2, 1, 2, 2, 'availability_service', '1', 4, 0, -0.0161, 0, -0.02, -0.0122, 0.95, 'student t', 0, -0.025, -0.008, 'behind',
        'parameter', 0.0005, 1, 8),
    (1, 1, 1, 2, 'cost_usd', 'USD', 4, 0, 49, 0, 40, 58, 0.95, 'student t', 0, NULL, NULL, 'behind', 'sampling', 1.2, 1, 0),
    (2, 1, 2, 2, 'cost_usd', 'USD', 4, 0, 127, 0, 80, 174, 0.95, 'student t', 0, 10, 240, 'behind', 'parameter', 3.6, 1, 8);
INSERT INTO target (id, name, point_id, cloud_id, metric, unit, role, published, low, high, outcome, expect, reason, source, evidence,
    position) VALUES (1, 'all back', 2, 1, 'restored_99_min', 'min', 'predicted', 230, 210, 250, 'held', 'none', '', 'a report', 'R', 0);

-- A dip in the middle at the second point.
WITH RECURSIVE step(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM step WHERE k < 39)
INSERT INTO series_summary (point_id, cloud_id, name, t_s, n, mean, ci_low, ci_high)
    SELECT p.id, c.id, h.name, k * 21600.0, 4, m, m - 0.01 * c.id, min(1, m + 0.01 * c.id)
    FROM (SELECT p.id AS point, c.id AS cloud, h.id AS series, k,
          1 - 0.001 * ((k * 7 + c.id) % 3) - iif(p.id = 2 AND k BETWEEN 16 AND 22, 0.09 / (c.id + k - 16), 0) AS m
          FROM point p, cloud c, series_help h, step)
    JOIN point p ON p.id = point JOIN cloud c ON c.id = cloud JOIN series_help h ON h.id = series;

-- Services in every replication: the dip is deeper the later the replication, and lasts as many steps as it is deep.
WITH RECURSIVE step(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM step WHERE k < 39)
INSERT INTO series_value (replication_id, series_id, step, value)
    SELECT r.id, 2, k, 1 - iif(r.point_id = 2 AND k >= 16 AND k <= 17 + r.rep, 0.4 / (r.cloud_id * (4 - r.rep)), iif(k % (5 + r.rep) = 0, 0.002 * r.cloud_id, 0))
    FROM replication r, step ORDER BY r.point_id, r.rep, r.cloud_id, k;

-- The same dip by site: all of it at one site of the first cloud, everywhere a little under the second; the last site unknown for a while.
INSERT INTO part (id, kind, name, position) VALUES (1, 'site', 'north', 0), (2, 'site', 'a-site-of-a-very-long-name', 1), (3, 'site', 'south', 2);
WITH RECURSIVE step(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM step WHERE k < 39)
INSERT INTO part_value (point_id, cloud_id, part_id, t_s, span_s, n, sum, squares)
    SELECT p, c, s, k * 21600.0, 21600, 4, 4 * m, 4 * m * m
    FROM (SELECT p.id AS p, c.id AS c, s.id AS s, k,
          1000000 - 300 * ((k * 5 + s.id) % 3) - iif(p.id = 2 AND k BETWEEN 16 AND 22,
              iif(c.id = 1, iif(s.id = 2, 900000 / (k - 15), 0), 60000 / (23 - k)), 0) AS m
          FROM point p, cloud c, part s, step)
    WHERE s < 3 OR k < 17 OR k > 18;

-- Outages of all lengths, the longest one open at the end.
WITH RECURSIVE one(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM one WHERE i < 8)
INSERT INTO outage (replication_id, subject_kind, subject, start_s, end_s, censored, cause, incident)
    SELECT id, 'service', 'web/' || (i % 3), 40000.0 * i + 900 * rep, 40000.0 * i + 900 * rep + (i * i * i * 90.0) * cloud_id + rep * 60, 0,
        iif(i % 2, 'rack r' || (i % 4), 'node n3'), NULL
    FROM replication, one WHERE i <= 4 + point_id + rep AND NOT (cloud_id = 2 AND point_id = 1);
INSERT INTO outage (replication_id, subject_kind, subject, start_s, end_s, censored, cause, incident) VALUES
    (210, 'service', 'web/1', 346000, 388000, 0, 'storage unit su-1', 'storm-day'),
    (220, 'service', 'web/1', 800000, 864000, 1, 'provider p7', 'storm-day');

INSERT INTO ledger (replication_id, t_s, from_account, to_account, amount_micro, denom, what)
    SELECT replication.id, 3600.0 * i.value, 'web/' || i.value, iif(cloud_id = 1, 'central', 'market/site-' || (i.value % 2) || '/p' || i.value),
        (i.value + 1) * 4000000 * point_id, 'usd', iif(cloud_id = 1, 'machine', 'lease')
    FROM replication, json_each('[0,1,2,3]') i;
INSERT INTO ledger (replication_id, t_s, from_account, to_account, amount_micro, denom, what)
    SELECT id, 864000, iif(cloud_id = 1, 'central', 'train/0'), iif(cloud_id = 1, 'web/2', 'community pool'), 2500000, 'usd',
        iif(cloud_id = 1, 'credit', 'fee') FROM replication;

-- What they are in words; restored_* and the longest of the keys have none.
DELETE FROM label;
INSERT INTO label (kind, name, label) VALUES ('metric', 'availability_service', 'availability of replicas'), ('metric', 'cost_usd', 'cost'),
    ('key', 'demand.replicas', 'replicas of a service'), ('key', 'faults.rate', 'rate of faults');
