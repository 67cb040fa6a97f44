#!/usr/bin/env bash
# Which lines of a list are read, and as what: against sha512sum -c itself
# where it agrees in all its versions.

. "${0%/*}/lib.sh" || exit 1

abc=ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f
ABC=${abc^^}
abc64='3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw=='
gnu=false
sha512sum --version 2>/dev/null | grep -q 'GNU coreutils' && gnu=true

printf abc >f
for name in ' f' '*f' 'f ' $'\tf' $'n\nl' $'c\rr' 'b\s' 'b\ns' 'p)' 'p) = x' '-' '#f' \
	$'tab\tin' 'two  spaces' $'\\' $'\1\377'; do
	printf abc >"./$name"
done

# What sha512sum says, with our name; its verdicts on odd names are quoted
# since 9.11, so only the others are compared.
peer() {
	sha512sum -c --strict -w "$@" 2>&1 >"$work/peer.out" </dev/null |
		sed 's/^sha512sum: /phash: /' >"$work/peer.err"
	return "${PIPESTATUS[0]}"
}
compare() {
	local want
	peer l
	want=$?
	try "$1: as sha512sum" $want "$phash" -a sha512 -c --strict -w l
	same "$1: its stdout" "$work/peer.out" "$work/out"
	same "$1: its stderr" "$work/peer.err" "$work/err"
}

# fails DESC FORMAT [ARG...]: the list is read, and f has not what it says.
fails() {
	local desc=$1
	shift
	# shellcheck disable=SC2059
	printf "$@" >l
	try "$desc" 1 "$phash" -a sha512 -c --strict -w l
	out "$desc: it has failed" <<<'f: FAILED'
	err "$desc: and is counted" <<'END'
phash: WARNING: 1 computed checksum did NOT match
END
}
# unknown DESC TAG FORMAT [ARG...]: the line says f, and an algorithm that
# nobody here can compute. A good line beside it does not hide it.
unknown() {
	local desc=$1 tag=$2
	shift 2
	# shellcheck disable=SC2059
	{ printf "$@"; printf 'SHA512 (f) = %s\n' "$abc"; } >l
	try "$desc" 1 "$phash" -c l
	out "$desc: the file was not checked" <<'END'
f: FAILED open or read
f: OK
END
	err "$desc: and why" <<END
phash: f: algorithm $tag is not known to libcrypto
phash: WARNING: 1 listed file could not be read
END
}
# reads DESC NAME FORMAT [ARG...]: the list is read, and NAME (as shown) is OK.
reads() {
	local desc=$1 name=$2
	shift 2
	# shellcheck disable=SC2059 # the caller's format
	printf "$@" >l
	try "$desc" 0 "$phash" -c --strict -w l
	out "$desc: it is OK" <<<"$name: OK"
	err "$desc: nothing else" </dev/null
}
# refuses DESC FORMAT [ARG...]: the list has no line that is well formed, the
# first of the lines is named.
refuses() {
	local desc=$1
	shift
	# shellcheck disable=SC2059
	printf "$@" >l
	try "$desc" 1 "$phash" -c -w l
	out "$desc: no file is looked at" </dev/null
	err "$desc: it is malformed" <<'END'
phash: l: 1: improperly formatted SHA512 checksum line
phash: l: no properly formatted checksum lines found
END
}
# The same, where sha512sum agrees.
both_read() {
	reads "$@"
	[ $gnu = true ] && compare "$1"
}
both_refuse() {
	refuses "$@"
	[ $gnu = true ] && compare "$1"
}

# Forms
both_read 'text' f '%s  f\n' $abc
both_read 'binary' f '%s *f\n' $abc
both_read 'reversed' f '%s f\n' $abc
both_read 'reversed, with a tab' f '%s\tf\n' $abc
both_read 'tagged' f 'SHA512 (f) = %s\n' $abc
both_read 'OpenSSL 1' f 'SHA512(f)= %s\n' $abc
reads 'OpenSSL 3' f 'SHA2-512(f)= %s\n' $abc
reads 'cksum -a sha2' f 'SHA2-512 (f) = %s\n' $abc
both_read 'no blank around =' f 'SHA512 (f)=%s\n' $abc
both_read 'many blanks around =' f 'SHA512 (f) \t =\t  %s\n' $abc
both_read 'blanks before the line' f ' \t%s  f\n' $abc
both_read 'blanks before a tag' f '\t SHA512 (f) = %s\n' $abc
both_read 'upper-case hex' f '%s  f\n' "$ABC"
both_read 'upper-case hex, tagged' f 'SHA512 (f) = %s\n' "$ABC"
reads 'base64' f '%s  f\n' "$abc64"
reads 'base64, tagged' f 'SHA512 (f) = %s\n' "$abc64"
both_read 'no newline at the end' f '%s  f' $abc
both_read 'CRLF' f '%s  f\r\n' $abc
both_read 'CRLF, tagged' f 'SHA512 (f) = %s\r\n' $abc
both_read 'CR but no newline at the end' f '%s  f\r' $abc

