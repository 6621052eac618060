#!/usr/bin/env bash
# What is refused, in words: a second writer, going on with another run, a file that was taken away, what is no results file.
. "$(dirname "$0")/../harness.sh"
harness_begin what_is_refused_is_told
scenario=tests/golden/cli/small.cfg
out=$temporary/run
db=$out/run.db
refuses() { # EXIT WORDS COMMAND...: prints what is wrong
    local wanted=$1 words=$2 status
    shift 2
    timeout 120 "$@" >"$temporary/stdout" 2>"$temporary/stderr"
    status=$?
    ((status == wanted)) || echo "exit $status, not $wanted"
    grep -q -- "$words" "$temporary/stderr" || head -n 3 "$temporary/stderr"
}
under_way() { # waits until the run has committed something
    for _ in $(seq 200); do
        [[ $(sqlite3 -readonly "$db" 'SELECT count(*) FROM replication' 2>/dev/null || echo 0) -gt 0 ]] && return
        sleep 0.1
    done
}
long=("$NINES" run $scenario -o "$out" --reps 200000 --quiet)

# --- Two runs into one file ---
"${long[@]}" 2>"$temporary/first" &
pid=$!
under_way
report a_second_run_that_resumes_is_refused "$(refuses 3 'another run is writing it' "${long[@]}" --resume)"
report a_second_run_that_replaces_is_refused "$(refuses 3 'another run is writing it' "${long[@]}" --force)"
report a_run_under_way_can_be_read "$("$NINES" compare "$db" 2>&1 >/dev/null || echo "exit $?")"
kill -9 $pid
wait $pid 2>/dev/null
report the_lock_dies_with_the_run "$("$NINES" run $scenario -o "$out" --reps 200000 --quiet --resume 2>"$temporary/stderr" & pid=$!
    sleep 1; kill -INT $pid; wait $pid; grep -q 'interrupted after' "$temporary/stderr" || cat "$temporary/stderr")"
report going_on_counts_its_sittings "$([[ $(sqlite3 "$db" 'SELECT sittings FROM run') == 2 ]] || sqlite3 "$db" 'SELECT sittings FROM run')"

# --- Going on with something else ---
report other_options_are_refused "$(refuses 2 'other options' "$NINES" run $scenario -o "$out" --reps 200001 --resume)"
report another_log_level_is_refused "$(refuses 2 'begun with --log summary' "${long[@]}" --log leases --resume)"
report another_shard_is_refused "$(refuses 2 'is shard 0/1' "${long[@]}" --shard 1/2 --resume)"
sed 's/20;/21;/' $scenario >"$temporary/small.cfg"
report another_scenario_is_refused "$(refuses 2 'another scenario' "$NINES" run "$temporary/small.cfg" -o "$out" --reps 200000 --resume)"
cp "$db" "$temporary/other.db"
sqlite3 "$temporary/other.db" "UPDATE run SET commit_id = 'another'"
report another_program_is_refused "$(refuses 2 'was begun by nines' "$NINES" run "$temporary/other.db" --resume)"
report resume_and_force_exclude_each_other "$(refuses 2 'choose one' "${long[@]}" --resume --force)"
cp "$db" "$temporary/parts.db"
sqlite3 "$temporary/parts.db" 'DELETE FROM replication WHERE rep = 3; INSERT INTO replication SELECT 1, point_id, 300000, cloud_id, outer_draw, events, digest, outages_seen, outages_listed FROM replication LIMIT 1'
report foreign_replications_are_refused "$(refuses 3 'not of its scenario' "$NINES" run "$temporary/parts.db" --resume)"

# --- A file that is taken away ---
rm -rf "$out"
"${long[@]}" 2>"$temporary/stderr" &
pid=$!
under_way
rm "$db"
wait $pid
status=$?
report a_run_whose_file_is_removed_ends "$( ((status == 3)) || echo "exit $status")$(grep -q 'removed or replaced' "$temporary/stderr" || cat "$temporary/stderr")"

# --- What is no results file ---
"$NINES" run $scenario -o "$out" --quiet
report a_complete_run_is_left_alone "$(before=$(md5sum <"$db"); "$NINES" run $scenario -o "$out" --resume --quiet || echo "exit $?"
    [[ $before == "$(md5sum <"$db")" ]] || echo changed)"
mkdir "$temporary/bad"
head -c 20000 "$db" >"$temporary/bad/run.db"
report a_truncated_file_is_refused "$(refuses 3 'malformed' "$NINES" run $scenario -o "$temporary/bad" --resume)"
report a_truncated_file_is_not_read "$(refuses 3 'malformed' "$NINES" compare "$temporary/bad/run.db")"
head -c 5000 /dev/urandom >"$temporary/bad/run.db"
report a_file_of_something_else_is_refused "$(refuses 3 'not a results file' "$NINES" run $scenario -o "$temporary/bad" --resume)"
cp "$db" "$temporary/bad/run.db"
sqlite3 "$temporary/bad/run.db" 'PRAGMA user_version = 99'
report another_schema_is_refused "$(refuses 3 'schema version 99' "$NINES" run $scenario -o "$temporary/bad" --resume)"
report and_left_alone "$([[ $(sqlite3 "$temporary/bad/run.db" 'PRAGMA user_version; SELECT status FROM run' | tr '\n' ' ') == '99 complete ' ]] || echo changed)"
rm "$temporary/bad/run.db"
sqlite3 "$temporary/bad/run.db" 'CREATE TABLE precious (x)'
report another_database_is_refused "$(refuses 3 'not a results file of nines' "$NINES" run $scenario -o "$temporary/bad" --resume)"
: >"$temporary/bad/run.db"
report an_empty_file_is_begun "$("$NINES" run $scenario -o "$temporary/bad" --resume --quiet 2>&1 || echo "exit $?")"
harness_end
