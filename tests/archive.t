#!/usr/bin/env bash
# --archive: members of archives, as the tools that unpack them see them.

. "${0%/*}/lib.sh" || exit 1

if ! has_archives; then
	try 'without libarchive' 2 "$phash" --archive /dev/null
	err 'it is said' <<'END'
phash: option --archive: this phash was built without libarchive (try 'phash --help')
END
	finish
fi

# ---- every format and compression against the tree --------------------------

mkdir -p tree/sub/deep
(
	cd tree || exit 1
	echo hello >a
	head -c 300000 /dev/urandom >big
	: >empty
	echo x >'sp ace'
	echo y >$'new\nline'
	echo z >'b\ack'
	printf '\303\274' >$'\303\274n'
	printf bad >$'bad\377\376'
	seq 20000 >sub/seq
	head -c 100000 /dev/zero >sub/deep/zeros
	ln -s a sym
	mkfifo fifo
	mkdir nothing
)

# What phash says of the tree as files, under the names ./x.
of_tree() {
	"$phash" -C tree "$@" .
}
of_tree >files
plain_names() {
	sed 's/ (\.\// (/' | LC_ALL=C sort
}
plain_names <files >files.plain

# reads DESC ARCHIVE: it has the files of the tree, and nothing else.
reads() {
	try "$1" 0 "$phash" --archive "$2"
	plain_names <"$work/out" >got
	same "$1: all files" files.plain got
	err "$1: nothing else to say" </dev/null
}

# have DESC CMD: or the case is skipped.
have() {
	command -v "$2" >/dev/null && return
	skip "$1" "no $2"
	return 1
}

for format in v7 ustar gnu pax; do
	tar -C tree --exclude=./fifo --format=$format -cf $format.tar .
	reads "tar: $format" $format.tar
done
for program in gzip bzip2 xz zstd lz4 lzip compress; do
	have "tar: $program" $program || continue
	$program -c <pax.tar >tar.$program
	reads "tar: $program" tar.$program
done
if have 'tar: lzma' xz; then
	xz --format=lzma -c <pax.tar >tar.lzma
	reads 'tar: lzma' tar.lzma
fi
if have cpio cpio; then
	# it would end a name at its newline
	for format in newc crc odc; do
		(cd tree && find . -type f -print0 | cpio -0 --quiet -o \
			-H $format) >$format.cpio 2>/dev/null
		reads "cpio: $format" $format.cpio
	done
fi
# A backslash in these is a separator, to libarchive at least.
rm 'tree/b\ack'
of_tree | plain_names >files.plain
if have zip zip; then
	(cd tree && zip -qry ../x.zip . -x fifo)
	reads zip x.zip
	(cd tree && zip -q0ry ../stored.zip . -x fifo)
	reads 'zip: stored' stored.zip
fi
if have 7z 7z; then
	rm tree/$'bad\377\376' # it changes that
	of_tree | plain_names >files.plain
	(cd tree && LC_ALL=C.UTF-8 7z a -bd ../x.7z . '-x!fifo' '-x!sym') \
		>/dev/null
	reads 7z x.7z
fi
if have iso9660 genisoimage; then
	genisoimage -quiet -R -o x.iso -x ./tree/fifo tree 2>/dev/null
	reads iso9660 x.iso
fi
if have xar bsdtar; then
	(cd tree && LC_ALL=C.UTF-8 bsdtar --format xar -cf ../x.xar \
		--exclude fifo .)
	reads xar x.xar
fi
if have ar ar; then
	(cd tree && ar rc ../x.ar a big empty)
	of_tree --include=a --include=big --include=empty --max-depth=1 |
		plain_names >some
	try ar 0 "$phash" --archive x.ar
	same 'ar: all files' some "$work/out"
	cc -c -x c -o one.o - <<<'int x;' 2>/dev/null && ar rcs lib.a one.o
	try 'ar: with an index' 0 "$phash" --archive lib.a
	ok 'which is no member' test "$(wc -l <"$work/out")" = 1
