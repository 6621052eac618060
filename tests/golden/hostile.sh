#!/usr/bin/env bash
# Hostile names through the whole program: a scenario that bears them, and a results file that somebody else has filled with them, through
# run, validate, verify, compare, plot (every chart), report, export, explain and merge. Nothing is run, nothing is broken, nothing turns the line.
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin hostile_names_are_names
harness_need sqlite3 python3 gnuplot
# The folder in which everything runs is the one that would get a file.
mkdir "$temporary/place"
base=$PWD
cd "$temporary/place" || exit 3
names=(
    '"; system("touch pwned"); #'
    '</script><script>alert(1)</script>'
    "'); DROP TABLE run; --"
    '$(touch pwned)`touch pwned`|touch pwned'
    $'abc\u202edef\u2066ghi\u200fjkl'
    "$(printf '%10000s' '' | tr ' ' 'x')"
    $'two\nlines\tand\e[31mcolour\x7f'
    '%s%n%10000d {/Bold a}^2_b @c ~d \\n'
    '<img src=x onerror=alert(1)>&amp;"quoted" it'"'"'s'
    '../../../../etc/passwd'
    '=1+1'
)

# What a terminal or a page must not get: control characters and marks that turn the line. Prints what is wrong with the files.
unsafe() { # FILE...
    python3 "$base/tests/golden/hostile/unsafe.py" "$@"
}
pwned() { find "$temporary" -name 'pwned*' | head -n 3; }

# --- A scenario that bears them: accepted or refused, never run, always shown safely ---
quoted() { # as libconfig writes a string
    python3 -c 'import sys; print("".join({"\\": "\\\\", "\"": "\\\"", "\n": "\\n", "\t": "\\t", "\x1b": "\\x1b", "\x7f": "\\x7f"}.get(c, c) for c in sys.argv[1]), end="")' "$1"
}
# Words are taken, names of things are letters and digits.
keys=(title,question,source,reason point incident cloud site class node target evidence component)
texts=()
for name in "${names[@]}"; do
    texts+=("$(quoted "$name")")
done
# A sanitizer sees each name in the words and each kind of name with a third of them: they all take the same way, to one refusal.
every=$(sanitized && echo 3 || echo 1)
said() { # COMMAND...: its exit code; what it says is judged with the rest of the scenario
    timeout 60 "$NINES" "$@" >"said.$((++heard))" 2>"said.$((++heard))" </dev/null
}
tried=0 accepted=0 refused=0 wrong="" # accepted: of the words, all but the one with controls
for k in "${!keys[@]}"; do
    for i in "${!names[@]}"; do
        ((k == 0 || (k + i) % every == 0)) || continue
        key=${keys[k]} heard=0 tried=$((tried + 1))
        python3 "$base/tests/golden/hostile/fill.py" "$base/tests/golden/hostile/world.cfg" "$key" "${texts[i]}" >scenario.cfg
        said run scenario.cfg -o run --force
        status=$?
        case $status in
        0) ((k > 0)) || accepted=$((accepted + 1)) ;;
        2) refused=$((refused + 1)) ;;
        *) wrong+="$key $i: exit $status; " ;;
        esac
        for command in "compare run/run.db" "export run/run.db -o exported" "verify scenario.cfg" "validate scenario.cfg" "run run/run.db" "explain run/run.db --service web/0"; do
            ((status == 0)) || break
            [[ $key != class || $command != explain* ]] || continue # it is called otherwise
            # shellcheck disable=SC2086
            said $command || wrong+="$key $i: $command gives $?; "
        done
        wrong+=$(unsafe said.*)
        rm said.*
    done
done
report scenarios_with_hostile_names_are_taken_or_refused "$wrong"
report words_are_taken_and_names_refused "$( ((accepted >= ${#names[@]} - 1 && 3 * refused > 2 * tried)) || echo "of $tried $accepted accepted, $refused refused")"
report no_name_of_a_scenario_runs_anything "$(pwned)"

# --- A results file filled with them: every text of every table, each name of its own kind ---
cat >small.cfg <"$base/tests/golden/cli/small.cfg"
"$NINES" run small.cfg -o small --quiet
python3 "$base/tests/golden/hostile/fill.py" "$base/tests/golden/hostile/world.cfg" none "" >clouds.cfg
"$NINES" run clouds.cfg -o clouds --log events --quiet
cp small/run.db world.db
sqlite3 world.db <"$base/tests/golden/plot/world.sql"
cp world.db design.db
cp world.db map.db
sqlite3 design.db <"$base/tests/golden/plot/design.sql"
sqlite3 map.db <"$base/tests/golden/plot/map.sql"
cp clouds/run.db clouds.db
for world in world design map clouds; do
    python3 "$base/tests/golden/hostile/spoil.py" $world.db "${names[@]}" || echo "spoil.py on $world"
