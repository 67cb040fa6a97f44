#!/usr/bin/env bash
# Names with every byte that a name may have, through every format, against
# the lines of coreutils.

. "${0%/*}/lib.sh" || exit 1

mkdir d
# shellcheck disable=SC2016 # for perl
perl -e '
	my @names = map { my $c = chr; ($c, "x$c", "${c}y", "a${c}b$c$c") }
	    grep { $_ != 47 } 1 .. 255;
	push @names, "...", ". .", "\\\\n", "\\n", "\\\n\r\\", "a) = b",
	    "SHA512 (x) = 0", "-", "--", "-n", "--help", "*", "%s%n",
	    "\303\251", "\342\202\254", "\303", "\251x", "\355\240\200",
	    "\360\237\230\200", "\300\200", "\364\220\200\200",
	    " lead", "trail ", "\t", "a  b", "n" x 255, "\n" x 255,
	    "\\" x 255, "\377" x 255, "\303\251" x 127;
	for (@names) {
		next if $_ eq "." or $_ eq "..";
		open my $f, ">", "d/$_" or die "$_: $!";
		print $f $_;
		close $f or die;
	}'
# In bytewise order of path; the same as operands, for those who ask.
find d -type f -print0 | sort -z >"$work/names0"
count=$(tr -cd '\0' <"$work/names0" | wc -c)
ok 'there are a thousand of them' test "$count" -gt 1000

coreutils() {
	xargs -0 "$@" <"$work/names0" >"$work/expected"
}

try 'tagged' 0 "$phash" d
coreutils sha512sum --tag
same 'as coreutils prints them' "$work/expected" "$work/out"
cp "$work/out" "$work/list"
try 'sha512sum -c' 0 sha512sum --strict --quiet -c "$work/list"
err 'finds every file' </dev/null
ok 'and no other' test "$(wc -l <"$work/list")" = "$count"

try 'untagged' 0 "$phash" --untagged d
coreutils sha512sum
same 'as coreutils prints them' "$work/expected" "$work/out"
cp "$work/out" "$work/list"
if cksum -a sha512 --untagged /dev/null >/dev/null 2>&1; then
	coreutils cksum -a sha512 --untagged
	same 'as cksum prints them' "$work/expected" "$work/list"
	try 'cksum -c' 0 cksum -a sha512 --strict --quiet -c "$work/list"
	err 'finds every file' </dev/null
else
	skip 'as cksum prints them' 'no cksum -a'
fi

try 'tagged, NUL-terminated' 0 "$phash" -z d
coreutils sha512sum --tag -z
same 'as coreutils prints them' "$work/expected" "$work/out"
try 'untagged, NUL-terminated' 0 "$phash" -z --untagged d
coreutils sha512sum -z
same 'as coreutils prints them' "$work/expected" "$work/out"

# JSON: the names come back byte for byte, and every line is plain text.
cat >"$work/names.pl" <<'END'
use Encode;
use JSON::PP;
use MIME::Base64;
my $json = JSON::PP->new->utf8;
while (<STDIN>) {
	my $o = $json->decode($_);
	die "both or none: $_" if exists $o->{path} == exists $o->{path_base64};
	my $name;
	if (exists $o->{path}) {
		$name = $o->{path};
		utf8::encode($name);
	} else {
		$name = decode_base64($o->{path_base64});
		my $copy = $name;
		die "is UTF-8 after all: $_"
		    if eval { decode("UTF-8", $copy, Encode::FB_CROAK); 1 };
	}
	print "$name\0";
}
END
try 'JSON' 0 "$phash" --json d
cp "$work/out" "$work/json"
ok 'has no control characters' perl -ne \
	'chomp; exit 1 if /[\x00-\x1f]/' "$work/json"
ok 'has a line a file' test "$(wc -l <"$work/json")" = "$count"
if perl -MJSON::PP -e 1 2>/dev/null; then
	perl "$work/names.pl" <"$work/json" >"$work/back0"
	same 'a parser gets the names back' "$work/names0" "$work/back0"
else
	skip 'a parser gets the names back' 'no JSON::PP'
fi

# Lists bring every name in again. One of lines cannot hold a newline.
try '--files0-from' 0 "$phash" -z --files0-from="$work/names0"
coreutils sha512sum --tag -z
same 'takes every name' "$work/expected" "$work/out"
perl -0ne 'print unless /\n/' "$work/names0" >"$work/plain0"
tr '\0' '\n' <"$work/plain0" >"$work/plain"
try '--files-from' 0 "$phash" -z --files-from="$work/plain"
xargs -0 sha512sum --tag -z <"$work/plain0" >"$work/expected"
same 'takes every name without a newline' "$work/expected" "$work/out"
try 'operands' 0 xargs -0 -a "$work/names0" "$phash" -z --
coreutils sha512sum --tag -z
same 'may have every name' "$work/expected" "$work/out"
try 'below the current directory' 0 "$phash" -z -C d .
(cd d && find . -type f -print0 | sort -z | xargs -0 sha512sum --tag -z) \
	>"$work/expected"
same 'they have a ./ in front' "$work/expected" "$work/out"

# Messages are one line each, whatever the name.
try 'names of files that do not exist' 1 "$phash" 'two words' $'new\nline' \
	"it's" 'back\slash' $'\303\251' $'\e[2J' 'plain' '$(x)' '"' ''
err 'are quoted for a shell' <<'END'
phash: operand 10: empty name
phash: ''$'\033''[2J': No such file or directory
phash: '"': No such file or directory
phash: '$(x)': No such file or directory
phash: 'back\slash': No such file or directory
phash: "it's": No such file or directory
phash: 'new'$'\n''line': No such file or directory
phash: plain: No such file or directory
phash: 'two words': No such file or directory
phash: ''$'\303\251': No such file or directory
END
e=$'\303\251'
try 'in a UTF-8 locale' 1 env LC_ALL=C.UTF-8 "$phash" "$e" $'\303'
err 'letters are shown' <<END
phash: ''\$'\\303': No such file or directory
phash: $e: No such file or directory
END
try 'a name with a colon' 1 "$phash" nope:x
err 'is quoted' <<'END'
phash: 'nope:x': No such file or directory
END

# fdp.exe, as it seems: the direction of writing is turned before exe.pdf.
turned=$'\342\200\256exe.pdf'
: >"$turned"
sha512sum --tag -- "$turned" >"$work/turned"
try 'a name that turns the writing' 0 env LC_ALL=C.UTF-8 "$phash" "$turned"
same 'is in its line as it is' "$work/turned" "$work/out"
try 'in a verdict' 0 env LC_ALL=C.UTF-8 "$phash" -c "$work/turned"
out 'it is escaped' <<'END'
''$'\342\200\256''exe.pdf': OK
END
rm -- "$turned"
try 'in a message' 1 env LC_ALL=C.UTF-8 "$phash" "$turned"
err 'likewise' <<'END'
phash: ''$'\342\200\256''exe.pdf': No such file or directory
END

finish