fi

# As it stands in the directory: sha512sum checks it.
mkdir x
tar -C x -xf pax.tar
ok 'sha512sum checks what is printed' bash -c \
	'cd x && "$1" --archive ../pax.tar | sha512sum --quiet -c' - "$phash"
ok 'and it is what phash says of the tree' diff \
	<("$phash" -C x .) <("$phash" --archive pax.tar)

# ---- names ------------------------------------------------------------------

one=$(sha512sum <tree/a | cut -c 1-128)
tar -C tree -cf one.tar a
try 'two operands' 0 "$phash" --archive one.tar tree/a
out 'the archive is before the name' <<END
SHA512 (one.tar!a) = $one
SHA512 (tree/a) = $one
END
try 'always' 0 "$phash" --archive --archive-prefix=always one.tar
out 'likewise' <<<"SHA512 (one.tar!a) = $one"
mkdir d
cp one.tar d/x.tar
cp tree/a d/y
try 'a directory' 0 "$phash" --archive d
out 'its archives are files' <<END
SHA512 (d/x.tar) = $(sha512sum <one.tar | cut -c 1-128)
SHA512 (d/y) = $one
END
try 'recursive' 0 "$phash" --archive=recursive d
out 'they are not' <<END
SHA512 (d/x.tar!a) = $one
SHA512 (d/y) = $one
END
cp one.tar two.tar
try 'never, and the same name twice' 1 "$phash" --archive \
	--archive-prefix=never one.tar two.tar
out 'has one line' <<<"SHA512 (a) = $one"
err 'is said' <<'END'
phash: a: a member of another archive has this name, too, and has no line (--archive-prefix)
END
echo b >a
tar -cf other.tar a
cp tree/a a
try 'never, and the name of a file' 1 "$phash" --archive \
	--archive-prefix=never other.tar a
out 'is that of the file' <<<"SHA512 (a) = $one"
# Whichever is there first: the archive is read while the walk goes on.
mkdir walked
seq 3000 | while read -r i; do
	echo "$i" >"walked/$i"
done
"$phash" walked >walked.list
mkdir -p alt/walked
for i in 1 777 2999; do
	echo "other $i" >alt/walked/$i
done
tar -C alt -cf walked.tar walked/2999 walked/1 walked/777
for jobs in 1 2 4; do
	try "never, and names of found files, -j $jobs" 1 "$phash" -j $jobs \
		--archive --archive-prefix=never walked.tar walked
	same 'files keep their names' walked.list "$work/out"
	ok 'three members are said to have no line' test \
		"$(grep -c 'has no line' "$work/err")" = 3
done
mkdir one two
echo 1 >one/f
ln one/f one/link
echo 2 >two/f
tar -C one -cf first.tar f link
tar -C two -cf second.tar f
try 'never, and a hard link' 1 "$phash" --archive --archive-prefix=never \
	first.tar second.tar
out 'it is to what its own archive has' <<END
SHA512 (f) = $(sha512sum <two/f | cut -c 1-128)
SHA512 (link) = $(sha512sum <one/f | cut -c 1-128)
END
rm first.tar second.tar

cp tree/a alone
gzip -k alone
try 'a compressed file' 0 "$phash" --archive alone.gz
out 'has the name without the ending' <<<"SHA512 (alone) = $one"
mkdir deep
mv alone.gz deep
try 'in a directory' 0 "$phash" --archive deep/alone.gz
out 'where gunzip would put it' <<<"SHA512 (deep/alone) = $one"
try 'with a prefix' 0 "$phash" --archive --archive-prefix=always deep/alone.gz
out 'is inside' <<<"SHA512 (deep/alone.gz!alone) = $one"
cp deep/alone.gz same
try 'without an ending' 0 "$phash" --archive same
out 'has its own name' <<<"SHA512 (same) = $one"
for sort in path none; do
	try "standard input, $sort" 0 bash -c \
		'"$1" --archive --sort="$2" <same' - "$phash" $sort
	out 'likewise' <<<"SHA512 (-) = $one"
	try "standard input, no archive, $sort" 0 bash -c \
		'"$1" --archive --sort="$2" <alone' - "$phash" $sort
	out 'is what it is' <<<"SHA512 (-) = $one"
