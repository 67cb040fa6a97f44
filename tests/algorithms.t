#!/usr/bin/env bash
# -a: any digest of libcrypto, with the tags of cksum.

. "${0%/*}/lib.sh"

mkdir d
printf abc >d/abc
touch d/empty
head -c 200000 /dev/zero >d/zeros
printf x >$'d/n\nl'

# tool ALGORITHM TOOL...: the lines of coreutils.
tool() {
	local algorithm=$1
	shift
	"$@" d/abc d/empty $'d/n\nl' d/zeros >"$work/lines"
	try "-a $algorithm" 0 "$phash" -a "$algorithm" d
	same "is as $*" "$work/lines" "$work/out"
	"$1" -c --quiet --strict "$work/out" >"$work/err" 2>&1
	err 'which can check it' </dev/null
}
tool md5 md5sum --tag
tool sha1 sha1sum --tag
tool sha224 sha224sum --tag
tool sha256 sha256sum --tag
tool sha384 sha384sum --tag
tool sha512 sha512sum --tag
tool blake2b b2sum --tag
if cksum -a sm3 d/abc >/dev/null 2>&1; then
	tool sm3 cksum -a sm3
else
	skip '-a sm3' 'no cksum -a'
fi

same_as() {
	local name=$1
	"$phash" -a "$2" d >"$work/lines"
	try "-a $name" 0 "$phash" -a "$name" d
	same "is -a $2" "$work/lines" "$work/out"
}
same_as SHA512 sha512
same_as Sha2-512 sha512
same_as SHA-512 sha512
same_as SHA2-256 sha256
same_as BLAKE2b512 blake2b
same_as BLAKE2b blake2b
same_as SHA512/256 sha512-256
same_as 2.16.840.1.101.3.4.2.3 sha512
same_as 2.16.840.1.101.3.4.2.11 shake128

# Those without a tool of coreutils: published digests of "abc".
abc() {
	try "-a $1" 0 "$phash" --untagged -a "$1" d/abc
	out 'the published digest' <<END
$2  d/abc
END
}
abc sha3-224 e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf
abc sha3-256 3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532
abc sha3-384 ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25
abc sha3-512 b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0
abc sha512-224 4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa
abc sha512-256 53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23
abc blake2s256 508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982
abc ripemd160 8eb208f7e05d987a9b044a8e98c6b087f15a0bfc

try 'a tag of three digits' 0 "$phash" -a sha3-256 d/abc
out 'names it' <<'END'
SHA3-256 (d/abc) = 3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532
END

for name in nope '' 'sha 512 512' $'new\nline' whirl; do
	try "-a '$name'" 2 "$phash" -a "$name" d
	out 'prints nothing' </dev/null
	quoted=\'$name\'
	[ "$name" = $'new\nline' ] && quoted="'new'\$'\\n''line'"
	err 'and says so' <<END
phash: algorithm $quoted: not known to libcrypto
END
done
for name in sha521 sha513 'sha 512' sha512x SHA51; do
	try "-a '$name'" 2 "$phash" -a "$name" d
	err 'and says what was meant' <<END
phash: algorithm '$name': not known to libcrypto; did you mean sha512?
END
done
try '-a shake' 2 "$phash" -a shake d
err 'means one of that family' <<'END'
phash: algorithm 'shake': not known to libcrypto; did you mean shake128?
END
try 'an unknown algorithm and -o' 2 "$phash" -o list -a nope d
ok 'leave no file' test ! -e list
try 'the last -a' 0 "$phash" -a nope -a md5 --untagged d/abc
out 'is taken' <<'END'
900150983cd24fb0d6963f7d28e17f72  d/abc
END

abc shake128 5881092dd818bf5cf8a3ddb793fbcba7
abc shake256-512 483366601360a8771c6863080cc4114d8db44530f8f1e1ee4f94ea37e78b5739d5a15bef186a5386c75744c0527e1faa9f8726e462a12a4feb06bd8801e751e4
try 'a length' 0 "$phash" -a shake128 d/abc
out 'is named' <<'END'
SHAKE128-128 (d/abc) = 5881092dd818bf5cf8a3ddb793fbcba7
END

# -l
same_length() {
	"$phash" -a "$3" d >"$work/lines"
	try "-a $1 -l $2" 0 "$phash" -a "$1" -l "$2" d
	same "is -a $3" "$work/lines" "$work/out"
}
for bits in 224 256 384 512; do
	same_length sha2 $bits sha$bits
	same_length sha3 $bits sha3-$bits
done
same_length shake128 256 shake128-256
same_length shake256 0 shake256
same_length blake2b 0 blake2b
same_length blake2b 512 blake2b
same_length md5 0 md5
if "$phash" -a blake2b -l 256 d/abc >"$work/out" 2>"$work/err"; then
	tool blake2b-256 b2sum --tag -l 256
	tool blake2b-8 b2sum --tag -l 8
else
	err 'a length that libcrypto does not heed is refused' <<'END'
phash: algorithm 'blake2b-256': not known to libcrypto
END
fi

finish
