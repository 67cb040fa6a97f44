#!/usr/bin/env bash
# What an audit says, and what it keeps to itself: --quiet, --status,
# --ignore-missing, --json.

. "${0%/*}/lib.sh" || exit 1

mkdir t void
for name in a b c; do
	echo $name >t/$name
done
"$phash" -C t . >L
cp "$phash" "$work/phash"
echo bad >bad
cat L >>bad
well='3 listed: 3 OK, 0 CHANGED, 0 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE'

# --quiet
try 'all is well' 0 "$phash" --audit=L -C t
err 'has its sums' <<END
phash: $well
END
try '--quiet when all is well' 0 "$phash" --quiet --audit=L -C t
out 'says nothing' </dev/null
err 'and nothing on stderr' </dev/null
try '--quiet and an operand that is empty' 1 "$phash" --quiet --audit=L -C t . ''
err 'is not well' <<END
phash: operand 2: empty name
phash: $well
END
try '--quiet and a malformed line' 1 "$phash" --quiet --audit=bad -C t
err 'is not well' <<END
phash: bad: 1: improperly formatted SHA512 checksum line
phash: WARNING: 1 line is improperly formatted
phash: $well
END
cp -r t changed
echo more >changed/a
rm changed/b
try '--quiet when something differs' 1 "$phash" --quiet --audit=L -C changed
out 'says what' <<'END'
CHANGED a
MISSING b
END
err 'with the sums' <<'END'
phash: 3 listed: 1 OK, 1 CHANGED, 1 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE
END

# --status
try '--status when all is well' 0 "$phash" --status --audit=L -C t
out 'says nothing' </dev/null
err 'and nothing on stderr' </dev/null
try '--status when something differs' 1 "$phash" --status --audit=L -C changed
out 'says nothing' </dev/null
err 'and nothing on stderr' </dev/null
try '--status --json' 1 "$phash" --status --json --audit=L -C changed
out 'says nothing either' </dev/null
try '--status and a malformed line' 1 "$phash" --status --audit=bad -C t
err 'is as silent' </dev/null
sed 's,\./,../,' L >outside
try '--status and entries that are refused' 1 "$phash" --status \
	--audit=outside -C t
err 'are as silent' </dev/null
try '--status after --quiet' 1 "$phash" --quiet --status --audit=L -C changed
err 'counts' </dev/null
try '--quiet after --status' 1 "$phash" --status --quiet --audit=L -C changed
out 'counts' <<'END'
CHANGED a
MISSING b
END
chmod 000 t/c
try '--status and what may not be read' 1 as_user "$work/phash" --status \
	--audit=L -C t
err 'says why' <<'END'
phash: c: Permission denied
END
chmod 644 t/c
try '--status and a list that is not there' 2 "$phash" --status --audit=nix -C t
err 'says why' <<'END'
phash: nix: No such file or directory
END
try '--status and a list of nothing' 1 "$phash" --status --audit=/dev/null -C t
err 'is said' <<'END'
phash: /dev/null: no properly formatted checksum lines found
END
cp bad U
try '--status --update that is refused' 1 "$phash" --status --update \
	--audit=U -C t
err 'is said' <<'END'
phash: U: not updated: lines of the list were not understood or refused
END

# --ignore-missing
rm t/b
try '--ignore-missing' 0 "$phash" --ignore-missing --audit=L -C t
out 'does not tell what is MISSING' <<'END'
OK a
OK c
END
err 'but counts it' <<'END'
phash: 3 listed: 2 OK, 0 CHANGED, 1 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE
END
try '--ignore-missing --quiet' 0 "$phash" --ignore-missing --quiet --audit=L -C t
err 'says nothing' </dev/null
try '--ignore-missing --json' 0 "$phash" --ignore-missing --json --audit=L -C t
out 'counts, and is as silent else' <<'END'
{"verdict":"OK","path":"a"}
{"verdict":"OK","path":"c"}
{"summary":{"listed":3,"ok":2,"changed":0,"missing":1,"new":0,"moved":0,"unreadable":0,"refused":0,"malformed":0,"passed":true}}
END
try '--json --quiet when all is well' 0 "$phash" --ignore-missing --json -q \
	--audit=L -C t
out 'says nothing' </dev/null
try '--json --quiet when it is not' 1 "$phash" --json -q --audit=L -C t
out 'has the sums' <<'END'
{"verdict":"MISSING","path":"b"}
{"summary":{"listed":3,"ok":2,"changed":0,"missing":1,"new":0,"moved":0,"unreadable":0,"refused":0,"malformed":0,"passed":false}}
END
"$phash" -z -C t . >LZ
try '--json -z' 0 "$phash" -z --json --audit=LZ -C t
ok 'ends the sums with NUL, too' test "$(tr -dc '\0' <"$work/out" | wc -c)" = 3
"$phash" --json --audit=L -C t >objects 2>/dev/null
try 'verdicts taken for a list' 1 "$phash" -c -w objects
ok 'are none, and neither are the sums' grep -qx 'phash: objects: 4: improperly formatted SHA512 checksum line' "$work/err"
try 'without it' 1 "$phash" --audit=L -C t
try '--ignore-missing and another change' 1 "$phash" --ignore-missing \
	--audit=L -C changed
