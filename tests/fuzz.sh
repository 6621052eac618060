#!/usr/bin/env bash
# Lets libFuzzer loose on every target of tests/fuzz; speaks TAP.
#
#   tests/fuzz.sh fixed [TARGET...]      a fixed number of texts from a fixed seed: what `make check` runs
#   tests/fuzz.sh SECONDS [TARGET...]    that long each, another seed each time: what `make check-long` runs
#
# "fixed" gives the same texts in the same order wherever the same clang made the program, and prints a fingerprint of what it has
# learned by which two runs can be compared. It begins with the texts of tests/fuzz/corpus in the order of their names and an empty
# folder, looks at no other process's folder (-reload=0) and takes no hints from compared values (-use_cmp=0), which may be addresses. The
# other way all of that is on, and what it learns stays in build/fuzz/corpus/TARGET, so that the next run goes on from there.
#
# A text that breaks something is printed, to be replayed anywhere, and kept in build/fuzz/found; mended, it belongs into tests/fuzz/corpus.
set -u
usage="usage: tests/fuzz.sh fixed|SECONDS [TARGET...]"
[[ ${1:-} == fixed || ${1:-} =~ ^[0-9]+$ ]] || { echo "$usage" >&2; exit 2; }
seconds=$1
shift
cd "$(dirname "$0")/.." || exit 3
build=build/fuzz
number=0
# Some fifteen seconds of one core each: the slower a target's reader, the fewer.
declare -A texts=([openb]=150000 [replay]=40000 [scenario]=120000 [sdl]=100000)
if ! echo 'int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { return !d && n; }' |
    clang -fsanitize=fuzzer -xc -o /dev/null - 2>/dev/null; then
    echo "ok 1 - fuzzing_finds_nothing # SKIP no clang with libFuzzer (package libclang-rt-14-dev)"
    echo "1..1"
    exit 0
fi
mkdir -p $build/found
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! make --no-print-directory -j"$(nproc)" VARIANT=fuzz WERROR=-Werror fuzz-programs >"$work/log" 2>&1; then
    echo "not ok 1 - fuzz_targets_build: $(grep -m 1 -E '(error|warning):|Error ' "$work/log")"
    echo "1..1"
    exit 1
fi
(($# > 0)) || set -- $(cd tests/fuzz && ls -- *_fuzz.c | sed 's/_fuzz\.c$//')

# fuzz TARGET: runs it, with what it says in $work/TARGET; leaves the exit code there.
fuzz() {
    local target=$1 learned=$build/corpus/$1 known options
    known=$(LC_ALL=C ls tests/fuzz/corpus/"$target"/* | paste -sd,)
    if [[ $seconds == fixed ]]; then
        learned=$work/$target.learned
        options=(-seed=1 -runs="${texts[$target]:-50000}" -reload=0 -use_cmp=0)
    else
        options=(-max_total_time="$seconds")
    fi
    mkdir -p "$learned"
    "$build/fuzz/$target" "${options[@]}" -timeout=20 -rss_limit_mb=2048 -max_len=16000 -verbosity=0 -print_final_stats=1 \
        -seed_inputs="$known" -artifact_prefix="$work/$target.found-" "$learned" >"$work/$target" 2>&1
    echo $? >"$work/$target.exit"
}

tell() { # TARGET
    local target=$1 claim=$1_survives_${seconds}_s_of_fuzzing said count fingerprint found
    [[ $seconds != fixed ]] || claim=$1_survives_the_fixed_texts
    number=$((number + 1))
    if (($(cat "$work/$target.exit") == 0)); then
        count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$target")
        [[ $seconds != fixed ]] || fingerprint=", learned $(LC_ALL=C ls "$work/$target.learned" | cksum | cut -d' ' -f1)"
        echo "ok $number - $claim ($count texts${fingerprint:-})"
        return
    fi
    said=$(grep -a -m 1 -E 'ERROR|SUMMARY|Test unit|error:' "$work/$target")
    echo "not ok $number - $claim: $said"
    tail -n 40 "$work/$target" | cut -c1-400 | sed 's/^/# /'
    for found in "$work/$target".found-*; do # at most 16000 bytes each
        [[ -s $found ]] || continue
        cp "$found" "$build/found/$target-${found##*found-}"
        echo "# To replay it: base64 -d >text <<END, the lines up to END without their '# ', then $build/fuzz/$target text"
        base64 -w 120 "$found" | sed 's/^/# /'
        echo "# END"
    done
}

# As many at once as there are processors; told one after another.
for target; do
    while (($(jobs -rp | wc -l) >= $(nproc))); do wait -n; done
    fuzz "$target" &
done
wait
for target; do
    tell "$target"
done
echo "1..$number"
