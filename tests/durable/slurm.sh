#!/usr/bin/env bash
# The lines of docs/cluster.md with srun and sbatch, under a Slurm of our own: its daemons on this machine, their files in a folder of
# the test's, ports that are free. Only root can start them; where Slurm is missing (make check does not install it, .ci/run does) the
# test is skipped.
# alone: ranks, and a job that is cancelled while it is at work
. "$(dirname "$0")/../harness.sh"
harness_begin slurm_runs_what_the_documents_say
[[ ${BUILD##*/} == release ]] || harness_skip "the release build runs it"
PATH=$PATH:/usr/sbin
harness_need sqlite3 munged slurmctld slurmd srun sbatch scancel python3
((EUID == 0)) || harness_skip "the daemons of Slurm want root"
mpi=$PWD/build/release-mpi/nines
[[ -x $mpi ]] || harness_skip "make MPI=1 has not built $mpi"
scenario=$PWD/tests/golden/digest.cfg
options=(--reps 3 --quiet)
digest() { sqlite3 -readonly "$1" 'SELECT digest FROM run'; }

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("", 0)); print(s.getsockname()[1])'; }
end() {
    local daemon
    for daemon in slurmd slurmctld munged; do
        [[ -s $temporary/$daemon.pid ]] && kill "$(cat "$temporary/$daemon.pid")" 2>/dev/null
    done
    sleep 1
    chmod -R u+rwx "$temporary"
    rm -rf "$temporary"
}
trap end EXIT

name=$(hostname -s)
getent hosts "$name" >/dev/null || harness_skip "this machine's name has no address"
export SLURM_CONF=$temporary/slurm.conf OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
chmod 755 "$temporary" # else munged refuses to keep its socket there
mkdir "$temporary/state" "$temporary/spool"
head -c 128 /dev/urandom >"$temporary/munge.key"
chmod 600 "$temporary/munge.key"
cat >"$SLURM_CONF" <<CONF
ClusterName=nines
SlurmctldHost=$name(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket=$temporary/munge.socket
CryptoType=crypto/munge
SlurmUser=root
SlurmdUser=root
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
StateSaveLocation=$temporary/state
SlurmdSpoolDir=$temporary/spool
SlurmctldPidFile=$temporary/slurmctld.pid
SlurmdPidFile=$temporary/slurmd.pid
SlurmctldLogFile=$temporary/slurmctld.log
SlurmdLogFile=$temporary/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=10
SchedulerParameters=batch_sched_delay=0,sched_min_interval=100000
PriorityType=priority/basic
NodeName=$name NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES State=UP
CONF
munged --force --key-file="$temporary/munge.key" --socket="$temporary/munge.socket" --pid-file="$temporary/munged.pid" \
    --log-file="$temporary/munged.log" --seed-file="$temporary/munge.seed" >/dev/null 2>&1
slurmctld >/dev/null 2>&1
slurmd >/dev/null 2>&1
for _ in $(seq 100); do
    timeout 5 sinfo -h -o %T 2>/dev/null | grep -q idle && break
    sleep 0.2
done
timeout 5 sinfo -h -o %T 2>/dev/null | grep -q idle || harness_skip "no Slurm came up here: $(tail -n 1 "$temporary/slurmctld.log" 2>&1)"
timeout 30 srun -n 1 true 2>"$temporary/stderr" || harness_skip "no job runs here: $(head -c 200 "$temporary/stderr")"
srun --mpi=list 2>&1 | grep -q pmix || harness_skip "this Slurm has no pmix"

"$NINES" run "$scenario" -o "$temporary/whole" "${options[@]}" --threads 1
whole=$(digest "$temporary/whole/run.db")
timeout 120 srun --mpi=pmix -n 4 "$mpi" run "$scenario" -o "$temporary/ranks" "${options[@]}" --resume 2>"$temporary/stderr"
report srun_gives_the_same_digest "$([[ $(digest "$temporary/ranks/run.db") == "$whole" ]] || head -c 300 "$temporary/stderr")"
report srun_starts_one_job_of_four_ranks "$(sqlite3 -readonly "$temporary/ranks/run.db" 'SELECT ranks FROM run' | grep -vx 4)"

# The job script of the documents, but for our scenario and program. In a folder of its own, because results/ is where it writes.
mkdir "$temporary/array"
cd "$temporary/array" || exit 3
sed -n 's/^    //; /^#!\/bin\/bash/,/^nines run/p' "${golden%/tests/golden}/docs/cluster.md" |
    sed -e "s|scenarios/july-2024.cfg|$scenario --reps 3|; s|^nines|$NINES|; s|0-19|0-4|; s|/20\"|/5\"|; s|task=8|task=1|" >job.sh
# batch OUTPUT: hands job.sh in and looks until it is gone; sbatch --wait looks every few seconds only.
batch() {
    sbatch --output="$temporary/array/$1" job.sh >"$temporary/stdout" 2>&1
    for _ in $(seq 600); do
        [[ -z $(squeue -h) ]] && return
        sleep 0.1
    done
}
batch %a.out
report the_job_array_of_the_documents_ends "$([[ $(ls results/digest 2>/dev/null | wc -l) == 5 ]] || cat ./*.out "$temporary/stdout" | head -c 300)"
batch again-%a.out
report a_second_go_of_the_array_does_no_harm "$(cat again-*.out 2>&1 | grep -v 'wrote\|nothing' | head -c 300)"
"$NINES" merge merged.db results/digest/shard-*-of-5/run.db --quiet
report its_shards_merge_to_the_same_digest "$([[ $(digest merged.db) == "$whole" ]] || echo "$(digest merged.db), not $whole")"
cd "${golden%/tests/golden}" || exit 3

# A job that is cancelled, as at the end of its time slot, goes on with the same line.
long=(run "$scenario" -o "$temporary/slot" --reps 80 --quiet)
timeout 120 srun --mpi=pmix -n 2 "$mpi" "${long[@]}" --resume >/dev/null 2>"$temporary/stderr" &
job=$!
for _ in $(seq 100); do
    sleep 0.1
    [[ $(sqlite3 -readonly "$temporary/slot/run.db" 'SELECT count(*) FROM replication' 2>/dev/null || echo 0) -gt 0 ]] && break
done
scancel --me
wait $job
had=$(sqlite3 -readonly "$temporary/slot/run.db" 'SELECT status FROM run; SELECT count(*) FROM replication' | tr '\n' ' ')
report a_cancelled_job_leaves_a_file_to_go_on_with "$([[ $had =~ ^interrupted\ [1-9] ]] || echo "'$had': $(head -c 300 "$temporary/stderr")")"
timeout 120 srun --mpi=pmix -n 2 "$mpi" "${long[@]}" --resume 2>"$temporary/stderr"
"$NINES" run "$scenario" -o "$temporary/long" --reps 80 --quiet
report the_same_line_finishes_it "$([[ $(digest "$temporary/slot/run.db") == "$(digest "$temporary/long/run.db")" ]] || head -c 300 "$temporary/stderr")"
harness_end