# Lines that say nothing
both_read 'a comment' f '#f\n%s  f\n# x\n' $abc
both_read 'empty lines' f '\n\n%s  f\n\n' $abc
both_read 'CR only' f '\r\n%s  f\r\n' $abc
both_refuse 'a comment behind a blank' ' # x\n'
both_refuse 'blanks only' '  \t\n'
both_refuse 'two CR' '\r\r\n'
reads 'a byte order mark' f '\xef\xbb\xbf%s  f\n' $abc
reads 'a byte order mark, tagged' f '\xef\xbb\xbfSHA512 (f) = %s\r\n' $abc
order_mark=$'\xef\xbb\xbf'
printf '%s  f\n%s%s  f\n' $abc "$order_mark" $abc >l
try 'a byte order mark on the second line' 1 "$phash" -c --strict l
both_refuse 'a word' 'x\n'

# Digests
both_refuse 'a digit too few' '%s  f\n' ${abc%?}
both_refuse 'a digit too many' '%s  f\n' ${abc}0
both_refuse 'a byte too few' '%s  f\n' ${abc%??}
both_refuse 'two digits, tagged' 'SHA512 (f) = 00\n'
both_refuse 'no digest' 'SHA512 (f) = \n'
both_refuse 'no digit' '%sg  f\n' ${abc%?}
both_refuse 'no digit, tagged' 'SHA512 (f) = %sg\n' ${abc%?}
both_refuse 'a blank behind a digest' 'SHA512 (f) = %s \n' $abc
both_refuse 'base64 without padding' '%s  f\n' "${abc64%%=*}"
both_refuse 'base64 of another length' '%s  f\n' "AAAA$abc64"
both_refuse 'base64 with a wrong digit' '%s  f\n' "-${abc64#?}"
fails 'base64 with bits left over' '%s  f\n' "${abc64%w==}x=="
fails 'likewise, tagged' 'SHA512 (f) = %s\n' "${abc64%w==}x=="
fails 'likewise, an object' '{"path":"f","digest":"%s"}\n' "${abc64%w==}x=="
fails 'base64 with other padding' '%s  f\n' "${abc64%==}A="
fails 'base64 with digits for padding' '%s  f\n' "${abc64%==}AA"
fails 'padding for digits' '%s  f\n' "${abc64%w==}==="
printf '%s  f\n%s  f\n' "${abc64%w==}x==" $abc >l
try 'a good line beside such a digest' 1 "$phash" -c --status l
err 'with --status it is silent' </dev/null
refuses 'a blank in base64' '%s  f\n' "${abc64/N/ }"

# Tags
reads 'a tag in small letters' f 'sha512 (f) = %s\n' $abc
reads 'a name of libcrypto' f 'Sha-512 (f) = %s\n' $abc
reads 'padded tags, as of RHash' f 'SHA512   (f) = %s\n' $abc
both_refuse 'a tab behind the tag' 'SHA512\t(f) = %s\n' $abc
both_refuse 'no parenthesis' 'SHA512 f = %s\n' $abc
both_refuse 'an open parenthesis' 'SHA512 (f = %s\n' $abc
both_refuse 'no =' 'SHA512 (f) %s\n' $abc
both_refuse 'something before =' 'SHA512 (f) x = %s\n' $abc
unknown 'a tag nobody knows' SHA513 'SHA513 (f) = %s\n' $abc
unknown 'CRC-32' CRC32 'CRC32 (f) = 352441c2\n'
unknown 'a digest in base32' TTH 'TTH    (f) = ASD4UJSEH5M47PDYB46KBTSQTSGDKLBHYXOMUIA\n'
unknown 'an escaped line' X '\\X (f) = %s\n' $abc
unknown 'an object' a-1 '{"path":"f","algorithm":"a-1","digest":"%s"}\n' $abc
both_refuse 'a tag nobody knows, and no digest' 'SHA513 (f) = no digest\n'
both_refuse 'a tag nobody knows, and three bytes' 'SHA513 (f) = 012345\n'
both_refuse 'a word in parentheses' 'see (f) below\n'
both_refuse 'a tag alone' 'SHA512\n'
both_refuse 'a tag and a parenthesis' 'SHA512 (\n'
refuses 'a tag longer than any' '%.0100d (f) = %s\n' 0 $abc

