#!/usr/bin/env bash
# A directory that is exchanged for a link, between the walk and the opening of
# what it found, leads to no file outside.

. "${0%/*}/lib.sh" || exit 1

mkdir -p t/sub/d outside
for ((i = 0; i < 30; i++)); do
	echo "in $i" >"t/sub/d/$i"
	echo out >"outside/$i"
done
ln -s ../../outside link
cp -r t still
out=$(sha512sum outside/0)
out=${out%% *}
out256=$(sha256sum outside/0)
out256=${out256%% *}

# Exchanges two names again and again, in one step each (renameat2(2)), until
# it is killed.
swap() {
	exec perl -e '
		my ($nr, $a, $b) = @ARGV;
		1 while syscall(0 + $nr, -100, $a, -100, $b, 2) == 0;' "$@"
}
case $(uname -m) in
x86_64) nr=316 ;;
aarch64 | riscv64) nr=276 ;;
*) nr=-1 ;;
esac
can_swap() {
	perl -e 'my ($nr, $a, $b) = @ARGV;
		exit(syscall(0 + $nr, -100, $a, -100, $b, 2) < 0)' "$@"
}
if ! can_swap $nr link t/sub/d || ! [ -L t/sub/d ]; then
	skip 'names exchanged' 'no renameat2(2) that can'
	finish
	exit
fi

begin() {
	swap $nr "$@" &
	swapper=$!
}
end() {
	kill $swapper
	wait $swapper 2>/dev/null
}

# It happens that a file is not there, or no file of the tree.
yes t | head -n 1800 >"$work/walks"
# A busy machine may leave them exchanged for as long as all walks take: then
# there are more.
begin link t/sub/d
worst=0
for ((i = 0; i < 50; i++)); do
	"$phash" --sort=none --chunk=1 -j 2 --files-from="$work/walks" \
		>>"$work/out" 2>"$work/err"
	status=$?
	[ $status -le $worst ] || worst=$status
	grep -q '^SHA512 (t/sub/d/' "$work/out" && break
done
ok '1,800 walks: they run to their end' test $worst -le 1
end
ok 'files of the tree are read' grep -q '^SHA512 (t/sub/d/' "$work/out"
ok 'none outside' test -z "$(grep "$out" "$work/out")"

# with two algorithms, so that each file is read twice
{ "$phash" still; "$phash" -a sha256 still; } | sed 's/(still/(t/' >"$work/list"
begin link t/sub/d
for ((i = 0; i < 200; i++)); do
	"$phash" --audit="$work/list" --json --chunk=1 t
done >"$work/out" 2>"$work/err"
end
ok '200 audits: files of the tree are read' grep -q '"verdict":"OK"' "$work/out"
ok 'none outside' test -z "$(grep -e "$out" -e "$out256" "$work/out")"

# The operand itself: which of the two is walked is open, but not both.
rm -rf link t
cp -r still t
mkdir other
for ((i = 0; i < 30; i++)); do
	mkdir -p other/sub/d
	echo other >"other/sub/d/$i"
done
ln -s t here
ln -s other there
other=$(sha512sum other/sub/d/0)
other=${other%% *}
begin here there
mixed=0
for ((i = 0; i < 200; i++)); do
	"$phash" --chunk=1 -j 2 here >"$work/out" 2>"$work/err"
	n=$(grep -c "$other" "$work/out")
	[ "$n" = 0 ] || [ "$n" = "$(wc -l <"$work/out")" ] || mixed=1
done
end
ok 'an operand that is a link to now this, now that is one of them' \
	test $mixed = 0

# A link in the place of a component, as open(2) says it.
rm -rf t
cp -r still t
export ASAN_OPTIONS=detect_leaks=0 # which cannot be under ptrace
look_inside
if strace -f -qq -o "$work/trace" true 2>/dev/null; then
	for component in sub d; do
		try "a link on the way ($component)" 1 strace -f -qq \
			-o "$work/trace" -P $component -e trace=openat,open \
			-e inject=openat,open:error=ELOOP "$phash" -j 1 t
		out 'leads to no digest' </dev/null
		ok 'which is said' test "$(grep -c "^phash: t/sub/d/.*: its\
 directory is no longer what was walked$" "$work/err")" = 30
	done
else
	skip 'a link on the way' 'no strace that can'
fi

finish
