#!/usr/bin/env bash
# The program as a whole: start-up, events a second, threads, ranks, the cost of logging, and a long study. Called by `make bench`.
#
# Start-up, threads and ranks are wall time and need a quiet machine; the rest is processor time (user and system, all threads). Each
# figure is the median, those of a comparison taken in turns. Ranks need the program that `make MPI=1` builds. REPS=N runs fewer
# replications of the long study than its 1,000.
set -eu
NINES=${NINES:-build/release/nines}
command -v sqlite3 >/dev/null || { echo "bench/study.sh needs sqlite3" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
TIMEFORMAT='%R %U %S'

# seconds WALL|CPU|BOTH COMMAND...: what it takes.
seconds() {
    local kind=$1 wall user system
    shift
    read -r wall user system < <({ time "$@" >/dev/null 2>&1; } 2>&1)
    awk -v kind="$kind" -v wall="$wall" -v user="$user" -v sys="$system" \
        'BEGIN { print (kind == "CPU" ? "" : wall " ") (kind == "WALL" ? "" : user + sys) }'
}
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
study() { "$NINES" run "$@" --quiet --force -o "$folder/run"; }
events() { sqlite3 "$folder/run/run.db" 'SELECT sum(events) FROM replication'; }
row() { printf '%-52s %-22s %s\n' "$1" "$2" "${3:-}"; }

echo "load of the machine before: $(cut -d' ' -f1-3 /proc/loadavg); $(nproc) cores"
row "" "measured" "aim"

cat >"$folder/trivial.cfg" <<'CFG'
model = "mm1"; horizon = "1 h"; replications = 1; queue_max = 100; arrival_rate = "10 /h"; service = "exponential(1 min)";
CFG
for ((i = 0; i < 21; i++)); do seconds WALL study "$folder/trivial.cfg"; done | median >"$folder/start"
row "start-up: a trivial scenario, run and written" "$(awk '{ print 1000 * $1 " ms" }' "$folder/start")" "below 20 ms"

cat >"$folder/queue.cfg" <<'CFG'
model = "mm1"; horizon = "20 y"; grid = "1 y"; replications = 8; queue_max = 1000; arrival_rate = "36 /h";
service = "exponential(1 min)";
CFG
for ((i = 0; i < 5; i++)); do seconds CPU study "$folder/queue.cfg" --threads 1; done | median >"$folder/cpu"
row "M/M/1 on one thread" "$(awk -v n="$(events)" '{ printf "%.3g events/s", n / $1 }' "$folder/cpu")"

for ((i = 0; i < 5; i++)); do
    seconds WALL study "$folder/queue.cfg" --threads 1 >>"$folder/one"
    seconds WALL study "$folder/queue.cfg" --threads 2 >>"$folder/two"
done
row "two threads over one" "$(echo "$(median <"$folder/one") $(median <"$folder/two")" |
    awk '{ printf "%.2f x", $1 / $2 }')" "at least 1.9 x"

# By the clock of the program, without what mpirun takes to start.
mpi=${NINES_MPI:-build/release-mpi/nines}
if [[ -x $mpi ]] && command -v mpirun >/dev/null; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    for ((i = 0; i < 5; i++)); do
        for ranks in 1 2; do
            mpirun --bind-to none -n $ranks "$mpi" run "$folder/queue.cfg" --threads 1 --quiet --force -o "$folder/run" >/dev/null 2>&1
            sqlite3 "$folder/run/run.db" 'SELECT wall_s FROM run' >>"$folder/ranks-$ranks"
        done
    done
    row "two ranks over one" "$(echo "$(median <"$folder/ranks-1") $(median <"$folder/ranks-2")" | awk '{ printf "%.2f x", $1 / $2 }')" "at least 1.9 x"
else
    row "two ranks over one" "not measured: needs make MPI=1" "at least 1.9 x"
fi

for ((i = 0; i < 5; i++)); do
    for level in none summary leases events; do
        seconds CPU study scenarios/july-2024.cfg --reps 2 --threads 1 --log $level >>"$folder/log-$level"
    done
done
for level in summary leases events; do
    aim=$([[ $level == summary ]] && echo "at most 2 %" || { [[ $level == leases ]] && echo "at most 15 %" || true; })
    row "--log $level over --log none, july-2024.cfg" "$(echo "$(median <"$folder/log-$level") $(median <"$folder/log-none")" |
        awk '{ printf "%+.1f %%", 100 * ($1 / $2 - 1) }')" "$aim"
done

reps=${REPS:-1000}
read -r wall cpu < <(seconds BOTH study bench/year.cfg --reps "$reps")
ask() { sqlite3 "$folder/run/run.db" "$1"; }
row "$reps replications x 10,000 nodes x a year" "$(awk -v s="$cpu" 'BEGIN { printf "%.1f core-seconds", s }')" \
    "$([[ $reps == 1000 ]] && echo "at most 10" || true)"
row "  its wall time and events" "$(awk -v w="$wall" -v n="$(events)" 'BEGIN { printf "%.1f s, %.3g events/s", w, n / w }')"
row "  its failures in a replication" "$(ask "SELECT printf('%.0f', avg(value)) FROM metric WHERE name = 'component_faults'")" "20,800: of 10,000 nodes"
row "  its peak memory and file" "$(ask 'SELECT peak_memory_kib / 1024 FROM run') MiB, $(du -m "$folder/run/run.db" | cut -f1) MiB"
