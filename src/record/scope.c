#include "record/scope.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "record/table.h"

struct scope {
	struct table *operands; /* plain, no slash at the end; "" for "." */
	size_t longest;         /* bytes of one */
};

/* Does it begin with "./"? */
static bool
scope_is_dotted(const char *name, size_t len)
{
	return len >= 2 && !memcmp(name, "./", 2);
}

void
scope_bare(const char **name, size_t *len)
{
	size_t n;

	while (scope_is_dotted(*name, *len)) {
		for (n = 2; n < *len && (*name)[n] == '/'; n++)
			;
		if (n == *len)
			return;
		*name += n;
		*len -= n;
	}
}

/* Is it plain, when nothing but "./" in front is dropped? */
static bool
scope_is_plain(const char *name, size_t len)
{
	const char *at = name, *end = name + len;

	while ((at = memchr(at, '/', (size_t)(end - at)))) {
		if (++at == end)
			return true;
		if (*at == '/')
			return false;
		if (*at == '.' && (at + 1 == end || at[1] == '/'))
			return false;
	}
	return true;
}

/* Appends the components that are more than "." and nothing. */
static void
scope_put_plain(struct buf *room, const char *name, size_t len)
{
	const char *at = name, *end = name + len, *slash;
	size_t n;

	if (*name == '/')
		buf_putc(room, '/');
	for (; at < end; at = slash + 1) {
		slash = memchr(at, '/', (size_t)(end - at));
		n = (size_t)((slash ? slash : end) - at);
		if (n > 1 || (n == 1 && *at != '.')) {
			buf_put(room, at, n);
			if (slash)
				buf_putc(room, '/');
		}
		if (!slash)
			return;
	}
}

const char *
scope_plain(struct buf *room, const char *name, size_t *len)
{
	const char *bare = name;
	size_t n = *len;

	scope_bare(&bare, &n);
	if (scope_is_dotted(bare, n)) {
		*len = 1;
		return "."; /* there is nothing else */
	}
	if (!scope_is_plain(bare, n)) {
		buf_clear(room);
		scope_put_plain(room, bare, n);
		bare = buf_str(room);
		n = room->len;
	}
	*len = n;
	return bare;
}

static void
scope_add(struct scope *s, const char *operand)
{
	struct buf room = BUF_INIT;
	size_t len = strlen(operand);
	const char *plain = scope_plain(&room, operand, &len);
	bool is_new;

	while (len > 1 && plain[len - 1] == '/')
		len--;
	if (len == 1 && *plain == '.')
		len = 0;
	(void)table_add(s->operands, plain, len, &is_new); /* new or not */
	if (len > s->longest)
		s->longest = len;
	buf_release(&room);
}

struct scope *
scope_new(char *const *operands, size_t n)
{
	struct scope *s = mem_zalloc(1, sizeof(*s));

	s->operands = table_new();
	for (size_t i = 0; i < n; i++)
		if (*operands[i])
			scope_add(s, operands[i]);
	return s;
}

void
scope_free(struct scope *s)
{
	if (!s)
		return;
	table_free(s->operands);
	free(s);
}

bool
scope_next(const struct scope *s, const char *name, size_t len,
    size_t *cursor, size_t *below)
{
	size_t i, root = len && *name == '/';

	for (i = *cursor; i <= len && i <= s->longest; i++) {
		if (i && i < len && name[i] != '/')
			continue;
		/* before the first slash is nothing, or the root */
		if (table_find(s->operands, name, i ? i : root) == UINT64_MAX)
			continue;
		*below = i ? i + (i < len) : root;
		*cursor = i + 1;
		return true;
	}
	return false;
}

static bool
scope_has_dotdot(const char *name, size_t len)
{
	size_t begin = 0, i;

	for (i = 0; i <= len; i++) {
		if (i < len && name[i] != '/')
			continue;
		if (i - begin == 2 && !memcmp(name + begin, "..", 2))
			return true;
		begin = i + 1;
	}
	return false;
}

bool
scope_outside(const struct scope *s, const char *name, size_t len,
    size_t *below)
{
	size_t cursor = 0;
	bool found = false;

	*below = 0;
	while (scope_next(s, name, len, &cursor, below))
		found = true;
	if (!len || (*name == '/' && !found))
		return true;
	return scope_has_dotdot(name + *below, len - *below);
}
