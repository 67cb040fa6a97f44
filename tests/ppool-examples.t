#!/usr/bin/env bash
# The pool as its users get it: the header alone, the example programs of
# ppool(3) built as the page says, and the page's text of them.
. "${0%/*}/lib.sh" || exit 1

build=${BUILD:-$top/build}
examples=$top/man/examples

# The flags of a library that is sanitized, or counts, are needed again to link
# with it.
again=
if grep -q -e --coverage "$build/flags" 2>/dev/null; then
	again=--coverage
elif nm "$build/libppool.a" 2>/dev/null | grep -qE '__(a|ub)san_'; then
	again=-fsanitize=address,undefined
fi

# $CC may be several words.
read -ra cc <<<"${CC:-cc}"
compile() {
	# shellcheck disable=SC2086 # no word, or one
	"${cc[@]}" -Wall $again -I"$top/src/ppool" "$examples/$1.c" \
		-o "../$1" -L"$build" -Wl,-Bstatic -lppool -Wl,-Bdynamic "${@:2}"
}

echo '#include <ppool.h>' >../header.c
cp ../header.c ../header.cc
ok 'the header compiles alone as C11' \
	"${cc[@]}" -std=c11 -Wall -Wextra -Wpedantic -Werror \
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

# ppool-blocking prints, for each of four phases, the lines of seven jobs. They
# sleep no longer than told, which says nothing about who comes first.
try 'ppool-blocking runs' 0 ../ppool-blocking 0.1
for phase in apply_async apply map_async map; do
	sed -n "/^$phase:\$/,/^$phase: /p" ../out >"../$phase"
done

# part EXPRESSION PHASE - the numbers of the jobs in lines of that shape
part() {
	sed -n "s/^job \([0-9]\): process [0-9]*, parent [0-9]*, $1$/\1/p" "../$2"
}
clock='[0-9][0-9]:[0-9][0-9]:[0-9][0-9][.][0-9][0-9][0-9]'
start="start $clock"
end="end $clock, elapsed [0-9]*[.][0-9][0-9] s"
each_once() {
	[ "$(part "$1" "$2" | sort | tr -d '\n')" = 0123456 ]
}
in_turn() {
	[ "$(part "$1" "$2" | tr -d '\n')" = 0123456 ]
}
processes() {
	sed -n "s/^job .*: process \([0-9]*\), parent .*/\1/p" "../$1" | sort -u
}
parents() {
	sed -n "s/^job .*, parent \([0-9]*\), .*/\1/p" "../$1" | sort -u
}
between() {
	[ "$2" -le "$1" ] && [ "$1" -le "$3" ]
}

for phase in apply_async apply map_async map; do
	ok "$phase starts every job once" each_once "$start" "$phase"
	ok "$phase ends every job once" each_once "$end" "$phase"
done
ok 'no more than five processes do it' between "$(processes out | wc -l)" 1 5
ok 'of one parent' test "$(parents out | wc -l)" = 1
ok 'which is none of them' test -z \
	"$(comm -12 <(parents out) <(processes out))"
for phase in apply_async map_async map; do
	ok "$phase shares the jobs among processes" \
		between "$(processes "$phase" | wc -l)" 2 5
done
ok 'apply starts one after the other' in_turn "$start" apply
ok 'and ends them so' in_turn "$end" apply
ok 'and each before the next starts' test "$(sed -n \
	's/^job [0-9]: .*, \(start\|end\) .*/\1/p' ../apply | uniq | wc -l)" = 14
ok 'apply returns when a job has ended' test "$(grep -A 1 ', end ' ../apply |
	grep -c '^apply has returned$')" = 7
ok 'map returns when all have' test "$(tail -n 2 ../map | head -n 1)" = \
	'map has returned'

# ppool-digest-map against sha512sum.
mkdir -p tree/sub/deeper tree/empty
for ((i = 0; i < 70; i++)); do
	head -c $((i * i * 50)) /dev/zero | tr '\0' "\\$((i % 8 + 60))" >"tree/f$i"
done
echo inner >tree/sub/inner
echo innermost >'tree/sub/deeper/the innermost'
ln -s f1 tree/not-this
mkfifo tree/nor-this
find tree -type f -exec sha512sum {} + |
	sed 's/^\([0-9a-f]*\)  \(.*\)/\2  \1/' | sort >../want-table
try 'ppool-digest-map runs' 0 ../ppool-digest-map tree
sed '$d' ../out | sort >../table
same "ppool-digest-map's digests are sha512sum's" ../want-table ../table
ok 'ppool-digest-map counts the files' test "$(tail -n 1 ../out)" = '72 files'
mkdir empty
try 'ppool-digest-map of nothing' 0 ../ppool-digest-map empty
out 'finds no file' <<'END'
0 files
END
try 'ppool-digest-map of no directory' 1 ../ppool-digest-map missing
mkdir some
echo yes >some/readable
echo no >some/secret
chmod 000 some/secret
try 'ppool-digest-map of what cannot be read' 1 as_user "$work/ppool-digest-map" some
ok 'has the rest' test "$(tail -n 1 ../out)" = '1 files'
ok 'and names it' grep -q '^[^ ]*: some/secret: ' ../err

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
