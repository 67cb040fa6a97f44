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

# Without openat2(2), each component is opened by itself.
rm -rf t
cp -r still t
ln -s ../../outside link
"$phash" t >"$work/whole"
export ASAN_OPTIONS=detect_leaks=0 # which cannot be under ptrace
# It need not be in the program: make PORTABLE=1.
asks_openat2() {
	strace -f -qq -o "$work/trace" -e trace=openat2 "$phash" -j 1 t \
		>/dev/null 2>&1 && grep -q openat2 "$work/trace"
}
if asks_openat2; then
	try 'a link on the way' 1 strace -f -qq -o "$work/trace" \
		-e trace=openat2 -e inject=openat2:error=ELOOP "$phash" -j 1 t
	out 'leads to no digest' </dev/null
	ok 'which is said' test "$(grep -c "^phash: t/sub/d/.*: its directory\
 is no longer what was walked$" "$work/err")" = 30
	for error in ENOSYS EPERM; do
		try "$error of openat2: all is well" 0 strace -f -qq \
			-o "$work/trace" -e trace=openat2 \
			-e inject=openat2:error=$error "$phash" -j 1 t
		same 'the same lines' "$work/whole" "$work/out"
		ok 'it is asked for once' \
			test "$(grep -c "$error" "$work/trace")" = 1
	done
	head -n 40 "$work/walks" >"$work/few"
	begin link t/sub/d
	strace -f -qq -o "$work/trace" -e trace=openat2 \
		-e inject=openat2:error=ENOSYS "$phash" --sort=none --chunk=1 \
		-j 2 --files-from="$work/few" >"$work/out" 2>"$work/err"
	end
	ok 'none outside' test -z "$(grep "$out" "$work/out")"
else
	skip 'without openat2' 'no strace that can, or no openat2 to do without'
fi

finish
