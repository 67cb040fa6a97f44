#!/usr/bin/env bash
# make install and uninstall, and the library as others see it.

. "${0%/*}/lib.sh" || exit 1

root=$work/d/root
objdir=${OBJDIR:-$top}
build=${BUILD:-$objdir/build}

# A target or a list of files cannot have blanks, so make gets no path that may.
run_make() {
	make -s -C "$objdir" BUILD="$(realpath --relative-to="$objdir" "$build")" \
		DESTDIR="$root" prefix=/usr exec_prefix=/usr bindir=/usr/bin \
		libdir=/usr/lib includedir=/usr/include datadir=/usr/share \
		mandir=/usr/share/man docdir=/usr/share/doc/phash "$@"
}

# The functions that the header declares.
declared() {
	sed -e '/^typedef/d' -e '/^ \*/d' -e '/^\/\*/d' "$top/src/ppool/ppool.h" |
		grep -o '\bppool_[a-z_]* *(' | tr -d ' (' | sort -u
}

exported() {
	nm -D --defined-only "$1" | awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }' |
		sort
}

{
	cat <<-'END'
		usr/bin/phash
		usr/include/ppool.h
		usr/lib/libppool.a
		usr/lib/libppool.so
		usr/lib/libppool.so.2
		usr/lib/libppool.so.2.1.0
		usr/lib/pkgconfig/ppool.pc
		usr/share/bash-completion/completions/phash
		usr/share/doc/phash/README
		usr/share/fish/vendor_completions.d/phash.fish
		usr/share/zsh/site-functions/_phash
	END
	for file in "$top"/man/*.[1-9]; do
		echo "usr/share/man/man${file##*.}/${file##*/}"
	done
	for file in "$top"/man/examples/*.c; do
		[ -f "$file" ] && echo "usr/share/doc/phash/examples/${file##*/}"
	done
} | sort >"$work/expected"

try 'make install' 0 run_make install
(cd "$root" && find . ! -type d | sed 's,^\./,,' | sort) >"$work/found"
same 'it installs what it should, and nothing else' \
	"$work/expected" "$work/found"
ok 'the installed program runs' "$root/usr/bin/phash" --version
same 'the installed header is the source' \
	"$top/src/ppool/ppool.h" "$root/usr/include/ppool.h"

# A caller's structs are as long as they were when it was compiled.
structs() {
	sed -n '/^typedef struct.*{/,/^}/{
		s,[[:space:]]*/\*.*,,; /^[[:space:]]*\*/d; p
	}' "$top/src/ppool/ppool.h"
}

cat >"$work/structs.2" <<'END'
typedef struct ppool_buf {
	const void *data;
	size_t len;
} ppool_buf;
typedef struct ppool_result {
	ppool_err err;
	int code;
	uint64_t index;
	const void *data;
	size_t len;
	ppool_buf item;
	void *cookie;
	bool part;
} ppool_result;
typedef struct ppool_item {
	uint64_t id;
	ppool_fn *fn;
	const void *data;
	size_t len;
} ppool_item;
typedef struct ppool_opts {
	int processes;
	ppool_init_fn *init;
	void *initarg;
	ppool_serve_fn *serve;
	uint64_t max_tasks;
	unsigned window;
	size_t max_item;
	size_t max_pending;
	unsigned retries;
	int task_timeout_ms;
	int kill_after_ms;
	unsigned flags;
	const int *keep;
} ppool_opts;
typedef struct ppool_feed_opts {
	size_t chunk_items;
	uint64_t chunk_weight;
	uint64_t window_weight;
	size_t ahead;
	unsigned flags;
	unsigned window;
} ppool_feed_opts;
END
structs >"$work/structs"
same 'the structs are those of soname 2' "$work/structs.2" "$work/structs"

declared >"$work/declared"
exported "$root/usr/lib/libppool.so" >"$work/exported"
same 'the shared library exports what ppool.h declares' \
	"$work/declared" "$work/exported"

cat >prog.c <<'END'
#include <ppool.h>

static int
twice(void *state, const void *in, size_t len, ppool_out *out)
{
	int n = *(const int *)in * 2;

	(void)state;
	(void)len;
	return ppool_write(out, &n, sizeof(n)) != PPOOL_OK;
}

int
main(void)
{
	ppool *pool;
	ppool_async *a;
	const ppool_result *r;
	size_t count;
	int n = 21;

	if (ppool_create(&pool, NULL) != PPOOL_OK)
		return 1;
	if (ppool_apply(pool, twice, &n, sizeof(n), &a) != PPOOL_OK ||
	    ppool_get(a, -1, &r, &count) != PPOOL_OK || count != 1)
		return 2;
	n = *(const int *)r[0].data;
	ppool_async_free(a);
	ppool_destroy(pool);
	return n == 42 ? 0 : 3;
}
END

export PKG_CONFIG_PATH=root/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=root
export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1

compile() {
	# shellcheck disable=SC2046 # words are meant
	${CC:-cc} -std=c11 -Wall -Wextra -Werror -o "$@" \
		$(pkg-config --cflags --libs ppool)
}

needs_soname() {
	readelf -d "$1" | grep -q 'NEEDED.*\[libppool\.so\.2\]'
}

needs_no_ppool() {
	[ -f "$1" ] && ! readelf -d "$1" | grep 'NEEDED.*ppool'
}

if grep -q -e -fsanitize -e --coverage "$build/flags"; then
	skip 'a program builds with pkg-config' 'the library needs more: sanitizers, say'
elif ! command -v pkg-config >/dev/null; then
	skip 'a program builds with pkg-config' 'no pkg-config'
else
	ok 'a program builds with pkg-config' compile shared prog.c
	ok 'it asks for the soname' needs_soname shared
	try 'it runs' 0 env LD_LIBRARY_PATH="$root/usr/lib" ./shared
	mkdir static-only
	cp "$root/usr/lib/libppool.a" static-only
	ok 'the static library serves too' compile static prog.c -Lstatic-only
	ok 'it needs no shared one' needs_no_ppool static
	try 'it runs as well' 0 ./static
fi

try 'make uninstall' 0 run_make uninstall
find "$root" ! -type d >"$work/left"
same 'it leaves nothing behind' /dev/null "$work/left"
finish
