#include "mode/operands.h"

#include <errno.h>
#include <string.h>

#include "base/diag.h"
#include "hasher/hasher.h"
#include "hasher/result.h"
#include "mode/setup.h"
#include "options.h"
#include "source/list.h"
#include "source/walk.h"

static int
operands_on_file(void *cookie, const struct entry *e)
{
	struct operands *p = cookie;

	return p->on_name(p->cookie, e);
}

static int
operands_on_error(void *cookie, const char *path, size_t len, int err)
{
	struct operands *p = cookie;
	struct result r = { .entry = { .name = path, .len = len } };

	switch (err) {
	case WALK_OUTPUT:
		(void)result_fail(&r, RESULT_OUTPUT, 0);
		break;
	case WALK_LINKS:
		(void)result_fail(&r, RESULT_LINKS, 0);
		break;
	default:
		(void)result_fail(&r, RESULT_OPEN, err);
		break;
	}
	return p->on_error(p->cookie, &r);
}

/* Says that something is wrong at the place where a list was last read.
 * Returns 1, for the count. */
static unsigned
operands_bad(const struct list *l, const char *what)
{
	size_t number;
	const char *where = list_where(l, &number);

	if (where)
		diag_name(where, strlen(where), "name %zu: %s", number, what);
	else
		diag_msg("operand %zu: %s", number, what);
	return 1;
}

/* While a list has nothing to read. */
static int
operands_wait(void *cookie, int fd)
{
	struct operands *p = cookie;

	return hasher_idle(p->setup->hasher, fd, p->on_idle, p->cookie);
}

/* Takes one operand. Non-zero: a callback stopped it. */
static int
operands_take(struct operands *p, const struct walk_opts *w, const char *name,
    size_t len)
{
	const struct entry in = { .name = name, .len = len,
	    .kind = ENTRY_STDIN };
	size_t number;

	if (strcmp(name, "-") != 0)
		return walk(name, w);
	/* stdin on the command line; in a list it is a file's name, which must
	 * not be printed as that of stdin */
	return list_where(p->setup->list, &number) ? walk("./-", w) :
	    p->on_name(p->cookie, &in);
}

uint64_t
operands_run(struct operands *p)
{
	struct list *l = p->setup->list;
	struct walk_opts w = setup_walk(p->setup);
	uint64_t bad = 0;
	const char *name;
	size_t len;
	int err;

	w.cookie = p;
	w.on_file = operands_on_file;
	w.on_error = operands_on_error;
	if (!p->setup->o->noperands && !p->setup->o->nlists) {
		if (!strcmp(p->none, "-"))
			setup_say_stdin();
		(void)operands_take(p, &w, p->none, strlen(p->none));
		return 0;
	}
	list_on_wait(l, operands_wait, p);
	for (;;) {
		switch (list_next(l, &name, &len, &err)) {
		case LIST_NAME:
			if (operands_take(p, &w, name, len))
				return bad;
			break;
		case LIST_EMPTY:
			bad += operands_bad(l, "empty name");
			break;
		case LIST_NUL:
			bad += operands_bad(l, "NUL in a name (--files0-from "
			    "reads names that end in NUL)");
			break;
		case LIST_ERROR:
			if (err == ECANCELED)
				return bad; /* operands_wait has said why */
			bad += operands_bad(l, strerror(err));
			break;
		case LIST_END:
			return bad;
		}
	}
}
