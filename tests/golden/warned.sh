#!/usr/bin/env bash
# Keys without effect, and demand without end: told once, where they stand and why, before anything runs; no mistakes, and nothing where --quiet asks for it.
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin keys_without_effect_are_told tests/golden/warned
held every_key_without_its_ground_is_told idle "$golden" "$NINES" validate idle.cfg
held faults_that_hardly_mean_what_they_say_are_told faults "$golden" "$NINES" validate faults.cfg
held services_that_no_fleet_could_hold_are_told crowd "$golden" "$NINES" validate crowd.cfg
held replicas_and_pods_larger_than_any_machine_are_told too-large "$golden" "$NINES" validate too-large.cfg
held a_key_that_only_some_points_leave_idle_is_not points "$golden" "$NINES" validate points.cfg

"$NINES" run "$golden/points.cfg" -o "$temporary/run" 2>"$temporary/stderr" >/dev/null
report a_run_tells_the_same "$(grep -A3 'warning:' "$temporary/stderr" | sed 's|^[^ ]*/points.cfg|points.cfg|' | diff - "$golden/points.stderr" 2>&1)"
"$NINES" run "$golden/points.cfg" -o "$temporary/run" --force --quiet 2>"$temporary/stderr" >/dev/null
report a_quiet_run_tells_nothing "$(cat "$temporary/stderr")"
harness_end
