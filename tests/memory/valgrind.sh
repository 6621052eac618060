#!/usr/bin/env bash
# Two replications under valgrind: no error, no leak.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! command -v valgrind >/dev/null; then
    echo "ok 1 - two replications are clean under valgrind # SKIP no valgrind"
elif [[ $NINES != */release/* ]]; then
    echo "ok 1 - two replications are clean under valgrind # SKIP only the release build, sanitizers have their own"
elif valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite \
    "$NINES" run tests/golden/digest.cfg --reps 2 --set horizon="3 d" --set warmup="1 d" --threads 1 --quiet -o "$work/run" \
    >"$work/out" 2>"$work/err"; then
    echo "ok 1 - two replications are clean under valgrind"
else
    echo "not ok 1 - two replications are clean under valgrind"
    head -n 20 "$work/err" | sed 's/^/  # /'
fi
echo "1..1"