# Names
reads 'the last ) ends a name' "'p) = x'" 'SHA512 (p) = x) = %s\n' $abc
reads 'a name that ends in )' "'p)'" 'SHA512 (p)) = %s\n' $abc
reads 'a name that begins with a space' "' f'" '%s   f\n' $abc
reads 'likewise, tagged' "' f'" 'SHA512 ( f) = %s\n' $abc
reads 'a name that ends in a space' "'f '" '%s  f \n' $abc
reads 'a name that begins with *' "'*f'" '%s **f\n' $abc
reads 'a name that begins with a tab' "''\$'\\t''f'" '%s  \tf\n' $abc
reads 'a tab in a name' "'tab'\$'\\t''in'" '%s  tab\tin\n' $abc
reads 'two spaces in a name' "'two  spaces'" '%s  two  spaces\n' $abc
reads 'likewise, reversed' "'two  spaces'" '%s two  spaces\n' $abc
reads 'no characters' "''\$'\\001\\377'" '%s  \1\377\n' $abc
reads 'a name that begins with #' "'#f'" '%s  #f\n' $abc
both_refuse 'no name' '%s\n' $abc
both_refuse 'no name but blanks' '%s \n' $abc
both_read 'a name of two bytes, of which one is CR' f '%s f\r\n' $abc
mkdir dir
printf abc >dir/f
both_read 'a name with ./' ./dir/../f '%s  ./dir/../f\n' $abc
both_read 'an absolute name' "$(pwd)/f" '%s  %s\n' $abc "$(pwd)/f"

# Escapes
reads 'an LF' "'n'\$'\\n''l'" '\\%s  n\\nl\n' $abc
reads 'a CR' "'c'\$'\\r''r'" '\\%s  c\\rr\n' $abc
reads 'a doubled backslash' "'b\\s'" '\\%s  b\\\\s\n' $abc
reads '\\\\n is no newline' "'b\\ns'" '\\%s  b\\\\ns\n' $abc
reads 'escapes in a tagged line' "'n'\$'\\n''l'" '\\SHA512 (n\\nl) = %s\n' $abc
reads 'blanks before an escaped line' "'n'\$'\\n''l'" ' \\%s  n\\nl\n' $abc
reads 'no escapes but for a backslash in front' "'b\\ns'" '%s  b\\ns\n' $abc
reads 'likewise, tagged' "'b\\ns'" 'SHA512 (b\\ns) = %s\n' $abc
reads 'a name that is a backslash' "'\\'" '%s  \\\n' $abc
both_read 'an escaped line without escapes' f '\\%s  f\n' $abc
both_refuse 'another escape' '\\%s  b\\s\n' $abc
both_refuse 'another escape, tagged' '\\SHA512 (b\\s) = %s\n' $abc
both_refuse 'half an escape' '\\%s  f\\\n' $abc
both_refuse 'two backslashes in front' '\\\\%s  f\n' $abc
both_refuse 'a backslash before blanks' '\\ %s  f\n' $abc

# order DESC LINES OUT ERR: the first plain line decides which names follow.
order() {
	local status=0
	# shellcheck disable=SC2059
	printf "$2" >l
	[ -z "$4" ] || status=1
	try "$1" $status "$phash" -c -w --strict l
	out "$1: stdout" < <(printf '%b' "$3")
	err "$1: stderr" < <(printf '%b' "$4")
}
malformed='improperly formatted SHA512 checksum line\n'
order 'reversed after standard is malformed' "$abc  f\n$abc f\n" 'f: OK\n' \
	"phash: l: 2: ${malformed}phash: WARNING: 1 line is improperly formatted\n"
