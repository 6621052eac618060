#!/usr/bin/env bash
# Demand from a user's own SDL: the same to every cloud as if it were written in keys, Akash's to the letter, and in the results file.
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin an_sdl_file_can_be_demand tests/golden/sdl_demand
cd "$temporary" || exit 3
cat >world.cfg <<'END'
model = "clouds"; start = "2024-07-01T00:00Z"; horizon = "7 d"; warmup = "2 d"; replications = 2; seed = 5;
fleet = {
  node_types = ( { name = "gpu"; vcpus = 96; memory = "900 GiB"; gpus = 8; gpu_model = "a100"; up = "exponential(20 d)"; repair = "exponential(4 h)"; },
                 { name = "cpu"; vcpus = 64; memory = "256 GiB"; up = "exponential(20 d)"; repair = "exponential(4 h)"; } );
  sites = ( { name = "east"; racks = 3; nodes = ( { type = "gpu"; per_rack = 2; }, { type = "cpu"; per_rack = 2; } ); },
            { name = "west"; racks = 3; nodes = ( { type = "gpu"; per_rack = 2; }, { type = "cpu"; per_rack = 2; } ); } );
};
clouds = ( { name = "azure-like"; kind = "hyperscaler"; gpu_prices = ( { model = "a100"; price = "3.673 USD/h"; } ); },
           { name = "akash"; kind = "akash"; providers_per_site = 3; gpu_prices = ( { model = "a100"; price = "1.10 USD/h"; } ); },
           { name = "io.net"; kind = "ionet"; gpu_prices = ( { model = "a100"; price = "1.5 USD/h"; } ); } );
END
{ cat world.cfg; echo 'demand = ( { name = "llama"; kind = "service"; count = 9; replicas = 2; vcpus = 8; memory = "64 GiB"; storage = "100 GiB"; gpus = 1; gpu_models = ["a100"]; } );'; } >keys.cfg
{ cat world.cfg; echo 'demand = ( { sdl = "parts/llama.yaml"; count = 9; } );'; } >sdl.cfg
mkdir parts
sdl() { # PLACEMENT_LINES [REPLICAS]
    cat <<END
version: "2.0"
services: {chat: {image: x, expose: [{port: 80, to: [{global: true}]}]}}
profiles:
  compute: {chat: {resources: {cpu: {units: 8}, memory: {size: 64Gi}, storage: {size: 100Gi}, gpu: {units: 1, attributes: {vendor: {nvidia: [{model: a100, ram: 80Gi, interface: sxm}]}}}}}}
  placement:
    group:
      $1
      pricing: {chat: {denom: usdc, amount: 3600}}
deployment: {chat: {group: {profile: chat, count: ${2:-2}}}}
END
}
sdl 'attributes: {}' >parts/llama.yaml
run() { "$NINES" run "$1" -o "$2" --quiet --log leases "${@:3}"; }
metrics() { # DB CLOUD
    sqlite3 -readonly "$1" "SELECT r.rep, m.name, m.value FROM metric m JOIN replication r ON r.id = m.replication_id JOIN cloud c ON c.id = r.cloud_id WHERE c.name = '$2' ORDER BY 1, 2"
}
run keys.cfg keys && run sdl.cfg sdl
for cloud in azure-like io.net; do
    report "${cloud//[-.]/_}_sees_the_demand_that_the_keys_would_say" "$(cmp <(metrics keys/run.db $cloud) <(metrics sdl/run.db $cloud) 2>&1)"
done
report its_tenants_are_called_like_the_file "$(sqlite3 -readonly sdl/run.db "SELECT tenant FROM lease WHERE tenant NOT LIKE 'llama/%' LIMIT 1")"

# --- The run from its own file ---
mv parts hidden
expect the_run_repeats_without_the_yaml 0 "$NINES" run sdl/run.db --quiet
expect the_scenario_does_not 2 "$NINES" validate sdl.cfg
report and_says_what_it_lacks "$(grep -q "^sdl.cfg:.*: error: cannot read 'parts/llama.yaml': No such file" stderr || cat stderr)"
mv hidden parts
{ cat sdl.cfg; echo 'study = { points = ( { label = "two"; }, { label = "three"; set = [ "demand[0].sdl=parts/three.yaml" ]; } ); };'; } >points.cfg
sdl 'attributes: {}' 3 >parts/three.yaml
run points.cfg points
mv parts hidden
expect so_does_one_with_a_file_at_a_point 0 "$NINES" run points/run.db --quiet
mv hidden parts
report each_point_had_its_own "$(cmp <(sqlite3 -readonly points/run.db "SELECT max(n) FROM (SELECT p.label, l.replication_id, l.tenant, count(DISTINCT l.id) AS n FROM lease l JOIN replication r ON r.id = l.replication_id JOIN cloud c ON c.id = r.cloud_id JOIN point p ON p.id = r.point_id WHERE c.name = 'azure-like' AND l.end_s IS NULL GROUP BY 1, 2, 3) GROUP BY label ORDER BY label DESC") <(printf '2\n3\n') 2>&1)"

