-- On top of world.sql: what a Morris design leaves, and with it no sweep.
INSERT INTO design (point_id, design, sample, step, matrix) VALUES (1, 'morris', 0, 0, ''), (2, 'morris', 0, 1, '');
INSERT INTO sensitivity (cloud_a, cloud_b, metric, factor, name, unit, n, value, ci_low, ci_high, level, method)
    SELECT a.value, b.value, 'availability_service', f.value, i.value, '1', 8,
        0.01 * (f.key + 1) / coalesce(a.value + b.value, a.value) * iif(i.value = 'mu' AND f.key = 1, -0.5, 1),
        0.007 * (f.key + 1) / coalesce(a.value + b.value, a.value), 0.013 * (f.key + 1) / coalesce(a.value + b.value, a.value), 0.95,
        'student t'
    FROM json_each('[1,2,1]') a, json_each('[null,null,2]') b, json_each('["demand.replicas","faults.rate","clouds.market.a_long_name_of_a_key"]') f,
        json_each('["mu","mu_star","sigma"]') i WHERE a.key = b.key;
