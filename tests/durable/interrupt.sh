#!/usr/bin/env bash
# SIGINT and SIGTERM in the middle of a replication, however long: it ends within seconds with exit code 3, what is finished is there, and
# --resume ends as if nothing had happened.
. "$(dirname "$0")/../harness.sh"
harness_begin an_interrupted_run_ends_as_if_nothing_had_happened
mpi=build/release-mpi/nines
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
RANDOM=20240719

# Everything but the row that says when, where and how.
dump() { sqlite3 "$1" .dump | grep -v '^INSERT INTO run VALUES' | md5sum; }
# signalled SIGNAL PID JOB REPLICATIONS: sends it and waits for the job, at most half a minute; leaves in why what is wrong.
signalled() {
    local status
    why=""
    kill -"$1" "$2" || why="nobody to be told; "
    for _ in $(seq 300); do
        kill -0 "$3" 2>/dev/null || break
        sleep 0.1
    done
    kill -9 "$3" 2>/dev/null && why+="still at work half a minute after $1; "
    wait "$3"
    status=$?
    ((status == 3)) || why+="exit $status, not 3; "
    grep -q "interrupted after 0 of $4 replications" "$temporary/stderr" || why+=$(head -c 300 "$temporary/stderr")
}
# begun FILE: waits until the run has made its tables.
begun() {
    for _ in $(seq 100); do
        [[ $(sqlite3 -readonly "$1" 'SELECT count(*) FROM cloud' 2>/dev/null || echo 0) -gt 0 ]] && break
        sleep 0.1
    done
    sleep 0.2
}

# --- A replication that takes hours, or would ---
cat >"$temporary/queue.cfg" <<'CFG'
model = "mm1"; horizon = "100 y"; grid = "1 y"; replications = 2; queue_max = 1000; arrival_rate = "36000 /h"; service = "exponential(60 ms)";
CFG
cat >"$temporary/cloud.cfg" <<'CFG'
model = "clouds"; horizon = "100 y"; grid = "1 y"; replications = 2;
fleet = { node_types = ( { name = "n"; vcpus = 8; memory = "32 GiB"; up = "exponential(30 min)"; repair = "exponential(10 min)"; } );
          sites = ( { name = "a"; racks = 1; nodes = ( { type = "n"; per_rack = 1000; } ); } ); };
demand = ( { name = "web"; kind = "service"; count = 10; vcpus = 1; memory = "1 GiB"; } );
clouds = ( { name = "c"; kind = "hyperscaler"; } );
CFG
# long NAME SIGNAL REPLICATIONS SCENARIO OPTION...
long() {
    local name=$1 signal=$2 replications=$3 pid
    shift 3
    "$NINES" run "$@" -o "$temporary/$name" --quiet --threads 2 2>"$temporary/stderr" &
    pid=$!
    begun "$temporary/$name/run.db"
    signalled "$signal" $pid $pid "$replications"
    report "a_long_replication_of_${name}_ends_at_once" "$why"
}
long a_queue INT 2 "$temporary/queue.cfg"
long a_cloud TERM 2 "$temporary/cloud.cfg"
long biased_cycles INT 8 scenarios/oracle/markov-biased.cfg --set rare.cycles=100000000 --reps 2
long split_paths TERM 2 scenarios/oracle/markov-split.cfg --set 'horizon=100 y' --set limits.paths=1000000000000 --reps 2
mkdir "$temporary/aside"
TMPDIR=$temporary/aside "$NINES" verify "$temporary/queue.cfg" >/dev/null 2>"$temporary/stderr" &
pid=$!
for ((i = 0; i < 100; i++)); do
    compgen -G "$temporary/aside/*/run.db" >/dev/null && break
    sleep 0.1
