#!/usr/bin/env bash
# What the tests of conformance say in this build, as a table for numbers.py: the chain's own test cases, and the published curves of FGD.
#
#   paper/conformance.sh BUILD >conformance.tsv       BUILD: folder with the program, e.g. build/release
#
# Their data are others' and not part of this repository: they are looked for in $NINES_SHARED (default ../shared). Without them, or
# without what tests are built with, the table has no row, and the paper says that nothing was repeated. One row of kind 'chain' for all
# test cases; one of kind 'curve' for each trace and policy, whose cases are seeds and whose worst is the worst bin of its three figures, in
# percentage points. The test stops a trace at the first curve that is off and names no others of it: such a build says so and ends.
set -eu
build=${1:?usage: paper/conformance.sh BUILD}
cd "$(dirname "$0")/.."
shared=${NINES_SHARED:-../shared}
printf 'kind\tname\tcases\tpassed\tfiles\tworst\n'

run() { # TEST: what it says; nothing where it cannot be built
    make --no-print-directory -s "VARIANT=${build##*/}" "$build/tests/conformance/$1" >/dev/null || {
        echo "paper: tests/conformance/$1 cannot be built here; tools/install.sh check brings what it needs" >&2
        return 0
    }
    NINES_SHARED=$shared CMOCKA_MESSAGE_OUTPUT=TAP "$build/tests/conformance/$1" || true # what fails is found below
}
if [[ -d $shared/spec/vectors ]]; then
    run vectors | sed -nE 's/^# total: ([0-9]+) rows passed, ([0-9]+) failed, ([0-9]+) without a checker, in ([0-9]+) files$/\1 \2 \3 \4/p' |
        awk '{ printf "chain\ttest cases of the Akash chain\t%d\t%d\t%d\t\n", $1 + $2 + $3, $1, $4 }'
fi
if [[ -d $shared/data/openb ]]; then
    said=$(run gpu_openb)
    off=$(grep -E '^not ok' <<<"$said" | grep -viE '# skip') || true
    if [[ -n $off ]]; then echo "paper: tests/conformance/gpu_openb: $off" >&2; exit 1; fi
    sed -nE 's/^# ([a-z0-9]+ [A-Za-z]+): ([0-9]+) seeds of [0-9]+ bins, worst bin off by ([0-9.]+) \(alloc\), ([0-9.]+) \(frag\), ([0-9.]+) .*/\1\t\2\t\3\t\4\t\5/p' <<<"$said" |
        awk -F'\t' '{ worst = $3 > $4 ? $3 : $4; if ($5 > worst) worst = $5; printf "curve\t%s\t%d\t%d\t1\t%s\n", $1, $2, $2, worst }'
fi
