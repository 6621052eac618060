#!/usr/bin/env bash
# The command line: what it says, word for word, and its exit codes.
#
#   tests/golden/cli.sh            holds every case against tests/golden/cli/NAME.{stdout,stderr,exit}
#   BLESS=1 tests/golden/cli.sh    writes them anew (make bless shows the difference)
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin cli_says_what_it_means tests/golden/cli

hold() { # NAME ARGUMENT...: in the temporary folder
    local name=$1
    shift
    held "cli_${name//-/_}_is_as_agreed" "$name" "$temporary" "$NINES" "$@"
}

cp "$golden/small.cfg" "$temporary/small.cfg"
sql() { sqlite3 "$1" "$2"; }

# --- Help and misuse ---
hold bare
hold help --help
for command in run validate compare plot report; do
    hold "help-$command" "$command" --help
done
hold help-anywhere run --bogus -h
hold unknown-command frobnicate
hold near-command vaildate small.cfg
hold unknown-top-option --frob
hold unknown-option run small.cfg --frobnicate
hold near-option run small.cfg --thread 2
hold missing-operand run
hold extra-operand run small.cfg other.cfg
hold missing-argument run small.cfg --seed
hold flag-with-argument run small.cfg --quiet=yes
hold bad-integer run small.cfg --reps=many
hold integer-out-of-range run small.cfg --reps 0
hold bad-choice run small.cfg --log loud
hold odd-name run $'no\nsuch\e[31m.cfg'
hold set-of-two-lines run small.cfg --set $'title=a\nb'
hold stdout-as-folder run small.cfg -o -
hold unknown-chart plot small.cfg nins
hold compare-two-formats compare small.cfg --json --csv

# --- Runs ---
hold run run small.cfg
hold existing-file run small.cfg
expect force_replaces_the_file 0 "$NINES" run "$temporary/small.cfg" -o "$temporary/results/small" --force --quiet
report quiet_says_nothing "$(cat "$temporary/stdout" "$temporary/stderr")"
db=$temporary/results/small/run.db
report the_file_says_complete "$([[ $(sql "$db" 'SELECT status FROM run') == complete ]] || echo "status $(sql "$db" 'SELECT status FROM run')")"
hold run-again run results/small/run.db
hold run-again-with-options run results/small/run.db --seed 3
hold run-again-onto-itself run results/small/run.db -o results/small --force
hold validate validate small.cfg
hold print-config validate small.cfg --print-config --set seed=5
hold options-end run -- --seed

for threads in 1 3; do
    "$NINES" run "$temporary/small.cfg" -o "$temporary/t$threads" --threads $threads --log "$([[ $threads == 1 ]] && echo none || echo events)" --quiet
done
report digest_is_the_same_for_any_threads_and_log "$([[ $(sql "$temporary/t1/run.db" 'SELECT digest FROM run') == $(sql "$temporary/t3/run.db" 'SELECT digest FROM run') ]] || echo differs)"

# The file of a run with --set and --seed holds all that is needed to repeat it.
"$NINES" run "$temporary/small.cfg" -o "$temporary/changed" --set 'up=weibull(0.7, 50 h)' --seed 99 --reps 3 --quiet
expect a_changed_run_repeats_from_its_own_file 0 "$NINES" run "$temporary/changed/run.db" -o "$temporary/again" --quiet
report the_repeated_run_has_the_same_rows "$(for t in "summary" "metric_value" "series_value" "replication"; do
    [[ $(sql "$temporary/changed/run.db" "SELECT * FROM $t ORDER BY 1, 2, 3" | md5sum) == $(sql "$temporary/again/run.db" "SELECT * FROM $t ORDER BY 1, 2, 3" | md5sum) ]] || echo "$t differs; "
done)"
sql "$temporary/changed/run.db" "UPDATE replication SET digest = '0000000000000000' WHERE rep = 1; UPDATE run SET digest = '00'" >/dev/null
expect a_digest_that_differs_gives_1 1 "$NINES" run "$temporary/changed/run.db" --quiet
report and_says_where "$(grep -q "replication 1" "$temporary/stderr" || cat "$temporary/stderr")"

# --- Machine ---
expect a_full_stdout_gives_3 3 bash -c '"$0" --help >/dev/full' "$NINES"
expect a_closed_stdout_gives_3 3 bash -c '"$0" --help >&-' "$NINES"
expect a_missing_results_file_gives_3 3 "$NINES" plot "$temporary/none.db"
expect a_folder_that_cannot_be_made_gives_3 3 "$NINES" run "$temporary/small.cfg" -o "$temporary/small.cfg/folder"
sed 's/model = "renewal"/model = "mm1"/; /components\|^up\|^down\|study\|targets/d' "$temporary/small.cfg" >"$temporary/queue.cfg"
echo 'arrival_rate = "36 /h"; service = "exponential(90 s)"; queue_max = 3;' >>"$temporary/queue.cfg"
hold limit run queue.cfg

# --- Ctrl-C ---
"$NINES" run "$temporary/small.cfg" -o "$temporary/stopped" --reps 200000 --threads 2 2>"$temporary/stderr" &
pid=$!
for _ in $(seq 100); do
    sleep 0.1
    [[ $(sqlite3 -readonly "$temporary/stopped/run.db" 'SELECT count(*) FROM replication' 2>/dev/null || echo 0) -gt 0 ]] && break
done
kill -INT $pid
wait $pid
status=$?
report an_interrupted_run_gives_3 "$( ((status == 3)) || echo "exit $status")"
report an_interrupted_run_says_how_far_it_got "$(grep -q 'interrupted after [0-9]* of 400000 replications' "$temporary/stderr" || cat "$temporary/stderr")"
report an_interrupted_run_leaves_a_valid_file "$([[ $(sql "$temporary/stopped/run.db" 'PRAGMA integrity_check; SELECT status FROM run; SELECT count(*) > 0 FROM summary' | tr '\n' ' ') == "ok interrupted 1 " ]] ||
    sql "$temporary/stopped/run.db" 'PRAGMA integrity_check; SELECT status FROM run; SELECT count(*) FROM summary')"

# --- Reference ---
"$NINES" validate --reference >"$temporary/reference.cfg"
report reference_is_up_to_date "$(cmp -s "$temporary/reference.cfg" scenarios/reference.cfg || echo "run make reference")"

# One long replication has an interval all the same, where nothing was scripted.
steady_lines() { # REPLICATIONS OPTION...
    "$NINES" run scenarios/oracle/renewal.cfg --reps "$1" -o "$temporary/steady" --force --quiet "${@:2}" 2>&1
    "$NINES" compare "$temporary/steady/run.db" --point exponential | grep -A2 '^  availability$' | grep -c 'steady from the start: 9[0-9.]* % \[9[0-9.]*, 9[0-9.]*\], 20 batch means$'
}
report one_replication_has_the_interval_of_its_steady_part "$(got=$(steady_lines 1); [[ $got == 1 ]] || echo "$got")"
report several_replications_need_none "$(got=$(steady_lines 2); [[ $got == 0 ]] || echo "$got")"
report what_was_scripted_is_no_steady_state "$(got=$(steady_lines 1 --set 'regime=as happened'); [[ $got == 0 ]] || echo "$got")"
harness_end