out 'fails for that' <<'END'
CHANGED a
OK c
END
mv t/c t/d
try '--ignore-missing and a file that moved' 1 "$phash" --ignore-missing \
	--audit=L -C t
out 'is MOVED' <<'END'
OK a
MOVED c -> d
END
try '--ignore-missing when all are missing' 1 "$phash" --ignore-missing \
	--quiet --audit=L -C void
out 'fails' </dev/null
err 'and says why' <<'END'
phash: L: no file was verified
phash: 3 listed: 0 OK, 0 CHANGED, 3 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE
END
rm t/d
grep '/a' L >want
cp L U
try '--ignore-missing --update' 0 "$phash" --ignore-missing --update --audit=U -C t
same 'leaves out what is missing' want U

# --json
rm -rf j
mkdir j
for name in base64 both link moved plain same; do
	echo "$name" >j/$name
done
md5() {
	printf '%s\n' "$1" | md5sum | cut -d ' ' -f 1
}
{
	"$phash" -a md5 --json -C j both link moved
	"$phash" -a md5 -C j plain same
	"$phash" -a md5 --base64 -C j base64
} >J
for name in base64 both plain; do
	echo more >>j/$name
done
mv j/moved j/x
rm j/link
ln -s same j/link
try '--json' 1 "$phash" --json --audit=J -C j
out 'has what was found and what was expected' <<END
{"verdict":"CHANGED","path":"base64","algorithm":"MD5","digest":"$(md5 $'base64\nmore')","size":12,"expected_digest":"$(md5 base64)"}
{"verdict":"CHANGED","path":"both","algorithm":"MD5","digest":"$(md5 $'both\nmore')","size":10,"expected_digest":"$(md5 both)","expected_size":5}
{"verdict":"CHANGED","path":"link","algorithm":"MD5","expected_digest":"$(md5 link)","expected_size":5,"error":"no longer a regular file"}
{"verdict":"MOVED","old_path":"moved","path":"x"}
{"verdict":"CHANGED","path":"plain","algorithm":"MD5","digest":"$(md5 $'plain\nmore')","size":11,"expected_digest":"$(md5 plain)"}
{"verdict":"OK","path":"same"}
{"summary":{"listed":6,"ok":1,"changed":4,"missing":0,"new":0,"moved":1,"unreadable":0,"refused":0,"malformed":0,"passed":false}}
END
mkdir -p j/foreign
echo 'FOREIGN-1 (foreign) = 00112233445566778899' >F
"$phash" -C j same >>F
try '--json and an algorithm that nobody knows' 1 "$phash" --json --audit=F \
	-C j foreign same
out 'has its name' <<'END'
{"verdict":"CHANGED","path":"foreign","algorithm":"FOREIGN-1","error":"no longer a regular file"}
{"verdict":"OK","path":"same"}
{"summary":{"listed":2,"ok":1,"changed":1,"missing":0,"new":0,"moved":0,"unreadable":0,"refused":0,"malformed":0,"passed":false}}
END
for ((i = 1; i <= 100; i++)); do
	echo "FOREIGN-$i (foreign) = 00112233445566778899"
done >F
try 'a hundred of them' 1 "$phash" --json -c -C j F
ok 'have each an object' test "$(grep -c '"UNREADABLE"' "$work/out")" = 100

# Where there is much, what it has in common is said first.
mkdir -p m/lib/a m/lib/b m/etc
for ((i = 10; i < 40; i++)); do
	echo $i | tee m/lib/a/$i m/lib/b/$i >m/etc/$i
done
"$phash" -C m . >M
for ((i = 10; i < 40; i++)); do
	echo more | tee -a m/lib/a/$i >>m/lib/b/$i
done
rm m/etc/10
echo more >>m/etc/11
touch m/etc/"it's"
try 'many changes' 1 "$phash" --audit=M -C m
err 'are summed up by directory' <<'END'
phash: CHANGED: all 60 files below lib
phash: CHANGED: etc/11
phash: MISSING: etc/10
phash: NEW: "etc/it's"
phash: 90 listed: 28 OK, 61 CHANGED, 1 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 1 NEW, 0 UNREADABLE
END
cp "$work/err" summed
try 'with --quiet' 1 "$phash" --audit=M -C m -q
same 'too' summed "$work/err"
try 'with --json' 1 "$phash" --audit=M -C m --json
same 'too' summed "$work/err"
try 'with --report' 1 "$phash" --audit=M -C m --report=html
same 'too' summed "$work/err"
for jobs in 1 7; do
	try "with -j $jobs" 1 "$phash" --audit=M -C m -j $jobs --chunk=1
	same 'just so' summed "$work/err"
done
try 'with --status' 1 "$phash" --audit=M -C m --status
err 'not at all' </dev/null
try 'names with ./ and //' 1 "$phash" --audit=<(sed 's,(\./,(./m//,' M) \
	./m/./
ok 'are summed up by what they stand for' grep -qx \
	'phash: CHANGED: all 60 files below m/lib' "$work/err"

finish
