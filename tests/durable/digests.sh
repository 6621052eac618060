#!/usr/bin/env bash
# One digest, and the same tables, over threads, MPI ranks and merged shards; what is refused when shards do not belong together; and
# an MPI job whose rank dies.
# alone: four ranks and seven threads, and one of them is killed while all are at work
. "$(dirname "$0")/../harness.sh"
harness_begin one_digest_over_threads_ranks_and_shards
scenario=tests/golden/digest.cfg
options=(--reps 3 --log events --quiet)
mpi=build/release-mpi/nines
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

digest() { sqlite3 "$1" 'SELECT digest FROM run'; }
# Everything but the row that says when, where and how.
dump() { sqlite3 "$1" .dump | grep -v '^INSERT INTO run VALUES' | md5sum; }
same() { # CLAIM FILE
    local why=""
    [[ $(digest "$2") == "$whole" ]] || why="digest $(digest "$2"), not $whole"
    [[ $(dump "$2") == "$tables" ]] || why+=" the tables differ"
    report "$1" "$why"
}
# refuses EXIT WORDS COMMAND...: prints what is wrong.
refuses() {
    local wanted=$1 words=$2 status
    shift 2
    "$@" >"$temporary/stdout" 2>"$temporary/stderr"
    status=$?
    ((status == wanted)) || echo "exit $status, not $wanted"
    grep -q -- "$words" "$temporary/stderr" || cat "$temporary/stderr"
}

"$NINES" run $scenario -o "$temporary/whole" "${options[@]}" --threads 1
whole=$(digest "$temporary/whole/run.db") tables=$(dump "$temporary/whole/run.db")
report a_run_has_a_digest "$([[ $whole =~ ^[0-9a-f]{16}$ ]] || echo "'$whole'")"
for threads in 2 3 7; do
    "$NINES" run $scenario -o "$temporary/t$threads" "${options[@]}" --threads $threads
    same "one_digest_over_${threads}_threads" "$temporary/t$threads/run.db"
done

# Draws of the inputs are tasks too, and a precision decides how many there are: neither hangs on who lives through them.
cat >"$temporary/drawn.cfg" <<'CFG'
model = "renewal"; horizon = "4 d"; replications = 12; seed = 11; components = 20; outer_draws = 6; outer_replications = 5;
up = "exponential(100 h)"; down = "exponential(5 h)";
uncertain = ( { key = "down"; times = ("0.4", "1.8"); evidence = "U"; } );
study = { points = ( { label = "a"; }, { label = "b"; set = [ "components=30" ]; } ); };
CFG
sed '/^ *replications/d' tests/golden/cli/small.cfg >"$temporary/looks.cfg"
echo 'precision = { metric = "availability"; half_width = "0.5 %"; max_replications = 2000; };' >>"$temporary/looks.cfg"
for scenario_of in drawn looks; do
    "$NINES" run "$temporary/$scenario_of.cfg" -o "$temporary/$scenario_of-1" --quiet --threads 1
done
# alike NAME FOLDER: what is wrong.
alike() {
    [[ $(digest "$temporary/$1-1/run.db") =~ ^[0-9a-f]{16}$ && $(digest "$2/run.db") == "$(digest "$temporary/$1-1/run.db")" ]] || echo "the digest differs; "
    [[ $(dump "$2/run.db") == "$(dump "$temporary/$1-1/run.db")" ]] || echo "the tables differ"
}
report one_digest_of_draws_and_precision_over_threads "$(for name in drawn looks; do for threads in 2 5; do
    "$NINES" run "$temporary/$name.cfg" -o "$temporary/again" --force --quiet --threads $threads
    alike $name "$temporary/again"
done; done)"
report the_precision_was_looked_for_more_than_once "$(sqlite3 "$temporary/looks-1/run.db" \
    'SELECT precision_reached, (SELECT max(rep) + 1 FROM replication) FROM run' | grep -vE '^1\|(60|120|240|480|960|1920)$')"
report one_digest_of_draws_over_merged_shards "$(for i in 0 1 2; do
    "$NINES" run "$temporary/drawn.cfg" -o "$temporary/d$i" --quiet --shard $i/3
done
mkdir "$temporary/joined"
"$NINES" merge "$temporary/joined/run.db" "$temporary"/d{2,0,1}/run.db --quiet
alike drawn "$temporary/joined")"

# --- Shards ---
for i in 0 1 2 3 4; do
    "$NINES" run $scenario -o "$temporary/s$i" "${options[@]}" --shard $i/5
