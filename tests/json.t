#!/usr/bin/env bash
# --json, read by a parser.

. "${0%/*}/lib.sh"

if perl -MJSON::PP -e 1 2>/dev/null; then
	parser=perl
	# One line an object, its members sorted by name.
	cat >"$work/parse.pl" <<'END'
use JSON::PP;
my $in = JSON::PP->new->utf8;
my $value = JSON::PP->new->allow_nonref->utf8;
while (<STDIN>) {
	my $o = $in->decode($_);
	print join(" ", map { "$_=" . $value->encode($o->{$_}) } sort keys %$o),
	    "\n";
}
END
else
	parser=
fi

# parsed DESC <<END: what a parser sees in the last try's stdout.
parsed() {
	if [ -z "$parser" ]; then
		skip "$1" 'no JSON::PP'
		return
	fi
	cp "$work/out" "$work/json"
	perl "$work/parse.pl" <"$work/json" >"$work/out" 2>&1
	out "$1"
}

abc=ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f

mkdir d
printf abc >d/plain
printf abc >$'d/\303\251'
printf abc >$'d/q"b\\s\t\n\r\x01'
printf abc >$'d/bad\377'
try 'objects' 0 "$phash" --json d
ok 'one a line' test "$(wc -l <"$work/out")" = 4
parsed 'path, algorithm, digest and size' <<END
algorithm="SHA512" digest="$abc" path_base64="ZC9iYWT/" size=3
algorithm="SHA512" digest="$abc" path="d/plain" size=3
algorithm="SHA512" digest="$abc" path="d/q\\"b\\\\s\\t\\n\\r\\u0001" size=3
algorithm="SHA512" digest="$abc" path="d/é" size=3
END

try 'in a UTF-8 locale' 0 env LC_ALL=C.UTF-8 "$phash" --json $'d/\303\251' \
	$'d/bad\377'
parsed 'they are the same' <<END
algorithm="SHA512" digest="$abc" path_base64="ZC9iYWT/" size=3
algorithm="SHA512" digest="$abc" path="d/é" size=3
END

try 'failures' 1 "$phash" --json d/plain none $'none\377'
parsed 'have objects too' <<END
algorithm="SHA512" digest="$abc" path="d/plain" size=3
algorithm="SHA512" error="No such file or directory" path="none"
algorithm="SHA512" error="No such file or directory" path_base64="bm9uZf8="
END
err 'and messages' <<'END'
phash: none: No such file or directory
phash: 'none'$'\377': No such file or directory
END
try 'failures, unsorted' 1 "$phash" --json --sort=none none
parsed 'likewise' <<END
algorithm="SHA512" error="No such file or directory" path="none"
END

cp "$phash" "$work/phash"
mkdir locked
chmod 000 d/plain locked
try 'unreadable ones' 1 as_user "$work/phash" --json d/plain locked
parsed 'likewise' <<END
algorithm="SHA512" error="Permission denied" path="d/plain"
algorithm="SHA512" error="Permission denied" path="locked"
END
chmod 644 d/plain

try '--base64' 0 "$phash" --json --base64 d/plain
parsed 'is the form of the digest' <<'END'
algorithm="SHA512" digest="3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==" path="d/plain" size=3
END
try '-a' 0 "$phash" --json -a md5 d/plain
parsed 'is the algorithm' <<'END'
algorithm="MD5" digest="900150983cd24fb0d6963f7d28e17f72" path="d/plain" size=3
END
try '-z' 0 "$phash" --json -z d/plain $'d/q"b\\s\t\n\r\x01'
ok 'ends objects in NUL' test "$(tr -cd '\0' <"$work/out" | wc -c)" = 2
ok 'and none in LF' test "$(tr -cd '\n' <"$work/out" | wc -c)" = 0

head -c 70000 /dev/zero >big
try 'a size' 0 "$phash" --json -a md5 big
parsed 'in decimal' <<END
algorithm="MD5" digest="$(md5sum <big | cut -c 1-32)" path="big" size=70000
END

printf abc | "$phash" --json >"$work/out"
parsed 'stdin' <<END
algorithm="SHA512" digest="$abc" path="-" size=3
END

if command -v jq >/dev/null; then
	"$phash" --json d none 2>/dev/null |
		jq -r 'select(.error) | .path' >"$work/out"
	out 'jq finds the failures' <<'END'
none
END
else
	skip 'jq finds the failures' 'no jq'
fi

# -c --json
printf 'abc' >f
printf 'abd' >g
printf '{"path":"f","digest":"%s","size":3}\n' $abc >l
printf '%s  %s\n' $abc g $abc nothing >>l
printf 'SHA512 (%s) = %s\n' $'bad\377' $abc >>l
printf 'abc' >$'bad\377'
abd=$("$phash" --untagged g | cut -c -128)
try '-c --json' 1 "$phash" -c --json l
ok 'an object for each file' test "$(wc -l <"$work/out")" = 4
parsed 'verdict, path, algorithm, and what differs' <<END
algorithm="SHA512" path="f" verdict="OK"
algorithm="SHA512" digest="$abd" expected_digest="$abc" path="g" size=3 verdict="FAILED"
algorithm="SHA512" error="No such file or directory" path="nothing" verdict="UNREADABLE"
algorithm="SHA512" path_base64="YmFk/w==" verdict="OK"
END
err 'messages are as ever' <<'END'
phash: nothing: No such file or directory
phash: WARNING: 1 listed file could not be read
phash: WARNING: 1 computed checksum did NOT match
END
try '-c --json --quiet --ignore-missing' 1 "$phash" -c --json --quiet \
	--ignore-missing l
ok 'only what is wrong' test "$(wc -l <"$work/out")" = 1
try '-c --json --status' 1 "$phash" -c --json --status l
out 'prints nothing' </dev/null
printf '{"path":"f","digest":"%s","size":4}\n' $abc >l
try 'another size' 1 "$phash" -c --json l
parsed 'is told' <<END
algorithm="SHA512" digest="$abc" expected_digest="$abc" expected_size=4 path="f" size=3 verdict="FAILED"
END
printf '%s  f\0' $abc >l
try '-c --json -z' 0 "$phash" -c --json -z l
ok 'ends objects with NUL' cmp "$work/out" \
	<(printf '{"verdict":"OK","path":"f","algorithm":"SHA512"}\0')
try '-c --tag' 0 "$phash" -c -z --tag l
try '-c --untagged' 0 "$phash" -c -z --untagged l
ok 'prints as ever' cmp "$work/out" <(printf 'f: OK\0')

finish
