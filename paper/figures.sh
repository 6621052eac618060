#!/usr/bin/env bash
# The paper's figures: one line of figures.tsv is one chart of one study, with a caption that says what it was made from.
#
#   paper/figures.sh PROGRAM RESULTS BUILT      writes BUILT/figures/NAME.pdf and BUILT/figures.tex (\figNAME each)
#
# A chart that cannot be drawn ends the build and says which.
set -eu
program=$1 results=$2 built=$3
here=$(cd "$(dirname "$0")" && pwd)
tex() { sed 's/[\\]/\\textbackslash{}/g; s/[_%&#$]/\\&/g' <<<"$1"; }
: >"$built/figures.tex"
bad=0
while IFS=$'\t' read -r name study chart width caption; do
    [[ -z $name || $name == \#* ]] && continue
    file=$results/$study/run.db
    scratch=$(mktemp -d)
    if ! "$program" plot "$file" -o "$scratch" --format pdf --width "$width" "${chart%%:*}" --quiet; then
        echo "paper: figure '$name': no chart '$chart' of study '$study' ($file)" >&2
        bad=1
        rm -rf "$scratch"
        continue
    fi
    image=$scratch/${chart##*:}.pdf
    if [[ ! -s $image ]]; then
        echo "paper: figure '$name': 'nines plot' drew no ${chart##*:}.pdf of $file" >&2
        bad=1
    else
        mv -f "$image" "$built/figures/$name.pdf"
        scenario=$(awk -F'\t' -v s="$study" '$1 == s { print $2 }' "$here/studies.tsv")
        {
            printf '\\newcommand{\\fig%s}{\\begin{figure%s}[tb]\\centering\\includegraphics{figures/%s.pdf}' "$name" \
                "$([[ $width -gt 84 ]] && echo '*')" "$name"
            printf '\\caption{%s \\provenance{%s}{%s}{nines plot %s %s}}\\label{fig:%s}\\end{figure%s}}\n' "$caption" "$(tex "$scenario")" \
                "$(tex "$file")" "$(tex "$file")" "$(tex "${chart%%:*}")" "$name" "$([[ $width -gt 84 ]] && echo '*')"
        } >>"$built/figures.tex"
    fi
    rm -rf "$scratch"
done <"$here/figures.tsv"
exit $bad