order 'standard after reversed has a blank in its name' "$abc f\n$abc  f\n" \
	"f: OK\n' f': OK\n" ''
order 'binary after reversed has a star in its name' "$abc f\n$abc *f\n" \
	"f: OK\n'*f': OK\n" ''
order 'tagged lines decide nothing' \
	"SHA512 (f) = $abc\n$abc f\nSHA512 (f) = $abc\n$abc f\n" \
	'f: OK\nf: OK\nf: OK\nf: OK\n' ''
order 'a malformed line decides nothing' "00  f\n$abc f\n" 'f: OK\n' \
	"phash: l: 1: ${malformed}phash: WARNING: 1 line is improperly formatted\n"
printf '%s f\n' $abc >reversed
printf '%s  f\n' $abc >standard
try 'each list decides for itself' 0 "$phash" -c --strict standard reversed standard
out 'all are read' <<'END'
f: OK
f: OK
f: OK
END

# Line numbers
printf '#\n\nbad\n%s  f\nbad\r\n\nbad' $abc >l
try 'lines that are skipped count' 1 "$phash" -c -w --strict l
err 'they are numbered as an editor does' <<'END'
phash: l: 3: improperly formatted SHA512 checksum line
phash: l: 5: improperly formatted SHA512 checksum line
phash: l: 7: improperly formatted SHA512 checksum line
phash: WARNING: 3 lines are improperly formatted
END
[ $gnu = true ] && compare 'numbers of lines'

# NUL
printf 'SHA512 (f) = %s\0SHA512 (nothing) = %s\0' $abc $abc >l
try 'a list for -z, without -z' 1 "$phash" -c l
out 'is not taken for its first file' </dev/null
err 'but there is a hint' <<'END'
phash: l: no properly formatted checksum lines found
phash: l: NUL in a line (-z reads lists whose lines end with NUL)
END
try '--status' 1 "$phash" -c --status l
err 'leaves out the hint' <<'END'
phash: l: no properly formatted checksum lines found
END
printf '%s  f\0b\n%s  f\n#\0\n' $abc $abc >l
try 'NUL in a name and in a comment' 0 "$phash" -c -w l
out 'the other lines are read' <<'END'
f: OK
END
err 'these are malformed' <<'END'
phash: l: 1: improperly formatted SHA512 checksum line
phash: l: 3: improperly formatted SHA512 checksum line
phash: WARNING: 2 lines are improperly formatted
phash: l: NUL in a line (-z reads lists whose lines end with NUL)
END
try '--strict' 1 "$phash" -c --strict l

# -z
printf '%s  f\0SHA512 (n\nl) = %s\0#x\0\0%s  b\\s\0%s  c\rr' $abc $abc $abc $abc >l
try '-z' 0 "$phash" -c -z --strict l
printf '%s: OK\0' f $'n\nl' 'b\s' $'c\rr' >want
same 'names are raw, and verdicts end in NUL' want "$work/out"
try 'a locale' 0 env LC_ALL=C.UTF-8 "$phash" -c -z --strict l
same 'changes nothing' want "$work/out"
printf '%s  f\r\0\\%s  f\0%s  f\n\0' $abc $abc $abc >l
try '-z: CR and LF belong to names, and there are no escapes' 1 "$phash" -c -z -w l
printf '%s: FAILED open or read\0' $'f\r' $'f\n' >want
same 'as is seen' want "$work/out"
err 'and said' <<'END'
phash: 'f'$'\r': No such file or directory
phash: l: 2: improperly formatted SHA512 checksum line
phash: 'f'$'\n': No such file or directory
phash: WARNING: 1 line is improperly formatted
phash: WARNING: 2 listed files could not be read
END

# Algorithms by tag, and by -a
printf 'MD5 (f) = %s\nSHA1 (f) = %s\nSHA512 (f) = %s\nBLAKE2b (f) = %s\n' \
	"$(md5sum <f | cut -c -32)" "$(sha1sum <f | cut -c -40)" $abc \
	"$(b2sum <f | cut -c -128)" >l
try 'mixed algorithms' 0 "$phash" -c --strict l
out 'each by its tag' <<'END'
f: OK
f: OK
f: OK
f: OK
END
printf 'MD5 (f) = %s\nSHA256 (f) = %s\n' $abc \
	"$(sha256sum <f | cut -c -64)" >l
