#!/usr/bin/env bash
# The README's blocks ```sh: make's targets are there, everything else runs, with two replications in place of the many, in a folder that
# holds what a clone holds.
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin commands_of_the_readme_work
tree=$PWD
report the_citation_has_the_programs_version "$(grep -qx "version: $("$NINES" --version | sed -n '1s/^nines \([^ ]*\).*/\1/p')" CITATION.cff || grep '^version' CITATION.cff)"
report every_folder_is_in_the_readme "$(for folder in */ models/*/; do
    [[ $folder == @(build|sim|models|tests|bench)/ ]] || [[ -z $(find "$folder" -type f -print -quit) ]] || grep -q "\`$folder\`" README.md || echo "$folder "
done)"
report the_readme_quotes_what_explain_says "$(quoted=$(sed -n 's/^> //p' README.md | paste -sd ' ')
    [[ -n $quoted ]] && grep -qF "\"sentence\": \"$quoted\"" tests/golden/explain/json.stdout || echo "not in tests/golden/explain/json.stdout: $quoted")"
report the_readme_counts_the_incidents "$(grep -q "runs $(find scenarios/incidents -maxdepth 1 -name '*.cfg' | wc -l) documented outages" README.md || echo "another number")"
harness_need gnuplot sqlite3
[[ $(basename "${BUILD:-release}") != @(asan|tsan) ]] || harness_skip "the July study is for the plain build"

# The program, in haste: `run` takes two replications, whatever it is told.
clone=$temporary/clone
mkdir -p "$clone/build/release" "$clone/results"
cp -r scenarios tools results/README.md "$clone/" 2>/dev/null
cat >"$clone/build/release/nines" <<END
#!/usr/bin/env bash
if [[ \$1 == run ]]; then exec "$NINES" "\$@" --reps 2 --quiet; fi
exec "$NINES" "\$@"
END
chmod +x "$clone/build/release/nines"

n=0
while IFS= read -r line; do
    line=${line%%  #*}
    n=$((n + 1))
    if [[ $line == make* ]]; then
        why=$(cd "$tree" && env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS bash -c "${line/make/make -n}" 2>&1 >/dev/null)
    else
        why=$(cd "$clone" && timeout 120 bash -c "$line" 2>&1 >/dev/null </dev/null || echo "exit $?")
    fi
    report "$(tr -cs 'a-z0-9' '_' <<<"${line,,}")works" "$(tail -n 3 <<<"$why")"
done < <(awk '/^```sh$/ { inside = 1; next } /^```/ { inside = 0 } inside' README.md)
report the_readme_has_commands "$( ((n >= 5)) || echo "only $n")"

# What `make demo` does once the program is built; one of its charts is the one that the README shows.
output=$(cd "$clone" && timeout 300 tools/demo.sh build/release/nines 2>&1) || report the_demo_works "$(tail -n 3 <<<"$output")"
report the_demo_draws_the_chart_of_the_readme "$([[ -s $clone/results/july-2024/nines.svg ]] || echo 'no results/july-2024/nines.svg')"
report the_charts_of_the_readme_are_there "$(grep -oE '!\[[^]]*\]\([^)]*\)' README.md | sed 's/.*(\(.*\))/\1/' | while read -r chart; do [[ -s $chart ]] || echo "$chart "; done)"
harness_end
