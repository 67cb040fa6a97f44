#!/usr/bin/env bash
# --archive: members of RARs, which only workers that are locked in read.

. "${0%/*}/lib.sh" || exit 1
make_rar=$top/tests/rar-make

if ! has_archives; then
	skip 'rar' 'built without libarchive'
	finish
fi

unconfined='a rar is read only in a sandbox with seccomp'
echo hello >a
one=$(sha512sum <a | cut -c 1-128)
"$make_rar" 4 a >4.rar
"$make_rar" 5 a >5.rar
gzip -k 5.rar
for file in 4.rar 5.rar 5.rar.gz; do
	try "$file without a sandbox" 1 "$phash" --no-sandbox --archive $file
	err 'is not read' <<<"phash: $file: $unconfined"
	out 'nor taken for a file' </dev/null
done
try 'from a pipe without one' 1 bash -c \
	'cat 4.rar | "$1" --no-sandbox --archive' - "$phash"
err 'likewise' <<<"phash: -: $unconfined"
mkdir found
cp 4.rar a found
try 'found by a walk' 1 "$phash" --no-sandbox --archive=recursive found
ok 'others are read' grep -qF '(found/a)' "$work/out"
try 'as a file' 0 "$phash" --no-sandbox 4.rar
out 'it is one' <<<"SHA512 (4.rar) = $(sha512sum <4.rar | cut -c 1-128)"

if ! "$phash" --debug a 2>&1 |
	grep -q '^phash: sandbox of the workers: .*seccomp'; then
	try 'where there is no seccomp' 1 "$phash" --archive 4.rar
	err 'it is not read, either' <<<"phash: 4.rar: $unconfined"
	skip 'what is in a rar' 'workers have no seccomp here'
	finish
fi

# ---- what is in it ------------------------------------------------------------

mkdir -p tree/dir
(
	cd tree || exit 1
	echo hello >a
	: >empty
	head -c 300000 /dev/urandom >big
	seq 10000 >dir/seq
	echo x >'sp ace'
	echo y >$'new\nline'
	printf bad >$'bad\377\376'
	printf '\303\274' >$'\303\274n'
	printf nfd >$'e\314\201'
	printf '\235\012\331\155' >zero # its CRC is 0
	ln -s a sym
	shopt -s globstar
	printf '%s\0' ** >../NAMES
)
mapfile -td '' names <NAMES
"$phash" -C tree . | sed 's/ (\.\// (/' >files
cd tree || exit 1
for version in 4 5; do
	for pack in --store --pack; do
		"$make_rar" $version $pack --comment "${names[@]}" \
			>../x$version$pack.rar
	done
done
cd ..
if command -v 7z >/dev/null; then
	for version in 4 5; do
		ok "rar $version: another reader finds no fault in it" \
			7z t x$version--store.rar
	done
else
	skip 'another reader' 'no 7z'
fi
for file in x{4,5}--{store,pack}.rar; do
	try "$file" 0 "$phash" --archive "$file"
	same 'has the files' files "$work/out"
	err 'and nothing to say' </dev/null
	ok 'sha512sum reads the same there' bash -c \
		'cd tree && sha512sum --quiet -c "$1"' - "$work/out"
	try "$file from a pipe" 0 bash -c \
		'{ head -c 100; sleep 0.1; cat; } <"$2" | "$1" --archive' - \
		"$phash" "$file"
	same 'has the same' files "$work/out"
	gzip -k "$file"
	try "$file in gzip" 0 "$phash" --archive "$file.gz"
	same 'has the same' files "$work/out"
	try "$file, -v" 0 "$phash" -v --archive "$file"
	ok 'counts what is no file' grep -q \
		'1 archives opened, in which 2 members are not regular files' \
		"$work/err"
done
"$make_rar" 4 'a\b=a' >backslash.rar
try 'a backslash in a name of a rar 4' 0 "$phash" --archive backslash.rar
ok 'is a slash' grep -qF 'SHA512 (a/b) =' "$work/out"
"$make_rar" 5 'a\b=a' >backslash.rar
try 'of a rar 5' 0 "$phash" --archive backslash.rar
ok 'is none' grep -qF '\SHA512 (a\\b) =' "$work/out"
"$make_rar" 4 --unicode=$'\303\274' u=a >unicode.rar
try 'a name in UTF-16' 0 "$phash" --archive unicode.rar
ok 'is UTF-8' grep -qF $'SHA512 (\303\274) =' "$work/out"

