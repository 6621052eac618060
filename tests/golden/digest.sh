#!/usr/bin/env bash
# One digest: whatever the threads, the compiler, the optimisation level, the log level and the CPU's instructions.
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin one_digest_for_all
scenario=tests/golden/digest.cfg
first=""
digest_of() { # digest_of PROGRAM [OPTION...]
    local program=$1
    shift
    rm -rf "$temporary/run"
    "$program" run "$scenario" -o "$temporary/run" --quiet "$@" >/dev/null 2>"$temporary/err" || { head -n 3 "$temporary/err" >&2; return; }
    sqlite3 -readonly "$temporary/run/run.db" 'SELECT digest FROM run'
}
same() { # same CLAIM PROGRAM [OPTION...]
    local claim=$1 digest
    shift
    if [[ ! -x $1 ]]; then
        skip "$claim" "$1 is not built"
        return
    fi
    digest=$(digest_of "$@")
    [[ -z $first ]] && first=$digest
    report "$claim" "$([[ -n $digest && $digest == "$first" ]] || echo "${digest:-no digest}, expected $first")"
}
same one_thread_gives_it "$NINES" --threads 1
same two_threads_give_it "$NINES" --threads 2
same five_threads_give_it "$NINES" --threads 5
for level in none summary leases events; do
    same "log_level_${level}_gives_it" "$NINES" --log $level
done
same gcc_at_O2_gives_it build/release/nines
same gcc_at_O0_gives_it build/gcc-O0/nines
same clang_at_O2_gives_it build/clang/nines
export GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4
same a_cpu_without_avx2_and_fma_gives_it "$NINES"
unset GLIBC_TUNABLES
other=$(digest_of "$NINES" --seed 12)
report another_seed_gives_another_digest "$([[ -n $other && $other != "$first" ]] || echo "${other:-no digest}")"
echo "# $first"
harness_end
