#!/usr/bin/env bash
# Control variates, antithetic pairs and the bootstrap, asked for in a scenario, against the truth of an M/M/1 queue of load 0.8: a mean of
# four in the system.
. "$(dirname "$0")/../harness.sh"
harness_begin options_that_narrow_intervals_hold_the_truth
cat >"$temporary/queue.cfg" <<'CFG'
model = "mm1"; horizon = "30 d"; grid = "1 d"; replications = 60; seed = 4; queue_max = 100000; arrival_rate = "48 /h"; service = "exponential(1 min)";
CFG
# asked NAME LINE: runs the queue with one more line.
asked() {
    (cat "$temporary/queue.cfg"; echo "$2") >"$temporary/$1.cfg"
    "$NINES" run "$temporary/$1.cfg" -o "$temporary/$1" --quiet
}
row() { sqlite3 -readonly "$temporary/$1/run.db" "SELECT $2 FROM summary WHERE metric = 'mean_in_system'"; }
holds() { # NAME METHOD N
    [[ $(row "$1" "method || ' ' || n") == "$2 $3" ]] || echo "$(row "$1" "method || ' ' || n"), not $2 $3; "
    [[ $(row "$1" 'ci_low < 4 AND 4 < ci_high AND ci_high - ci_low < 1') == 1 ]] || row "$1" "ci_low || ' to ' || ci_high"
}
asked plain ''
asked control 'control = { metric = "utilisation"; expected = 0.8; };'
asked antithetic 'variance_reduction = "antithetic";'
asked bca 'interval = "bca";'
report a_plain_interval_is_students_and_holds_the_truth "$(holds plain 'student t' 60)"
report a_control_variate_holds_the_truth "$(holds control 'control variate' 60)"
report antithetic_pairs_are_thirty_observations_and_hold_the_truth "$(holds antithetic 'student t' 30)"
report the_bootstrap_holds_the_truth "$(holds bca bca 60)"
width() { row "$1" 'ci_high - ci_low'; }
narrower() { awk -v a="$(width "$1")" -v b="$(width plain)" 'BEGIN { if (!(a < b)) print a " is not narrower than " b }'; }
report a_control_narrows_the_interval_and_says_by_how_much "$(narrower control; row control 'variance_ratio > 1' | grep -vx 1)"
report antithetic_pairs_narrow_the_interval "$(narrower antithetic)"
harness_end
