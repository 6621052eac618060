#!/usr/bin/env bash
# The manual page: well-formed, and as complete as the help.
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin manual_is_complete
if command -v mandoc >/dev/null; then
    # Pages of other projects may not be installed.
    report manual_has_no_lint "$(mandoc -T lint man/nines.1 2>&1 | grep -v 'outdated mandoc.db\|referenced manual not found' | head -n 3)"
else
    skip manual_has_no_lint "mandoc is not installed"
fi
# Options as the help lists them, against the page's ".Fl -name" and ".Fl o".
for command in $("$NINES" --help | sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
    missing=$("$NINES" "$command" --help | sed -n 's/^ *\(-[a-zA-Z], \)\{0,1\}\(--*[a-z-]*\).*/\2/p' | sort -u | while read -r option; do
        grep -q -- "Fl ${option#-}\( \|$\)" man/nines.1 || echo "$option "
    done)
    section=$(grep -c "^.It Cm $command " man/nines.1)
    report "manual_explains_every_option_of_$command" "$missing$( ((section > 0)) || echo 'no section')"
done
harness_end