done
s=("$temporary"/s{0,1,2,3,4}/run.db)
"$NINES" merge "$temporary/merged.db" "${s[@]}" --quiet
same one_digest_over_5_merged_shards "$temporary/merged.db"
"$NINES" merge "$temporary/mixed.db" "${s[3]}" "${s[0]}" "${s[4]}" "${s[2]}" "${s[1]}" --quiet
same the_order_of_the_shards_does_not_matter "$temporary/mixed.db"
report a_merged_run_repeats "$("$NINES" run "$temporary/merged.db" --quiet 2>&1 || echo "exit $?")"
report a_shard_repeats "$("$NINES" run "${s[2]}" --quiet 2>&1 || echo "exit $?")"
"$NINES" run $scenario -o "$temporary/other" "${options[@]}" --shard 4/5 --seed 12
"$NINES" run $scenario -o "$temporary/longer" "${options[@]}" --shard 4/5 --set 'horizon=30 d'
sed 's/one digest/another scenario/' $scenario >"$temporary/digest.cfg"
"$NINES" run "$temporary/digest.cfg" -o "$temporary/changed" "${options[@]}" --shard 4/5
cp "${s[4]}" "$temporary/older.db"
sqlite3 "$temporary/older.db" "UPDATE run SET version = '0.0.1'"
cp "${s[4]}" "$temporary/part.db"
sqlite3 "$temporary/part.db" "UPDATE run SET status = 'interrupted'"
join=("$NINES" merge "$temporary/no.db" "${s[@]:0:4}")
report shards_of_another_seed_are_refused "$(refuses 2 'another seed' "${join[@]}" "$temporary/other/run.db")"
report shards_of_other_options_are_refused "$(refuses 2 'other options' "${join[@]}" "$temporary/longer/run.db")"
report shards_of_another_scenario_are_refused "$(refuses 2 'another scenario' "${join[@]}" "$temporary/changed/run.db")"
report shards_of_another_version_are_refused "$(refuses 2 'another version' "${join[@]}" "$temporary/older.db")"
report unfinished_shards_are_refused "$(refuses 2 'not complete' "${join[@]}" "$temporary/part.db")"
report a_missing_shard_is_named "$(refuses 2 'shard 4/5 is missing' "${join[@]}")"
report a_double_shard_is_named "$(refuses 2 'shard 1/5, which was given already' "${join[@]}" "${s[1]}")"
report a_whole_run_is_no_shard "$(refuses 2 'number of shards' "${join[@]}" "$temporary/whole/run.db")"
report the_merged_file_is_not_overwritten "$(refuses 2 'exists already' "$NINES" merge "$temporary/merged.db" "${s[@]}")"
cp "${s[4]}" "$temporary/holes.db"
sqlite3 "$temporary/holes.db" "DELETE FROM replication WHERE rowid IN (SELECT rowid FROM replication LIMIT 1)"
report a_shard_with_a_hole_is_refused "$(refuses 3 'a replication is missing' "${join[@]}" "$temporary/holes.db")"
report a_refused_merge_leaves_no_file "$([[ ! -e $temporary/no.db ]] || echo "no.db is there")"
report a_shard_that_is_none_is_refused "$(for bad in 5/5 -1/5 1 a/b 1/0 /; do refuses 2 'takes I/N' "$NINES" run $scenario --shard $bad; done)"
sed '/^ *replications/d' tests/golden/cli/small.cfg >"$temporary/precise.cfg"
echo 'precision = { metric = "availability"; half_width = "1 %"; max_replications = 60; };' >>"$temporary/precise.cfg"
report precision_cannot_be_sharded "$(refuses 2 "'precision'" "$NINES" run "$temporary/precise.cfg" --shard 0/2 -o "$temporary/precise")"

# --- Ranks ---
if [[ ${BUILD##*/} != release ]]; then
    skip one_digest_over_1_2_and_4_ranks "the release build runs them"
elif [[ ! -x $mpi ]] || ! command -v mpirun >/dev/null; then
    skip one_digest_over_1_2_and_4_ranks "make MPI=1 has not built $mpi"
else
    for ranks in 1 2 4; do
        timeout 300 mpirun --oversubscribe -n $ranks $mpi run $scenario -o "$temporary/r$ranks" "${options[@]}" --threads 1 2>"$temporary/stderr"
        same "one_digest_over_${ranks}_ranks" "$temporary/r$ranks/run.db"
    done
    report one_digest_of_draws_and_precision_over_ranks "$(for name in drawn looks; do
        timeout 300 mpirun --oversubscribe -n 3 $mpi run "$temporary/$name.cfg" -o "$temporary/again" --force --quiet --threads 1 2>"$temporary/stderr"
        alike $name "$temporary/again"
    done)"
    report the_file_says_how_many_ranks "$([[ $(sqlite3 "$temporary/r4/run.db" 'SELECT ranks FROM run') == 4 ]] || echo "not 4")"
    report mistakes_are_told_once "$(timeout 60 mpirun --oversubscribe -n 3 $mpi run absent.cfg 2>&1 | grep -c 'cannot read the scenario' | grep -vx 1)"
    # A rank is killed under way; what it was about is lost, the file is not.
    long=(--reps 80 --log events --quiet) # long enough to be killed: seconds
    timeout 300 mpirun --oversubscribe -n 3 $mpi run $scenario -o "$temporary/dead" "${long[@]}" --threads 1 2>/dev/null &
    job=$!
    for _ in $(seq 100); do
        sleep 0.2
        [[ $(sqlite3 -readonly "$temporary/dead/run.db" 'SELECT count(*) FROM replication' 2>/dev/null || echo 0) -gt 0 ]] && break
    done
    # Children of our mpirun that are not rank 0, whose file is open.
    mapfile -t children < <(pgrep -P "$(pgrep -P $job mpirun || echo $job)" nines)
    for child in "${children[@]}"; do
        [[ $(tr '\0' '\n' <"/proc/$child/environ" | grep '^OMPI_COMM_WORLD_RANK=') == OMPI_COMM_WORLD_RANK=2 ]] && kill -9 "$child"
    done
    wait $job
    status=$?
    report a_dead_rank_ends_the_job "$( ((status != 0)) || echo "exit $status")"
    had=$(sqlite3 "$temporary/dead/run.db" 'SELECT count(*) FROM replication; PRAGMA integrity_check' | tr '\n' ' ')
    timeout 300 mpirun --oversubscribe -n 2 $mpi run $scenario -o "$temporary/dead" "${long[@]}" --threads 1 --resume
    "$NINES" run $scenario -o "$temporary/long" "${long[@]}"
    whole=$(digest "$temporary/long/run.db") tables=$(dump "$temporary/long/run.db")
    same "resume_finishes_after_a_dead_rank" "$temporary/dead/run.db"
    report the_dead_job_left_something_to_go_on_with "$([[ $had =~ ^([1-9][0-9]*)\ ok ]] && ((BASH_REMATCH[1] < 480)) || echo "$had")"
fi
harness_end