# More than is read at a time.
small_files many 150
"$phash" many >many.list
for version in 4 5; do
	"$make_rar" $version many/* >many.rar
	for jobs in 1 3; do
		try "a megabyte in a rar $version, -j $jobs" 0 \
			"$phash" -j $jobs --archive many.rar
		same 'is all there' many.list "$work/out"
	done
done

# Where it may, libarchive goes to the end of what it has no use for.
for version in 4 5; do
	"$make_rar" $version a --comment=1000000 b=a >comment.rar
	try "a rar $version with a long comment" 0 "$phash" --archive comment.rar
	ok 'has what is behind it' lines_are "$work/out" 2
done

"$make_rar" 5 a 'hard->a' 'copy5->a' 'junction3->a' 'win2->a' >links.rar
try 'links of a rar 5' 0 "$phash" --archive links.rar
out 'what is one file has its digest' <<END
SHA512 (a) = $one
SHA512 (copy) = $one
SHA512 (hard) = $one
END
"$make_rar" 5 $'e\314\201=a' $'copy5->e\314\201' >accent.rar
try 'a copy of one with an accent' 0 "$phash" --archive accent.rar
ok 'is one' grep -q "SHA512 (copy) = $one" "$work/out"
"$make_rar" 5 'hard->gone' a >gone.rar
try 'a link to what is not there' 1 "$phash" --archive gone.rar
err 'is said' <<'END'
phash: hard: a hard link to what is not in the archive
END
"$make_rar" 5 a --unknown >unknown.rar
try 'a block to be passed over' 0 "$phash" --archive unknown.rar
ok 'is' lines_are "$work/out" 1

# ---- lists --------------------------------------------------------------------

for version in 4 5; do
	mv x$version--store.rar list$version.rar
	"$phash" --archive --archive-prefix=always list$version.rar >LIST
	try "rar $version: -c" 0 "$phash" -c --archive --quiet LIST
	try '--audit' 0 "$phash" --audit=LIST --archive \
		--archive-prefix=always --quiet list$version.rar
	try '--audit against the tree' 0 "$phash" --audit=files --archive \
		--quiet list$version.rar
	sed -i "s/ (list$version.rar!a) = .*/ (list$version.rar!a) = $(printf %0128d 0)/" \
		LIST
	try 'another digest' 1 "$phash" -c --archive --quiet LIST
	ok 'is seen' grep -qxF "'list$version.rar!a': FAILED" "$work/out"
	try '-c without a sandbox' 1 "$phash" --no-sandbox -c --archive \
		--quiet LIST
	ok 'says so' grep -qxF "phash: list$version.rar: $unconfined" "$work/err"
	try '--audit without a sandbox' 1 "$phash" --no-sandbox --audit=files \
		--archive --quiet list$version.rar
	ok 'says so, too' grep -qF "phash: list$version.rar: $unconfined" \
		"$work/err"
done

# ---- what is not read -----------------------------------------------------------

# refused DESC REASON WORD...: a rar of those, for that reason, with no more members
# than there are before the fault.
refused() {
	local desc=$1 why=$2
	shift 2
	"$make_rar" "$@" >refused.rar
	try "rar $desc" 1 "$phash" --archive refused.rar
	ok 'is said' grep -q "^phash: refused.rar: $why" "$work/err"
	ok 'and what is behind it has no line' bash -c \
		'! grep -q tree "$1"' - "$work/out"
}
volume='one of several volumes: a rar can be read only where it is one file'
cut='no end of the archive: it may have been cut'
for v in 4 5; do
	refused "$v: a volume" "$volume\$" $v --volume tree/a
	refused "$v: another follows" "$volume;" $v a --next
	refused "$v: a member of two" "$volume;" $v a --split tree/a
	refused "$v: an encrypted member" 'encrypted;' $v a --encrypted tree/a
	refused "$v: encrypted headers" 'encrypted$' $v --locked tree/a
	refused "$v: a block that is needed" . $v a --needed tree/a
	refused "$v: no end" "$cut;" $v a --no-end
	refused "$v: compressed as another RAR does" 'compressed as ' \
		$v a --pack --version=20 tree/a
	refused "$v: a solid member, but not what it needs" '.*[Ss]olid' \
		$v a --solid tree/a
	for more in x '\0' 'Rar!\32\7'; do
		# shellcheck disable=SC2059 # it is a format
		(cat $v.rar && printf "$more") >more.rar
		try "rar $v: more behind it" 1 "$phash" --archive more.rar
		err 'is said' <<'END'
phash: more.rar: there is more after the end of the archive; what was read of it before that may be damaged
END
		gzip -f more.rar
		try 'in gzip' 1 "$phash" --archive more.rar.gz
		ok 'too' grep -q 'there is more after the end' "$work/err"
	done
	(printf MZ && head -c 1000 /dev/zero && cat $v.rar) >sfx
	try "rar $v: an executable that unpacks itself" 0 "$phash" --archive sfx
	out 'is a file' <<<"SHA512 (sfx) = $(sha512sum <sfx | cut -c 1-128)"
