# bash completion for phash(1)
# shellcheck shell=bash

_phash()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local words=

	# readline makes --opt=value three words
	if [ "$cur" = = ]; then
		cur=
	elif [ "$prev" = = ]; then
		prev=${COMP_WORDS[COMP_CWORD-2]}
	fi
	COMPREPLY=()

	case $prev in
	-a | --algorithm)
		words='sha512 sha384 sha256 sha224 sha512-256 sha512-224
			sha3-512 sha3-256 blake2b blake2s sm3 sha1 md5'
		;;
	-l | --length)
		words='224 256 384 512'
		;;
	--engine)
		words='auto libcrypto lanes avx2x4 avx512x4 avx512x8'
		;;
	--progress | --archive-prefix)
		words='auto always never'
		;;
	--archive)
		words='recursive'
		;;
	--format)
		words='tagged untagged json mtree'
		;;
	--sort)
		words='path none'
		;;
	--report)
		words='github junit html'
		;;
	--walk)
		words='auto parent workers'
		;;
	-j | --jobs | --chunk | --archive-limit | --timeout | --remote-path | --host-timeout | --max-depth | -E | --exclude | --include)
		return
		;;
	--on)
		mapfile -t COMPREPLY < <(compgen -W slurm -A hostname -- "$cur")
		return
		;;
	--rsh)
		words='ssh srun'
		;;
	-C | --directory)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	--user)
		mapfile -t COMPREPLY < <(compgen -u -- "$cur")
		return
		;;
	-o | --output | --audit | --list | --exclude-from | --files-from | --files0-from)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	*)
		case $cur in
		--*)
			compopt -o nospace
			words='--jobs= --algorithm= --length= --engine=
				--chunk= --settle --archive --archive-prefix=
				--archive-limit= --timeout= --user=
				--sandbox --no-sandbox --on= --rsh=
				--remote-path= --host-timeout= --format=
				--tag --untagged
				--binary --text --json
				--zero --base64 --identity --sort= --duplicates
				--reuse= --reuse-max-age= --reuse-sample=
				--oldest-first --journal= --part= --budget=
				--tree-digest --output= --directory=
				--one-file-system --follow --exclude=
				--exclude-from= --include= --max-depth= --walk= --files-from=
				--files0-from= --recursive --check
				--audit= --list= --update --report= --quiet --status --warn
				--strict --ignore-missing --progress=
				--verbose --debug --help --version'
			;;
		-*)
			words='-j -a -l -b -t -z -o -C -c -q -w -x -L -E -r -v -h'
			;;
		*)
			compopt -o filenames
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return
			;;
		esac
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	# only what still wants a value goes on without a space
	[[ ${COMPREPLY[0]-} == *= ]] || compopt +o nospace
}

complete -F _phash phash
