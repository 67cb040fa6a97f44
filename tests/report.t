#!/usr/bin/env bash
# --audit --report: annotations of GitHub, JUnit XML, a page of HTML.

. "${0%/*}/lib.sh" || exit 1

kinds='github junit html'
digest() {
	sha512sum | cut -d ' ' -f 1
}

# reads_back DESC OPTION...: each report of an audit is read back by another
# program, and says what --json does.
reads_back() {
	local desc=$1 kind untold=()
	shift
	[[ " $* " != *' --ignore-missing '* ]] || untold=(--ignore-missing)
	"$phash" "$@" --json >"$work/json" 2>/dev/null
	if ! command -v python3 >/dev/null; then
		skip "$desc: reports are read back" 'no python3'
		return
	fi
	for kind in $kinds; do
		"$phash" "$@" --report="$kind" >"$work/$kind" 2>/dev/null
		ok "$desc: $kind is read back" python3 "$top/tests/report.py" \
			"$kind" "$work/$kind" "$work/json" "${untold[@]}"
	done
}

# printed TEXT: it stands in what was printed, and may be of several lines.
printed() {
	[[ $(<"$work/out") == *"$1"* ]]
}

mkdir -p t/sub
for name in a b c sub/d; do
	echo $name >t/$name
done
"$phash" -C t . >L
"$phash" -C t --json . >J
cp -r t same
echo more >t/a
rm t/b
mv t/c t/sub/moved
echo new >t/sub/new
ln -s a t/link
rm t/sub/d
ln -s nowhere t/sub/d

# GitHub
try 'annotations' 1 "$phash" --audit=L -C t --report=github
out 'as the runner reads them' <<END
::error file=a,title=CHANGED::CHANGED a%0Aexpected SHA512 $(echo a | digest)%0Afound $(echo more | digest), 5 bytes
::error file=b,title=MISSING::MISSING b%0Alisted and not found
::error file=sub/moved,title=MOVED::MOVED c%0Anow sub/moved
::error file=sub/d,title=CHANGED::CHANGED sub/d%0Aexpected SHA512 $(echo sub/d | digest)%0Afound no longer a regular file
::error file=sub/new,title=NEW::NEW sub/new%0Afound and not listed
::notice title=phash audit::not passed%0A4 listed: 0 OK, 2 CHANGED, 1 MISSING, 1 MOVED, 0 UNREADABLE; not listed: 1 NEW, 0 UNREADABLE
END
err 'messages are what they are without' <<'END'
phash: sub/d: no longer a regular file
phash: 4 listed: 0 OK, 2 CHANGED, 1 MISSING, 1 MOVED, 0 UNREADABLE; not listed: 1 NEW, 0 UNREADABLE
END
try 'annotations when all is well' 0 "$phash" --audit=L -C same --report=github
out 'are one notice' <<'END'
::notice title=phash audit::passed%0A4 listed: 4 OK, 0 CHANGED, 0 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE
END
{
	cat L
	echo 'no line: %0A::error::x'
	sed -n 's,(\./a),(/a),p' L
} >bad
try 'a list that is not right' 1 "$phash" --audit=bad -C same --report=github
out 'is an error' <<'END'
::error title=phash audit::WARNING: 1 line is improperly formatted
::error title=phash audit::WARNING: 1 entry was refused
::notice title=phash audit::not passed%0A4 listed: 4 OK, 0 CHANGED, 0 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE
END
try 'an operand that is none' 1 "$phash" --audit=L -C same --report=github . ''
out 'is an error' <<'END'
::error title=phash audit::1 operand could not be used
::notice title=phash audit::not passed%0A4 listed: 4 OK, 0 CHANGED, 0 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE
END

