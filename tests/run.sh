#!/usr/bin/env bash
# Runs test programs and scripts, each of which speaks TAP, and adds up their results.
#
#   tests/run.sh BUILD_FOLDER [PATTERN]
#
# Everything in tests/*/ runs: the compiled .c files from BUILD_FOLDER/tests, and the .sh files as they are, with NINES set
# to the program under test and BUILD to its folder. NINES_LEAVE_OUT, a regular expression, leaves tests out by name. The last line is "N passed, N failed, N skipped".
set -u
build=${1:?usage: tests/run.sh BUILD_FOLDER [PATTERN]}
pattern=${2:-}
cd "$(dirname "$0")/.." || exit 3
build=$(realpath "$build")
export BUILD=$build NINES=$build/nines NINES_SHARED=${NINES_SHARED:-../shared} CMOCKA_MESSAGE_OUTPUT=TAP
passed=0 failed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

run_one() {
    local name=$1
    shift
    [[ -n $pattern && $name != *$pattern* ]] && return
    [[ -n ${NINES_LEAVE_OUT:-} && $name =~ $NINES_LEAVE_OUT ]] && return
    "$@" >"$log" 2>"$log.err"
    local status=$? ok bad skip
    # cmocka writes a skipped test as "not ok 3 # SKIP name", scripts write "ok 3 - claim # SKIP why".
    skip=$(grep -ciE '^(not )?ok.*# skip' "$log")
    ok=$(grep -E '^ok' "$log" | grep -civE '# skip')
    bad=$(grep -E '^not ok' "$log" | grep -civE '# skip')
    # A program that dies, or that says nothing, has failed even if every line it did print says ok.
    if ((status != 0 && bad == 0 && skip == 0)) || ((ok + bad + skip == 0)) || ((status > 128)); then
        bad=$((bad + 1))
    fi
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
    if ((bad > 0)); then
        echo "FAILED  $name (exit $status)"
        grep -A8 '^not ok' "$log" | grep -viE '# skip' | head -60
        tail -n 30 "$log.err"
    else
        printf 'ok      %s (%d%s)\n' "$name" "$ok" "$( ((skip > 0)) && echo ", $skip skipped")"
    fi
    grep -iE '^(not )?ok.*# skip' "$log" | sed -E 's/^(not )?ok/skipped/'
    rm -f "$log.err"
}

for source in tests/*/*.c; do
    [[ -e $source ]] || continue
    run_one "${source%.c}" "$build/${source%.c}"
done
for script in tests/*/*.sh; do
    [[ -e $script ]] || continue
    run_one "${script%.sh}" bash "$script"
done
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0 && passed > 0))