done
try 'a pipe' 0 bash -c 'cat one.tar | "$1" --archive' - "$phash"
out 'can be an archive' <<<"SHA512 (a) = $one"
for file in empty big sub/deep/zeros sub/seq; do
	try "no archive: $file" 0 "$phash" --archive tree/$file
	out 'is a file' <<END
SHA512 (tree/$file) = $(sha512sum <tree/$file | cut -c 1-128)
END
done
head -c 10240 /dev/zero >zeros
try 'zeros, which an empty tar is too' 0 "$phash" --archive zeros
out 'are a file' <<<"SHA512 (zeros) = $(sha512sum <zeros | cut -c 1-128)"

# ---- links and names that come twice ----------------------------------------

mkdir links
echo data >links/1
ln links/1 links/2
ln links/1 links/3
: >links/e
ln links/e links/f
data=$(sha512sum <links/1 | cut -c 1-128)
nothing=$(sha512sum </dev/null | cut -c 1-128)
expected="SHA512 (1) = $data
SHA512 (2) = $data
SHA512 (3) = $data
SHA512 (e) = $nothing
SHA512 (f) = $nothing"
tar -C links -cf links.tar 1 2 3 e f
try 'hard links of a tar' 0 "$phash" --archive links.tar
out 'have digests' <<<"$expected"
if have 'hard links of a cpio' cpio; then
	for format in newc crc odc; do
		(cd links && printf '%s\n' 1 2 3 e f | cpio --quiet -o \
			-H $format) >links.cpio 2>/dev/null
		try "hard links of a cpio: $format" 0 \
			"$phash" --archive links.cpio
		out 'have digests' <<<"$expected"
	done
fi
tar -C links -cf part.tar --exclude=1 2 3
tar -C links -cf first.tar 1 2
tar --delete -f first.tar 1
try 'a link to what is not there' 1 "$phash" --archive first.tar
err 'is said' <<'END'
phash: 2: a hard link to what is not in the archive
END
out 'and has no line' </dev/null

echo old >twice
tar -cf twice.tar twice
echo new >twice
tar -rf twice.tar twice
for sort in path none; do
	try "a name that comes twice, $sort" 0 \
		"$phash" --archive --sort=$sort twice.tar
	out 'the last one counts' <<END
SHA512 (twice) = $(sha512sum <twice | cut -c 1-128)
END
	err 'and it is said' <<'END'
phash: twice: more than one member has this name: the last one counts
END
done

mkdir others
echo data >others/file
ln -s file others/symbolic
ln -P others/symbolic others/symbolic2
echo gone >others/gone
tar -C others -cf others.tar file symbolic symbolic2 gone
rm others/gone
ln -s file others/gone
tar -C others -rf others.tar gone
try 'a link to a symbolic link, and a file that is one at last' 0 \
	"$phash" --archive others.tar
out 'have no line' <<<"SHA512 (file) = $(sha512sum <others/file | cut -c 1-128)"
err 'and nothing is said' </dev/null

mkdir spelled
echo 1 >spelled/x
tar -C spelled -cf spelled.tar ./x
echo 2 >spelled/x
tar -C spelled -rf spelled.tar x
try 'two spellings of a name' 0 "$phash" --archive spelled.tar
out 'are one file' <<<"SHA512 (x) = $(sha512sum <spelled/x | cut -c 1-128)"
err 'which is said' <<'END'
phash: x: more than one member has this name: the last one counts
END

# ---- holes ------------------------------------------------------------------

