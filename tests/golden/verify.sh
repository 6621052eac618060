#!/usr/bin/env bash
# nines verify: simulated against published, its exit codes, and what it leaves behind.
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin verify_holds_scenarios_against_what_was_published
mkdir "$temporary/tmp" "$temporary/cases" "$temporary/empty"
export TMPDIR=$temporary/tmp

# scenario NAME TITLE LOW HIGH EXPECT: up 9 h and down 1 h on average, so 90 % up.
scenario() {
    cat >"$temporary/cases/$1.cfg" <<CFG
question = "Is the component up for 90 % of the time?";
title = "$2";
model = "renewal";
horizon = "20 d";
replications = 20;
seed = 11;
components = 50;
up = "exponential(9 h)";
down = "exponential(1 h)";
targets = ( { name = "$2"; metric = "availability"; cloud = "renewal"; role = "predicted"; published = 0.9; low = $3; high = $4;
              expect = "$5"; reason = "made up for the test"; source = "renewal theory"; evidence = "K"; } );
CFG
}
run() { # ARGUMENTS...: $status, $temporary/out, $temporary/err
    "$NINES" verify "$@" >"$temporary/out" 2>"$temporary/err"
    status=$?
}

scenario a-held 'as it should be' 0.8 0.95 held
scenario b-missed 'known to be missed' 0.95 0.99 missed
run "$temporary/cases"
report outcomes_as_expected_are_exit_0 "$( ((status == 0)) || cat "$temporary/out" "$temporary/err")"
report a_held_target_shows_published_simulated_and_role "$(grep -qE '^  held +as it should be +renewal +90\.00 % +(89|90)\.[0-9]+ % \[[0-9., ]+\] +predicted$' "$temporary/out" || cat "$temporary/out")"
report an_expected_miss_says_its_reason "$(grep -A1 '^  MISSED' "$temporary/out" | grep -q 'made up for the test' || cat "$temporary/out")"
report the_sum_is_told "$(grep -qx '2 scenarios, 2 targets: 1 held, 1 missed, 0 undecided; 0 not as the scenario expects' "$temporary/out" || cat "$temporary/out")"
report no_line_is_wider_than_100_columns "$(awk 'length > 100' "$temporary/out")"
report files_of_a_folder_come_in_order "$(grep -oE '[ab]-[a-z]+\.cfg' "$temporary/out" | sort -c 2>&1)"

run --json "$temporary/cases"
ask() { sqlite3 :memory: "SELECT $1 FROM (SELECT CAST(readfile('$temporary/out') AS TEXT) AS j)" 2>&1; }
if command -v sqlite3 >/dev/null; then
    report json_carries_the_same "$(
        [[ $(ask "json_extract(j, '\$.scenarios[0].targets[0].outcome') || json_extract(j, '\$.scenarios[1].targets[0].outcome')") == heldmissed ]] || echo "outcomes; "
        [[ $(ask "json_extract(j, '\$.scenarios[0].targets[0].ci_low') < json_extract(j, '\$.scenarios[0].targets[0].simulated')") == 1 ]] || echo "interval; "
        [[ $(ask "json_extract(j, '\$.sum')") == '{"targets":2,"held":1,"missed":1,"undecided":0,"surprises":0,"without_target":0}' ]] || ask "json_extract(j, '\$.sum')")"
else
    skip json_carries_the_same "sqlite3 is not installed"
fi

grep -v '^targets' "$temporary/cases/a-held.cfg" | grep -v 'expect = ' >"$temporary/cases/untold.cfg"
run "$temporary/cases/untold.cfg"
report without_a_target_what_emerged_is_shown "$(grep -qE '^  emerged +availability +renewal +(89|90)\.[0-9]+ % \[[0-9., ]+\]$' "$temporary/out" || cat "$temporary/out")"
run --json "$temporary/cases/untold.cfg"
report and_told_to_programs "$(grep -q '"metric": "availability",' "$temporary/out" || cat "$temporary/out")"
rm "$temporary/cases/untold.cfg"

scenario c-surprise 'better than expected' 0.8 0.95 missed
run "$temporary/cases/c-surprise.cfg"
report a_hit_that_was_expected_to_miss_is_exit_1 "$( ((status == 1)) && grep -q 'the scenario expects: missed' "$temporary/out" || cat "$temporary/out")"

printf 'model = "renewal"; components = -1;\n' >"$temporary/cases/d-broken.cfg"
run "$temporary/cases"
report a_mistake_in_the_last_file_stops_the_first "$( ((status == 2)) && [[ ! -s $temporary/out ]] && grep -q 'd-broken.cfg:1:' "$temporary/err" || cat "$temporary/out" "$temporary/err")"
run "$temporary/empty"
report a_folder_without_scenarios_is_refused "$( ((status == 2)) && grep -q 'no scenario in folder' "$temporary/err" || cat "$temporary/err")"
run "$temporary/nowhere"
report what_does_not_exist_is_refused "$( ((status == 2)) || echo "exit $status")"

scenario e-hostile '\x1b[31m$(id)</script>' 0.8 0.95 held
run "$temporary/cases/e-hostile.cfg"
report names_cannot_colour_the_terminal "$(grep -c $'\x1b' "$temporary/out" | grep -vx 0)"
TMPDIR=/dev/null/nowhere run "$temporary/cases/a-held.cfg"
report a_folder_that_cannot_be_made_is_the_machines_fault "$( ((status == 3)) && grep -q 'TMPDIR' "$temporary/err" || cat "$temporary/err")"
report nothing_is_left_behind "$(find "$temporary/tmp" -mindepth 1)"
harness_end