#!/usr/bin/env bash
# Of which algorithm a line of a list is: by its tag, by -a, by the name of the
# list, by the length of its digest.

. "${0%/*}/lib.sh" || exit 1

printf abc >f
printf abd >g
# sum ALGORITHM FILE...: plain lines.
sum() {
	"$phash" --untagged -a "$@"
}

# The length of the digest
for name in md5 sha1 sha224 sha256 sha384 sha512; do
	for form in '' --base64; do
		# shellcheck disable=SC2086 # none, or one word
		sum $name $form f g >list
		try "$name${form:+, base64}" 0 "$phash" -c --strict -v list
		out 'is told by its length' <<'END'
f: OK
g: OK
END
		err 'and said with -v' <<END
phash: list: lines without a tag are read as ${name^^}, by the length of the first digest
END
	done
done
try 'without -v' 0 "$phash" -c list
err 'nothing is said' </dev/null
{ echo word; sum md5 f; sum sha256 g; } >list
try 'lines of two lengths' 0 "$phash" -c -w list
out 'are of the length of the first' <<'END'
f: OK
END
err 'what is not is malformed' <<'END'
phash: list: 1: improperly formatted SHA512 checksum line
phash: list: 3: improperly formatted MD5 checksum line
phash: WARNING: 2 lines are improperly formatted
END
sum md5 f >one
sum sha256 f >two
try 'each list decides for itself' 0 "$phash" -c --strict one two one
printf '{"path":"f","digest":"%s"}\n' "$(sum sha256 f | cut -c -64)" >list
try 'an object without an algorithm' 0 "$phash" -c --strict list
{ echo "SHA1 (f) = $(sum sha1 f | cut -c -40)"; sum md5 f; } >list
try 'tagged lines decide nothing' 0 "$phash" -c --strict list
sum md5 f | tr '\n' '\0' >list
try '-z' 0 "$phash" -c -z --strict list
try 'a list on standard input' 0 bash -c '"$1" -c -v <two' - "$phash"
err 'is told as any other' <<'END'
phash: 'standard input': lines without a tag are read as SHA256, by the length of the first digest
END

# The name of the list
named() {
	local name=$1 algorithm=$2 tag=$3
	sum "$algorithm" f g >"$name"
	try "$name" 0 "$phash" -c --strict -v "$name"
	out 'is read' <<'END'
f: OK
g: OK
END
	err "as $tag" <<END
phash: $name: lines without a tag are read as $tag, by the name of the list
END
	rm "$name"
}
for name in B2SUMS b2sums x.b2 x.b2sum X.B2SUM x.blake2b x.b2sums.txt B2SUMS.asc \
	pool-b2sums pool_B2-SUMS; do
	named "$name" blake2b BLAKE2b
done
named SHA256SUMS sha256 SHA256
named sha256sum.txt sha256 SHA256
named CHECKSUM.SHA512 sha512 SHA512
named x.md5 md5 MD5
named x.md5sums md5 MD5
named x.sm3 sm3 SM3
named x.sha3-256sum sha3-256 SHA3-256
named x.sha3 sha3-512 SHA3
named x.sha3 sha3-224 SHA3
named ./SHA1SUMS sha1 SHA1
named "$(printf %0200d 0).sm3sums" sm3 SM3
for name in sums md5.list web2 xmd5 SHA256SUMS.d; do
	sum sha512 f >"$name"
	try "$name" 0 "$phash" -c -v "$name"
	err 'says nothing' <<END
phash: $name: lines without a tag are read as SHA512, by the length of the first digest
END
	rm "$name"
done
sum sha512 f >x.sha256
try 'another length than the name says' 1 "$phash" -c -w x.sha256
err 'is malformed' <<'END'
phash: x.sha256: 1: improperly formatted SHA256 checksum line
phash: x.sha256: no properly formatted checksum lines found
END
try 'and is not read as anything' 1 "$phash" -c -v x.sha256
err 'nor is that said' <<'END'
phash: x.sha256: no properly formatted checksum lines found
END
printf 'MD5 (f) = %032d\n%032dg\n' 0 0 >list
try 'no plain line that is whole' 1 "$phash" -c -v list
err 'gets no hint' <<'END'
phash: WARNING: 1 line is improperly formatted
phash: WARNING: 1 computed checksum did NOT match
END
"$phash" -a md5 f >x.sha256
try 'tagged lines' 0 "$phash" -c -v x.sha256
err 'are not read as anything' </dev/null

# -a
sum blake2b f >sums
try '-a' 0 "$phash" -a blake2b -c -v --strict sums
err 'is not said' </dev/null
sum md5 f >x.sha1
try '-a is stronger than the name' 0 "$phash" -a md5 -c --strict x.sha1
try 'and than the length' 1 "$phash" -a sha512 -c -w x.sha1
err 'as ever' <<'END'
phash: x.sha1: 1: improperly formatted SHA512 checksum line
phash: x.sha1: no properly formatted checksum lines found
END
for bits in 224 256 384 512; do
	sum sha$bits f >>sha2
	sum sha3-$bits f >>sha3
