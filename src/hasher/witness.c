#include "hasher/witness.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/entry.h"
#include "base/quote.h"
#include "hasher/result.h"

void
witness_init(struct witness *w, int dirfd)
{
	memset(w, 0, sizeof(*w));
	readers_init(&w->readers, dirfd);
}

void
witness_release(struct witness *w)
{
	readers_release(&w->readers);
}

/* ---- the same file? ----------------------------------------------------------- */

static struct witness_device *
witness_device(struct witness *w, uint64_t dev)
{
	unsigned i;

	for (i = 0; i < w->n; i++)
		if (w->devices[i].dev == dev)
			return &w->devices[i];
	return NULL;
}

/* Are both the same file, as far as can be told? here is what this machine sees,
 * with its device. */
static bool
witness_is_same(struct witness *w, const struct entry_identity *here,
    const struct entry_identity *there)
{
	struct witness_device *d = witness_device(w, here->dev);

	if (here->size != there->size || here->mtime != there->mtime)
		return false;
	if (d)
		return !d->shared || here->ino == there->ino;
	if (w->n < WITNESS_DEVICES)
		w->devices[w->n++] = (struct witness_device){ here->dev,
		    here->ino == there->ino };
	return true;
}

/* ---- another look ------------------------------------------------------------- */

static void
witness_object(struct buf *why, const struct entry *e, const char *what)
{
	buf_puts(why, "does not see the same files: ");
	quote_message(why, e->name, e->len);
	buf_printf(why, " %s", what);
}

/* There is another file there than was seen here; f is what is here now. */
static bool
witness_believes_file(struct witness *w, const struct entry *e,
    const struct reader *f, const struct result *r, struct buf *why)
{
	struct entry_identity now = entry_identity(&f->st);

	if (witness_is_same(w, &now, &r->entry.id))
		return true;
	/* it changes all the time: newer than the walk is what there must be */
	if ((now.size != e->id.size || now.mtime != e->id.mtime) &&
	    r->entry.id.mtime >= e->id.mtime)
		return true;
	witness_object(why, e, "has another size, time or inode there");
	return false;
}

/* It could not be read on there. */
static bool
witness_believes_error(const struct entry *e, const struct reader *f,
    struct result *r, struct buf *why)
{
	char c;

	if (pread(f->fd, &c, 1, (off_t)r->size) < 0) {
		r->err = errno;
		return true;
	}
	witness_object(why, e, "cannot be read there: ");
	result_reason(r, why);
	return false;
}

/* Has another file the name by now, or the same inode another ctime, as when a file
 * is made with the inode of one that is gone? Then for a moment none may have had
 * the name, and the file that was seen may be gone: r may say so. */
static bool
witness_is_replaced(const struct entry *e, const struct reader *f,
    const struct result *r)
{
	const struct entry_identity now = entry_identity(&f->st);

	return e->id.ino && (now.ino != e->id.ino || now.dev != e->id.dev ||
	    now.ctime != e->id.ctime) &&
	    (r->status == RESULT_TYPE || r->status == RESULT_PLACE ||
	    r->err == ENOENT || r->err == ESTALE);
}

/* It could not be opened here for a reason that passes, and has nothing to do with
 * the file. */
static bool
witness_is_busy(const struct result *here)
{
	return here->status == RESULT_OPEN && (here->err == EMFILE ||
	    here->err == ENFILE || here->err == EWOULDBLOCK);
}

/* Opens it here as a worker would, which also makes a file server say what is the
 * case now, and compares. */
static bool
witness_looks(struct witness *w, const struct entry *e, struct result *r,
    struct buf *why)
{
	bool opened = r->status != RESULT_OPEN && r->status != RESULT_STAT &&
	    r->status != RESULT_TYPE && r->status != RESULT_PLACE;
	struct result here = { .status = RESULT_OK };
	struct reader f;
	bool rc;

	if (reader_open(&f, &w->readers, e, &here) < 0) {
		/* as it would be here */
		if (!opened || !witness_is_busy(&here))
			(void)result_fail(r, here.status, here.code);
		return true;
	}
	if ((!opened || r->status == RESULT_READ) &&
	    witness_is_replaced(e, &f, r)) {
		rc = true;
	} else if (!opened) {
		witness_object(why, e, "cannot be opened there: ");
		result_reason(r, why);
		rc = false;
	} else if (r->status == RESULT_READ) {
		rc = witness_believes_error(e, &f, r, why);
	} else {
		rc = witness_believes_file(w, e, &f, r, why);
	}
	reader_close(&f);
	return rc;
}

bool
witness_believes(struct witness *w, const struct entry *e, struct result *r,
    struct buf *why)
{
	switch (r->status) {
	case RESULT_OK:
	case RESULT_OPENED:
	case RESULT_ARCHIVE:
	case RESULT_CHANGED:
		return !e->id.ino || witness_is_same(w, &e->id, &r->entry.id) ||
		    witness_looks(w, e, r, why);
	case RESULT_OPEN:
	case RESULT_STAT:
	case RESULT_TYPE:
	case RESULT_PLACE:
	case RESULT_READ:
		return witness_looks(w, e, r, why);
	default:
		return true;
	}
}
