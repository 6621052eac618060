#!/usr/bin/env bash
# How far a run is: on a terminal one bar with the time left and the intervals so far, elsewhere a plain line every ten seconds, and
# nothing with --quiet.
. "$(dirname "$0")/../harness.sh"
harness_begin progress_is_shown_as_agreed
harness_need script
sanitized && harness_skip "the release build shows it for all: it takes seconds"
scenario=tests/golden/cli/small.cfg
rows='[0-9]+ of [0-9]+ replications, [0-9.]+ (s|min|h) left; (short|long) availability, renewal 9[0-9.]+ \+- [0-9.e-]+ %'

# on_terminal OPTION...: leaves in $temporary/seen what a terminal of 200 columns is sent.
on_terminal() {
    script -qec "stty cols 200; '$NINES' run $scenario --threads 1 -o '$temporary/run' --force $*" "$temporary/log" >/dev/null </dev/null
    sed '/^Script \(started\|done\)/d' "$temporary/log" >"$temporary/seen"
}
on_terminal --reps 20000
tr '\r' '\n' <"$temporary/seen" | sed 's/\x1b\[K//g' >"$temporary/drawn"
report a_terminal_sees_a_bar_with_the_time_left_and_intervals "$(
    grep -qE "^\[#*\.*\] $rows\$" "$temporary/drawn" || head -c 300 "$temporary/seen")"
report the_bar_is_drawn_over_itself_and_is_gone_at_the_end "$(
    bars=$(grep -cE '^\[#*\.*\] ' "$temporary/drawn") over=$(grep -oE $'\r\x1b\\[K\\[' "$temporary/seen" | wc -l)
    ((bars > 1 && bars == over)) || echo "$bars bars, $over of them drawn over the one before; "
    tail -n 1 <(grep -aoE $'\r\x1b\\[K.?' "$temporary/seen") | grep -F '[K[')"
on_terminal --reps 20000 --quiet
report a_quiet_run_shows_a_terminal_nothing "$(head -c 300 "$temporary/seen")"

# Time passes while the run stands still.
"$NINES" run $scenario --threads 1 -o "$temporary/plain" --reps 400000 >"$temporary/stdout" 2>"$temporary/stderr" &
pid=$!
"$NINES" run $scenario --threads 1 -o "$temporary/silent" --reps 400000 --quiet >"$temporary/nothing" 2>&1 &
silent=$!
sleep 1.5
early=$(cat "$temporary/stderr")
kill -STOP $pid $silent
sleep 9
kill -CONT $pid $silent
sleep 1.5
cp "$temporary/stderr" "$temporary/said"
cp "$temporary/nothing" "$temporary/unsaid"
kill -INT $pid $silent
wait $pid $silent
report elsewhere_a_plain_line_comes_after_ten_seconds "$(
    [[ -z $early ]] || echo "early: $early; "
    [[ $(wc -l <"$temporary/said") == 1 ]] && grep -qE "^$rows\$" "$temporary/said" || head -c 300 "$temporary/said")"
report a_quiet_run_says_nothing_elsewhere "$(cat "$temporary/unsaid")"
harness_end
