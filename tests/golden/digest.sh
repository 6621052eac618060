#!/usr/bin/env bash
# One digest: whatever the threads, the compiler, the optimisation level, the log level and the CPU's instructions.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
scenario=tests/golden/digest.cfg
number=0
first=""
digest_of() { # digest_of PROGRAM [OPTION...]
    local program=$1
    shift
    rm -rf "$work/run"
    "$program" run "$scenario" -o "$work/run" --quiet "$@" >/dev/null 2>"$work/err" || { head -n 3 "$work/err" >&2; return; }
    sqlite3 -readonly "$work/run/run.db" 'SELECT digest FROM run'
}
same() { # same CLAIM PROGRAM [OPTION...]
    local claim=$1 digest
    shift
    number=$((number + 1))
    if [[ ! -x $1 ]]; then
        echo "ok $number - $claim # SKIP $1 is not built"
        return
    fi
    digest=$(digest_of "$@")
    [[ -z $first ]] && first=$digest
    if [[ -n $digest && $digest == "$first" ]]; then
        echo "ok $number - $claim ($digest)"
    else
        echo "not ok $number - $claim: $digest, expected $first"
    fi
}
same "one thread" "$NINES" --threads 1
same "two threads" "$NINES" --threads 2
same "five threads" "$NINES" --threads 5
for level in none summary leases events; do
    same "log level $level" "$NINES" --log $level
done
same "gcc at -O2" build/release/nines
same "gcc at -O0" build/gcc-O0/nines
same "clang at -O2" build/clang/nines
export GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4
same "a CPU without AVX2 and FMA" "$NINES"
unset GLIBC_TUNABLES
number=$((number + 1))
other=$(digest_of "$NINES" --seed 12)
[[ -n $other && $other != "$first" ]] && echo "ok $number - another seed gives another digest" ||
    echo "not ok $number - another seed gives another digest: $other"
echo "1..$number"
