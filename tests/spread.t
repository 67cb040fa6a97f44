#!/usr/bin/env bash
# --walk=workers prints, says and counts what --walk=parent does, whatever the tree,
# the options and the faults.

. "${0%/*}/lib.sh" || exit 1

cp "$phash" "$work/phash"
export ASAN_OPTIONS=detect_leaks=0 # which cannot be under ptrace

# runs OUT WALK OPTION...: a run as somebody who is not root; what is on stderr is in
# any order when it is not sorted.
runs() {
	local to=$1 walk=$2
	shift 2
	as_user "$work/phash" --walk="$walk" "$@" >"$work/$to.out" \
		2>"$work/$to.err" </dev/null
	echo $? >"$work/$to.status"
	case " $* " in
	*' --sort=none '*)
		sort -o "$work/$to.out" "$work/$to.out"
		sort -o "$work/$to.err" "$work/$to.err"
		;;
	esac
}

# Prints, says and counts the same; the last argument is where something must be found.
alike() {
	local jobs file
	runs parent parent -j 2 "$@"
	[ -s "$work/parent.out" ] || [ -s "$work/parent.err" ] || return 1
	for jobs in 1 3; do
		runs workers workers -j "$jobs" "$@"
		# when it was read
		sed -i -E 's/("read":|read=)[0-9]+/\1/' "$work/parent.out" \
			"$work/workers.out"
		for file in out err status; do
			diff -a "$work/parent.$file" "$work/workers.$file" ||
				return 1
		done
	done
}

# A tree with everything in it.
mkdir -p t/a/b/c/d t/.hidden/.x t/empty/too t/closed/in t/blind/in t/listed/in
for dir in t t/a t/a/b/c t/a/b/c/d t/.hidden t/closed t/closed/in t/blind t/listed \
	t/listed/in; do
	for name in 1 '2 3' $'new\nline' '\back' ä $'\xff' .dot; do
		echo "$dir $name" >"$dir/$name"
	done
done
long=$(printf '%0230d' 0)
deep=t/deep
for ((i = 0; i < 25; i++)); do
	deep=$deep/n
	mkdir -p $deep
	echo $i >$deep/f
done
mkdir -p "t/long/$long/$long/$long"
echo long >t/long/"$long/$long/$long/$long"
ln -s a t/link
ln -s 1 t/a/file
ln -s nowhere t/a/dangling
ln -s .. t/a/b/up
mkfifo t/fifo t/a/b/fifo
ln -s t operand
ln -s t/1 named
mkdir many
for ((i = 0; i < 700; i++)); do
	mkdir -p many/$((i % 40))/s
	echo $i >many/$((i % 40))/$i
	echo s$i >many/$((i % 40))/s/$i
done
chmod 000 t/closed t/a/1
chmod 311 t/blind
chmod 644 t/listed
as_user true || finish

ok 'a tree' alike t
ok 'what -v counts' alike -v t
ok 'unsorted' alike --sort=none t
ok 'more than one worker lists' alike -v many
ok 'more than one worker lists, unsorted' alike -v --sort=none many
for operand in t/ t// ./t ./t/. t/.. operand operand/ "$PWD/t" t/a/../a; do
	ok "$operand" alike "$operand"
done
ok 'the current directory' alike -C t .
ok 'its parent' alike -C t/a ..
ok 'several, some twice' alike t/a many t t/a named t/1 nowhere many/1 t/closed
(echo many; echo t/a; echo; echo t) >names
ok 'a list of them' alike --files-from=names
for depth in 0 1 2 3 22; do
	ok "--max-depth=$depth" alike -v --max-depth=$depth t t/a
done
ok '-x' alike -x t
ok '--exclude' alike -v -E '/a/b' -E '*1' -E 'deep/**/f' t many
ok '--include' alike -v --include='?' --include=f -E 'n/n/n/n' t
ok '--exclude of the operand' alike -E t t
ok '--json and --identity' alike --json --identity many t
ok 'mtree' alike --format=mtree many
ok '--tree-digest' alike --tree-digest many
ok '--duplicates' alike --duplicates t many
ok '--part' alike --part=2/3 t many
ok '--algorithm' alike -a sha256 many
ok '--settle' alike --settle many
"$phash" --identity --json many >J
ok '--reuse' alike -v --reuse=J many
has_archives && {
	tar -cf many/0/t.tar -C t a/b
	ok '--archive' alike --archive=recursive -v many
}
ok 'with what there is no walk of workers' alike -L many
for walk in parent workers; do
	touch many/7/out
	"$phash" --walk=$walk -v -o many/7/out many 2>$walk.err
	mv many/7/out $walk.out
