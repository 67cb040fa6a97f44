#include "mode/machines.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/quote.h"
#include "mode/slurm.h"
#include "options/options.h"

#define MACHINES_TIMEOUT 30 /* seconds */

int
machines_timeout(const struct options *o)
{
	return o->host_timeout ? o->host_timeout : MACHINES_TIMEOUT;
}

/* ---- commands ----------------------------------------------------------------- */

struct words {
	char **v;
	size_t n, cap;
};

static void
words_add(struct words *w, const char *s, size_t len)
{
	w->v = mem_grow(w->v, &w->cap, w->n + 2, sizeof(*w->v));
	w->v[w->n++] = mem_dup(s, len);
	w->v[w->n] = NULL;
}

/* The next word of a command at *s, with the host for {}; *named: there was one. 1;
 * 0: there is none; -1: a quote is not closed. */
static int
words_next(const char **s, const char *host, bool *named, struct buf *word)
{
	char quote = '\0';
	const char *p = *s;
	bool any = false;

	buf_clear(word);
	while (isspace((unsigned char)*p))
		p++;
	for (; *p && (quote || !isspace((unsigned char)*p)); p++) {
		any = true;
		if (quote ? *p == quote : *p == '\'' || *p == '"') {
			quote = quote ? '\0' : *p;
		} else if (p[0] == '{' && p[1] == '}') {
			buf_puts(word, host);
			*named = true;
			p++;
		} else if (*p == '\\' && p[1] && quote != '\'') {
			buf_putc(word, *++p);
		} else {
			buf_putc(word, *p);
		}
	}
	*s = p;
	return quote ? -1 : any;
}

/* Is a command words at all, with quotes that are closed? */
static bool
words_are_whole(const char *s)
{
	struct buf word = BUF_INIT;
	bool named, any = false;
	int rc;

	while ((rc = words_next(&s, "", &named, &word)) > 0)
		any = true;
	buf_release(&word);
	return any && rc == 0;
}

/* The command that leads to a host, to be freed. */
static char **
machines_command(const struct options *o, const char *rsh, const char *host)
{
	struct words w = { NULL, 0, 0 };
	struct buf word = BUF_INIT;
	const char *path = o->remote_path ? o->remote_path : "phash";
	bool named = false;

	while (words_next(&rsh, host, &named, &word) > 0)
		words_add(&w, word.data, word.len);
	if (!named)
		words_add(&w, host, strlen(host));
	words_add(&w, path, strlen(path));
	words_add(&w, "--serve", strlen("--serve"));
	/* what it hashes is what it is told: --sandbox means nothing there */
	if (o->sandbox == OPTIONS_SANDBOX_NONE)
		words_add(&w, "--no-sandbox", strlen("--no-sandbox"));
	buf_release(&word);
	return w.v;
}

/* Keeps a connection from being silent, and ends it when it is cut. */
static void
machines_put_ssh(struct buf *rsh, const struct options *o)
{
	int third = machines_timeout(o) / 3;

	buf_printf(rsh, "ssh -o ServerAliveInterval=%d -o "
	    "ServerAliveCountMax=3", third ? third : 1);
}

static void
machines_put_srun(struct buf *rsh, int cpus)
{
	/* -u: without it srun holds back what is no whole line */
	buf_puts(rsh, "srun -u --overlap -N 1 -n 1 ");
	if (cpus)
		buf_printf(rsh, "-c %d ", cpus);
	buf_puts(rsh, "-w {}");
}

static void
machines_add(struct machines *m, const struct options *o, const char *name,
    size_t len, int jobs, bool slurm)
{
	char *host = mem_dup(name, len);
	struct buf rsh = BUF_INIT;

	if (o->rsh)
		buf_puts(&rsh, o->rsh);
	else if (slurm)
		machines_put_srun(&rsh, jobs);
	else
		machines_put_ssh(&rsh, o);
	m->v = mem_grow(m->v, &m->cap, m->n + 1, sizeof(*m->v));
	m->v[m->n++] = (struct hasher_host){
		.name = host,
		.jobs = o->jobs && (slurm || !jobs) ? o->jobs : jobs,
		.argv = machines_command(o, buf_str(&rsh), host),
	};
	buf_release(&rsh);
}

