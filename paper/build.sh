#!/usr/bin/env bash
# The paper from nothing: runs the studies that are not there yet, takes their numbers, draws their figures, sets paper.pdf.
#
#   paper/build.sh PROGRAM [--smoke] [--seed N]
#
#   --smoke      few replications of everything, into results/paper-smoke: tests the way from study to page, not the text
#   --seed N     all studies with another seed, into results/paper-seed-N: do the verdicts of the text stand?
#
# Results are kept in results/paper: a study whose scenarios, options and program's sources are those of its file is not run again.
set -eu
cd "$(dirname "$0")/.."
program=${1:?usage: paper/build.sh PROGRAM [--smoke] [--seed N]}
shift
kind=paper seed=
while (($# > 0)); do
    case $1 in
    --smoke) kind=paper-smoke ;;
    --seed) seed=${2:?--seed wants a number}; shift ;;
    *) echo "paper/build.sh: unknown option '$1'" >&2; exit 2 ;;
    esac
    shift
done
main=results/$kind
[[ -n $seed ]] && kind+=-seed-$seed
results=results/$kind built=build/$kind
mkdir -p "$results" "$built/figures"

# --- Which studies --------------------------------------------------------------------------------------------------------
# One line of studies.tsv into $study, $scenario, $words (its options as they are now) and $folder. A scenario that is a folder is one to
# verify: its options are names of files in it. '@strongest=STUDY,COUNT,ROWS' stands for the design that the screening STUDY leads to.
read_study() {
    local options=$full word design
    study=$1 folder=$results/$1
    [[ $kind == paper-smoke* ]] && options=$smoke
    [[ $options == - ]] && options=
    words=()
    for word in $options; do # no option holds a blank
        if [[ $word == @strongest=* ]]; then
            design=$(paper/strongest.py "$results" "${word#*=}") || return
            words+=(--set "$design")
        else
            words+=("$word")
        fi
    done
    if [[ -n $seed && ! -d $scenario ]]; then words+=(--seed "$seed"); fi
}

# All that results depend on: the program's sources, every scenario with its parts and tables, and what is asked of them. Not the program
# itself, which carries the commit: a comma in the text would run all studies again.
sources=$(find Makefile sim models scenarios -type f ! -name '*.md' -print0 | LC_ALL=C sort -z | xargs -0 cat | sha256sum)
key_of() { sha256sum <<<"$sources $*" | cut -d' ' -f1; }

data_of() { if [[ -d $scenario ]]; then echo "$folder/verify.json"; else echo "$folder/run.db"; fi; }

# Whether $folder holds what $scenario and $words give. Data that are not as the study left them end the build: to run it again would hide
# that something was changed, and the page would be made from what nobody can repeat.
is_there() {
    [[ $(cat "$folder/study.key" 2>/dev/null) == "$(key_of "$scenario" "${words[@]}")" ]] || return 1
    sha256sum --status -c "$folder/study.sum" 2>/dev/null && return
    local made
    made=$(awk -F'\t' -v study="$study" '$2 == study { printf "%s %s, ", FILENAME ~ /figures/ ? "figure" : "table", $1 }' \
        paper/figures.tsv paper/tables.tsv)$(paper/numbers.py --names | awk -F'\t' -v study="$study" '$3 == study' | wc -l)
    echo "paper: study '$study': $(data_of) is missing, damaged or changed since the study wrote it" >&2
    echo "paper: made from it: $made numbers of the text" >&2
    echo "hint: remove $folder to run it again" >&2
    exit 1
}

