#!/usr/bin/env bash
# The counterfactual studies: each runs to its sentence (2 replications of a shorter world, so that the sentence means nothing), each has one
# in its head, and the level at which an advantage vanishes is where the arithmetic says.
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin the_studies_conclude
harness_need sqlite3 awk

crossing() { printf '%s\n' "$@" | awk -f tools/crossing.awk; }

# The mean falls from 2 to -2 between 10 and 20, low from 1 to -3, high from 3 to -1.
report a_crossing_is_interpolated_between_its_levels "$(diff <(crossing '0 3 4 5' '10 1 2 3' '20 -3 -2 -1') <(echo '15 12.5 17.5'))"
report an_interval_may_reach_beyond_the_levels "$(diff <(crossing '0 -1 1 3' '10 -2 -1 1') <(echo '5 <0 >10'))"
report no_advantage_and_one_that_stays_are_told_apart "$(diff <(crossing '0 -3 -2 -1' '10 -3 -2 -1'; crossing '0 1 2 3' '10 1 2 3') <(printf '<0 <0 <0\n>10 >10 >10\n'))"

OPTIONS='--reps 2 --set outer_draws=2 --set outer_replications=2 --set horizon=31d' RESULTS=$temporary \
    tools/studies.sh "$NINES" >"$temporary/sentences" 2>"$temporary/errors"
report every_study_runs "$( (($? == 0)) || head -c 300 "$temporary/errors")"
report every_study_concludes_with_both_intervals "$( (($(grep -c 'by chance; .* over the inputs' "$temporary/sentences") == 8)) || cat "$temporary/sentences")"
for study in $(cut -d: -f1 "$temporary/sentences"); do
    report "${study//-/_}_says_its_conclusion" "$(awk '/^# Conclusion/ { on = 1; next } on { exit /none yet/ }' scenarios/studies/$study.cfg || echo "no sentence in its head")"
done
harness_end
