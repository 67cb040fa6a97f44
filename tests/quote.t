#!/bin/bash
# File names in messages, against the quoting of ls(1).
. "${0%/*}/lib.sh" || exit 1

quote=${phash%/*}/tests/unit/quote

each() {
	printf "$prefix%s\\0" "${names[@]}" | xargs -0 "$@"
}

# Makes a file of each of names; then ls must list them, in both styles, as
# our program quotes them.
compare() {
	local desc=$1 prefix='' LC_ALL
	rm -rf n && mkdir n && cd n || exit 1
	prefix=./ each touch --
	for LC_ALL in C C.UTF-8; do
		each ls -1Ud --quoting-style=shell-escape -- >../bare
		each ls -1Ud --quoting-style=shell-escape-always -- >../always
		each "$quote" >../both
		paste -d '\n' ../bare ../always >../want
		[ "$(wc -l <../want)" -eq $((2 * ${#names[@]})) ] ||
			echo 'not all were listed' >>../want
		same "$desc, $LC_ALL" ../want ../both
	done
	cd .. || exit 1
}

byte() {
	local octal
	printf -v octal '%03o' "$1"
	printf -v REPLY %b "\\0$octal"
}

# A name of 1 to 6 pieces out of a set in which trouble is frequent. Some ls
# (coreutils 9.1) put a needless '' in front of a name that has an apostrophe
# and ends in an escape: an x behind it keeps clear of that.
random_name() {
	local n=$((RANDOM % 6 + 1))
	REPLY=
	while [ "$n" -gt 0 ]; do
		REPLY+=${pieces[RANDOM % ${#pieces[@]}]}
		n=$((n - 1))
	done
	case $REPLY in
	. | .. | *\'*) REPLY+=x ;;
	esac
}

if ! ls -d --quoting-style=shell-escape-always . >/dev/null 2>&1; then
	skip 'quoting as ls does it' 'no GNU ls'
	finish
fi

names=()
for ((i = 1; i < 256; i++)); do
	byte $i
	case $REPLY in
	/ | .) ;; # no names for a file
	*) names+=("$REPLY" "x$REPLY" "$REPLY'y" "'y$REPLY") ;;
	esac
done
compare 'every byte'

pieces=(a Z 0 ' ' "'" '"' \\ $'\n' $'\t' $'\e' $'\177' '#' '~' '{' '}'
	'$' '!' '*' '?' '[' ']' '=' ':' '%' '@' '^' '`' ',' + - _ .
	$'\303\251' $'\303' $'\251' $'\342\202\254' $'\342\202'
	$'\360\237\230\200' $'\302\205' $'\377' $'\355\240\200')
names=()
for a in "${pieces[@]}"; do
	for b in "${pieces[@]}"; do
		[ "$a$b" = .. ] || names+=("$a$b")
	done
done
compare 'pairs'

names=()
RANDOM=1
for ((i = 0; i < 400; i++)); do
	random_name
	names+=("$REPLY")
done
compare 'random names'

finish