# JUnit
try 'JUnit' 1 "$phash" --audit=J -C t --report=junit
out 'is XML' <<END
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="J" tests="6" failures="5" errors="0">
<testsuite name="audit" tests="1" failures="0" errors="0" skipped="0">
<properties>
<property name="listed" value="4"/>
<property name="OK" value="0"/>
<property name="CHANGED" value="2"/>
<property name="MISSING" value="1"/>
<property name="NEW" value="1"/>
<property name="MOVED" value="1"/>
<property name="UNREADABLE" value="0"/>
<property name="refused" value="0"/>
<property name="malformed" value="0"/>
</properties>
<testcase classname="audit" name="the list and the operands"/>
<system-out>4 listed: 0 OK, 2 CHANGED, 1 MISSING, 1 MOVED, 0 UNREADABLE; not listed: 1 NEW, 0 UNREADABLE</system-out>
</testsuite>
<testsuite name="top" tests="3" failures="3" errors="0" skipped="0">
<testcase classname="top" name="a"><failure type="CHANGED" message="CHANGED">expected SHA512 $(echo a | digest), 2 bytes
found $(echo more | digest), 5 bytes</failure></testcase>
<testcase classname="top" name="b"><failure type="MISSING" message="MISSING">listed and not found</failure></testcase>
<testcase classname="top" name="c"><failure type="MOVED" message="MOVED">now sub/moved</failure></testcase>
</testsuite>
<testsuite name="sub/" tests="2" failures="2" errors="0" skipped="0">
<testcase classname="sub/" name="sub/d"><failure type="CHANGED" message="CHANGED">expected SHA512 $(echo sub/d | digest), 6 bytes
found no longer a regular file</failure></testcase>
<testcase classname="sub/" name="sub/new"><failure type="NEW" message="NEW">found and not listed</failure></testcase>
</testsuite>
</testsuites>
END
try 'JUnit, and a list that is not right' 1 "$phash" --audit=bad -C same \
	--report=junit
ok 'is a failure' printed '<testcase classname="audit" name="the list and the operands"><failure type="audit" message="not as they should be">WARNING: 1 line is improperly formatted
WARNING: 1 entry was refused
</failure></testcase>'
try 'JUnit, when all is well' 0 "$phash" --audit=L -C same --report=junit
ok 'has a testcase that passes' grep -qxF '<testcase classname="audit" name="files that are OK"><system-out>4</system-out></testcase>' "$work/out"

# All of them
echo x >t/sub/foreign
{
	cat L
	echo 'FOREIGN-1 (sub/foreign) = 00112233445566778899'
} >all
reads_back 'every verdict' --audit=all -C t
for word in CHANGED MISSING NEW MOVED UNREADABLE; do
	ok "$word is one" grep -q "\"$word\"" "$work/json"
done
rm t/sub/foreign
reads_back 'what JSON has of it' --audit=J -C t
reads_back 'all is well' --audit=L -C same
reads_back 'a list that is not right' --audit=bad -C t
reads_back 'an operand that is none' --audit=L -C same . ''
reads_back 'nothing is listed' --audit=/dev/null -C same
reads_back 'all is left out' --audit=L -C same -E '*'
mkdir some
cp same/a some
reads_back 'missing files are ignored' --audit=L -C some --ignore-missing
sed 's,(\./,(.//t/.//./,' L >unplain
reads_back 'names that are not plain' --audit=unplain ./same/./ .//t
reads_back 'two lists' --audit=L --list=bad
if has_archives; then
	tar -C t -cf t.tar a sub/new
	reads_back 'an archive' --audit=L --archive t.tar
fi
declare -A unreadable=(
	[github]='::UNREADABLE a%0A'
	[junit]='name="a"><error type="UNREADABLE" message="UNREADABLE">'
	[html]='>UNREADABLE</td><td><code>a</code></td><td>'
)
chmod 000 t/a
mkdir t/closed
chmod 000 t/closed
cp "$phash" "$work/phash"
for kind in $kinds; do
	try "$kind: what may not be read" 1 as_user "$work/phash" --audit=L \
		-C t --report="$kind"
	ok 'has its reason' grep -q "${unreadable[$kind]}Permission denied" \
		<(tr '\n' ' ' <"$work/out")
done
chmod 755 t/a t/closed

