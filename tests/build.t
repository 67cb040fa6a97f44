#!/usr/bin/env bash
# The build itself: what the Makefile and configure offer is there, in whatever
# directory it is made, and a release is the same file each time.

. "${0%/*}/lib.sh" || exit 1

# make as it is called by hand, whatever the test's own caller has set.
by_hand() {
	env -i PATH="$PATH" HOME="$work" LC_ALL=C "$@"
}

# Macros that the Makefile defines and no source asks for, those of the C
# library aside.
idle_macros() {
	grep -oE -e '-D[A-Z][A-Z_]*' "$top/Makefile" | sort -u |
		while read -r macro; do
			grep -rqw "${macro#-D}" "$top/src" || echo "$macro"
		done
}

copy_source() {
	mkdir "$1"
	(cd "$top" && cp -r src man tests Makefile README LICENSE configure.ac \
		.ci .gitignore .shellcheckrc "$OLDPWD/$1")
}

idle_macros >"$work/idle"
same 'every macro that the Makefile defines, a source reads' /dev/null \
	"$work/idle"

# ---- releases ----------------------------------------------------------------

dist=build/$(sed -n 's/^VERSION = /phash-/p' "$top/Makefile").tar.gz

# Nothing in the file may come from where, when and by whom it is made.
(umask 022 && copy_source one)
(umask 077 && copy_source two)
find two -exec touch -d '1 year ago' {} +
try 'make dist' 0 by_hand SOURCE_DATE_EPOCH=1700000000 make -C one dist
try 'and of another copy' 0 by_hand SOURCE_DATE_EPOCH=1700000000 make -C two dist
same 'is the same file' "one/$dist" "two/$dist"

touch -d @1600000000 one/Makefile
try 'make dist of an unpacked release' 0 by_hand make -C one dist
tar -xzf "one/$dist"
try 'and of what is unpacked from it' 0 by_hand make -C phash-* dist
same 'is the same file, without a word on the date' "one/$dist" phash-*/"$dist"

if command -v git >/dev/null; then
	in_git() {
		git -C two -c user.name=a -c user.email=b "$@"
	}
	try 'a repository' 0 in_git init -q
	in_git add . >"$work/out" 2>&1
	export GIT_COMMITTER_DATE='1500000000 +0000'
	try 'with a commit' 0 in_git commit -qm c
	try 'make dist' 0 by_hand make -C two dist
	ok 'takes the date of the commit' test "$(tar -tvzf "two/$dist" \
		--full-time | awk '{ print $4, $5 }' | sort -u)" = \
		"$(date -d @1500000000 '+%F %T')"
else
	skip 'make dist takes the date of the commit' 'no git'
fi
rm -rf one/build

# ---- another directory -------------------------------------------------------

in_source() {
	(cd one && find . -type f -exec cksum {} + | sort)
}

if command -v autoconf >/dev/null; then
	try 'make configure' 0 by_hand make -C one configure
	in_source >"$work/before"
	mkdir obj
	cd obj || exit 1
	try 'configure in another directory' 0 by_hand ../one/configure \
		--quiet --prefix=/opt --libdir=/opt/lib64
	try 'make there' 0 by_hand make -j 2
	try 'make install there' 0 by_hand make DESTDIR="$work/d/root" install
	cd .. || exit 1
	ok 'the program is there' obj/build/phash --version
	ok 'the directories are those that configure was told' test -x \
		root/opt/bin/phash -a -f root/opt/lib64/libppool.a
	in_source >"$work/after"
	same 'the source is as it was' "$work/before" "$work/after"
else
	skip 'configure in another directory' 'no autoconf'
fi

finish
