#!/usr/bin/env bash
# kill -9 at random moments, each followed by --resume: nothing committed is lost, and the file ends as if nothing had happened.
#
#   NINES_KILLS=N    moments (default 20; make check-long: 200)
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin a_killed_run_ends_as_if_nothing_had_happened
kills=${NINES_KILLS:-20}
[[ ${BUILD##*/} == release || -n ${NINES_KILLS:-} ]] || harness_skip "the release build kills for all"
RANDOM=20240719
scenario=tests/golden/digest.cfg
options=(--reps 14 --threads 2)
why="" went_on=0 done_whole=0 killed=0 early=0

# Everything but the row that says when, where and how.
dump() { sqlite3 "$1" .dump | grep -v '^INSERT INTO run VALUES' | md5sum; }
digest() { sqlite3 "$1" 'SELECT digest FROM run'; }

"$NINES" run $scenario -o "$temporary/whole" "${options[@]}" --quiet || why="the whole run ended with $?"
db=$temporary/cut/run.db
while [[ -z $why ]] && ((killed < kills)); do
    before=$(sqlite3 "$db" 'SELECT count(*) FROM replication' 2>/dev/null || echo 0)
    "$NINES" run $scenario -o "$temporary/cut" "${options[@]}" --quiet --resume 2>"$temporary/err" &
    pid=$!
    sleep "$(printf '0.%03d' $((RANDOM % 1000)))"
    # One in three is given time to commit something, so that there is something to go on with.
    ((RANDOM % 3 == 0)) && sleep 1
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    status=$?
    if ((status == 0)); then
        # It was finished before the kill: judge it, and begin another.
        done_whole=$((done_whole + 1))
        [[ $(digest "$db") == "$(digest "$temporary/whole/run.db")" ]] || why="digest $(digest "$db")"
        [[ $(dump "$db") == "$(dump "$temporary/whole/run.db")" ]] || why+=" the tables differ"
        rm -rf "$temporary/cut"
        continue
    fi
    ((status == 137)) || why="exit $status: $(head -c 300 "$temporary/err")"
    killed=$((killed + 1))
    if [[ ! -s $db ]]; then
        early=$((early + 1)) # before anything was written
        continue
    fi
    [[ $(sqlite3 "$db" 'PRAGMA integrity_check') == ok ]] || why="integrity_check after kill $killed"
    after=$(sqlite3 "$db" 'SELECT count(*) FROM replication' 2>/dev/null || echo 0)
    ((after >= before)) || why="$before replications before kill $killed, $after after it"
    ((after > 0)) && went_on=$((went_on + 1))
done
report "a_file_is_whole_after_each_of_${kills}_kills" "$why"
if [[ -z $why ]]; then
    "$NINES" run $scenario -o "$temporary/cut" "${options[@]}" --quiet --resume || why="the last run ended with $?"
    [[ $(digest "$db") == "$(digest "$temporary/whole/run.db")" ]] || why+=" digest $(digest "$db")"
    [[ $(dump "$db") == "$(dump "$temporary/whole/run.db")" ]] || why+=" the tables differ"
fi
report "a_killed_run_ends_as_if_nothing_had_happened" "$why"
echo "# $killed kills, $early before anything was written, $went_on with replications to go on with, $((done_whole + 1)) runs finished"
report "the_kills_hit_runs_under_way" "$( ((went_on > 0)) || echo "no kill left anything to go on with")"
harness_end
