#!/usr/bin/env bash
# One allocation fails, the first, the second, ... the last: a clear message and exit code 3, or none and exit code 0 where it could be
# done without; and --resume finishes to the same digest.
. "$(dirname "$0")/../harness.sh"
harness_begin a_failed_allocation_is_told_and_resumable
scenario=tests/golden/cli/small.cfg
[[ ${BUILD##*/} == release ]] || harness_skip "the release build stands for all: a sanitizer allocates for itself"
shim=$temporary/failing_malloc.so
if ! ${CC:-cc} -shared -fPIC -O1 -o "$shim" tests/durable/faults/failing_malloc.c 2>"$temporary/stderr"; then
    report the_shim_builds "$(cat "$temporary/stderr")"
    harness_end
    exit 1
fi
run() { # CALL FOLDER
    timeout 60 env FAIL_MALLOC="$1" LD_PRELOAD="$shim" "$NINES" run $scenario -o "$2" --threads 1 --quiet 9>"$temporary/calls" 2>"$temporary/stderr"
}
run 0 "$temporary/whole"
whole=$(sqlite3 "$temporary/whole/run.db" 'SELECT digest FROM run')
calls=$(tail -n 1 "$temporary/calls")
report allocations_are_counted "$( ((calls > 100)) || echo "'$calls'")"
why="" told=0 tolerated=0
# The first thirty, then about fifty more, closer at the beginning.
for ((call = 1; call <= calls && ${#why} < 2000; call += call < 30 ? 1 : 1 + call / 9)); do
    rm -rf "$temporary/cut"
    run $call "$temporary/cut"
    status=$?
    if ((status == 3)); then
        told=$((told + 1))
        [[ -s $temporary/stderr ]] || why+=" call $call: nothing was said;"
        rm -f "$temporary/again"
        "$NINES" run $scenario -o "$temporary/cut" --threads 1 --quiet --resume 2>"$temporary/again" || why+=" call $call: no resume: $(head -n 1 "$temporary/again");"
    elif ((status == 0)); then
        tolerated=$((tolerated + 1))
    else
        why+=" call $call: exit $status: $(head -n 2 "$temporary/stderr" | tr '\n' ' ');"
        continue
    fi
    [[ $(sqlite3 "$temporary/cut/run.db" 'SELECT digest FROM run') == "$whole" ]] || why+=" call $call: another digest;"
done
report a_failed_allocation_is_told_and_resumable "$why"
echo "# $calls allocations; of those tried $told were told, $tolerated done without"
report some_failures_were_told "$( ((told > 0)) || echo none)"
harness_end