mkdir holes
truncate -s 3M holes/all
truncate -s 5M holes/end
printf x | dd of=holes/end bs=1 seek=2000000 conv=notrunc status=none
truncate -s 1M holes/begin
printf y >>holes/begin
"$phash" -C holes . >holes.list
for format in gnu pax; do
	tar -C holes -S --format=$format -cf holes.tar .
	ok "$format: there are holes" test "$(stat -c %s holes.tar)" -lt 1000000
	try "$format: holes" 0 "$phash" --archive holes.tar
	same 'are zeros' holes.list "$work/out"
done

tar -C holes -S --format=pax -cf sparse.tar end
sed 's/GNU.sparse.minor=0/GNU.sparse.minor=1/' sparse.tar >unknown.tar
ok 'a kind of holes that libarchive does not know' bash -c \
	'! cmp -s sparse.tar unknown.tar'
try 'it' 1 "$phash" --archive unknown.tar
ok 'has no digest' bash -c '! grep SHA512 "$1"' - "$work/out"

# ---- options ----------------------------------------------------------------

for jobs in 1 2 5; do
	"$phash" -j $jobs --archive --archive-prefix=always v7.tar pax.tar \
		tar.gzip tree >"jobs$jobs" 2>&1
	ok "-j $jobs" diff jobs1 "jobs$jobs"
done
for engine in $(engines); do
	try "engine $engine" 0 "$phash" --engine="$engine" --archive pax.tar
	same 'the same' files "$work/out"
done
try '--tree-digest' 0 "$phash" --archive --tree-digest pax.tar
"$phash" --tree-digest -C x . >tree.digest
same 'is that of the tree' tree.digest "$work/out"
try '-a' 0 "$phash" -a sha256 --archive one.tar
out 'the digests of that' <<END
SHA256 (a) = $(sha256sum <tree/a | cut -c 1-64)
END
try '-v' 0 "$phash" -v --archive pax.tar
ok 'counts what is no file' grep -q \
	'1 archives opened, in which 5 members are not regular files' "$work/err"
try '--settle' 2 "$phash" --settle --archive one.tar
try '--archive-limit alone' 2 "$phash" --archive-limit=5 a
try '--archive-prefix alone' 2 "$phash" --archive-prefix=always a
for bad in 0 x 1X 1KB -1 99999999T; do
	try "--archive-limit=$bad" 2 "$phash" --archive-limit=$bad --archive a
done

# ---- what is broken ---------------------------------------------------------

# No worker died: of a signal, or, in a build with sanitizers, by their exit.
no_crash() { # DESC
	ok "$1: no crash" bash -c '! grep -E "worker (killed|exited|died)" "$1"' - \
		"$work/err"
}
# broken DESC FILE: at least one line on stderr that names it, and status 1.
broken() {
	try "$1" 1 "$phash" --archive "$2"
	ok "$1: it is named" grep -q "^phash: $2: " "$work/err"
	no_crash "$1"
}

tar -C tree -cf two.tar a big
for program in gzip bzip2 xz zstd lz4 lzip; do
	have "$program: damage" $program || continue
	$program -c <two.tar >good.$program
	size=$(stat -c %s good.$program)
	head -c $((size / 2)) good.$program >half.$program
	broken "$program: the half of it" half.$program
	ok "$program: no line for what breaks" bash -c '! grep big "$1"' - \
		"$work/out"
	head -c $((size - 1)) good.$program >less.$program
	broken "$program: a byte less" less.$program
	(cat good.$program && echo garbage) >more.$program
	broken "$program: garbage behind" more.$program
	(cat good.$program && head -c 2000 /dev/zero) >padded.$program
	flipped=$((size / 2))
	(
		head -c $flipped good.$program
		tail -c +$((flipped + 1)) good.$program | head -c 1 |
			tr '\000-\377' '\001-\377\000'
		tail -c +$((flipped + 2)) good.$program
	) >flipped.$program
	broken "$program: a byte is another" flipped.$program
done
try 'gzip: zeros behind' 0 "$phash" --archive padded.gzip
(gzip -c <alone && gzip -c <alone) >both.gz
try 'gzip: two in one' 0 "$phash" --archive both.gz
out 'are one' <<<"SHA512 (both) = $(cat alone alone | sha512sum | cut -c 1-128)"

