#!/usr/bin/env bash
# The manual as it is read: in a terminal, and in HTML.

. "${0%/*}/lib.sh" || exit 1

if ! command -v mandoc >/dev/null; then
	skip 'the manual as it is read' 'no mandoc'
	finish
fi

# On a terminal: without what makes characters bold and underlined.
rendered() {
	mandoc -Tascii "$1" | sed 's/.\x08//g'
}

# A word that is also a macro's name, as In, must not act as one in a heading.
headings() {
	sed -n 's/^\.S[hs] //p' "$1" | sed 's/\\&//g'
}
headings_rendered() {
	rendered "$1" | sed -n -e '1d;$d' -e 's/^\( \{3\}\)\{0,1\}\([^ ]\)/\2/p'
}
headings_in_html() {
	mandoc -Thtml "$1" | tr -s '\n ' ' ' |
		grep -oE '<h[12] class="S[hs]"[^>]*>.*' |
		sed -E 's/<h[12] /\n&/g' |
		sed -nE 's,^<h[12] [^>]*>(.*)</h[12]>.*,\1,p' |
		sed -E -e 's/<[^>]*>//g'
}
wide() {
	rendered "$1" | awk 'length > 80'
}

for page in "$top"/man/*.[1-9]; do
	name=${page##*/}
	headings "$page" >"$work/want"
	headings_rendered "$page" >"$work/terminal"
	same "$name: headings on a terminal" "$work/want" "$work/terminal"
	headings_in_html "$page" >"$work/html"
	same "$name: headings in HTML" "$work/want" "$work/html"
	wide "$page" >"$work/wide"
	same "$name: no line is wider than a terminal" /dev/null "$work/wide"
done
finish
