#!/usr/bin/env bash
# `nines place` against the published curves of the FGD artifact and against our own records, through the command line.
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin place_reproduces_the_published_curves
data=${NINES_SHARED:-../shared}/data/openb
[[ -d $data ]] || harness_skip "no $data: set NINES_SHARED"

place() { # TRACE ARGUMENT...
    local trace=$1
    shift
    timeout 300 "$NINES" place --nodes "$data/traces/openb_node_list_gpu_node.csv" \
        --pods "$data/traces/openb_pod_list_$trace.csv" --quiet "$@"
}
replay() { # TRACE ARGUMENT...
    local trace=$1
    shift
    place "$trace" --order "$data/replay/pod_order_$trace.csv" --rank "$data/replay/node_rank_$trace.csv" "$@"
}

# Every row of the published file is there, in the published order, with the same text but for rounding.
compare_curves() { # OURS PUBLISHED
    paste -d, "$1" "$2" | awk -F, '
        function away(a, b) { return a > b ? a - b : b - a }
        NR == 1 { if ($1 "," $8 != $9 "," $16) print "columns differ"; next }
        $1 != $9 || $2 != $10 || $3 != $11 || $4 != $12 || $5 != $13 { print "row " NR " is another one"; exit }
        $2 == "Random" { next }
        away($6, $14) > 0.011 || away($7, $15) > 0.011 || away($8, $16) > 0.01 { print "row " NR ": " $0; exit }
        { rows++ }
        END { if (rows != 6550) print rows " rows compared, not 6550" }'
}
for trace in default multigpu20 gpuspec10; do
    replay $trace --seeds 42..51 --policy all --curve "$temporary/$trace.csv"
    report "curves_of_${trace}_are_the_published_ones" "$(compare_curves "$temporary/$trace.csv" "$data/expected/expected_$trace.csv" 2>&1)"
done
replay default --seeds 42..51 --policy all --curve "$temporary/one.csv" --threads 1
report one_thread_gives_the_same_bytes "$(cmp "$temporary/one.csv" "$temporary/default.csv" 2>&1)"
replay default --seeds 42..51 --policy all --curve "$temporary/typical.csv" --typical "$data/replay/typical_pods_default.csv"
report given_typical_pods_are_those_that_are_counted "$(cmp "$temporary/typical.csv" "$temporary/default.csv" 2>&1)"

# Mean over ten seeds at 130 % of ours against the published one.
means() { # OURS PUBLISHED POLICY LIMIT
    awk -F, -v policy="$3" -v limit="$4" '
        $2 == policy && $5 == 130 { if (FNR == NR) { a += $6; n++ } else { b += $6; m++ } }
        END { d = a / n - b / m; if (n != 10 || m != 10 || d > limit || d < -limit) print policy ": " a / n " against " b / m }' "$1" "$2"
}
for trace in default gpushare40 multigpu20 gpuspec10 cpu050; do
    replay $trace --seeds 42..51 --policy Random --curve "$temporary/random.csv"
    report "random_agrees_on_${trace}_in_the_mean" "$(means "$temporary/random.csv" "$data/expected/expected_$trace.csv" Random 0.35)"
    place $trace --seeds 1..10 --policy all --curve "$temporary/own.csv"
    report "own_arrivals_agree_on_${trace}_in_the_mean" "$(
        for policy in Random DotProd BestFit FGD; do
            means "$temporary/own.csv" "$data/expected/expected_$trace.csv" $policy 0.5
        done
        for policy in GpuPacking GpuClustering; do
            means "$temporary/own.csv" "$data/expected/expected_$trace.csv" $policy 1.0
        done)"
done

# Variants of FGD on `default`, ten seeds, at 100 and 130 %: the diagnostic table that came with the published results.
variant() { # CLAIM AT_100 AT_130 TOLERANCE ARGUMENT...
    local claim=$1 at100=$2 at130=$3 tolerance=$4
    shift 4
    replay default --seeds 42..51 --policy FGD --curve "$temporary/variant.csv" "$@"
    report "$claim" "$(awk -F, -v a="$at100" -v b="$at130" -v t="$tolerance" '
        $5 == 100 { x += $6 } $5 == 130 { y += $6 }
        END { x /= 10; y /= 10; if (x - a > t || a - x > t || y - b > t || b - y > t) print x " and " y ", not " a " and " b }' "$temporary/variant.csv")"
}
variant typical_pods_without_cpu_only_ones 94.78 94.99 0.006 --no-cpu-only
variant typical_pods_of_sixty_percent 94.50 94.69 0.006 --popularity '60 %'
variant typical_pods_of_all 95.17 95.33 0.006 --popularity 1
variant uniform_ties_cost_fgd_five_points 89.74 89.96 0.5 --ties uniform

# Placement by placement.
replay default --seeds 42 --policy DotProd,GpuClustering,GpuPacking,BestFit,FGD --placements "$temporary/placed.csv"
report every_placement_is_the_recorded_one "$(awk -F, '
    function number(name) { sub(/.*-/, "", name); return name == "" ? "" : name + 0 }
    FNR == NR { if (FNR > 1) for (p = 0; p < 5; p++) want[p, $1] = $(3 + 3 * p) "," $(4 + 3 * p); next }
    FNR == 1 { split("DotProd GpuClustering GpuPacking BestFit FGD", names, " "); for (p in names) at[names[p]] = p - 1; next }
    { got = number($7) "," $8; if (got != want[at[$2], $5]) { print $2 " " $5 ": " got ", not " want[at[$2], $5]; exit } rows++ }
    END { if (rows != 5 * 10866) print rows " rows" }' "$data/replay/placements_default_seed42.csv" "$temporary/placed.csv")"
harness_end
