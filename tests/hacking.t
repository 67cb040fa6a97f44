#!/usr/bin/env bash
# What src/HACKING names is there, and every room is in it; the dot files that
# editors and clang-tidy read are there, and true.

. "${0%/*}/lib.sh" || exit 1

cd "$top" || exit 1
page=src/HACKING

# A filter that fails when anything came through.
nothing() {
	! grep .
}

# The words of the page that are paths from the top; not those of what is built.
paths() {
	sed 's,build/[^ ]*,,g' "$page" |
		grep -oE '\b(src|man|tests)/[A-Za-z0-9_./-]*[A-Za-z0-9_]' | sort -u
}

paths_exist() {
	paths | while read -r path; do
		[ -e "$path" ] || echo "no $path"
	done | nothing
}

# build/PATH that is a test or a benchmark has a source.
programs_have_sources() {
	grep -oE 'build/tests/[a-z_]+/[a-z0-9_-]+' "$page" | sort -u |
		while read -r path; do
			[ -e "${path#build/}.c" ] || echo "no ${path#build/}.c"
		done | nothing
}

# What stands after make and its knobs.
targets() {
	grep -oE '\bmake( [A-Z_]+=[^ ]+)* [a-z][a-z_.-]*' "$page" |
		sed 's/.* //; s/\.$//' | sort -u
}

targets_exist() {
	targets | while read -r target; do
		grep -qE "^([a-z.-]+ )*${target//./\\.}( [a-z.-]+)*:" Makefile ||
			echo "no target $target"
	done | nothing
}

# Words of C that the page tells the reader to look for.
names_exist() {
	grep -oE '\b[a-zA-Z]+_[a-zA-Z_]+\b' "$page" | sort -u |
		while read -r name; do
			grep -rqwF "$name" src/*.[ch] src/*/*.[chi]* Makefile ||
				paths | grep -qF "$name" || echo "no $name"
		done | nothing
}

rooms_are_named() {
	for room in src/*/; do
		grep -qE "^${room%/}( |$|,)" "$page" || echo "${room%/} is not there"
	done | nothing
}

# Fifteen, in order.
questions_are_numbered() {
	sed -n 's/^ *\([0-9]*\)\. .*/\1/p' "$page" | cmp - <(seq 15)
}

fits_a_terminal() {
	! expand "$page" | grep -nE '.{81}'
}

# What .editorconfig says of all text, checked for those files it says it of.
text_is_as_configured() {
	find src man tests Makefile README LICENSE configure.ac .ci .[a-z]*rc \
		.clang-tidy .editorconfig -type f ! -path '*.corpus/*' \
		! -path '*/perf/*' -print0 |
		xargs -0 grep -nE $'[ \t\r]+$' | nothing
}

# Every check that is left out has its reason in the comment above.
exclusions_have_reasons() {
	sed -n 's/^  -\([a-z].*[a-zA-Z]\),*$/\1/p' .clang-tidy |
		while read -r check; do
			grep -qF "# $check: " .clang-tidy || echo "$check: why?"
		done | nothing
}

ok 'there is a page for those who change phash' test -f "$page"
ok 'it names files' test "$(paths | wc -l)" -gt 30
ok 'that there are' paths_exist
ok 'its programs have sources' programs_have_sources
ok 'it names targets' test "$(targets | wc -l)" -ge 8
ok 'that there are' targets_exist
ok 'its words of C stand in the source' names_exist
ok 'it says what each room promises' rooms_are_named
ok 'it asks fifteen questions' questions_are_numbered
ok 'it fits a terminal' fits_a_terminal
ok '.editorconfig is there' grep -qx 'root = true' .editorconfig
ok 'and the text is as it says' text_is_as_configured
ok '.clang-tidy is there' grep -q '^Checks:' .clang-tidy
ok 'and says why for each check that it leaves out' exclusions_have_reasons
finish
