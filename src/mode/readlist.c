#include "mode/readlist.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/line.h"
#include "base/xio.h"
#include "mode/part.h"
#include "mode/run.h"
#include "options/options.h"

void
readlist_init(struct readlist *r, struct run *run)
{
	const struct options *o = run->o;

	r->run = run;
	r->delim = o->zero ? '\0' : '\n';
	r->rules = (struct verdict_rules){
		.ignore_missing = o->ignore_missing,
		.strict = o->strict,
		.quiet = o->told == OPTIONS_TELL_QUIET,
		.status = o->told == OPTIONS_TELL_STATUS,
		.warn = o->told == OPTIONS_TELL_WARN,
	};
	tags_init(&r->tags, run->algorithms, o);
}

const char *
readlist_name(const char *path)
{
	return strcmp(path, "-") ? path : "standard input";
}

/* Says what the lines without a tag are taken for, when that is new. */
static int
readlist_decided(struct readlist *r, const char *list)
{
	struct buf text = BUF_INIT;
	int rc = 0;

	if (r->run->o->verbose && tags_decided(&r->tags, list, &text))
		rc = r->on_message(r->cookie, MANIFEST_SKIP, &text);
	buf_release(&text);
	return rc;
}

static int
readlist_malformed(struct readlist *r, const struct manifest *m,
    const char *list, enum manifest_kind kind)
{
	struct buf text = BUF_INIT;
	int rc;

	verdict_malformed(&r->rules, m, list, &text);
	rc = r->on_message(r->cookie, kind, &text);
	buf_release(&text);
	return rc;
}

/* What a line of m is. As readlist. */
static int
readlist_take(struct readlist *r, const struct manifest *m, const char *list,
    enum manifest_kind kind, const struct manifest_entry *e,
    const char **why)
{
	if (kind == MANIFEST_SKIP)
		return 0;
	*why = verdict_other_list(kind);
	if (*why)
		return 1;
	if (readlist_decided(r, list) < 0)
		return -1;
	if (kind != MANIFEST_ENTRY)
		return readlist_malformed(r, m, list, kind);
	if (part_has(r->run->o, e->name, e->len))
		return r->on_entry(r->cookie, e);
	r->left_out++;
	return 0;
}

static int
readlist_open(const struct run *run, const char *path)
{
	if (!strcmp(path, "-"))
		return STDIN_FILENO;
	return xio_open(run->startfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

/* As readlist, of an open list. */
static int
readlist_lines(struct readlist *r, struct manifest *m, const char *list, int fd,
    const char **why)
{
	struct line l = { .wait = r->busy ? run_wait_input : NULL,
	    .cookie = r->run };
	struct manifest_entry e;
	enum manifest_kind kind;
	int rc = 0, got = 0, err;

	while (rc == 0 && (got = line_next(&l, fd, r->delim)) > 0) {
		r->bytes += l.len + 1;
		kind = manifest_line(m, l.data, l.len, &e);
		rc = readlist_take(r, m, list, kind, &e, why);
	}
	err = errno;
	if (rc == 0 && got == 0) {
		kind = manifest_end(m, &e);
		rc = readlist_take(r, m, list, kind, &e, why);
	} else if (rc == 0) {
		rc = 1;
		*why = err == EFBIG ? line_strerror(err) : NULL;
	}
	line_release(&l);
	errno = err;
	return rc;
}

int
readlist_fd(struct readlist *r, int fd, const char *name,
    const char **why)
{
	struct manifest m = tags_manifest(&r->tags, name,
	    r->delim == '\0');
	int rc, err;

	*why = NULL;
	rc = readlist_lines(r, &m, readlist_name(name), fd, why);
	err = errno;
	manifest_release(&m);
	errno = err;
	return rc;
}

int
readlist(struct readlist *r, const char *path, const char **why)
{
	int fd = readlist_open(r->run, path);
	int rc, err;

	if (fd < 0) {
		*why = strerror(errno);
		return 1;
	}
	rc = readlist_fd(r, fd, path, why);
	err = errno;
	if (fd > STDIN_FILENO)
		(void)close(fd); /* it was only read */
	errno = err;
	return rc;
}
