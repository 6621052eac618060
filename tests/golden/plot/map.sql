-- On top of world.sql: two more points, so that two keys vary.
UPDATE point SET parameters = '{"demand.replicas":"' || id || '","faults.rate":"2 /d"}';
INSERT INTO point (id, label, parameters, position) VALUES
    (3, 'third', '{"demand.replicas":"1","faults.rate":"12 /d"}', 2), (4, 'fourth', '{"demand.replicas":"2","faults.rate":"12 /d"}', 3);
INSERT INTO summary (point_id, cloud_id, metric, unit, n, n_undefined, mean, sd, ci_low, ci_high, level, method, is_bound, draws)
    SELECT point_id + 2, cloud_id, metric, unit, n, n_undefined, iif(unit = '1', 2 * mean - 1, 2 * mean), sd, ci_low, ci_high, level,
        method, 0, draws FROM summary WHERE metric IN ('availability_service', 'cost_usd') AND NOT (point_id = 1 AND cloud_id = 2);
