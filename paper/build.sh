#!/usr/bin/env bash
# The paper from nothing: runs the studies that are not there yet, takes their numbers, draws their figures, sets paper.pdf.
#
#   paper/build.sh PROGRAM [--smoke] [--seed N] [--keep-going]
#
#   --smoke      two replications of everything, into results/paper-smoke: tests the way from study to page, not the text
#   --seed N     all studies with another seed, into results/paper-seed-N and do the verdicts of the text stand?
#
# Results are kept in results/paper: a study whose scenario, options and program are those of its file is not run again.
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
[[ -n $seed ]] && kind+=-seed-$seed
results=results/$kind built=build/$kind
mkdir -p "$results" "$built/figures"

# --- Studies --------------------------------------------------------------------------------------------------------------
key_of() { cat "$program" scenarios/*.cfg scenarios/studies/*.cfg - <<<"$*" | sha256sum | cut -d' ' -f1; }
while IFS=$'\t' read -r study scenario full smoke; do
    [[ -z $study || $study == \#* ]] && continue
    options=$full
    [[ $kind == paper-smoke* ]] && options=$smoke
    [[ $options == - ]] && options=
    read -ra words <<<"$options" # no option holds a blank
    [[ -n $seed ]] && words+=(--seed "$seed")
    folder=$results/$study
    key=$(key_of "$scenario" "${words[@]}")
    status=$(sqlite3 -readonly "$folder/run.db" 'SELECT status FROM run' 2>/dev/null || true)
    if [[ $status == complete && $(cat "$folder/study.key" 2>/dev/null) == "$key" ]]; then
        echo "$folder: there already"
        continue
    fi
    echo "$folder: $scenario ${words[*]}"
    "$program" run "$scenario" "${words[@]}" -o "$folder" --force --quiet
    echo "$key" >"$folder/study.key"
done <paper/studies.tsv
if [[ -n $seed ]]; then
    paper/numbers.py --verdicts "${results%-seed-*}" "$results"
    exit
fi

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
echo "$built/paper.pdf: $(pdfinfo "$built/paper.pdf" 2>/dev/null | sed -n 's/^Pages: *//p') pages"