head -c 20000 two.tar >short.tar
try 'a tar that is cut' 1 "$phash" --archive short.tar
ok 'the member is named' grep -q '^phash: big: ' "$work/err"
ok 'and what was before it is told' grep -q 'SHA512 (a)' "$work/out"
ok 'with a warning' grep -q \
	'short.tar: .*; what was read of it before that may be damaged$' \
	"$work/err"
# Of three small members, the header of the second is damaged.
mkdir three
for i in 1 2 3; do
	echo $i >three/f$i
done
# damaged DESC FILE PATTERN: its second one has another byte.
damaged() {
	local at
	at=$(grep -abo "$3" "$2" | sed -n 2p | cut -d : -f 1)
	printf X | dd of="$2" bs=1 seek="$at" conv=notrunc status=none
	try "$1" 1 "$phash" --archive "$2"
	ok "$1: it is said" grep -q '^phash: ' "$work/err"
	no_crash "$1"
	ok "$1: the second has no line" bash -c '! grep "(f2)" "$1"' - \
		"$work/out"
}
tar -C three -cf header.tar f1 f2 f3
damaged 'the header of a tar' header.tar 'f[123]'
if have 'the header of a cpio' cpio; then
	for format in newc odc; do
		(cd three && printf '%s\n' f1 f2 f3 | cpio --quiet -o \
			-H $format) >header.cpio 2>/dev/null
		damaged "the header of a cpio: $format" header.cpio '0707[07][17]'
	done
fi
if have 'the header of a zip' zip; then
	(cd three && zip -q ../header.zip f1 f2 f3)
	try 'a zip from a pipe' 1 bash -c 'cat header.zip | "$1" --archive' - \
		"$phash"
	err 'cannot be told' <<'END'
phash: -: a zip or 7z can be read from a file only, and not compressed
END
	out 'and has no line' </dev/null
	gzip -k header.zip
	broken 'a zip in gzip' header.zip.gz
	head -c $(($(stat -c %s header.zip) - 70)) header.zip >cut2.zip
	broken 'a zip without all of its index' cut2.zip
	printf 'a comment PK\5\6 with these four bytes' >comment
	cp header.zip comment.zip
	zip -qz comment.zip <comment >/dev/null
	try 'a zip with a comment' 0 "$phash" --archive comment.zip
	(cat header.zip && echo garbage) >more.zip
	broken 'a zip, and more behind it' more.zip
	head -c $(($(stat -c %s header.zip) - 60)) header.zip >cut.zip
	broken 'a zip without its index' cut.zip
fi
head -c 1024 header.tar >cut.tar
broken 'a tar that is cut between members' cut.tar
err 'lacks its end' <<'END'
phash: cut.tar: no end of the archive: it may have been cut; what was read of it before that may be damaged
END
if have 'an ar that is cut' ar; then
	(cd three && ar rc ../cut.ar f1 f2)
	truncate -s 100 cut.ar
	broken 'an ar that is cut' cut.ar
fi

# What only looks like compressed data is a file.
echo 'LZIP is a format of files' >words
printf '\037\235\140 and so on' >text
printf ']\0\0\0' >zeros2
head -c 5000 /dev/zero >>zeros2
for file in words text zeros2; do
	try "not compressed: $file" 0 "$phash" --archive $file
	out 'is a file' <<END
SHA512 ($file) = $(sha512sum <$file | cut -c 1-128)
END
done

cat one.tar two.tar >joined.tar
try 'two tars in one' 1 "$phash" --archive joined.tar
err 'the second is not passed over in silence' <<'END'
phash: joined.tar: there is more after the end of the archive; what was read of it before that may be damaged
END
if have 'zip: damage' zip; then
	(cd tree && zip -q0 ../crc.zip a empty)
	at=$(grep -abo hello crc.zip | cut -d : -f 1)
	printf X | dd of=crc.zip bs=1 seek="$at" conv=notrunc status=none
	try 'zip: a wrong checksum' 1 "$phash" --archive crc.zip
	ok 'no line' bash -c '! grep "(a)" "$1"' - "$work/out"
	ok 'the next member has one' grep -q '(empty)' "$work/out"
	(cd tree && zip -q -P secret ../secret.zip a)
	try 'zip: encrypted' 1 "$phash" --archive secret.zip
	err 'is said' <<'END'
