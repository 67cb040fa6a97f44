#!/usr/bin/env bash
# The pool as its users get it: the header alone, the example programs of
# ppool(3) built as the page says, and the page's text of them.
. "${0%/*}/lib.sh" || exit 1

build=${BUILD:-$top/build}
examples=$top/man/examples

# The flags of a sanitized library are needed again to link with it.
sanitize=
if nm "$build/libppool.a" 2>/dev/null | grep -qE '__(a|ub)san_'; then
	sanitize=-fsanitize=address,undefined
fi

compile() {
	# shellcheck disable=SC2086 # no word, or one
	${CC:-cc} -Wall $sanitize -I"$top/src/ppool" "$examples/$1.c" \
		-o "../$1" -L"$build" -Wl,-Bstatic -lppool -Wl,-Bdynamic "${@:2}"
}

echo '#include <ppool.h>' >../header.c
cp ../header.c ../header.cc
ok 'the header compiles alone as C11' \
	"${CC:-cc}" -std=c11 -Wall -Wextra -Wpedantic -Werror \
	-I"$top/src/ppool" -c ../header.c -o ../header.o
if command -v "${CXX:-c++}" >/dev/null; then
	ok 'the header compiles alone as C++17' \
		"${CXX:-c++}" -std=c++17 -Wall -Wextra -Wpedantic -Werror \
		-I"$top/src/ppool" -c ../header.cc -o ../header.o
else
	skip 'the header compiles alone as C++17' 'no C++ compiler'
fi

ok 'ppool-blocking compiles' compile ppool-blocking
ok 'ppool-digest-map compiles' compile ppool-digest-map -lcrypto

# ppool-blocking prints, for each of two phases, the lines of seven jobs.
try 'ppool-blocking runs' 0 ../ppool-blocking
sed -n '1,/^apply_async:/p' ../out >../async
sed '1,/^apply_async:/d' ../out >../blocking

each_once() {
	[ "$(grep "$1" "$2" | sort)" = "$(printf "job %d: $1\n" 0 1 2 3 4 5 6)" ]
}
times_cut() {
	sed 's/ [0-9]*\.[0-9]* s$//' "../$1" >"../$1.cut"
}
times_cut async
times_cut blocking
ok 'apply_async starts every job once' each_once 'start' ../async.cut
ok 'apply_async ends every job once' each_once 'end after' ../async.cut
ok 'apply_async starts a second job before the first has ended' \
	awk '/start/ { n++ } /end/ { exit } END { exit n < 2 }' ../async.cut
{
	for job in 0 1 2 3 4 5 6; do
		echo "job $job: start"
		echo "job $job: end after"
	done
	echo 'apply:'
} >../want-blocking
same 'apply runs one job after the other' ../want-blocking ../blocking.cut

# ppool-digest-map against sha512sum.
mkdir tree tree/sub
for ((i = 0; i < 70; i++)); do
	head -c $((i * i * 50)) /dev/zero | tr '\0' "\\$((i % 8 + 60))" >"tree/f$i"
done
echo inner >tree/sub/not-this
ln -s f1 tree/not-this-either
(cd tree && sha512sum f*) | sed 's,  ,  tree/,' | sort >../want-digests
try 'ppool-digest-map runs' 0 ../ppool-digest-map tree
sed '$d' ../out | sort >../digests
same "ppool-digest-map's digests are sha512sum's" ../want-digests ../digests
ok 'ppool-digest-map counts the files' grep -qx '70 files' ../out
mkdir empty
try 'ppool-digest-map of nothing' 0 ../ppool-digest-map empty
out 'finds no file' <<'END'
0 files
END
try 'ppool-digest-map of no directory' 1 ../ppool-digest-map missing

# The page shows the programs as they are.
shown() {
	sed -n '/^\.\\" '"$1"'$/,/^\.Ed$/p' "$top/man/ppool.3" |
		sed '/^\.\\" /d; /^\.Bd /d; /^\.Ed$/d; s/^\\&//
		     s/\\-/-/g; s/\\(aq/'"'"'/g; s/\\(ha/^/g; s/\\(ti/~/g
		     s/\\(ga/`/g; s/\\e/\\/g'
}
for name in ppool-blocking.c ppool-digest-map.c; do
	shown "$name" >../shown
	same "ppool(3) shows $name as it is" "$examples/$name" ../shown
done

# Every function of the header is in the page's synopsis, and the other way.
sed -n 's/^[a-z].*[ *]\(ppool_[a-z_]*\)(.*/\1/p' "$top/src/ppool/ppool.h" |
	grep -v '_fn$' | sort >../declared
sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/p' "$top/man/ppool.3" |
	sed -n 's/^\.F[no] \(ppool_[a-z_]*\).*/\1/p' |
	grep -v '_fn$' | sort >../described
same 'ppool(3) describes every function' ../declared ../described
sed -n 's/^\t\(PPOOL_[A-Z]*\).*/\1/p' "$top/src/ppool/ppool.h" |
	while read -r name; do
		grep -q "Dv $name" "$top/man/ppool.3" || echo "$name"
	done >../unnamed
same 'ppool(3) names every error' /dev/null ../unnamed
if command -v mandoc >/dev/null; then
	ok 'ppool(3) is clean mdoc' mandoc -Tlint -Wwarning "$top/man/ppool.3"
else
	skip 'ppool(3) is clean mdoc' 'no mandoc'
fi

finish