done
same 'an output in the tree' parent.out workers.out
same 'is counted as such' parent.err workers.err
ok 'it was met' grep -q '[1-9] output files' workers.err
"$phash" t many >L 2>/dev/null
mv many/3/3 many/4/moved
echo changed >many/5/5
rm many/6/6
echo new >many/7/new
ok '--audit' alike --audit=L t many
ok '--audit, --json' alike --audit=L --json t many
ok '--audit of a part' alike --audit=L many/3 many/4

# Only workers look into directories, and they do.
look_inside
if is_portable; then
	skip 'who walks' 'workers never do'
elif strace -o /dev/null true 2>/dev/null; then
	always --walk=workers
	below=(-P "$PWD/many")
	for dir in many/* many/*/s; do
		below+=(-P "$PWD/$dir")
	done
	calls() {
		strace -qq "$@" "${below[@]}" -o "$work/trace" \
			-e trace=getdents64 "$phash" -j 2 many >/dev/null
		grep -c getdents64 "$work/trace"
	}
	ok 'the parent reads no directory' test "$(calls)" = 0
	ok 'workers do' test "$(calls -f)" -gt 100
	# a worker dies in the middle of a listing, again and again
	try 'as it is' 0 "$phash" -v -j 3 many
	cp "$work/out" whole
	cp "$work/err" counted
	for n in 7 15 30; do
		try "workers killed when they read the $n. time" 0 strace -f \
			-qq -o "$work/trace" "${below[@]}" -e trace=getdents64 \
			-e inject=getdents64:signal=KILL:when=$n "$phash" \
			-v -j 3 many
		ok 'are replaced' test "$(grep -o '^[0-9]* *getdents' \
			"$work/trace" | sort -u | wc -l)" -gt 3
		same 'lose nothing' whole "$work/out"
		same 'and nothing is counted twice' counted "$work/err"
	done
	# what only this process lacks
	for error in EMFILE ENFILE ENOMEM; do
		for n in 1 2 30; do
			try "a worker cannot open its directory $n: $error" 0 \
				strace -f -qq -o /dev/null "${below[@]}" \
				-e trace=openat \
				-e inject=openat:error=$error:when=$n \
				"$phash" -v -j 1 many
			same 'so the parent does' whole "$work/out"
			same 'and nothing is counted twice' counted "$work/err"
		done
	done
else
	skip 'who walks' 'strace does not work here'
fi

# More in one directory than an answer holds.
mkdir giant
(cd giant && seq -f "$long%.0f" 30000 | xargs touch)
ok 'a giant directory' alike -v giant
if ! is_portable && strace -o /dev/null true 2>/dev/null; then
	strace -qq -o "$work/trace" -P "$PWD/giant" -e trace=getdents64 \
		"$phash" --walk=workers -j 1 giant >/dev/null
	ok 'is read by the parent' grep -q getdents64 "$work/trace"
fi

# Rights that a worker of root has given up, and its parent has not.
if [ "$(id -u)" = 0 ] && setpriv --bounding-set -dac_read_search true 2>/dev/null; then
	mkdir -p private/of/another private/mine
	touch private/of/f private/of/another/g private/mine/h
	chown -R 65534:65534 private/of
	chmod -R go-rwx private/of
	for walk in parent workers; do
		setpriv --bounding-set -dac_read_search "$phash" -v \
			--walk=$walk private >$walk.out 2>$walk.err
	done
	same 'a directory that only the parent can enter' parent.out workers.out
	same 'what is said of it' parent.err workers.err
	# without a sandbox workers give up nothing
	is_portable || ok 'its files are named' \
		grep -q 'private/of/another/g:' workers.err
else
	skip 'a directory that only the parent can enter' 'needs root, and setpriv'
fi

# Another file system.
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	mkdir -p over/mount over/dir
	touch over/f over/dir/g
	ok 'another file system, with -x' unshare -m bash -c '
		mount -t tmpfs none over/mount && touch over/mount/h &&
		for walk in parent workers; do
			"$1" -v --walk=$walk over >$walk.all 2>&1
			"$1" -v --walk=$walk -x over >$walk.x 2>&1
		done
		cmp parent.all workers.all && cmp parent.x workers.x &&
		! cmp -s workers.all workers.x' sh "$phash"
else
	skip 'another file system, with -x' 'needs root'
fi

finish
