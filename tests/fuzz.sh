#!/usr/bin/env bash
# Lets libFuzzer loose on every target of tests/fuzz, one after another; speaks TAP.
#
#   tests/fuzz.sh SECONDS [TARGET...]
#
# What it learns stays in build/fuzz/corpus/TARGET, so that the next run goes on from there; a text that breaks something is kept in
# build/fuzz/found and belongs into tests/fuzz/corpus once it is mended.
set -u
seconds=${1:?usage: tests/fuzz.sh SECONDS [TARGET...]}
shift
cd "$(dirname "$0")/.." || exit 3
build=build/fuzz
number=0
if ! echo 'int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { return !d && n; }' |
    clang -fsanitize=fuzzer -xc -o /dev/null - 2>/dev/null; then
    echo "ok 1 - fuzzing_finds_nothing # SKIP no clang with libFuzzer (package libclang-rt-14-dev)"
    echo "1..1"
    exit 0
fi
mkdir -p $build
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! make --no-print-directory -j"$(nproc)" VARIANT=fuzz WERROR=-Werror fuzz-programs >"$log" 2>&1; then
    echo "not ok 1 - fuzz_targets_build: $(grep -m 1 -E '(error|warning):|Error ' "$log")"
    echo "1..1"
    exit 1
fi
(($# > 0)) || set -- $(cd tests/fuzz && ls -- *_fuzz.c | sed 's/_fuzz\.c$//')
mkdir -p $build/found
for target; do
    number=$((number + 1))
    mkdir -p "$build/corpus/$target"
    if "$build/fuzz/$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=16000 -verbosity=0 -print_final_stats=1 \
        -artifact_prefix="$build/found/$target-" "$build/corpus/$target" "tests/fuzz/corpus/$target" >"$log" 2>&1; then
        echo "ok $number - ${target}_survives_${seconds}_s_of_fuzzing ($(sed -n 's/^stat::number_of_executed_units: *//p' "$log") texts)"
    else
        echo "not ok $number - ${target}_survives_${seconds}_s_of_fuzzing: $(grep -m 1 -E 'ERROR|SUMMARY|Test unit|error:' "$log")"
        tail -n 40 "$log" | sed 's/^/# /'
    fi
done
echo "1..$number"
