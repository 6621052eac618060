#!/usr/bin/env bash
# The library's parts for common causes, in one scenario: each takes down together what it says is shared.
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin library_has_common_causes
harness_need sqlite3
ask() { sqlite3 -readonly "$temporary/run/run.db" "$1"; }
# Most subjects of a kind that fell at one instant with what the condition names.
together() { ask "SELECT coalesce(max(n), 0) FROM (SELECT count(DISTINCT subject) AS n FROM outage WHERE subject_kind = '$1' AND $2 GROUP BY replication_id, start_s)"; }
at_least() { # CLAIM LEAST VALUE
    local why=
    ((${3:-0} >= $2)) || why="${3:-nothing} instead of $2"
    report "$1" "$why"
}

library=$PWD/scenarios/library
cat >"$temporary/all.cfg" <<END
model = "clouds"; start = "2024-01-01T00:00Z"; horizon = "366 d"; replications = 1; seed = 1; probes = "0";
fleet = { node_types = ( { name = "gpu"; vcpus = 64; memory = "512 GiB"; gpus = 8; gpu_model = "a100"; } );
          software = ( { name = "shared-agent"; share = "30 %"; } );
          sites = ( { name = "a"; zones = 1; racks = 6; nodes = ( { type = "gpu"; per_rack = 2; } ); },
                    { name = "b"; zones = 1; racks = 6; nodes = ( { type = "gpu"; per_rack = 2; } ); } ); };
demand = ( { name = "train"; kind = "job"; count = 10; pods = 1; vcpus = 8; gpus = 2; memory = "64 GiB"; work = "2000 h"; capacity = "spot"; } );
@include "$library/shared-upstream.cfg"
faults = (
@include "$library/shared-datacentre.cfg"
,
@include "$library/shared-agent.cfg"
,
  { name = "upstream-common"; target = "shared"; where = "upstream/*"; beta = "90 %"; length = "1 h"; }
);
clouds = (
  { name = "azure-like"; kind = "hyperscaler"; gpu_prices = ( { model = "a100"; price = "2 USD/h"; } );
@include "$library/spot-shocks.cfg"
  },
  { name = "akash"; kind = "akash"; providers_per_site = 6; gpu_prices = ( { model = "a100"; price = "1 USD/h"; } ); }
);
END
timeout 300 "$NINES" run "$temporary/all.cfg" --log events --quiet -o "$temporary/run" --set "faults.datacentre-lost.rate=10 /y" \
    --set "faults.shared-agent-crash.rate=10 /y" --set "faults.shared-agent-slow.rate=10 /y" 2>"$temporary/errors"
report all_parts_go_into_one_scenario "$(cat "$temporary/errors")"
# Twelve machines and six providers stand in each data centre, three or four of the twelve run the agent.
at_least providers_in_one_data_centre_fall_together 12 "$(together node "incident = 'datacentre-lost'")"
at_least machines_of_an_agent_fall_together 2 "$(together node "incident = 'shared-agent-crash'")"
at_least agent_on_both_sites 2 "$(ask "SELECT count(DISTINCT substr(subject, 1, 1)) FROM outage WHERE subject_kind = 'node' AND incident = 'shared-agent-crash'")"
at_least upstreams_with_a_common_cause_take_every_site 2 "$(together site "incident = 'upstream-common'")"
at_least evictions_come_together 2 "$(ask "SELECT max(n) FROM (SELECT count(*) AS n FROM lease WHERE reason = 'evicted: spot' GROUP BY replication_id, end_s)")"
at_least slow_agent_slows_jobs 1 "$(ask "SELECT count(*) FROM metric WHERE name = 'job_slow_share' AND value > 0")"
harness_end
