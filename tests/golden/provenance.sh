#!/usr/bin/env bash
# Where a result comes from stands in its file: program, scenario with what it includes, command, machine, and what it took.
. "$(dirname "$0")/../harness.sh"
harness_begin a_file_says_where_it_comes_from
db=$temporary/run/run.db
ask() { sqlite3 -readonly "$db" "SELECT $1 FROM run"; }
is() { # CLAIM COLUMN VALUE
    report "$1" "$([[ $(ask "$2") == "$3" ]] || echo "'$(ask "$2")', not '$3'")"
}
like() { # CLAIM COLUMN REGEX
    report "$1" "$([[ $(ask "$2") =~ $3 ]] || echo "'$(ask "$2")' is not like $3")"
}
sed '/^up = /d' tests/golden/cli/small.cfg >"$temporary/small.cfg"
echo '@include "part.cfg"' >>"$temporary/small.cfg"
echo 'up = "exponential(101 h)"; # of the part' >"$temporary/part.cfg"
(cd "$temporary" && "$NINES" run small.cfg --seed 5 --set 'horizon=5 d' --threads 2 -o run --quiet)

mapfile -t version < <("$NINES" --version)
is the_version "'nines ' || version || ' (' || commit_id || ')'" "${version[0]}"
is the_compiler_and_its_flags compiler "${version[1]}"
is the_versions_of_the_libraries libraries "${version[2]}"
for library in GSL SQLite libconfig libyaml jansson SLEEF; do
    like "the_version_of_$library" libraries "$library [0-9]"
done
like the_flags_that_make_one_digest compiler '-O[0-9].*-ffp-contract=off'
like whether_the_tree_was_changed "commit_id || ':' || dirty" "$([[ ${version[0]} == *-dirty* ]] && echo '-dirty:1$' || echo '^[0-9a-f]+:0$')"
like the_scenario_with_what_it_includes scenario_text 'title = "Small".*exponential\(101 h\)"; # of the part'
is the_command command "nines run small.cfg --seed 5 --set 'horizon=5 d' --threads 2 -o run --quiet"
is the_seed seed 5
is the_threads threads 2
model=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)
is the_kind_of_cpu cpu "${model:-unknown}"
is the_wall_and_cpu_time_and_the_peak_of_memory "wall_s > 0 AND wall_s < 60 AND cpu_s > 0 AND peak_memory_kib > 1000 AND peak_memory_kib < 1000000" 1
like when_it_was_made "started_utc || ' ' || finished_utc" '^20[0-9-]+T[0-9:.]+Z 20[0-9-]+T[0-9:.]+Z$'
rm "$temporary/small.cfg" "$temporary/part.cfg"
expect the_file_repeats_the_run_without_its_scenario 0 "$NINES" run "$db" --quiet
harness_end
