#include "mode/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/compat.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/outfile.h"
#include "base/xio.h"
#include "hasher/hasher.h"
#include "options/options.h"

/* Each costs as much as the hashing of some small files: with more operands any
 * file may be read. */
#define CONFINE_OPERANDS 256
/* What a worker asks about a file that another process has (hasher/reader.c). */
#define CONFINE_LEASE "/proc/sys/fs/lease-break-time"
#define CONFINE_PROC "/proc"

/* ---- the user ----------------------------------------------------------------- */

/* 0 or -1. */
static int
confine_groups(struct sandbox_user *u, const char *name)
{
	int n = 64, rc;

	u->groups = mem_alloc((size_t)n * sizeof(*u->groups));
	rc = getgrouplist(name, u->gid, u->groups, &n);
	if (rc < 0) { /* n says how many there are */
		free(u->groups);
		u->groups = mem_alloc((size_t)n * sizeof(*u->groups));
		rc = getgrouplist(name, u->gid, u->groups, &n);
	}
	u->ngroups = (size_t)n;
	return rc < 0 ? -1 : 0;
}

/* 0, or -1 after a message. */
static int
confine_user(struct confine *c, const char *name)
{
	const struct passwd *p;

	if (geteuid() != 0) {
		diag_msg("--user: only root can change to another user");
		return -1;
	}
	errno = 0;
	p = getpwnam(name);
	if (!p) {
		diag_name(name, strlen(name), "%s", errno ? strerror(errno) :
		    "no such user");
		return -1;
	}
	c->user.uid = p->pw_uid;
	c->user.gid = p->pw_gid;
	if (confine_groups(&c->user, name) == 0)
		return 0;
	diag_name(name, strlen(name), "its groups change");
	return -1;
}

/* ---- what may be read --------------------------------------------------------- */

/* In /proc, what a path leads to depends on who asks. */
static bool
confine_is_proc(const struct stat *st)
{
	struct stat proc;

	return stat(CONFINE_PROC, &proc) == 0 && proc.st_dev == st->st_dev;
}

static void
confine_allow(struct confine *c, int dirfd, const char *path)
{
	struct stat st;
	int fd;

	/* a directory first: then what is to be mounted there is */
	fd = xio_open(dirfd, path, COMPAT_O_DIRHANDLE);
	if (fd < 0)
		fd = xio_open(dirfd, path, COMPAT_O_HANDLE);
	/* what is not there, or cannot be had, fails when it is hashed */
	if (fd < 0)
		return;
	(void)sandbox_allow_reading(&c->workers, fd);
	if (fstat(fd, &st) == 0 && confine_is_proc(&st) &&
	    strcmp(path, CONFINE_PROC) != 0 && strcmp(path, CONFINE_LEASE) != 0)
		confine_allow(c, AT_FDCWD, CONFINE_PROC);
	(void)close(fd);
}

/* May the names of files be any? In an audit of archives that turn out to be none,
 * they are those of the list. */
static bool
confine_reads_all(const struct options *o)
{
	return o->mode == OPTIONS_CHECK || o->mode == OPTIONS_SERVE ||
	    o->nlists || o->follow || o->noperands > CONFINE_OPERANDS ||
	    (o->mode == OPTIONS_AUDIT && o->archive);
}

static void
confine_operands(struct confine *c, const struct options *o, int dirfd)
{
	size_t i;

	for (i = 0; i < o->noperands; i++)
		if (strcmp(o->operands[i], "-") != 0)
			confine_allow(c, dirfd, o->operands[i]);
	/* what is listed outside of the operands is looked for, too; otherwise
	 * without an operand it is standard input */
	if (o->mode == OPTIONS_AUDIT || (!o->noperands && o->directories.n))
		confine_allow(c, dirfd, ".");
}

/* ---- its life ----------------------------------------------------------------- */

int
confine_init(struct confine *c, const struct options *o)
{
	*c = (struct confine){
	    .wanted = o->sandbox != OPTIONS_SANDBOX_NONE || o->user,
	    .workers.rules = -1, .place = -1, .parent = -1 };
	if (o->user && confine_user(c, o->user) < 0)
		return -1;
	if (o->sandbox == OPTIONS_SANDBOX_NONE || !sandbox_landlock_abi())
		return 0;
	if (o->update)
		c->place = outfile_place(o->output ? o->output : o->audit);
	else if (o->journal)
		c->place = outfile_place(o->journal);
	return 0;
}

/* Is it worth what it costs? */
static bool
confine_reads_operands(const struct options *o)
{
	return (o->sandbox == OPTIONS_SANDBOX_ALL || o->archive) &&
	    !confine_reads_all(o);
}

void
confine_prepare(struct confine *c, const struct options *o, int dirfd)
{
	if (!c->wanted)
		return;
	if (o->sandbox == OPTIONS_SANDBOX_NONE) {
		c->workers = (struct sandbox){ .rules = -1, .without = ~0u };
	} else {
		sandbox_init(&c->workers, true, confine_reads_operands(o));
		c->workers.threads = o->archive || o->mode == OPTIONS_SERVE;
	}
	if (o->user)
		c->workers.user = &c->user;
	if (c->workers.reads && c->workers.rules >= 0) {
		confine_allow(c, AT_FDCWD, CONFINE_LEASE);
		confine_operands(c, o, dirfd);
	}
}

int
confine_enter(struct confine *c, const struct options *o, int output)
{
	struct sandbox s;

	/* with --on it makes what leads to the others */
	if (o->sandbox == OPTIONS_SANDBOX_NONE || o->on.n)
		return 0;
	sandbox_init(&s, false, false);
	if (output >= 0)
		(void)sandbox_allow_writing(&s, output);
	if (c->place >= 0)
		(void)sandbox_allow_writing(&s, c->place);
	c->parent = sandbox_enter(&s);
	if (c->parent >= 0)
		return 0;
	diag_msg("cannot give up what is not needed: %s", strerror(errno));
	return -1;
}

const struct sandbox *
confine_workers(const struct confine *c)
{
	return c->wanted ? &c->workers : NULL;
}

void
confine_release(struct confine *c)
{
	sandbox_release(&c->workers);
	free(c->user.groups);
	if (c->place >= 0)
		(void)close(c->place);
}

/* ---- --debug ------------------------------------------------------------------ */

static void
confine_say_parts(const char *who, int parts)
{
	struct buf b = BUF_INIT;
	unsigned i;

	for (i = 0; i < SANDBOX_PARTS; i++) {
		enum sandbox_part part = (enum sandbox_part)(1u << i);

		if (!((unsigned)parts & part))
			continue;
		buf_printf(&b, "%s%s", b.len ? ", " : "", sandbox_name(part));
		if (part == SANDBOX_LANDLOCK)
			buf_printf(&b, " (ABI %d)", sandbox_landlock_abi());
	}
	diag_msg("sandbox of the %s: %s", who, b.len ? buf_str(&b) : "none");
	buf_release(&b);
}

void
confine_say(const struct confine *c, const struct hasher *h)
{
	int workers = hasher_sandbox(h);

	if (!c->wanted)
		return;
	if (workers >= 0)
		confine_say_parts("workers", workers);
	confine_say_parts("parent", c->parent < 0 ? 0 : c->parent);
}
