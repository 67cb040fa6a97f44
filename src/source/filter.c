#include "source/filter.h"

#include <stdlib.h>

#include "base/mem.h"
#include "source/glob.h"

struct filter {
	struct globs exclude, include;
};

struct filter *
filter_new(void)
{
	return mem_zalloc(1, sizeof(struct filter));
}

void
filter_free(struct filter *f)
{
	if (!f)
		return;
	globs_release(&f->exclude);
	globs_release(&f->include);
	free(f);
}

const char *
filter_exclude(struct filter *f, const char *glob)
{
	return globs_add(&f->exclude, glob, false);
}

const char *
filter_include(struct filter *f, const char *glob)
{
	return globs_add(&f->include, glob, true);
}

/* Are the path, and the directories above it of more than from names, wanted?
 */
static bool
filter_decide(const struct filter *f, const struct names *names, bool is_dir,
    size_t from)
{
	return !globs_match(&f->exclude, names, is_dir, from) &&
	    (is_dir || !f->include.n ||
	    globs_match(&f->include, names, false, names->n - 1));
}

static bool
filter_is_empty(const struct filter *f)
{
	return !f->exclude.n && !f->include.n;
}

bool
filter_wants(const struct filter *f, const char *path, bool is_dir)
{
	struct names names;
	bool wanted;

	if (filter_is_empty(f))
		return true;
	names_init(&names, path);
	wanted = !names.n || filter_decide(f, &names, is_dir, names.n - 1);
	names_release(&names);
	return wanted;
}

bool
filter_wants_listed(const struct filter *f, const char *path, size_t below)
{
	struct names names;
	size_t from;
	bool wanted;

	if (filter_is_empty(f))
		return true;
	names_init(&names, path);
	from = names_above(&names, below);
	wanted = from == names.n || filter_decide(f, &names, false, from);
	names_release(&names);
	return wanted;
}