done
for bits in 8 256 504; do
	sum shake128-$bits f >>shake128
done
for name in sha2 sha3 shake128; do
	try "-a $name" 0 "$phash" -a $name -c --strict $name
	ok 'reads every length' test "$(grep -c OK "$work/out")" = \
		"$(wc -l <$name)"
done
try '-a sha2 -l 256' 0 "$phash" -a sha2 -l 256 -c -w sha2
out 'reads one' <<'END'
f: OK
END
rm sha2 sha3

# What is taken for the wrong one
sum blake2b f g >sums
try 'a list of another algorithm of that length' 1 "$phash" -c sums
err 'fails with a hint' <<'END'
phash: WARNING: 2 computed checksums did NOT match
phash: sums: nothing matched as SHA512; digests of this length may also be BLAKE2b, SHA3-512 (-a says which)
END
{ cat sums; sum sha512 f; } >some
try 'when something is right' 1 "$phash" -c some
err 'there is no hint' <<'END'
phash: WARNING: 2 computed checksums did NOT match
END
try 'when the user said so' 1 "$phash" -a sha512 -c sums
err 'there is no hint' <<'END'
phash: WARNING: 2 computed checksums did NOT match
END
try '--status' 1 "$phash" -c --status sums
err 'is silent' </dev/null
cp sums SHA512SUMS
try 'when the name said so' 1 "$phash" -c SHA512SUMS
err 'there is no hint either' <<'END'
phash: WARNING: 2 computed checksums did NOT match
END
sum md5 f | sed 's/  f/  g/' >sums
try 'when there is no other' 1 "$phash" -c sums
err 'likewise' <<'END'
phash: WARNING: 1 computed checksum did NOT match
END

# Tags
while read -r tag name; do
	echo "$tag (f) = $(sum "$name" f | sed 's/ .*//')" >list
	try "$tag" 0 "$phash" -c --strict list
done <<'END'
SHA256-256 sha256
sha256 sha256
SHA2-256 sha256
SHA512t256 sha512-256
SHA512/256 sha512-256
BLAKE2b512 blake2b
blake2b-512 blake2b
BLAKE2B-512 blake2b
RIPEMD-160 ripemd160
Sha3-256 sha3-256
SHAKE-128 shake128-512
SHAKE256 shake256-24
SHAKE256-256 shake256
END
# More than there can be algorithms.
digest=$(sum sha512 f | cut -c -128)
for name in {s,S}{h,H}{a,A}{,-,2-}512 2.16.840.1.101.3.4.2.3 {s,S}{h,H}{a,A}512-512 \
	{s,S}{h,H}{a,A}{-,2-}512-512 {s,S}{h,H}{a,A}{,-,2-}512-0512; do
	echo "$name (f) = $digest"
done >list
ok 'a list of many names of one algorithm' test "$(wc -l <list)" -gt 64
try 'is read' 0 "$phash" -c --strict --quiet list

# Nobody's
for ((i = 0; i < 70; i++)); do
	echo "X$i (f) = 01234567"
done >list
try 'many algorithms that nobody knows' 1 "$phash" -c list
ok 'are all said' test "$(grep -c '^f: FAILED open or read$' "$work/out")" = 70
ok 'the last ones without their names' grep -qx \
	'phash: f: its algorithm is not known to libcrypto' "$work/err"
try 'likewise with --json' 1 "$phash" -c --json list
ok 'they have no algorithm there' test "$(grep -vc '"algorithm":' "$work/out")" = 6
for ((i = 0; i < 72; i++)); do
	echo "X$((i % 9)) (f) = 01234567"
done >list
try 'many lines of some' 1 "$phash" -c list
ok 'all have their names' test "$(grep -cx \
	'phash: f: algorithm X[0-8] is not known to libcrypto' "$work/err")" = 72
printf '{"path":"f","algorithm":"","digest":"01234567"}\n' >list
try 'an algorithm without a name' 1 "$phash" -c list
err 'is not known either' <<'END'
phash: f: its algorithm is not known to libcrypto
phash: WARNING: 1 listed file could not be read
END
for ((i = 8; i <= 512; i += 8)); do
	for name in SHAKE128 SHAKE256; do
		echo "$name-$i (f) = $(sum ${name,,}-$i f | sed 's/ .*//')"
	done
done >list
try 'more algorithms than a run has' 1 "$phash" -c list
ok 'are said, too' grep -q ': algorithm SHAKE[0-9-]* is one too many for a run$' \
	"$work/err"
ok 'and not passed over' test "$(wc -l <"$work/out")" = 128
printf 'X1 (nothing) = 01234567\nSHA512 (f) = %s\n' \
	"$(sum sha512 f | cut -c -128)" >list