done
sleep 0.2
signalled INT $pid $pid 2
grep -q 'keeps' "$temporary/stderr" && why+="it speaks of a file that is gone; "
[[ -z $(ls "$temporary/aside") ]] || why+="it leaves $(ls "$temporary/aside")"
report a_verification_that_is_interrupted_leaves_nothing "$why"
report an_unfinished_replication_leaves_no_row "$(for name in a_queue a_cloud biased_cycles split_paths; do
    left=$(sqlite3 "$temporary/$name/run.db" 'SELECT status, (SELECT count(*) FROM replication) + (SELECT count(*) FROM metric_value) FROM run')
    [[ $left == "interrupted|0" ]] || echo "$name: $left; "
done)"

# --- At random moments, then --resume ---
scenario=tests/golden/digest.cfg
options=(--reps 12 --threads 2 --quiet)
db=$temporary/cut/run.db
why="" cuts=0 went_on=0 most=$(sanitized && echo 3 || echo 8)
"$NINES" run $scenario -o "$temporary/whole" "${options[@]}"
for ((round = 0; round < 30 && cuts < most && ${#why} == 0; round++)); do
    "$NINES" run $scenario -o "$temporary/cut" "${options[@]}" --resume 2>"$temporary/stderr" &
    pid=$!
    sleep "$(printf '0.%03d' $((200 + RANDOM % 800)))"
    signal=$( ((RANDOM % 2)) && echo INT || echo TERM)
    kill -$signal $pid 2>/dev/null
    wait $pid
    status=$?
    if ((status == 3)); then
        cuts=$((cuts + 1))
        [[ $(sqlite3 "$db" 'PRAGMA integrity_check; SELECT status FROM run' | tr '\n' ' ') == "ok interrupted " ]] || why="cut $cuts: the file"
        said=$(sed -n 's/.*interrupted after \([0-9]*\) of .*/\1/p' "$temporary/stderr")
        [[ $said == "$(sqlite3 "$db" 'SELECT count(*) / 3 FROM replication')" ]] || why="cut $cuts: said '$said'"
        ((${said:-0} > 0)) && went_on=$((went_on + 1))
    elif ((status == 0)); then
        [[ $(dump "$db") == "$(dump "$temporary/whole/run.db")" ]] || why="the tables differ"
        rm -rf "$temporary/cut"
    elif ((status < 128)); then # a signal before the run begins is nobody's
        why="exit $status: $(head -c 300 "$temporary/stderr")"
    fi
done
[[ -n $why ]] || "$NINES" run $scenario -o "$temporary/cut" "${options[@]}" --resume || why="the last run ended with $?"
[[ $(dump "$db") == "$(dump "$temporary/whole/run.db")" ]] || why+=" the tables differ"
[[ $(sqlite3 "$db" 'SELECT digest FROM run') == "$(sqlite3 "$temporary/whole/run.db" 'SELECT digest FROM run')" ]] || why+=" the digest differs"
report an_interrupted_run_ends_as_if_nothing_had_happened "$why"
report the_signals_hit_runs_under_way "$( ((went_on > 0)) || echo "$cuts cuts, none with something to go on with")"

# --- Over MPI ---
if [[ ${BUILD##*/} != release ]]; then
    skip a_long_replication_of_another_rank_ends_at_once "the release build runs ranks"
elif [[ ! -x $mpi ]] || ! command -v mpirun >/dev/null; then
    skip a_long_replication_of_another_rank_ends_at_once "make MPI=1 has not built $mpi"
else
    mpirun --oversubscribe -n 3 $mpi run "$temporary/queue.cfg" -o "$temporary/ranks" --quiet --threads 1 --reps 3 2>"$temporary/stderr" &
    job=$!
    begun "$temporary/ranks/run.db"
    first=$(for child in $(pgrep -P "$(pgrep -P $job mpirun || echo $job)" nines); do
        tr '\0' '\n' <"/proc/$child/environ" | grep -qx OMPI_COMM_WORLD_RANK=0 && echo "$child"
    done)
    signalled TERM "$first" $job 3
    report a_long_replication_of_another_rank_ends_at_once "$why"
fi
harness_end