run_study() {
    local code=0 what
    rm -f "$folder/study.key" "$folder/study.sum"
    if [[ -d $scenario ]]; then
        what=("$scenario")
        ((${#words[@]} == 0)) || what=("${words[@]/#/$scenario/}")
        mkdir -p "$folder"
        "$program" verify "${what[@]}" --json --quiet >"$folder/verify.tmp" || code=$?
        ((code == 1)) && code=0 # something else came out than its file expects: numbers.tsv takes what came out
        ((code != 0)) || mv -f "$folder/verify.tmp" "$folder/verify.json"
    else
        "$program" run "$scenario" "${words[@]}" -o "$folder" --force --quiet || code=$?
    fi
    if ((code != 0)); then
        echo "paper: study '$study' ended with exit code $code; nothing else was run" >&2
        exit "$code"
    fi
    sha256sum "$(data_of)" >"$folder/study.sum"
    key_of "$scenario" "${words[@]}" >"$folder/study.key"
}

each_study() { # COMMAND: for each line of the table; a study that hangs on another's results comes after it there
    local scenario full smoke cost name
    while IFS=$'\t' read -r name scenario full smoke cost <&3; do
        [[ -z $name || $name == \#* ]] && continue
        "$@"
    done 3<paper/studies.tsv
}

# --- What it will take ----------------------------------------------------------------------------------------------------
# By what each study took when it was measured last, in seconds of one core and in MB: the last column of studies.tsv.
total_cpu=0 total_mb=0 missing=0
add_up() {
    # Which inputs are strongest is known once they have been screened; until then the study is one to run.
    if read_study "$name" 2>/dev/null && is_there; then return; fi
    local cpu=${cost% *} mb=${cost#* }
    missing=$((missing + 1)) total_cpu=$((total_cpu + ${cpu:-0})) total_mb=$((total_mb + ${mb:-0}))
}
each_study add_up
cores=$(nproc) studies="$missing studies"
((missing == 1)) && studies="one study"
if ((missing == 0)); then
    echo "$results: all studies are there"
elif [[ $kind == paper-smoke* ]]; then
    echo "$results: $studies to run, a few seconds each"
else
    printf '%s: %s to run, about %d min on %d cores and %d.%d GB\n' "$results" "$studies" \
        $(((total_cpu / cores + 59) / 60)) "$cores" $((total_mb / 1000)) $((total_mb % 1000 / 100))
fi

# --- Studies --------------------------------------------------------------------------------------------------------------
one_study() {
    if [[ -n $seed && -d $scenario ]]; then return; fi # their seeds are their own
    read_study "$name"
    if is_there; then
        echo "$folder: there already"
    else
        echo "$folder: $scenario ${words[*]}"
        run_study
    fi
}
each_study one_study
if [[ -n $seed ]]; then
    paper/numbers.py --verdicts "$main" "$results"
    exit
fi
mkdir -p "$results/conformance"
paper/conformance.sh "$(dirname "$program")" >"$results/conformance/conformance.tmp"
mv -f "$results/conformance/conformance.tmp" "$results/conformance/conformance.tsv"

# --- Numbers, figures, page -----------------------------------------------------------------------------------------------
paper/numbers.py "$results" >"$built/numbers.tex.tmp"
paper/figures.sh "$program" "$results" "$built"
mv -f "$built/numbers.tex.tmp" "$built/numbers.tex"
[[ $kind == paper-smoke ]] && smoke='\def\smoke{}' || smoke=
echo "$smoke" >"$built/kind.tex"
TEXINPUTS="$built:paper:" BIBINPUTS=paper: latexmk -pdf -quiet -interaction=nonstopmode -halt-on-error -outdir="$built" paper/paper.tex >"$built/latex.txt" 2>&1 || {
    grep -hE '^(!|l\.[0-9])|undefined|Error' "$built/paper.log" | head -n 20 >&2
    echo "paper: LaTeX stopped; see $built/paper.log" >&2
    exit 1
}
if grep -E 'LaTeX Warning: (Reference|Citation).*undefined' "$built/paper.log" >&2; then exit 1; fi
if [[ $kind == paper ]]; then cp -f "$built/paper.pdf" paper/paper.pdf; fi
echo "$built/paper.pdf: $(pdfinfo "$built/paper.pdf" 2>/dev/null | sed -n 's/^Pages: *//p') pages; results $(du -sh "$results" | cut -f1)"
