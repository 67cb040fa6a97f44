#!/usr/bin/env bash
# Trees larger than most have, each hashed by 64 workers and checked: 100,000 names
# of 4,000 bytes, a directory of a million files, a tree 5,000 deep (make
# check-large). Takes some gigabytes of disk, and a minute or two.

. "${0%/*}/lib.sh" || exit 1

# The n-th file of each tree holds n and a line feed. make_tree NAME SCRIPT: SCRIPT
# is perl, which is in the directory NAME, and calls file(N, NAME, PATH) for each;
# $work/NAME gets the lines that phash is to print.
make_tree() {
	# shellcheck disable=SC2016 # for perl
	perl -MDigest::SHA=sha512_hex -e 'use strict; use warnings;
		my ($top, $script, $to) = @ARGV;
		open my $lines, "|-", "sort", "-o", $to or die;
		sub enter { mkdir $_[0] and chdir $_[0] or die "$_[0]: $!" }
		sub file {
			my ($n, $name, $path) = @_;
			open my $f, ">", $name or die "$name: $!";
			print $f "$n\n";
			close $f or die "$name: $!";
			print $lines "SHA512 ($path) = ", sha512_hex("$n\n"), "\n";
		}
		enter($top);
		eval "$script; 1" or die;
		close $lines or die' "$1" "$2" "$work/$1"
}
# Each result but the last, which is of the digests, is of every file.
check_tree() { # NAME FILES
	ok "$1: there are $2 files" test "$(wc -l <"$work/$1")" = "$2"
	try "$1: 64 workers" 0 "$phash" -j 64 "$1"
	same 'print the line of each' "$work/$1" "$work/out"
	err 'in silence' </dev/null
	try "$1: one worker, chunks of one" 0 "$phash" -j 1 --chunk=1 "$1"
	same 'prints the same' "$work/$1" "$work/out"
	try "$1: -c" 0 "$phash" -j 64 -c "$work/$1"
	ok 'says of each that it is well' test \
		"$(grep -c ': OK$' "$work/out")" = "$2"
	err 'in silence' </dev/null
	try "$1: --audit" 0 "$phash" -j 64 --audit="$work/$1" --quiet "$1"
	out 'finds no difference' </dev/null
	rm -rf "$1" "${work:?}/${1:?}"
}

# 15 directories of 250 bytes, with their slashes and "names" 3,770, and 229.
# shellcheck disable=SC2016
make_tree names 'my $path = "names";
	for (1 .. 15) {
		enter(my $name = sprintf "%0250d", $_);
		$path .= "/$name";
	}
	for (1 .. 100000) {
		my $name = sprintf "%0229d", $_;
		file($_, $name, "$path/$name");
	}' || exit 1
ok 'names of 4,000 bytes' grep -qE -m 1 '^SHA512 \(.{4000}\) = ' "$work/names"
check_tree names 100000

# shellcheck disable=SC2016
make_tree million 'file($_, $_, "million/$_") for 1 .. 1000000' || exit 1
check_tree million 1000000

# shellcheck disable=SC2016
make_tree deep 'my $path = "deep";
	for (1 .. 5000) {
		file($_, "f", "$path/f");
		enter("d");
		$path .= "/d";
	}' || exit 1
check_tree deep 5000

finish