# --- Akash, to the letter ---
leases() { # PLACEMENT_LINES [OPTION...]: the sites that Akash's leases are in
    sdl "$1" >parts/placed.yaml
    rm -rf placed
    run sdl.cfg placed --reps 1 --set 'demand[0].sdl=parts/placed.yaml' "${@:2}"
    sqlite3 -readonly placed/run.db "SELECT DISTINCT substr(provider, 7, 4) FROM lease l JOIN replication r ON r.id = l.replication_id JOIN cloud c ON c.id = r.cloud_id WHERE c.name = 'akash' ORDER BY 1" | tr '\n' ' '
}
is() { [[ $1 == "$2" ]] || echo "'$1', not '$2'"; }
# The cheapest providers are in the east, by the luck of this seed.
report without_wishes_the_cheapest_will_do "$(is "$(leases 'attributes: {}')" 'east ')"
report a_region_is_kept_to "$(is "$(leases 'attributes: {region: west}')" 'west ')"
report nobody_is_what_nobody_says "$(is "$(leases 'attributes: {tier: gold}')" '')"
report unless_the_scenario_says_it "$(is "$(leases 'attributes: {tier: gold}' --set 'clouds.akash.attributes=("tier=gold")')" 'east ')"
report without_an_auditor_nothing_is_signed "$(is "$(leases 'signedBy: {anyOf: [auditor]}')" '')"
report with_one_it_is "$(is "$(leases 'signedBy: {anyOf: [auditor]}' --set 'clouds.akash.auditors=("auditor")')" 'east ')"
sdl 'attributes: {}' | sed 's/3600/36/' >parts/cheap.yaml
run sdl.cfg cheap --reps 1 --log events --set 'demand[0].sdl=parts/cheap.yaml'
report a_price_below_the_providers_gets_no_bid "$(is "$(sqlite3 -readonly cheap/run.db "SELECT count(*) FILTER (WHERE text LIKE '%create_deployment%') > 9, count(*) FILTER (WHERE text LIKE '%create_bid%') FROM message")" '1|0')"
run sdl.cfg events --reps 1 --log events
expect its_messages_replay 0 "$NINES" market replay events/run.db
for rules in 2024-07 2026-08; do
    run sdl.cfg "events-$rules" --reps 1 --log events --set "clouds.akash.rules=$rules"
    expect "under_the_rules_of_${rules/-/_}_too" 0 "$NINES" market replay "events-$rules/run.db"
done

# --- Several services ---
cat >parts/shop.yaml <<'END'
version: "2.0"
services: {web: {image: x, expose: [{port: 80, to: [{global: true}]}]}, db: {image: y}}
profiles:
  compute:
    web: {resources: {cpu: {units: 500m}, memory: {size: 1Gi}, storage: {size: 1Gi}}}
    db: {resources: {cpu: {units: 2}, memory: {size: 8Gi}, storage: {size: 20Gi}}}
  placement: {a: {pricing: {web: {denom: usdc, amount: 100}, db: {denom: usdc, amount: 100}}}}
deployment: {web: {a: {profile: web, count: 3}}, db: {a: {profile: db, count: 1}}}
END
run sdl.cfg shop --reps 1 --set 'demand[0].sdl=parts/shop.yaml'
report each_service_of_a_group_is_a_class "$(is "$(sqlite3 -readonly shop/run.db "SELECT DISTINCT substr(tenant, 1, instr(tenant, '/') - 1) FROM lease ORDER BY 1" | tr '\n' ' ')" 'shop.a.db shop.a.web ')"

# --- Prices in AKT, volumes that stay ---
sed 's/usdc/uakt/' parts/llama.yaml >parts/akt.yaml
run sdl.cfg akt --reps 1 --set 'demand[0].sdl=parts/akt.yaml'
report leases_of_2024_may_be_paid_in_akt "$(is "$(sqlite3 -readonly akt/run.db "SELECT DISTINCT denom FROM ledger WHERE what = 'lease' AND denom IN ('akt', 'usdc')")" akt)"
sed 's/image: x/image: x, params: {storage: {default: {mount: \/data}}}/; s/size: 100Gi/size: 100Gi, attributes: {persistent: true, class: beta2}/' parts/llama.yaml >parts/kept.yaml
leases() { sqlite3 -readonly "$1/run.db" "SELECT count(*) > 0 FROM lease l JOIN replication r ON r.id = l.replication_id JOIN cloud c ON c.id = r.cloud_id WHERE c.name = 'akash'"; }
run sdl.cfg kept --reps 1 --set 'demand[0].sdl=parts/kept.yaml' --set 'clouds.akash.storage_classes=["beta2"]'
run sdl.cfg nowhere --reps 1 --set 'demand[0].sdl=parts/kept.yaml' --set 'clouds.akash.storage_classes=["beta3"]'
report a_volume_goes_where_its_class_is_offered "$(is "$(leases kept) $(leases nowhere)" "1 0")"

# --- Mistakes ---
hold() { # NAME DEMAND
    { cat world.cfg; echo "$2"; } >wrong.cfg
    held "sdl_demand_${1//-/_}_is_as_agreed" "$1" "$temporary" "$NINES" validate wrong.cfg
}
printf 'version: "2.0"\nservices:\n  web:\n    image: x\n    expose: [{port: eighty, to: [{global: true}]}]\n' >wrong.yaml
hold wrong-sdl 'demand = ( { name = "a"; sdl = "wrong.yaml"; count = 9; } );'
hold keys-beside 'demand = ( { name = "a"; sdl = "parts/llama.yaml"; vcpus = 3; replicas = 2; } );'
hold no-name 'demand = ( { count = 3; vcpus = 2; memory = "1 GiB"; } );'
hold same-name 'demand = ( { sdl = "parts/llama.yaml"; }, { sdl = "parts/llama.yaml"; } );'
sed 's/a100/h100/' parts/llama.yaml >parts/h100.yaml
hold no-such-gpu 'demand = ( { sdl = "parts/h100.yaml"; } );'
sed 's/usdc/uakt/' parts/llama.yaml >parts/uakt.yaml
sed -i 's/kind = "akash"; /&rules = "2026-08"; /' world.cfg
hold priced-in-akt 'demand = ( { sdl = "parts/uakt.yaml"; } );'
printf 'a\0b' >zero.yaml
hold no-text 'demand = ( { sdl = "zero.yaml"; } );'
harness_end
