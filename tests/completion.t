#!/usr/bin/env bash
# What --help lists, the completions and the manual know, and the other way
# round.

. "${0%/*}/lib.sh" || exit 1

comp=$top/src/completion

# Each reader prints the long options of one text, sorted, one a line.
in_help() {
	"$phash" --help | grep -oE -e '^ .{0,5}--[a-z0-9-]+' |
		sed 's/.*--//' | sort
}

in_manual() {
	sed -nE 's/^\.It .*Fl -([a-z0-9-]+).*/\1/p' "$top/man/phash.1" | sort
}

# What bash offers for the words of a command line, the last being typed.
bash_offers() {
	bash -c '. "$1"; shift; compopt() { :; }
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_phash; printf "%s\n" "${COMPREPLY[@]}"' - "$comp/phash.bash" "$@"
}

in_bash() {
	bash_offers phash -- | sed 's/^--//; s/=$//' | sort
}

in_zsh() {
	grep -oE -e '--[a-z0-9-]+(=?-?\[|=?\}|\}?)' "$comp/_phash" |
		sed -n 's/^--\([a-z0-9-]*\)=*-*[]}[]$/\1/p' | sort
}

in_fish() {
	sed -nE 's/.* -l ([a-z0-9-]+) .*/\1/p' "$comp/phash.fish" | sort
}

accepts() {
	if command -v "$1" >/dev/null; then
		ok "$1 accepts ${2##*/}" "$1" -n "$2"
	else
		skip "$1 accepts ${2##*/}" "no $1"
	fi
}

in_help >"$work/help"
ok 'help lists options' grep -qx untagged "$work/help"
for reader in manual bash zsh fish; do
	"in_$reader" >"$work/$reader"
	same "$reader knows the options of --help" "$work/help" "$work/$reader"
done

touch 'a file' another
try 'bash: values after --opt=' 0 bash_offers phash --sort =
out 'both of them' <<'END'
path
none
END
try 'bash: a value begun' 0 bash_offers phash --sort = p
out 'the one that fits' <<'END'
path
END
try 'bash: a value of its own word' 0 bash_offers phash --engine li
out 'the one that fits' <<'END'
libcrypto
END
sorted() {
	"$@" | sort
}
try 'bash: operands' 0 sorted bash_offers phash -z a
out 'are files' <<'END'
a file
another
END

accepts bash "$comp/phash.bash"
accepts zsh "$comp/_phash"
accepts fish "$comp/phash.fish"
finish
