#!/usr/bin/env bash
# The map of rooms in src/main.c, against what the sources include.

. "${0%/*}/lib.sh" || exit 1

cd "$top/src" || exit 1

# The map's lines, "room: room room ...", top to bottom.
room_map=$(awk '
	/rooms, top to bottom/ { inside = 1; next }
	/\*\// { exit }
	inside && /->/ {
		sub(/^[ \t*]*/, ""); sub(/ *->/, ":"); print
	}' main.c)

# Every include of a file of ours: "file room/header.h".
includes() {
	grep -H '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' \
		./*.[ch] ./*/*.[ch] |
		sed 's,^\./,,; s,:[^"]*", ,; s,".*,,'
}

# A filter that fails when anything came through.
nothing() {
	! grep .
}

room_of() {
	case $1 in
	*/*) echo "${1%%/*}" ;;
	*) echo "${1%.*}" ;;
	esac
}

map_is_there() {
	[ "$(wc -l <<<"$room_map")" -ge 9 ]
}

rooms_are_on_the_map() {
	for file in *.c */*.c; do
		room=$(room_of "$file")
		grep -q "^$room:" <<<"$room_map" || echo "$file: no room $room"
	done | nothing
}

map_is_of_rooms() {
	while IFS=: read -r room _; do
		[ -d "$room" ] || [ -f "$room.c" ] || echo "no src/$room"
	done <<<"$room_map" | nothing
}

map_leads_down() {
	awk -F '[: ]+' '{
		seen[$1] = 1
		for (i = 2; i <= NF; i++)
			if ($i in seen)
				print $1 " -> " $i " leads up"
	}' <<<"$room_map" | nothing
}

includes_follow_the_map() {
	includes | while read -r file header; do
		room=$(room_of "$file")
		below=$(room_of "$header")
		[ "$room" = "$below" ] ||
			grep -q "^$room:.* $below\( \|$\)" <<<"$room_map" ||
			echo "$file includes $header"
	done | nothing
}

includes_are_spelled_from_src() {
	includes | while read -r file header; do
		[ -f "$header" ] || echo "$file: no src/$header"
	done | nothing
}

pool_has_one_face() {
	includes | grep -v '^ppool/' | grep ' ppool/' |
		grep -v ' ppool/ppool\.h$' | nothing
}

# The files of the pool, bottom to top, as ppool/core.h lists them: what an
# object needs of the pool, it or one before it has.
build=${BUILD:-$top/build}
pool_files=$(sed -n 's/^ \* \{5\}\([a-z]*\) .*/\1/p' ppool/core.h)
pool_is_layered() {
	for file in ppool/*.c; do
		grep -qx "$(basename "$file" .c)" <<<"$pool_files" ||
			echo "$file: not in ppool/core.h"
	done | nothing || return
	for file in $pool_files; do
		nm "$build/ppool/$file.o" | sed "s/^/$file /" || return
	done | awk '
		$(NF - 1) == "T" { has[$NF] = $1 }
		$(NF - 1) == "U" && $NF ~ /^ppool_/ { needs[$1, $NF] }
		$1 != last { last = $1; place[last] = ++n }
		END {
			for (pair in needs) {
				split(pair, need, SUBSEP)
				if (place[has[need[2]]] > place[need[1]])
					print need[1] " calls up: " need[2]
			}
			exit !length(has)
		}' | nothing
}

# Beside the islands, which include nothing else of ours, one file knows what is
# not POSIX.1-2008.
extensions_have_one_seam() {
	grep -lE '# *include <(endian\.h|linux/|sys/(syscall|prctl|epoll)\.h)' \
		./*.[ch] ./*/*.[ch] |
		grep -vE '^\./((digest|ppool|sandbox)/|base/compat\.h$)' | nothing
}

own_header_is_first() {
	for file in *.c */*.c; do
		[ -f "${file%.c}.h" ] || continue
		first=$(grep -m 1 '^#include' "$file")
		[ "$first" = "#include \"${file%.c}.h\"" ] ||
			echo "$file: first is $first"
	done | nothing
}

headers_have_no_cycle() {
	includes | grep '^[^ ]*\.h ' | tsort 2>&1 >/dev/null | nothing
}

headers_compile_alone() {
	for header in */*.h; do
		${CC:-cc} -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror \
			-I. -fsyntax-only -include "$header" -x c /dev/null ||
			return 1
	done
}

# The public header serves C++ too, and asks for no extension.
public_header_is_public() {
	${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -Wpedantic -Werror \
		-fsyntax-only -include ppool/ppool.h -x c /dev/null &&
		grep -q '^extern "C" {' ppool/ppool.h
}

ok 'main.c has the map' map_is_there
ok 'the map is of rooms that exist' map_is_of_rooms
ok 'every room is on the map' rooms_are_on_the_map
ok 'the map leads only downwards' map_leads_down
ok 'includes are spelled room/header.h' includes_are_spelled_from_src
ok 'every include follows the map' includes_follow_the_map
ok 'others see no more of the pool than ppool.h' pool_has_one_face
if [ -e "$build/ppool/pool.o" ]; then
	ok 'no file of the pool calls up' pool_is_layered
else
	skip 'no file of the pool calls up' 'not built'
fi
ok 'one header has the extensions' extensions_have_one_seam
ok 'a source includes its own header first' own_header_is_first
ok 'headers do not include each other in a circle' headers_have_no_cycle
ok 'every header compiles alone' headers_compile_alone
ok 'ppool.h needs no extension' public_header_is_public
finish