/* ---- hosts -------------------------------------------------------------------- */

static int
machines_bad(const char *s, size_t len, const char *what)
{
	struct buf b = BUF_INIT;

	quote_shell_always(&b, s, len);
	diag_msg("--on: %s %s", buf_str(&b), what);
	buf_release(&b);
	return -1;
}

/* The number of workers behind the colon. -1: it is none. */
static int
machines_jobs(const char *s, size_t len)
{
	int n = 0;

	if (!len || len > 4)
		return -1;
	for (; len; len--, s++) {
		if (!isdigit((unsigned char)*s))
			return -1;
		n = 10 * n + (*s - '0');
	}
	return n && n <= OPTIONS_MAX_JOBS ? n : -1;
}

/* HOST[:JOBS]. 0, or -1 after a message. */
static int
machines_host(struct machines *m, const struct options *o, const char *s,
    size_t len)
{
	const char *name = s, *end = memchr(s, ':', len);
	const char *bracket = *s == '[' ? memchr(s, ']', len) : NULL;
	int jobs = 0;

	if (bracket) {
		name = s + 1;
		end = bracket;
	} else if (!end) {
		end = s + len;
	}
	if (end == name || *name == '-' || (*s == '[' && !bracket))
		return machines_bad(s, len, "is no host");
	if (end + (bracket != NULL) < s + len) {
		const char *colon = end + (bracket != NULL);

		jobs = *colon == ':' ? machines_jobs(colon + 1,
		    (size_t)(s + len - colon - 1)) : -1;
		if (jobs < 0)
			return machines_bad(s, len, "is not HOST or HOST:JOBS, "
			    "with a number of workers from 1 to 1024");
	}
	machines_add(m, o, name, (size_t)(end - name), jobs, false);
	return 0;
}

static int
machines_slurm(struct machines *m, const struct options *o)
{
	struct slurm s;
	size_t i;
	int rc = slurm_init(&s);

	for (i = 0; rc == 0 && i < s.n; i++)
		machines_add(m, o, s.v[i].name, strlen(s.v[i].name),
		    s.v[i].cpus, true);
	slurm_release(&s);
	return rc;
}

/* A host, or those of the allocation. */
static int
machines_item(struct machines *m, const struct options *o, const char *s,
    size_t len)
{
	static const char slurm[] = "slurm";

	return len == sizeof(slurm) - 1 && !memcmp(s, slurm, len) ?
	    machines_slurm(m, o) : machines_host(m, o, s, len);
}

/* What one --on says. */
static int
machines_list(struct machines *m, const struct options *o, const char *list)
{
	const char *end;

	for (;; list = end + 1) {
		end = strchr(list, ',');
		if (!end)
			end = list + strlen(list);
		if (machines_item(m, o, list, (size_t)(end - list)) < 0)
			return -1;
		if (!*end)
			return 0;
	}
}

int
machines_init(struct machines *m, const struct options *o)
{
	size_t i;

	if (o->rsh && !words_are_whole(o->rsh)) {
		diag_msg("--rsh: no command, or a quote that is not closed");
		return -1;
	}
	for (i = 0; i < o->on.n; i++)
		if (machines_list(m, o, o->on.v[i]) < 0)
			return -1;
	if (!m->n)
		return 0;
	m->directory = getcwd(NULL, 0);
	if (m->directory)
		return 0;
	diag_msg("--on: the current directory has no path: %s",
	    strerror(errno));
	return -1;
}

void
machines_release(struct machines *m)
{
	size_t i, n;

	for (i = 0; i < m->n; i++) {
		for (n = 0; m->v[i].argv[n]; n++)
			free(m->v[i].argv[n]);
		free((void *)(uintptr_t)m->v[i].argv);
		free((void *)(uintptr_t)m->v[i].name);
	}
	free(m->v);
	free(m->directory);
}
