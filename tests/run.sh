#!/usr/bin/env bash
# Runs test programs and scripts, each of which speaks TAP, and adds up their results.
#
#   tests/run.sh BUILD_FOLDER [PATTERN]
#   tests/run.sh -n BUILD_FOLDER [PATTERN]    names the compiled ones that would run, as make calls them, and runs none
#
# Everything in tests/*/ runs: the compiled .c files from BUILD_FOLDER/tests, and the .sh files as they are, with NINES set to the program
# under test and BUILD to its folder. PATTERN chooses tests by name and NINES_LEAVE_OUT leaves some out, both regular expressions. The last
# line is "N passed, N failed, N skipped".
#
# As many run at once as there are processors (NINES_JOBS=1: one after another), each with a folder of its own for temporary files. What
# a test says is told when it has ended, in one piece, with the seconds that it took: all of them, and those of processors. The longest
# begin first, so that none of them is waited for at the end. A test with a line "# alone: why" runs when no other does, after them.
set -u
usage="usage: tests/run.sh [-n] BUILD_FOLDER [PATTERN]"
only_name=${1:-}
[[ $only_name != -n ]] || shift
folder=${1:?$usage}
pattern=${2:-}
cd "$(dirname "$0")/.." || exit 3
build=$(realpath -m "$folder")
export BUILD=$build NINES=$build/nines NINES_SHARED=${NINES_SHARED:-../shared} CMOCKA_MESSAGE_OUTPUT=TAP
jobs=${NINES_JOBS:-$(nproc)}
passed=0 failed=0 skipped=0
work=$(mktemp -d)
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT

# Those that take more than some seconds in one of the variants, longest first. Only time hangs on it.
longest="swarm/clouds golden/hostile durable/kill durable/interrupt golden/incidents golden/progress durable/bounded oracle/scenarios durable/memory oracle/coverage conformance/gpu_openb
    conformance/place_command golden/report golden/messages property/engine property/market_messages property/market_settling oracle/rare golden/compare golden/plot
    tidy/headers golden/digest"

# start NAME: runs the test with all that it says in $work/NAME/.
start() {
    local test=tests/$1 folder=$work/$1 command TIMEFORMAT='%R %U %S'
    mkdir -p "$folder/tmp"
    if [[ -e $test.c ]]; then command=("$build/$test"); else command=(bash "$test.sh"); fi
    { time TMPDIR=$folder/tmp "${command[@]}" >"$folder/out" 2>"$folder/err" </dev/null; } 2>"$folder/time"
    echo $? >"$folder/exit"
}

# tell NAME: what came of it.
tell() {
    local name=tests/$1 log=$work/$1/out status ok bad skip wall user system seconds
    status=$(cat "$work/$1/exit")
    read -r wall user system <<<"$(tail -n 1 "$work/$1/time")"
    seconds=$(printf '%.1f s, %.1f s of processors' "$wall" "$(awk "BEGIN { print $user + $system }")")
    # cmocka writes a skipped test as "not ok 3 # SKIP name", scripts write "ok 3 - claim # SKIP why".
    skip=$(grep -ciE '^(not )?ok.*# skip' "$log")
    ok=$(grep -E '^ok' "$log" | grep -civE '# skip')
    bad=$(grep -E '^not ok' "$log" | grep -civE '# skip')
    # A program that dies, or that says nothing, has failed even if every line it did print says ok, or was skipped.
    if ((status != 0 && bad == 0)) || ((ok + bad + skip == 0)) || ((status > 128)); then
        bad=$((bad + 1))
    fi
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
    if ((bad > 0)); then
        echo "FAILED  $name (exit $status; $seconds)"
        grep -A8 '^not ok' "$log" | grep -viE '# skip' | head -60
        tail -n 30 "$work/$1/err"
    else
        printf 'ok      %s (%d%s; %s)\n' "$name" "$ok" "$( ((skip > 0)) && echo ", $skip skipped")" "$seconds"
    fi
    grep -iE '^(not )?ok.*# skip' "$log" | sed -E 's/^(not )?ok/skipped/'
    chmod -R u+rwx "$work/$1"
    rm -rf "${work:?}/$1"
}

# run_all JOBS NAME...: so many at once.
declare -A name_of
run_all() {
    local most=$1 name ended
    shift
    for name; do
        start "$name" &
        name_of[$!]=$name
        while ((${#name_of[@]} >= most)); do
            tell_next
        done
    done
    while ((${#name_of[@]} > 0)); do
        tell_next
    done
}
tell_next() {
    local ended
    wait -n -p ended "${!name_of[@]}"
    tell "${name_of[$ended]}"
    unset "name_of[$ended]"
}

wanted() { # names, one a line
    local name
    for name in $longest $(cd tests && printf '%s\n' */*.c */*.sh | sed -E 's/\.(c|sh)$//'); do
        [[ -n $pattern && ! tests/$name =~ $pattern ]] && continue
        [[ -n ${NINES_LEAVE_OUT:-} && tests/$name =~ $NINES_LEAVE_OUT ]] && continue
        [[ -e tests/$name.c || -e tests/$name.sh ]] && echo "$name"
    done | awk '!seen[$0]++'
}
together=() alone=()
for name in $(wanted); do
    [[ $only_name != -n ]] || { [[ ! -e tests/$name.c ]] || echo "$folder/tests/$name"; continue; }
    if [[ -e tests/$name.sh ]] && grep -q '^# alone: ' "tests/$name.sh"; then alone+=("$name"); else together+=("$name"); fi
done
[[ $only_name != -n ]] || exit 0
run_all "$jobs" "${together[@]}"
run_all 1 "${alone[@]}"
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0 && passed > 0))
