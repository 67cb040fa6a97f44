#!/usr/bin/env bash
# The form of the list that --update writes: that of the old one, unless an
# option says otherwise.

. "${0%/*}/lib.sh" || exit 1

mkdir -p t/sub
for name in a sub/b; do
	echo $name >t/$name
done

# Each form is kept; the new file gets it, too.
for form in --untagged --json --base64 '--untagged --base64' '--json --base64' \
	--tag '-a md5' '-a md5 --base64'; do
	for place in '-C t .' '-C t a sub' 't' "$PWD/t"; do
		rm -f t/sub/new
		# shellcheck disable=SC2086
		"$phash" $form $place >U
		echo new >t/sub/new
		case $place in
		'-C t a sub') operands='-C t' ;;
		*) operands=$place ;;
		esac
		# shellcheck disable=SC2086
		try "a list of $form $place" 1 "$phash" --update --audit=U \
			--quiet $operands
		# shellcheck disable=SC2086
		"$phash" $form $place >want
		same 'keeps its form' want U
	done
done
"$phash" -z --untagged t >U
rm t/sub/new
try 'a list of -z' 1 "$phash" -z --update --audit=U --quiet t
"$phash" -z --untagged t >want
same 'keeps its form' want U
(cd t && sha512sum -b a) >U
echo new >t/sub/new
try 'a list of sha512sum -b' 1 "$phash" --update --audit=U --quiet -C t
(cd t && sha512sum -b a sub/b sub/new) >want
same 'keeps its *' want U
rm t/sub/new
(cd t && sha512sum a sub/b) >want
cp want U
try 'a list without' 0 "$phash" --update --audit=U --quiet -C t
same 'gets none' want U

# Options are stronger.
for options in --tag --untagged --json '--tag --base64' '--json --base64'; do
	for form in --untagged '--json --base64' '--tag --base64'; do
		# shellcheck disable=SC2086
		"$phash" $form t >U
		# shellcheck disable=SC2086
		try "a list of $form and $options" 0 "$phash" $options --update \
			--audit=U --quiet t
		# shellcheck disable=SC2086
		"$phash" $options t >want
		same 'has the form of the options' want U
	done
done
"$phash" --untagged t >U
(cd t && sha512sum -b a sub/b) >U
try '--untagged' 0 "$phash" --untagged --update --audit=U --quiet -C t
same 'is without *' U <(cd t && sha512sum a sub/b)
"$phash" --untagged t >U
try '--base64 alone' 0 "$phash" --base64 --update --audit=U --quiet t
"$phash" --untagged --base64 t >want
same 'leaves the rest as it was' want U

# Mixed forms: that of the first entry
{ "$phash" --json t/sub; echo '# comment'; "$phash" t/a; } >U
try 'a list of mixed forms' 0 "$phash" --update --audit=U --quiet t
"$phash" --json t >want
same 'has that of its first entry' want U
{ "$phash" -C t sub; "$phash" -C t ./a; } >U
try 'a list with and without ./' 0 "$phash" --update --audit=U --quiet -C t
"$phash" -C t a sub >want
same 'likewise' want U
(cd t && sha512sum -b a && sha512sum sub/b) >U
try 'a list with and without *' 0 "$phash" --update --audit=U --quiet -C t
(cd t && sha512sum -b a sub/b) >want
same 'likewise' want U
{ "$phash" --untagged t/sub; "$phash" -a md5 t/a; } >U
try 'a list of mixed algorithms without tags' 0 "$phash" --update --audit=U --quiet t
{ "$phash" -a md5 t/a; "$phash" --untagged t/sub; } >want
same 'keeps the tags that it needs' want U
try 'after it' 0 "$phash" --audit=U --quiet t

# A line without a tag is one only where the next audit, without -a, reads it as
# what it is: by the name of the new list, or else the length of the digest.
kept() {
	try "$* is updated" 0 "$phash" -q --audit="$1" --update "${@:3}" t
	ok "with tags: $2" test "$(grep -c '(' "$new")" = "$2"
	try 'and is what it was' 0 "$phash" -q --audit="$new" t
}
for target in baseline x.sha512 B2SUMS other.b2; do
	"$phash" -a blake2b --untagged t >B2SUMS
	new=$target
	case $target in
	B2SUMS | *.b2) kept B2SUMS 0 -o "$new" ;;
	*) kept B2SUMS 2 -o "$new" ;;
	esac
done
new=x.sha512
"$phash" -a sm3 t >x.sha512
kept x.sha512 2 --untagged
"$phash" --untagged t >x.sha512
kept x.sha512 0
"$phash" -a sha3-256 --untagged t >list
new=list
kept list 2 -a sha3-256
"$phash" -a sha3-256 --untagged --base64 t >x.sha3
new=x.sha3
kept x.sha3 0
: >x.sha512
try 'an empty list of another algorithm' 1 "$phash" -q -a sha256 --untagged \
	--audit=x.sha512 --update t
try 'and what it has become' 0 "$phash" -q --audit=x.sha512 t

# Names that cannot have ./ in front, beside names that can
cd t/sub || exit 1
echo c >c
"$phash" . ../a "$PWD/b" >../../U
try 'names that lead up' 0 "$phash" --update --audit=../../U --quiet . ../a \
	"$PWD/b"
sed 's/.*(//; s/).*//' ../../U >../../names
cd ../.. || exit 1
printf '%s\n' ../a "$PWD/t/sub/b" ./b ./c >want
same 'stay as they are' want names
mkdir up
echo a | tee up/a >up/..a
"$phash" -C up . >U
cp U want
try 'a name that only begins like them' 0 "$phash" --update --audit=U --quiet \
	-C up a ..a
same 'is none of them' want U

# A file called - comes back, whether or not the others have ./ in front.
mkdir dash
echo a >dash/a
for form in --tag --untagged --json; do
	for operand in a ./a; do
		rm -f dash/-
		"$phash" $form -C dash $operand >U
		echo x >dash/-
		try "a file called - beside $operand of $form" 1 "$phash" \
			--update --audit=U --quiet -C dash
		try 'is in the list by a name of its own' 0 "$phash" \
			-C dash -c U
		ok 'that is not that of stdin' grep -qF ./- U
	done
done
rm dash/-
"$phash" -C dash a >U
try 'standard input' 1 "$phash" --update --audit=U --quiet -C dash a -
ok 'keeps its name' grep -qF '(-)' U

# A list without an entry says nothing of a form.
: >U
try 'an empty list' 1 "$phash" --update --audit=U --quiet -C t
"$phash" -C t . >want
same 'gets lines as they are printed' want U
: >U
try 'an empty list and --untagged' 1 "$phash" --untagged --update --audit=U --quiet -C t
"$phash" --untagged -C t . >want
same 'gets those' want U

finish