try 'a missing file of such an algorithm' 1 "$phash" -c list
err 'is missing' <<'END'
phash: nothing: No such file or directory
phash: WARNING: 1 listed file could not be read
END
try '--ignore-missing' 0 "$phash" -c --ignore-missing list
printf 'X1 (f) = 01234567\n' >list
try '--json' 1 "$phash" -c --json list
out 'names it as the list does' <<'END'
{"verdict":"UNREADABLE","path":"f","algorithm":"X1","error":"algorithm X1 is not known to libcrypto"}
END
if "$phash" -a blake2b-256 f >/dev/null 2>&1; then
	b2sum --tag -l 256 f >list
	b2sum --tag -l 8 g >>list
	try 'b2sum -l' 0 "$phash" -c --strict list
	b2sum -l 256 f >B2SUMS
	b2sum -l 8 g >>B2SUMS
	try 'B2SUMS of other lengths' 0 "$phash" -c --strict B2SUMS
	cp B2SUMS list
	try '-a blake2b' 0 "$phash" -a blake2b -c --strict list
	sed -i 's/^./0/; s/^\(.\)./\10/' B2SUMS
	try 'other digests' 1 "$phash" -c B2SUMS
else
	b2sum --tag -l 256 f >list
	b2sum --tag -l 8 f >>list
	try 'b2sum -l' 1 "$phash" -c list
	out 'is not passed over' <<'END'
f: FAILED open or read
f: FAILED open or read
END
	b2sum -l 256 f >B2SUMS
	try 'B2SUMS of other lengths' 1 "$phash" -c B2SUMS
	err 'likewise' <<'END'
phash: f: algorithm BLAKE2b-256 is not known to libcrypto
phash: WARNING: 1 listed file could not be read
END
fi

# Prose in a list of digests of any length is no entry, and decides nothing.
for line in 'This is a list of sums' 'Made  with love'; do
	{ echo "$line"; b2sum f; } >B2SUMS
	try "'$line' above a list" 0 "$phash" -c B2SUMS
	out 'leaves the rest as it is' <<'END'
f: OK
END
	err 'and is malformed, as to b2sum' <<'END'
phash: WARNING: 1 line is improperly formatted
END
	{ b2sum f; echo "$line"; } >list
	try "'$line' below it" 1 "$phash" -a blake2b -c --strict list
	out 'is no entry' <<'END'
f: OK
END
done
{ echo 'Made  with love'; sum blake2b f --base64; } >list
try 'base64' 0 "$phash" -a blake2b -c list

# Audits
mkdir t
printf abc >t/f
printf abd >t/g
audit() {
	local desc=$1 status=$2
	shift 2
	try "$desc" "$status" "$phash" --audit=list -C t "$@"
}
(cd t && sum md5 f g) >list
audit 'an audit by a list of MD5' 0 -v
err 'tells it by the length, too' <<'END'
phash: list: lines without a tag are read as MD5, by the length of the first digest
phash: 2 listed: 2 OK, 0 CHANGED, 0 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE
END
(cd t && sum blake2b f g) >list
audit 'an audit by another algorithm of that length' 1
err 'has the hint' <<'END'
phash: list: nothing matched as SHA512; digests of this length may also be BLAKE2b, SHA3-512 (-a says which)
phash: 2 listed: 0 OK, 2 CHANGED, 0 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE
END
b64=$(sum sha512 --base64 f | sed 's/==  f$//')
printf 'X1 (f) = 01234567\nX1 (x) = 01234567\n%s  g\n' "${b64%?}x==" >list
audit 'an audit with entries that cannot be right' 1
out 'they are UNREADABLE and CHANGED' <<'END'
UNREADABLE f
CHANGED g
MISSING x
END
err 'with the reason' <<'END'
phash: f: algorithm X1 is not known to libcrypto
phash: list: nothing matched as SHA512; digests of this length may also be BLAKE2b, SHA3-512 (-a says which)
phash: 3 listed: 0 OK, 1 CHANGED, 1 MISSING, 0 MOVED, 1 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE
END
cp list before
audit 'then --update' 1 --update
same 'writes nothing' before list
printf 'X1 (f) = 01234567\nMD5 (g) = %s\n' "$(sum md5 g | cut -c -32)" >list
printf new >t/new
audit 'what is not listed' 1 -o out --update
out 'has the first algorithm that can be computed' <<'END'
UNREADABLE f
OK g
NEW new
END

# Lists of other kinds
printf '%%%%%%%% HASHDEEP-1.0\n%%%%%%%% size,md5,filename\n## \n3,%s,f\n' \
	"$(sum md5 f | cut -c -32)" >list
try 'a list of hashdeep' 1 "$phash" -c -w list one
out 'is not read, and the next one is' <<'END'
f: OK
END
err 'and is said to be one' <<'END'
phash: list: a list of hashdeep, which phash does not read
END
audit 'an audit by one' 2
err 'cannot be' <<'END'
phash: list: a list of hashdeep, which phash does not read
END
printf '; Generated by cksfv\nf 352441C2\n' >list
try 'SFV' 1 "$phash" -c list
err 'likewise' <<'END'
phash: list: a list of SFV (CRC-32), which phash does not read
END
printf 'f 352441C2\n' >x.sfv
try 'SFV by its name' 1 "$phash" -c x.sfv
err 'likewise' <<'END'
phash: x.sfv: a list of SFV (CRC-32), which phash does not read
END

finish