try 'a digest of another length' 1 "$phash" -c -w --strict l
out 'is not read' <<'END'
f: OK
END
err 'and its algorithm is named' <<'END'
phash: l: 1: improperly formatted MD5 checksum line
phash: WARNING: 1 line is improperly formatted
END
printf 'SHA256 (f) = %s\n%s  f\n' "$(sha256sum <f | cut -c -64)" \
	"$(md5sum <f | cut -c -32)" >l
try '-a' 0 "$phash" -a md5 -c --strict l
out 'is for lines without a tag' <<'END'
f: OK
f: OK
END
printf 'x\n' >l
try '-a' 1 "$phash" -a sha256 -c -w l
err 'is named' <<'END'
phash: l: 1: improperly formatted SHA256 checksum line
phash: l: no properly formatted checksum lines found
END
if openssl dgst -sha512 f >l 2>/dev/null; then
	try 'openssl dgst' 0 "$phash" -c --strict l
	out 'is read' <<'END'
f: OK
END
else
	skip 'openssl dgst' 'no openssl here'
fi

# JSON
size='"size":3'
reads 'an object' f '{"path":"f","algorithm":"SHA512","digest":"%s",%s}\n' $abc "$size"
reads 'the least of one' f '{"path":"f","digest":"%s"}\n' $abc
reads 'blanks' f ' { "path" : "f" ,\t"digest" : "%s" } \n' $abc
reads 'CRLF behind an object' f '{"path":"f","digest":"%s"}\r\n' $abc
reads 'base64 in an object' f '{"path":"f","digest":"%s"}\n' "$abc64"
reads 'members that mean nothing' f \
	'{"x":[{"path":1},null,-1.5e3],"path":"f","digest":"%s"}\n' $abc
reads 'escapes in JSON' "'n'\$'\\n''l'" '{"path":"n\\u000al","digest":"%s"}\n' $abc
reads 'path_base64' "''\$'\\001\\377'" '{"path_base64":"Af8=","digest":"%s"}\n' $abc
refuses 'half an object' '{"path":"f","digest":"%s"\n' $abc
refuses 'more than an object' '{"path":"f","digest":"%s"} x\n' $abc
refuses 'no path' '{"digest":"%s"}\n' $abc
refuses 'two paths' '{"path":"f","path_base64":"Zg==","digest":"%s"}\n' $abc
refuses 'a path twice' '{"path":"f","path":"f","digest":"%s"}\n' $abc
refuses 'NUL in a path' '{"path":"f\\u0000","digest":"%s"}\n' $abc
refuses 'no digest and no error' '{"path":"f"}\n'
refuses 'an algorithm nobody knows, and no digest' '{"path":"f","algorithm":"x","digest":"no"}\n'
refuses 'a size that is none' '{"path":"f","digest":"%s","size":-3}\n' $abc
refuses 'an array' '[{"path":"f","digest":"%s"}]\n' $abc
printf '{"path":"f","digest":"%s","size":4}\n' $abc >l
try 'another size' 1 "$phash" -c l
out 'has failed' <<'END'
f: FAILED
END
printf '{"path":"f","digest":"%s"}\n{"path":"g","error":"Permission denied"}\n' $abc >l
try 'an object with an error' 0 "$phash" -c l
err 'is malformed, with a hint' <<'END'
phash: WARNING: 1 line is improperly formatted
phash: l: an entry without a digest (the file could not be read when the list was made)
END
try '--strict' 1 "$phash" -c --strict l

# "-" is standard input, unless the list is
with_input() {
	local input=$1
	shift
	printf %s "$input" | "$@"
}
printf abd >./-
printf '%s  -\n' $abc >l
try '-' 0 with_input abc "$phash" -c --strict l
out 'is standard input' <<'END'
-: OK
END
printf '%s  ./-\n' $abc >l
try './-' 1 with_input abc "$phash" -c --strict l
out 'is a file' <<'END'
./-: FAILED
END
try '- in a list on standard input' 1 with_input "$abc  -" "$phash" -c -w
err 'is malformed' <<'END'
phash: 'standard input': 1: improperly formatted SHA512 checksum line
phash: 'standard input': no properly formatted checksum lines found
END

finish