# Other options
mkdir accents
touch accents/é accents/$'\xff'
: >É
for kind in $kinds; do
	"$phash" --audit=J -C t --report="$kind" >"$work/first" 2>/dev/null
	for jobs in 1 3 16; do
		"$phash" --audit=J -C t --report="$kind" -j "$jobs" --chunk=1 \
			>"$work/again" 2>/dev/null
		same "$kind: -j $jobs prints the same" "$work/first" "$work/again"
	done
	for list in J É; do
		"$phash" --audit=$list -C accents --report="$kind" \
			>"$work/here" 2>/dev/null
		LC_ALL=C.UTF-8 "$phash" --audit=$list -C accents \
			--report="$kind" >"$work/again" 2>/dev/null
		same "$kind: and so does another locale" "$work/here" \
			"$work/again"
	done
	try "$kind: --quiet" 1 "$phash" --audit=J -C t --report="$kind" --quiet
	same 'makes no difference' "$work/first" "$work/out"
	"$phash" --audit=J -C same --report="$kind" >"$work/again" 2>/dev/null
	try "$kind: --quiet, when all is well" 0 "$phash" --audit=J -C same \
		--report="$kind" -q
	err 'says nothing' </dev/null
	same 'and makes no difference to the report' "$work/again" "$work/out"
	"$phash" -z -C same . >Z
	try "$kind: -z" 0 "$phash" -z --audit=Z -C same --report="$kind"
	ok 'has no NUL' test "$(tr -d '\0' <"$work/out" | wc -c)" = \
		"$(wc -c <"$work/out")"
	cp J U
	try "$kind: --update" 1 "$phash" --audit=U -C t --report="$kind" \
		--update --format=json
	sed 's/name="U"/name="J"/; s,<code>U</code>,<code>J</code>,
		s/against U</against J</' "$work/out" >"$work/again"
	same 'prints the report' "$work/first" "$work/again"
	try "$kind: and the list" 0 "$phash" --audit=U -C t -q
	ok "$kind: lost output" sh -c \
		'"$1" --audit=L -C t --report="$2" >/dev/full 2>/dev/null
		[ $? = 2 ]' sh "$phash" "$kind"
done

# What else there is to say, in each of them.
mkdir -p guess
echo x | tee guess/a >guess/b
(cd guess && "$phash" --untagged . >../B)
echo z >guess/a
echo z >guess/b
try 'a hint' 1 "$phash" --audit=B -C guess --report=github
ok 'is a warning' grep -q '^::warning title=phash audit::list: nothing matched as ' "$work/out"
reads_back 'a hint is no failure of the list' --audit=B -C guess
try 'JUnit, a hint' 1 "$phash" --audit=B -C guess --report=junit
ok 'stands in the output' grep -q '^list: nothing matched as ' "$work/out"
ok 'and the list is well' grep -qxF '<testcase classname="audit" name="the list and the operands"/>' "$work/out"
try 'HTML, a hint' 1 "$phash" --audit=B -C guess --report=html
ok 'is an item' grep -q '^<li>list: nothing matched as ' "$work/out"
try 'HTML, a list that is not right' 1 "$phash" --audit=bad -C same --report=html
ok 'has items that say so' test "$(grep -cx '<li>WARNING: 1 .*</li>' "$work/out")" = 2
echo nonsense >>L
for part in 1 2 3 4 5 6 7 8; do
	"$phash" --audit=L -C same --part=$part/8 --report=github >"$work/out" \
		2>/dev/null
	if [ $? != 1 ] || ! grep -q '::WARNING: 1 line is improperly' "$work/out"
	then
		echo $part
	fi
done >parts
same 'in every part an improper line is said' /dev/null parts
sed -i '$d' L

# Where there is much, what it has in common.
mkdir -p much/'a&b' much/100% much/ok
for ((i = 10; i < 40; i++)); do
	echo $i | tee much/'a&b'/$i much/100%/$i >much/ok/$i
done
"$phash" much/ok >M
try 'GitHub, much' 1 "$phash" --audit=M much --report=github
ok 'ends with it' printed ' 0 UNREADABLE%0ANEW: all 30 files below much/100%25%0ANEW: all 30 files below much/a&b'
try 'JUnit, much' 1 "$phash" --audit=M much --report=junit
ok 'begins with it' printed ' 0 UNREADABLE
NEW: all 30 files below much/100%
NEW: all 30 files below much/a&amp;b</system-out>'
try 'HTML, much' 1 "$phash" --audit=M much --report=html
ok 'begins with it' printed '<h2>What is wrong</h2>
<ul class="summary">
<li>NEW: all 30 files below <code>much/100%</code></li>
<li>NEW: all 30 files below <code>much/a&amp;b</code></li>
</ul>'