done
refused '5: a link of another kind' 'a link of a kind that is not known' \
	5 a 'x9->a' tree/a
# libarchive takes what the block has for blocks, and comes to no member behind it.
refused '5: a member behind a block to be passed over' 'a member of it was not f' \
	5 a --unknown tree/a
for version in '\0' '\1\0'; do
	# shellcheck disable=SC2059 # it is a format
	printf "Rar!\32\7$version" >signature
	try 'a signature alone' 1 "$phash" --archive signature
	err 'is a rar that was cut' <<<"phash: signature: $cut"
done
printf 'Rar!\32\7' >signature
try 'less than one' 0 "$phash" --archive signature
ok 'is a file' grep -qF 'SHA512 (signature) =' "$work/out"

# ---- checksums ------------------------------------------------------------------

# wrong DESC WORD...: a rar of those, in which "a" or "zero" has a wrong checksum.
wrong() {
	local desc=$1
	shift
	"$make_rar" "$@" >wrong.rar
	try "$desc" 1 "$phash" --archive wrong.rar
	ok 'is said' grep -qE \
		'^phash: (a|zero): (its checksum is wrong|Check|File CRC)' \
		"$work/err"
	ok 'and it has no line' bash -c '! grep -E "\((a|zero)\)" "$1"' - \
		"$work/out"
}
blake2sp=68505689ed9e9910f32668d51bfc0ec82641936350099accdcda9ab464be1870
for pack in --store --pack; do
	for version in 4 5; do
		wrong "rar $version $pack: a wrong CRC" $version $pack \
			--bad-crc a tree/empty
	done
	wrong 'one of zero' 5 $pack --crc=00000000 a
	wrong 'a wrong BLAKE2sp' 5 $pack --no-crc --blake2sp=${blake2sp/6/0} a
	"$make_rar" 5 $pack --no-crc --blake2sp=$blake2sp a >blake2sp.rar
	try 'a right one' 0 "$phash" --archive blake2sp.rar
	out 'is none to speak of' <<<"SHA512 (a) = $one"
done

# ---- every cut, and every byte another ------------------------------------------

# Make files tries/N: of standard input what comes before each byte from byte ARG 1
# on; or all of it, with one bit another, from there on: each, or every so many.
cuts='local $/; my $all = <STDIN>; my ($from) = @ARGV;
	for my $i ($from .. length($all) - 1) {
		open my $f, ">", "tries/$i";
		print $f substr $all, 0, $i;
	}'
flips='local $/; my $all = <STDIN>; my ($from, $step) = @ARGV;
	for (my $i = $from * 8; $i < length($all) * 8; $i += $step) {
		my $other = $all;
		vec($other, $i, 1) ^= 1;
		open my $f, ">", "tries/$i";
		print $f $other;
	}'

# tried DESC: the files tries/*, which are removed. What has a line is as it was.
tried() {
	printf '%s\n' tries/* >FILES
	try "$1" 1 "$phash" --archive --archive-prefix=always \
		--files-from=FILES
	cut -d = -f 2 "$work/out" | sort -u | comm -13 DIGESTS - >WRONG
	same 'no digest is wrong' WRONG /dev/null
	rm tries/*
}

# Each of them is named on stderr, or a member of it, in quotes.
all_named() {
	sed -n "s/^phash: '\{0,1\}\(tries\/[0-9]*\)[!:].*/\1/p" "$work/err" |
		sort -u | comm -13 - <(sort FILES) >UNNAMED
	same 'each time it is said' UNNAMED /dev/null
}

sha512sum a /dev/null | sed 's/\([^ ]*\).*/ \1/' | sort >DIGESTS
mkdir tries
for version in 4 5; do
	signature=$((version == 4 ? 7 : 8))
	for pack in --store --pack; do
		"$make_rar" $version $pack a --comment dir=tree/dir b=a \
			empty=tree/empty c=a >whole.rar
		perl -e "$cuts" $signature <whole.rar
		tried "rar $version $pack: cut at every byte"
		all_named
	done
	# Of codes some bits mean nothing.
	perl -e "$flips" $signature 9 <whole.rar
	tried "rar $version --pack: every byte another"
	"$make_rar" $version a dir=tree/dir b=a empty=tree/empty >whole.rar
	perl -e "$flips" $signature 1 <whole.rar
	tried "rar $version: every bit another"
	all_named
done

finish
