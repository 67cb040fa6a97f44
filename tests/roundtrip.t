#!/usr/bin/env bash
# What is printed can be read again: names of all bytes, in every format,
# through --check and --audit, and by other programs.

. "${0%/*}/lib.sh" || exit 1

# Every byte that a name can have, alone and between others, and pairs of those
# that mean something somewhere.
mkdir t
# shellcheck disable=SC2016 # for perl
perl -e 'sub make {
		my $name = "t/$_[0]";
		return if -e $name;
		open my $f, ">", $name or die "$name: $!";
		print $f unpack("H*", $name);
	}
	my @odd = ("\n", "\r", "\\", " ", "*", ")", "(", "=", "\t", "#", "-",
		"\"", "\x27", "{", "\x7f", "\xff", "\xc3\xa4", "n", "SHA512");
	for my $byte (1 .. 255) {
		my $c = chr $byte;
		next if $c eq "/";
		make($c) if $c ne ".";
		make("a$c");
		make("${c}a");
		make("a${c}b");
	}
	for my $x (@odd) { make("$x$_") for @odd }
	make("SHA512 (x) = " . "0" x 128);
	make("0" x 128 . "  x");
	make("A" x 255);'
count=$(find t -type f -printf x | wc -c)
ok "there are $count names" test "$count" -gt 1000
mkdir t/sub
echo f >t/sub/f
count=$((count + 1))

# Each file has its own contents: a name taken for another would be seen.
clean="$count listed: $count OK, 0 CHANGED, 0 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE"
for options in --tag --untagged --json --base64 '--base64 --untagged' \
	'--json --base64' '-a md5 --tag' '-a sha3-256 --json'; do
	for zero in '' -z; do
		name="$options $zero"
		# shellcheck disable=SC2086 # words are meant
		try "$name" 0 "$phash" $options $zero -C t .
		cp "$work/out" L
		# shellcheck disable=SC2086
		try "$name: check" 0 "$phash" -c --strict $zero -C t L
		ok "$name: each is OK" test "$(grep -c ': OK$' "$work/out")" = "$count"
		err "$name: and no message" </dev/null
		# shellcheck disable=SC2086
		try "$name: audit" 0 "$phash" --audit=L $zero -C t
		err "$name: is clean" <<END
phash: $clean
END
		# shellcheck disable=SC2086
		"$phash" $options $zero t >LT
		# shellcheck disable=SC2086
		try "$name: audit with the directory's name" 0 "$phash" \
			--audit=LT $zero t --quiet
		out "$name: has nothing to say" </dev/null
		# shellcheck disable=SC2086
		try "$name: update" 0 "$phash" $options $zero --update -o new \
			--audit=L -C t
		same "$name: writes the same list" L new
	done
done

# The same list, whatever the workers.
"$phash" -C t . >L
"$phash" -j 1 --chunk=1 -C t -c L >checked
"$phash" -j 1 --chunk=1 -C t --audit=L >audited 2>"$work/err"
for options in -j4 -j16 '-j16 --chunk=1'; do
	# shellcheck disable=SC2086
	try "check $options" 0 "$phash" $options -C t -c L
	same 'the same' checked "$work/out"
	# shellcheck disable=SC2086
	try "audit $options" 0 "$phash" $options -C t --audit=L
	same 'the same' audited "$work/out"
done

# What is told raw, with NUL, are the names themselves.
(cd t && find . -type f -printf 'OK %P\0' | sort -z) >names
"$phash" -z -C t . >L
"$phash" -z -C t --audit=L 2>/dev/null | sort -z >told
same 'audit -z tells names as they are' names told
"$phash" --json -C t . >L
"$phash" --json -C t --audit=L 2>/dev/null |
	perl -MJSON::PP -MMIME::Base64 -ne 'my $o = decode_json($_);
		next if $o->{summary};
		my $path = $o->{path};
		utf8::encode($path) if defined $path;
		$path //= decode_base64($o->{path_base64});
		print "$o->{verdict} $path\0"' | sort -z >told
same 'and --json' names told

# All of them moved.
cp -R t moved
mkdir moved/to
find moved -maxdepth 1 -type f -print0 | xargs -0 mv -t moved/to --
"$phash" -C t . >L
try 'all moved' 1 "$phash" -C moved --audit=L --quiet
err 'and each was found' <<END
phash: MOVED: $((count - 1)) of $count files
phash: $count listed: 1 OK, 0 CHANGED, 0 MISSING, $((count - 1)) MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE
END
ok 'one to one' test "$(sed 's/^MOVED .* -> //' "$work/out" | sort -u | wc -l)" \
	-gt 1000

# Other programs read what we print, and we what they print.
if sha512sum --version 2>/dev/null | grep -q 'GNU coreutils'; then
	for options in --tag --untagged; do
		"$phash" $options -C t . >L
		ok "sha512sum reads $options" sh -c \
			'cd t && exec sha512sum -c --strict --quiet ../L'
	done
	for options in '' --tag; do
		# shellcheck disable=SC2086
		(cd t && find . -type f -print0 | xargs -0 sha512sum $options --) >L
		try "sha512sum $options" 0 "$phash" -C t -c --strict --quiet L
		try "sha512sum $options, audit" 0 "$phash" -C t --audit=L
		# shellcheck disable=SC2086
		(cd t && find . -type f -print0 | xargs -0 sha512sum -z $options --) >L
		try "sha512sum -z $options" 0 "$phash" -z -C t -c --strict L
	done
else
	skip 'what sha512sum prints' 'no coreutils'
fi

finish