# Names of every byte, and those that mean something in a report.
mkdir names names/sub
perl -e '
	my @names = map { "x" . chr($_) . "y" } grep { $_ != 47 } 1 .. 255;
	push @names, map { chr } grep { $_ != 46 && $_ != 47 } 1 .. 255;
	push @names, "]]>", "--", "<!--", "-->", "%0A::error::x", "::error::x",
		"\n::error file=x::y", "\r::error::", " ::error::", "##[error]x",
		"%", "%25", "%250A", "a,title=OK", "a:b", "=x", "a=b,c=d",
		"<script>alert(1)<\057script>" =~ tr{/}{|}r, "<td>", "&amp;",
		"&#10;", "&lt;", "a\" onload=\"x", "\x27 x=\x27", "\\", "\\\\",
		"\\x0a", "\\n", "x\xe2\x80\xaey", "\xe2\x81\xa6x", "\xef\xbb\xbf",
		"\xc2\x85", "\xc2\xa0", " ", "  ", "a  b", "\xe3\x80\x80",
		"\xef\xbf\xbe", "\xef\xbf\xbf", "\xf0\x9f\xbf\xbf", "\xef\xb7\x90",
		"\xed\xa0\x80", "\xc0\xaf", "\xf4\x90\x80\x80", "\xe2\x82",
		"\xc3\xa9", "e\xcc\x81", "\xe6\x97\xa5", "\xf0\x9f\x98\x80",
		"top", "audit", "At the top", "y" x 255, "\xff" x 255, "now x";
	my %seen;
	for my $name (grep { !$seen{$_}++ } @names) {
		for my $path ("names/$name", "names/sub/$name") {
			next if $path eq "names/sub/sub";
			open(my $f, ">", $path) or next;
			print $f $path;
		}
	}'
ok 'there are many names' test "$(find names -type f -printf x | wc -c)" -gt 1000
"$phash" -C names . >N
"$phash" -C names --json . >NJ
reads_back 'names, none wrong' --audit=N -C names
perl -e '
	my $i = 0;
	for my $path (sort glob("names/sub/*"), sort glob("names/sub/.*")) {
		next unless -f $path;
		$i++;
		if ($i % 3 == 0) { unlink $path or die }
		elsif ($i % 3 == 1) { rename $path, "$path.m" or unlink $path }
		else { open my $f, ">>", $path or die; print $f "z" }
	}'
reads_back 'names, those of a directory wrong' --audit=NJ -C names
reads_back 'names, all NEW' --audit=L -C names
mkdir void
reads_back 'names, all MISSING' --audit=NJ -C void
mkdir deep
(
	cd deep || exit
	for name in '<b>' ']]>' '%0A::error' $'\n' $'\xff' '&' $'\\' "$(printf '%0250d' 0)"; do
		mkdir "$name" && cd "$name" && echo x >f
	done
)
reads_back 'directories of such names' --audit=L -C deep
cp L $'<i>\n&%0A::x'
reads_back 'a list of such a name' --audit=$'<i>\n&%0A::x' -C same

# Long tables are folded.
mkdir -p many/one many/few
touch many/one/{1..26} many/few/{1..25}
"$phash" --audit=L -C many --report=html >"$work/page" 2>/dev/null
ok 'a table of 26 is folded' grep -qF '<details><summary><h3><code>one/</code></h3> <span>26 NEW' "$work/page"
ok 'one of 25 is not' grep -qF '<details open><summary><h3><code>few/</code></h3> <span>25 NEW' "$work/page"
mkdir -p wide/{1..9}
for i in {1..9}; do
	touch wide/"$i"/{1..25}
done
"$phash" --audit=/dev/null -C wide --report=html >"$work/page" 2>/dev/null
ok 'and 200 rows are open at all' test "$(grep -c '<details open>' "$work/page")" = 8
reads_back 'many' --audit=L -C wide

# A browser runs none of it: what a script would do to the page is not there.
if command -v chromium >/dev/null; then
	mkdir "$work/home"
	browse() {
		HOME=$work/home timeout 250 chromium --headless --no-sandbox \
			--disable-gpu --user-data-dir="$work/home" "$@" \
			"file://$work/page.html"
	}
	"$phash" --audit=NJ -C names --report=html >"$work/page.html" 2>/dev/null
	try 'a browser shows the page' 0 browse --dump-dom
	ok 'with all of its rows' test \
		"$(grep -o '<td class="v"' "$work/out" | wc -l)" = \
		"$(grep -o '<td class="v"' "$work/page.html" | wc -l)"
	ok 'and with no script' sh -c '! grep -qi "<script" "$1"' sh "$work/out"
	sed 's,</main>,<script>document.title="ran"</script><img src="x"></main>,' \
		"$work/page.html" >"$work/evil" && mv "$work/evil" "$work/page.html"
	try 'a script, if there were one' 0 browse --dump-dom
	ok 'would not run' grep -qF '<title>Not passed: audit against NJ</title>' "$work/out"
else
	skip 'a browser shows the page' 'no chromium'
fi

finish
