#!/usr/bin/env bash
# Every test in every variant that matters: what `make check` runs. The last line is "N passed, N failed, N skipped".
set -u
cd "$(dirname "$0")/.." || exit 3
passed=0 failed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

add_up() {
    local line
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$log" | tail -n 1)
    if [[ -z $line ]]; then
        failed=$((failed + 1))
        return
    fi
    read -r p _ f _ s _ <<<"$line"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

# The same of a command that speaks TAP to its end: the plan is its last line.
add_tap() {
    local bad
    bad=$(grep -E '^not ok' "$log" | grep -civE '# skip')
    grep -qE '^1\.\.[1-9]' "$log" || bad=$((bad + 1))
    passed=$((passed + $(grep -E '^ok' "$log" | grep -civE '# skip')))
    skipped=$((skipped + $(grep -ciE '^(not )?ok.*# skip' "$log")))
    failed=$((failed + bad))
}

# variant NAME [PATTERN]: builds a variant without a warning, no test that it does not run, and runs its tests.
variant() {
    local programs
    echo "== $1 =="
    mapfile -t programs < <(tests/run.sh -n "build/$1" "${2:-}")
    if ! make --no-print-directory -j"$(nproc)" VARIANT="$1" WERROR=-Werror "build/$1/nines" "${programs[@]}" >"$log" 2>&1; then
        grep -E 'error|warning' "$log" | head -n 20
        echo "FAILED  the build of $1"
        failed=$((failed + 1))
        return
    fi
    tests/run.sh "build/$1" "${2:-}" 2>&1 | tee "$log" | grep -vE '^[0-9]+ passed'
    add_up
}

# The other compilers and levels come first: the test of one digest runs them all.
for other in gcc-O0 clang; do
    make --no-print-directory -j"$(nproc)" VARIANT=$other WERROR=-Werror "build/$other/nines" >"$log" 2>&1 || {
        grep -E 'error|warning' "$log" | head -n 20
        echo "FAILED  the build of $other"
        failed=$((failed + 1))
    }
done
make --no-print-directory -j"$(nproc)" MPI=1 WERROR=-Werror all >"$log" 2>&1 || {
    grep -E 'error|warning' "$log" | head -n 20
    echo "FAILED  the build with MPI"
    failed=$((failed + 1))
}
variant release
# What does not depend on how the program was built: who includes whom, pages and their words, a browser that sees the page and not
# what wrote it.
same='browser/|tidy/|golden/(docs|install|completion|readme|man)'
# These compare numbers. The same code runs in conformance/gpu_openb and golden/place, in unit/splitting and oracle/rare.
NINES_LEAVE_OUT="$same|conformance/place_command|property/splitting" variant asan
# Replications run on threads, and so does placing: a test that starts no second thread shows TSan nothing.
variant tsan 'unit/study|oracle/(scenarios|sensitivity)|durable/digests|golden/(cli|digest|explain|export|ledger|place|report|sdl_demand|verify)$'
variant clang unit/
echo "== fuzz =="
tests/fuzz.sh fixed 2>&1 | tee "$log"
add_tap
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0 && passed > 0))
