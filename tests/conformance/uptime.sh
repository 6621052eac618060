#!/usr/bin/env bash
# nines import: the cloud uptime archive's statistics and fits, row by row, and a round trip through a scenario.
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin import_gives_the_archives_statistics
harness_need sqlite3

# --- Bad input and shapes: needs no shared data
printf 'start,end,severity,component\n0,3600,0.5,*/n1\n1800,5400,,*/n1\n7200,9000,1,*/n2\n' >"$temporary/nodes.csv"
"$NINES" import intervals "$temporary/nodes.csv" -o "$temporary/part.cfg" >"$temporary/out" 2>&1
report components_become_traces_of_their_own "$(cat "$temporary/out"; for n in 1 2; do grep -qF "target = \"node\"; where = \"*/n$n\"" "$temporary/part.cfg" || cat "$temporary/part.cfg"; done)"
bad() { # CLAIM HEADER ROW PATTERN
    printf '%s\n%s\n' "$2" "$3" >"$temporary/bad.csv"
    "$NINES" import intervals "$temporary/bad.csv" >"$temporary/out" 2>"$temporary/err"
    local status=$?
    report "$1" "$( ((status == 2)) && [[ ! -s $temporary/out ]] && grep -qE "$4" "$temporary/err" || cat "$temporary/out" "$temporary/err")"
}
bad an_outage_that_ends_before_it_starts_is_refused start,end 5,3 'bad.csv:2: .*does not end'
bad nan_is_no_time start,end nan,3 'bad.csv:2: .*neither seconds nor a time'
bad a_missing_column_is_named start,finish 1,3 "end"
bad a_severity_above_one_is_refused start,end,severity 1,3,7 'bad.csv:2: .*severity'
"$NINES" import uptime "$temporary/nodes.csv" >"$temporary/out" 2>"$temporary/err"
report other_tables_are_refused "$( (($? == 2)) && grep -q 'no table of the uptime archive' "$temporary/err" || cat "$temporary/err")"
"$NINES" import uptme "$temporary/nodes.csv" >"$temporary/out" 2>"$temporary/err"
report a_kind_misspelt_is_hinted "$(grep -q "did you mean 'uptime'" "$temporary/err" || cat "$temporary/err")"

shared=${NINES_SHARED:-../shared}/data/uptime-archive
[[ -r $shared/stats.csv ]] || harness_skip "no $shared"
tables=("$shared/operator_events.csv" "$shared/region_incidents.csv" "$shared/user_events.csv")
"$NINES" import uptime "${tables[@]}" --stats >"$temporary/stats.csv" 2>"$temporary/err"
"$NINES" import uptime "${tables[@]}" --fit >"$temporary/fit.csv" 2>>"$temporary/err"
cat >"$temporary/compare.sql" <<SQL
.import --csv $shared/stats.csv published
.import --csv $temporary/stats.csv own
.import --csv $temporary/fit.csv fit
CREATE VIEW pair AS SELECT p.scope || ' ' || p.vendor || ' ' || p.name AS unit, p.*, o.n_events AS o_n, o.exposure_h AS o_h,
  o.events_per_unit_year AS o_rate, o.mtbf_h AS o_mtbf, o.mttr_mean_h AS o_mean, o.mttr_median_h AS o_median, o.mttr_p90_h AS o_p90,
  o.mttr_max_h AS o_max, o.unavail_pct_of_exposure AS o_unavail, o.dur_lognorm_mu_lnh AS o_mu, o.dur_lognorm_sigma AS o_sigma,
  o.dur_weibull_shape AS o_shape, o.dur_weibull_scale_h AS o_scale, o.interarrival_weibull_shape AS o_apart, o.unavail_pct_of_exposure IS NULL AS absent
  FROM published p LEFT JOIN own o ON o.scope = p.scope AND lower(o.vendor) = lower(p.vendor) AND (o.name = p.name OR p.scope = 'user_reported');
