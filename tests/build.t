#!/usr/bin/env bash
# The build itself: what the Makefile and configure offer is there.

. "${0%/*}/lib.sh" || exit 1

# Macros that the Makefile defines and no source asks for, those of the C
# library aside.
idle_macros() {
	grep -oE -e '-D[A-Z][A-Z_]*' "$top/Makefile" | sort -u |
		while read -r macro; do
			grep -rqw "${macro#-D}" "$top/src" || echo "$macro"
		done
}

idle_macros >"$work/idle"
same 'every macro that the Makefile defines, a source reads' /dev/null \
	"$work/idle"

finish
