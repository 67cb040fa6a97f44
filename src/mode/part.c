#include "mode/part.h"

#include <stdint.h>

#include "base/buf.h"
#include "options/options.h"
#include "record/scope.h"

/* Fowler, Noll and Vo's constants (RFC 9923). */
#define PART_BASIS UINT64_C(0xcbf29ce484222325)
#define PART_PRIME UINT64_C(0x100000001b3)

bool
part_has(const struct options *o, const char *name, size_t len)
{
	struct buf room = BUF_INIT;
	uint64_t hash = PART_BASIS;
	const char *plain;
	size_t i;

	if (!o->parts)
		return true;
	plain = scope_plain(&room, name, &len);
	for (i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)plain[i]) * PART_PRIME;
	buf_release(&room);
	return hash % o->parts == o->part - 1;
}
