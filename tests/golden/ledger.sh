#!/usr/bin/env bash
# Leases and payments in the results file, asked in SQL alone: they add up to what the metrics say, under all three clouds.
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin leases_and_payments_are_there
harness_need sqlite3
"$NINES" run tests/golden/digest.cfg -o "$temporary/run" --log leases --reps 2 --quiet
db=$temporary/run/run.db
sql() { sqlite3 -readonly -separator ' ' "$db" "$1"; }
replications="FROM replication r JOIN point p ON p.id = r.point_id JOIN cloud c ON c.id = r.cloud_id"

report every_cloud_has_leases_and_payments "$(sql "SELECT c.name, 'has none' $replications
    WHERE NOT EXISTS (SELECT 1 FROM lease l WHERE l.replication_id = r.id) OR NOT EXISTS (SELECT 1 FROM ledger l WHERE l.replication_id = r.id)")"
report payments_less_credits_are_cost_usd "$(sql "SELECT p.label, c.name, r.rep, m.value, s.paid $replications
    JOIN metric m ON m.replication_id = r.id AND m.name = 'cost_usd'
    JOIN (SELECT replication_id AS id, sum(CASE WHEN what = 'credit' THEN -amount_micro ELSE amount_micro END) / 1e6 AS paid FROM ledger
          GROUP BY 1) s ON s.id = r.id WHERE abs(m.value - s.paid) > 1e-6")"
report credits_are_sla_credit_usd "$(sql "SELECT p.label, c.name, r.rep, m.value, s.paid $replications
    JOIN metric m ON m.replication_id = r.id AND m.name = 'sla_credit_usd'
    JOIN (SELECT replication_id AS id, sum(CASE WHEN what = 'credit' THEN amount_micro ELSE 0 END) / 1e6 AS paid FROM ledger
          GROUP BY 1) s ON s.id = r.id WHERE abs(m.value - s.paid) > 1e-6")"
# Both sides by tenant: what a tenant paid is what its leases were paid.
report what_a_tenant_paid_is_on_its_leases "$(sql "SELECT c.name, tenant, sum(usd) FROM (
        SELECT replication_id, tenant, paid_usd AS usd FROM lease
        UNION ALL SELECT replication_id, from_account, -amount_micro / 1e6 FROM ledger WHERE what <> 'credit') x
    JOIN replication r ON r.id = x.replication_id JOIN cloud c ON c.id = r.cloud_id
    GROUP BY x.replication_id, tenant HAVING abs(sum(usd)) > 1e-6 LIMIT 5")"
report payments_lie_inside_the_horizon "$(sql "SELECT t_s, what FROM ledger WHERE t_s < 0 OR t_s > (SELECT horizon_s FROM run) LIMIT 5")"
report leases_run_forward_and_open_ones_have_no_reason "$(sql "SELECT id, requested_s, start_s, end_s, reason FROM lease
    WHERE requested_s > start_s OR end_s < start_s OR (end_s IS NULL) <> (reason = '') OR end_s < 0 LIMIT 5")"
report a_place_has_a_provider_and_a_price "$(sql "SELECT id, provider, price_usd_per_h FROM lease
    WHERE start_s IS NOT NULL AND (provider = '' OR price_usd_per_h IS NULL OR price_usd_per_h <= 0) LIMIT 5")"
report lease_numbers_are_each_once "$(sql "SELECT replication_id, id FROM lease GROUP BY 1, 2 HAVING count(*) > 1 LIMIT 5")"
harness_end
