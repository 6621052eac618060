#!/usr/bin/env bash
# Results stream to the file: memory does not grow with the replications, nor with what they list.
. "$(dirname "$0")/../harness.sh"
harness_begin memory_is_bounded
[[ ${BUILD##*/} == release ]] || harness_skip "the release build stands for all: a sanitizer has memory of its own"
peak_kib() { # SCENARIO OPTION...: as the file says it
    "$NINES" run "$@" --threads 2 -o "$temporary/run" --force --quiet
    sqlite3 "$temporary/run/run.db" 'SELECT peak_memory_kib FROM run'
}

# Lists of every event, 200 MB of them more. Twelve tasks are more than the threads may be ahead by already.
few=$(peak_kib tests/golden/digest.cfg --reps 6 --log events)
before=$(stat -c %s "$temporary/run/run.db")
many=$(peak_kib tests/golden/digest.cfg --reps 15 --log events)
more=$((($(stat -c %s "$temporary/run/run.db") - before) / 1024))
echo "# peak of 12 tasks $few KiB, of 30 $many KiB; the file grew by $more KiB"
report memory_does_not_grow_with_what_is_listed "$( ((few > 0 && more > 100000 && many < few + more / 6)) || echo "$few KiB, then $many KiB")"

# 80,000 replications. SQLite's cache and what their summary sorts are some 90 MiB.
most=$(peak_kib tests/golden/cli/small.cfg --reps 40000)
echo "# peak of 80,000 replications $most KiB"
report memory_stays_below_160_mib_over_80000_replications "$( ((most > 0 && most < 160 * 1024)) || echo "$most KiB")"

# Under a ceiling: 512 MiB of addresses, libraries and stacks of threads included.
report a_ceiling_on_addresses_is_enough "$(ulimit -v $((512 * 1024)); "$NINES" run tests/golden/cli/small.cfg --reps 40000 --threads 2 -o "$temporary/run" --force --quiet 2>&1 || echo "exit $?")"
harness_end