phash: secret.zip: encrypted
END
fi

# ---- bombs ------------------------------------------------------------------

truncate -s 4T holes/huge
if [ "$(stat -c %s holes/huge)" = 4398046511104 ]; then
	tar -C holes -S -cf huge.tar huge
	try 'a hole of 4 TB' 1 "$phash" --archive huge.tar
	err 'is refused' <<'END'
phash: huge.tar: expands to more than 1099511627776 bytes
END
fi
rm holes/huge
truncate -s 2G holes/large
tar -C holes -S -cf large.tar large
try 'a hole of 2 GB' 1 "$phash" --archive large.tar
err 'is refused' <<'END'
phash: large.tar: expands to more than 10000 times its size
END
rm holes/large
head -c 3000000 /dev/zero | gzip >zeros.gz
try '--archive-limit' 1 "$phash" --archive --archive-limit=1M zeros.gz
ok 'is kept' grep -q 'expands to more than 1048576 bytes' "$work/err"
try '--archive-limit, enough' 0 "$phash" --archive --archive-limit=3M zeros.gz
cp alone nested
for _ in $(seq 30); do
	gzip nested
	mv nested.gz nested
done
try 'compressed 30 times' 1 "$phash" --archive nested
err 'is refused' <<'END'
phash: nested: compressed more than 24 times
END

# ---- a worker that dies -----------------------------------------------------

mkdir many
seq 5000 | while read -r i; do
	echo "$i" >"many/$i"
done
tar -cf many.tar many
# long enough to be met
truncate -s 200M many/zeros
tar -c many | gzip -1 >shot.tar.gz
"$phash" -a sha3-512 many >shot.list
ok 'workers are killed' shot_at 3 0 "$phash" -j 2 -a sha3-512 --archive \
	shot.tar.gz
same 'and all members are there, once' shot.list "$work/out"
rm many/zeros shot.tar.gz

# ---- streams ----------------------------------------------------------------

# Silent ones, in the middle of members, do not hold back what comes after.
head -c 300000 /dev/urandom >noise
tar -cf noise.tar noise
writers=()
for i in $(seq 14); do
	mkfifo "silent$i"
	(head -c 200000 noise.tar && exec sleep 1000) >"silent$i" &
	writers+=($!)
done
mkfifo names
"$phash" -j 1 --archive --sort=none --files-from=names >"$work/out" \
	2>"$work/err" &
pid=$!
exec 7>names
for i in $(seq 14); do
	echo "silent$i" >&7
done
sleep 0.3
printf '%s\n' many.tar alone >&7
ok 'an archive behind silent streams' until_ok lines_are "$work/out" 5001
exec 7>&-
kill "${writers[@]}"
wait "$pid"
ok 'which are named when they break off' test \
	"$(grep -c "^phash: 'silent.*!noise': " "$work/err")" = 14
wait

# libarchive crashes, or hangs, when it comes to the member x.
cat >fault.c <<'END'
#include <dlfcn.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct archive;
struct archive_entry;
const char *archive_entry_pathname(struct archive_entry *e);

