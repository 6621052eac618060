#!/usr/bin/env bash
# Campaigns that take hours, one stage after another: what `make check-long` runs. The last line is "N passed, N failed, N skipped".
#
#   tests/check_long.sh [STAGE...]    all stages, or those named
#
# To add one: a line `stage NAME COMMAND...` below. The command speaks TAP; lengths are settings of the environment with a default.
set -u
cd "$(dirname "$0")/.." || exit 3
wanted=" $* "
passed=0 failed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

stage() { # NAME COMMAND...
    local name=$1 status ok bad skip
    shift
    [[ $wanted == "  " || $wanted == *" $name "* ]] || return
    echo "== $name =="
    "$@" 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    skip=$(grep -ciE '^(not )?ok.*# skip' "$log")
    ok=$(grep -E '^ok' "$log" | grep -civE '# skip')
    bad=$(grep -E '^not ok' "$log" | grep -civE '# skip')
    # A command that dies, or that says nothing, has failed whatever it has said.
    ((bad > 0 || (status == 0 && ok + skip > 0))) || bad=1
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
}

stage fuzz tests/fuzz.sh "${NINES_FUZZ_SECONDS:-1800}"
stage swarm bash -c 'make --no-print-directory VARIANT=asan build/asan/tests/swarm/clouds >&2 && NINES_SWARM=${NINES_SWARM:-400} CMOCKA_MESSAGE_OUTPUT=TAP build/asan/tests/swarm/clouds'
stage coverage bash -c 'make --no-print-directory VARIANT=release build/release/tests/oracle/coverage >&2 && build/release/tests/oracle/coverage --long'
stage kill bash -c 'make --no-print-directory VARIANT=release build/release/nines >&2 && NINES=$PWD/build/release/nines BUILD=$PWD/build/release NINES_KILLS=${NINES_KILLS:-200} bash tests/durable/kill.sh'
stage market bash -c 'make --no-print-directory VARIANT=release build/release/tests/property/market_debt_twin >&2 && NINES_TWIN_MESSAGES=${NINES_TWIN_MESSAGES:-1000000} CMOCKA_MESSAGE_OUTPUT=TAP build/release/tests/property/market_debt_twin'
stage intervals bash -c 'make --no-print-directory VARIANT=release build/release/tests/property/intervals >&2 && build/release/tests/property/intervals --long'
stage paper-seed bash -c 'make --no-print-directory paper >&2 && make --no-print-directory paper-seed SEED=${NINES_PAPER_SEED:-7}'

echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0 && passed > 0))
