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
			[ "$macro" = -D_FORTIFY_SOURCE ] ||
				grep -rqw "${macro#-D}" "$top/src" || echo "$macro"
		done
}

copy_source() {
	mkdir "$1"
	(cd "$top" && cp -r src man tests Makefile README LICENSE configure.ac \
		.ci .clang-tidy .editorconfig .gitignore .shellcheckrc "$OLDPWD/$1")
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

# ---- for editors --------------------------------------------------------------

# Of each entry of ../d/one/compile_commands.json, what Perl makes of it.
entries() {
	perl -MJSON::PP -0ne 'for (@{decode_json($_)}) { '"$1"' }' \
		one/compile_commands.json
}

try 'make compile_commands.json' 0 by_hand make -C one compile_commands.json
entries 'print "$_->{file}\n"' | sort >"$work/got"
# By default, without libarchive, its room is none.c, and has no unit tests.
(cd one && find src man tests -name '*.c' ! -path tests/fuzz/archive.c \
	! -path tests/unit/blake2sp.c ! -path tests/unit/rar.c \
	! -path tests/unit/unpack.c \
	\( ! -path 'src/archive/*' -o -name none.c \) | sort) >"$work/want"
same 'has every source once' "$work/want" "$work/got"
mkdir -p one/build/base
try 'the command that it has for one' 0 by_hand sh -c "$(entries \
	'print "cd $_->{directory} && $_->{command}" if $_->{file} =~ /buf.c/')"
ok 'compiles it' test -s one/build/base/buf.o

if command -v ctags >/dev/null; then
	try 'make tags' 0 by_hand make -C one tags
	ok 'knows of functions' grep -q '^options_parse	' one/tags
else
	skip 'make tags knows of functions' 'no ctags'
fi
mkdir bin
ln -s /bin/* /usr/bin/* bin 2>/dev/null
rm -f bin/*tags*
try 'make tags where there is no program for it' 2 env -i PATH="$PWD/bin" \
	make -C one tags
ok 'says so' grep -qx 'make tags: neither ctags nor etags is there' "$work/err"

# help_targets - what `make help` lists.
help_targets() {
	by_hand make -C one -s help |
		sed -nE 's/^ {4}([a-z].*[^ ])  +[^ ].*/\1/p' | tr -s ', ' '\n'
}
no_such_target() {
	help_targets | while read -r target; do
		grep -qE "^([a-z-]+ )*$target( [a-z-]+)*:" one/Makefile ||
			echo "$target"
	done
}
ok 'make help lists targets' test "$(help_targets | wc -l)" -gt 10
no_such_target >"$work/got"
same 'that there are' /dev/null "$work/got"
try 'make clean' 0 by_hand make -C one clean
ok 'takes all of it away' test ! -e one/build -a ! -e one/tags -a \
	! -e one/compile_commands.json

# ---- flags -------------------------------------------------------------------

# The commands that make one file, as make would run them where nothing is built
# yet: with_flags FILE VAR=...
with_flags() {
	local file=$1
	shift
	by_hand "$@" make -C one -n V=1 "$file"
}

# has WORD... - the commands in ../out have each, hasnt WORD... none of them.
has() {
	local word
	for word; do
		grep -qF -e " $word " "$work/out" || { cat "$work/out"; return 1; }
	done
}
hasnt() {
	local word
	for word; do
		! grep -F -e "$word" "$work/out" || return 1
	done
}

try 'the command for an object' 0 with_flags build/main.o CC=env-cc \
	CFLAGS='-O1 -DA' CPPFLAGS=-DB
ok 'has the CFLAGS and CPPFLAGS of the environment' has -O1 -DA -DB
ok 'and its compiler' grep -q '^env-cc ' "$work/out"
try 'the command for the program' 0 with_flags build/phash LDFLAGS=-LA \
	LIBS='-lb -lc'
ok 'has its LDFLAGS and LIBS' has -LA -lb
try 'the command for an archive' 0 with_flags build/libppool.a AR=env-ar
ok 'is its AR' grep -q 'env-ar rcs' "$work/out"
try 'a variable on the command line' 0 by_hand CFLAGS=-DA \
	make -C one -n V=1 CFLAGS=-DB build/main.o
ok 'counts instead' has -DB
ok 'of that of the environment' hasnt -DA

# tests/hardening.t looks at what comes of these.
try 'an object' 0 with_flags build/main.o
ok 'is hardened' has -fPIE -fstack-protector-strong
ok 'and its calls of the C library are checked' grep -q -e ' -D_FORTIFY_SOURCE=[23] ' "$work/out"
try 'an object that is not optimised' 0 with_flags build/main.o CFLAGS=-O0
ok 'is hardened' has -fstack-protector-strong
ok 'but for what wants optimisation' hasnt -D_FORTIFY_SOURCE
try 'a level of checks in the environment' 0 with_flags build/main.o \
	CPPFLAGS=-D_FORTIFY_SOURCE=1
ok 'is the only one' hasnt -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 \
	-D_FORTIFY_SOURCE=3
try 'a sanitizer' 0 with_flags build/main.o SANITIZE=address
ok 'does without these checks' hasnt -D_FORTIFY_SOURCE
try 'a sanitizer in the environment' 0 with_flags build/main.o \
	CFLAGS='-O2 -fsanitize=address'
ok 'does too' hasnt -D_FORTIFY_SOURCE
try 'a program that is not to be position-independent' 0 with_flags \
	build/phash LDFLAGS=-no-pie
ok 'is not' hasnt -fPIE ' -pie '
try 'a static program' 0 with_flags build/phash LDFLAGS=-static
ok 'is left to what the compiler makes of it' hasnt ' -pie '
try 'HARDENING=no' 0 by_hand make -C one -n V=1 HARDENING=no build/phash
ok 'adds nothing' hasnt -fPIE -pie -fstack -fcf FORTIFY relro

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
	try 'make there' 0 by_hand CFLAGS=-O0 make -j 2
	try 'make install there' 0 by_hand CFLAGS=-O0 make \
		DESTDIR="$work/d/root" install
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
