#!/usr/bin/env bash
# A file of which another process has a lease (F_SETLEASE): it is asked to give
# it up, and other files are read meanwhile.

. "${0%/*}/lib.sh" || exit 1

echo leased >leased
echo other >other
sha512sum --tag leased other >"$work/lines"

# Holds a write lease until it has been asked for it and the file release is
# there. 1024 and 1 are F_SETLEASE and F_WRLCK, on all of Linux.
cat >"$work/holder" <<'END'
$SIG{IO} = sub { $asked = 1 };
open my $f, "+<", "leased" or die;
fcntl($f, 1024, 1) or exit 9;
open my $ready, ">", "ready";
select undef, undef, undef, 0.02 until $asked && -e "release";
END
perl "$work/holder" &
holder=$!
for ((i = 0; i < 500; i++)); do
	if [ -e ready ] || ! kill -0 $holder 2>/dev/null; then
		break
	fi
	sleep 0.02
done
if ! [ -e ready ]; then
	wait $holder
	skip 'a leased file' 'no leases on this file system'
	finish
fi

"$phash" -j 1 --sort=none leased other >"$work/out" 2>"$work/err" &
pid=$!
ok 'beside a leased file' lines_out 1
ok 'another is read' cmp "$work/out" <(sha512sum --tag other)
touch release
wait $pid
ok 'the lease is waited for' test $? = 0
err 'without a word' </dev/null
sort -o sorted "$work/out"
same 'and the file is read' "$work/lines" sorted
wait $holder

finish