done >spoiled 2>&1
report every_text_of_the_files_is_spoiled "$(cat spoiled)"

wrong=""
mkdir charts
for world in world design map clouds; do
    timeout 300 "$NINES" plot $world.db -o charts --quiet >stdout 2>stderr || wrong+="$world: exit $? $(head -c 200 stderr); "
    wrong+=$(unsafe stdout stderr)
done
report every_chart_is_drawn_with_hostile_names "$wrong"
python3 "$base/tests/golden/hostile/curve.py" "${names[@]}" >curve.csv
"$NINES" plot curve.csv -o charts --quiet >stdout 2>stderr || cat stderr
for chart in unallocated fragmentation; do mv charts/curve_$chart.svg charts/$chart.svg; done
charts=$("$NINES" plot --help | grep -oE '^  [a-z]+  ' | tr -d ' ')
report of_every_kind "$([[ $(wc -w <<<"$charts") -ge 13 ]] || echo "only: $charts"; for chart in $charts; do [[ -s charts/$chart.svg ]] || echo "$chart is missing; "; done)"
report the_images_are_well_formed_and_hold_no_script "$(python3 "$base/tests/golden/hostile/images.py" charts/*.svg)"
"$NINES" plot world.db --format png -o charts --quiet >stdout 2>stderr
report png_and_pdf_are_drawn_as_well "$("$NINES" plot world.db --format pdf -o charts --quiet 2>&1; [[ -s charts/fleet.png && -s charts/fleet.pdf ]] || echo missing)"

wrong=""
for world in world design map clouds; do
    timeout 300 "$NINES" report $world.db -o $world.html --quiet >stdout 2>stderr || wrong+="$world: exit $? $(head -c 200 stderr); "
    wrong+=$(unsafe $world.html)
    wrong+=$(python3 "$base/tests/golden/hostile/page.py" $world.html)
done
report pages_hold_text_only "$wrong"

wrong=""
for world in world design map clouds; do
    for how in "" --json --csv; do
        # shellcheck disable=SC2086
        timeout 60 "$NINES" compare $world.db $how >compared 2>stderr
        status=$?
        ((status == 0)) || wrong+="compare $how $world: exit $status $(head -c 200 stderr); "
        wrong+=$(unsafe compared)
        [[ $how != --json ]] || wrong+=$(python3 -c 'import json, sys; json.load(open("compared"))' 2>&1 | tail -n 1)
        [[ $how != --csv ]] || wrong+=$(python3 "$base/tests/golden/hostile/table.py" compared)
    done
    for how in --csv --json; do
        timeout 60 "$NINES" export $world.db $how -o "exported-$world" --quiet >stdout 2>stderr || wrong+="export $how $world: exit $? $(head -c 200 stderr); "
    done
    wrong+=$(python3 "$base/tests/golden/hostile/table.py" "exported-$world"/*)
done
report tables_stay_tables "$wrong"

# What is lived through again stands in the file too: its text is as good as anybody's.
wrong=""
for command in "explain clouds.db --service web/0" "explain clouds.db --lease 0 --cloud akash" "explain clouds.db --service web/0 --json" "run clouds.db" \
    "merge merged.db clouds.db" "verify clouds.db" "market replay clouds.db" "compare clouds.db --point x" "plot clouds.db nochart"; do
    # shellcheck disable=SC2086
    timeout 120 "$NINES" $command >stdout 2>stderr </dev/null
    status=$?
    ((status >= 1 && status <= 3)) || wrong+="$command gives $status; "
    wrong+=$(unsafe stdout stderr)
done
report a_spoiled_file_is_refused_in_safe_words "$wrong"
# Names of files and folders.
wrong=""
for name in "${names[@]}"; do
    [[ ${#name} -le 200 && $name != *..* ]] || continue
    folder=${name//\//_}
    "$NINES" run clouds.cfg -o "./$folder" --force >stdout 2>stderr || wrong+="run: exit $? $(head -c 200 stderr); "
    wrong+=$(unsafe stdout stderr)
    for command in "plot fleet" report export compare; do
        # shellcheck disable=SC2086
        "$NINES" ${command%% *} "./$folder/run.db" ${command#"${command%% *}"} >stdout 2>stderr || wrong+="$command: exit $? $(head -c 200 stderr); "
        wrong+=$(unsafe stdout stderr)
    done
done
report folders_with_hostile_names_are_folders "$wrong"
report nothing_was_run "$(pwned)"
cd "$base" || exit 3
harness_end