int
archive_read_next_header(struct archive *a, struct archive_entry **e)
{
	int (*next)(struct archive *, struct archive_entry **) =
	    (int (*)(struct archive *, struct archive_entry **))
	    dlsym(RTLD_NEXT, "archive_read_next_header");
	int rc = next(a, e);

	if (rc == 0 && !strcmp(archive_entry_pathname(*e), "x")) {
		if (getenv("HANG"))
			poll(NULL, 0, -1);
		if (getenv("SLOW"))
			return sleep(3), rc;
		*(volatile int *)0 = 0;
	}
	return rc;
}
END
# Reads that fail, and that a signal interrupts. strace counts those of each thread by
# themselves: the first thread of a worker reads until libarchive knows the format,
# which may be all of a small archive, and the thread that unpacks reads the rest.
# LeakSanitizer cannot work under ptrace.
reads_say() { # ERROR WHEN ARCHIVE DESC STATUS
	try "$4" "$5" env ASAN_OPTIONS=detect_leaks=0 timeout 60 strace -f \
		--quiet=attach,path-resolution -o "$work/trace" \
		-P "$PWD/$3" -e "inject=read:error=$1:when=$2" \
		"$phash" --no-sandbox --archive "$3"
}
# THREADS of them had reads that failed.
met_by() {
	[ "$(grep INJECTED "$work/trace" | cut -d ' ' -f 1 | sort -u | wc -l)" = "$1" ]
}
if strace -o "$work/trace" true 2>/dev/null; then
	head -c 3000000 /dev/zero >long
	tar -cf long.tar a long
	reads_say EINTR 1..3 long.tar 'reads of an archive are interrupted' 0
	ok 'in both threads' met_by 2
	out 'and made again' <<END
SHA512 (a) = $one
SHA512 (long) = $(sha512sum <long | cut -c 1-128)
END
	for when in 1 2; do
		reads_say EIO "$when+" one.tar "read $when of an archive fails" 1
		err 'which is said' <<<'phash: one.tar: Input/output error'
		out 'of nothing else' </dev/null
	done
	for when in 2 3 5; do
		reads_say EIO "$when+" long.tar \
			"read $when of the thread that unpacks fails" 1
		ok 'and of no other' met_by 1
		out 'what was read before is there' <<<"SHA512 (a) = $one"
		err 'the rest is named' <<'END'
phash: long: Input/output error
phash: long.tar: Input/output error; what was read of it before that may be damaged
END
	done
	rm long long.tar
else
	skip 'reads of an archive that fail' 'strace cannot trace'
fi

echo x >x.file
tar --transform s/x.file/x/ -cf bad.tar a x.file
if grep -q -e -fsanitize "${phash%/*}/flags" 2>/dev/null ||
    ! cc -D_GNU_SOURCE -shared -fPIC -o fault.so fault.c 2>"$work/err"; then
	skip 'a crash inside libarchive' 'no library can be loaded before'
	finish
fi
try 'a crash inside libarchive' 1 env LD_PRELOAD="$PWD/fault.so" \
	"$phash" -j 2 --archive one.tar bad.tar a
out 'costs one archive' <<END
SHA512 (a) = $one
SHA512 (one.tar!a) = $one
END
err 'which is named' <<'END'
phash: bad.tar: worker killed by signal 11 (Segmentation fault)
END
# Four are open at a time. What waits for one of them is gone meanwhile.
for i in 1 2 3 4 5; do
	cp bad.tar "slow$i.tar"
done
LD_PRELOAD="$PWD/fault.so" SLOW=1 "$phash" -j 1 --archive slow[1-5].tar \
	>"$work/out" 2>"$work/err" &
sleep 0.5
rm slow5.tar
wait $!
ok 'an archive that is gone when its turn comes' test $? = 1
err 'is named' <<'END'
phash: slow5.tar: No such file or directory
END
ok 'the others are read' lines_are "$work/out" 8

try 'libarchive hangs' 1 env LD_PRELOAD="$PWD/fault.so" HANG=1 \
	"$phash" -j 2 --archive --timeout=3 one.tar bad.tar a
# What was read of it before may have come, or not.
grep -v '(bad.tar!a)' "$work/out" >GIVEN-UP
printf 'SHA512 (%s) = %s\n' a "$one" 'one.tar!a' "$one" >EXPECTED
same 'one archive is given up' GIVEN-UP EXPECTED
ok 'and named' grep -q '^phash: bad.tar: no progress for 3 seconds' "$work/err"

finish
