#!/usr/bin/env bash
# Two replications under valgrind: no error, no leak.
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin two_replications_are_clean_under_valgrind
harness_need valgrind
[[ $NINES == */release/* ]] || harness_skip "only the release build, sanitizers have their own"
valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite \
    "$NINES" run tests/golden/digest.cfg --reps 2 --set horizon="3 d" --set warmup="1 d" --threads 1 --quiet -o "$temporary/run" \
    >"$temporary/out" 2>"$temporary/err"
status=$?
report two_replications_are_clean_under_valgrind "$( ((status == 0)) || head -n 20 "$temporary/err")"
harness_end