.mode list
.output $temporary/absent
SELECT unit FROM pair WHERE absent;
.output $temporary/counts
SELECT unit, n_events, o_n, exposure_h, o_h FROM pair WHERE n_events <> o_n OR abs(exposure_h - o_h) > 1e-9;
.output $temporary/moments
SELECT unit, mttr_mean_h, o_mean, mttr_median_h, o_median, mttr_p90_h, o_p90, unavail_pct_of_exposure, o_unavail FROM pair
 WHERE abs(events_per_unit_year - o_rate) > 0.0005001 OR abs(mtbf_h - o_mtbf) > 0.05001 OR abs(mttr_mean_h - o_mean) > 0.005001
 OR abs(mttr_median_h - o_median) > 0.005001 OR abs(mttr_p90_h - o_p90) > 0.005001 OR abs(mttr_max_h - o_max) > 0.05001
 OR abs(unavail_pct_of_exposure - o_unavail) > 0.00005001;
.output $temporary/laws
SELECT unit, dur_lognorm_mu_lnh, o_mu, dur_lognorm_sigma, o_sigma, dur_weibull_shape, o_shape, dur_weibull_scale_h, o_scale,
 interarrival_weibull_shape, o_apart FROM pair WHERE abs(dur_lognorm_mu_lnh - o_mu) > 0.0005001
 OR (dur_lognorm_sigma NOT IN ('', 'nan') AND abs(dur_lognorm_sigma / o_sigma - 1) > 0.02)
 OR (dur_weibull_shape <> '' AND (o_shape = '' OR abs(dur_weibull_shape / o_shape - 1) > 0.02 OR abs(dur_weibull_scale_h / o_scale - 1) > 0.02))
 OR (interarrival_weibull_shape <> '' AND (o_apart = '' OR abs(interarrival_weibull_shape / o_apart - 1) > 0.02));
.output $temporary/sum
SELECT count(*) >= 58, (SELECT count(*) FROM fit WHERE family = 'weibull' AND quantity = 'length') >= 30 FROM pair;
SQL
sqlite3 :memory: <"$temporary/compare.sql" 2>>"$temporary/err"
report every_published_unit_is_there "$(cat "$temporary/err" "$temporary/absent")"
report events_and_exposures_are_the_archives "$(cat "$temporary/counts")"
report rates_and_repair_times_are_the_archives_to_the_last_digit "$(cat "$temporary/moments")"
report fitted_laws_agree_within_2_percent "$(cat "$temporary/laws")"
report all_of_it_was_compared "$(grep -vx '1|1' "$temporary/sum")"

# A part that was imported is a part of a scenario.
"$NINES" import uptime "$shared/region_incidents.csv" -o "$temporary/traces.cfg"
cat >"$temporary/scenario.cfg" <<CFG
question = "Does an imported part fit into a scenario?";
model = "clouds"; horizon = "30 d"; replications = 1; seed = 1;
fleet = { node_types = ( { name = "n"; vcpus = 8; memory = "64 GiB"; } ); sites = ( { name = "a"; zones = 1; racks = 1; nodes = ( { type = "n"; per_rack = 1; } ); } ); };
demand = ( { name = "web"; kind = "service"; count = 1; vcpus = 1; memory = "1 GiB"; } );
clouds = ( { name = "h"; kind = "hyperscaler"; } );
@include "traces.cfg"
CFG
report a_part_fits_into_a_scenario "$("$NINES" validate "$temporary/scenario.cfg" 2>&1 | grep -v 'ok$')"

# Fitted laws are elements of the list laws, each with a name that can be used.
"$NINES" import uptime "${tables[@]}" --laws >"$temporary/laws.cfg"
name=$(sed -n 's/.*{ name = "\([^"]*length\)".*/\1/p' "$temporary/laws.cfg" | tail -n 1)
printf 'model = "renewal"; horizon = "1 d"; components = 1; up = "%s"; down = "1 h";\nlaws = (\n@include "laws.cfg"\n);\n' "$name" >"$temporary/renewal.cfg"
report fitted_laws_are_a_library "$("$NINES" validate "$temporary/renewal.cfg" 2>&1 | grep -v 'ok$'
    (($(grep -c 'law = ' "$temporary/laws.cfg") >= 60)) || echo "few laws")"
harness_end
