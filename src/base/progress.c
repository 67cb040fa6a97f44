#include "base/progress.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/quote.h"

#define PROGRESS_FIRST 0.5        /* seconds until the first line */
#define PROGRESS_REDRAW 0.25      /* between it and the next ones */
#define PROGRESS_SAMPLES 16       /* for the rate: the last four seconds */
#define PROGRESS_COLUMNS 80       /* where they cannot be asked for */
#define PROGRESS_NAME_MIN 12      /* columns; a shorter name would be useless */

static const char wipe[] = "\r\033[K";

/* How many bytes were done when. */
struct progress_sample {
	double elapsed; /* seconds */
	uint64_t bytes;
};

static struct {
	int64_t start;
	uint64_t files, bytes;             /* done */
	uint64_t found_files, found_bytes;
	bool all_found;
	uint64_t share, share_of;          /* progress_share */
	unsigned flags;
	double next;                       /* when the line is due, in seconds
	                                    * since the start */
	bool hindered;                     /* the last output on the terminal
	                                    * ended inside a line, behind which
	                                    * none may be drawn */
	struct buf name;                   /* of the file that was done last */
	struct buf waiting;                /* the file that is waited for */
	unsigned hosts, hosts_ready;       /* of progress_hosts */
	struct progress_sample sample[PROGRESS_SAMPLES]; /* a ring */
	unsigned samples;                  /* ever taken; the first one is of
	                                    * the start */
} state = { .samples = 1 };

/* A line stands on the terminal, or is about to. All that progress_abandon
 * reads. */
static volatile sig_atomic_t drawn;
/* Set by the handler, cleared by progress_tick. */
static volatile sig_atomic_t line_due;

static void
progress_signal(int sig)
{
	(void)sig;
	line_due = 1;
}

/* ---- figures ------------------------------------------------------------------ */

static double
progress_elapsed(void)
{
	return (double)(clock_ns() - state.start) / 1e9;
}

/* The bytes per second since the oldest sample of the last seconds; where there
 * is none, since the newest. */
static double
progress_rate(double elapsed)
{
	const double window = PROGRESS_SAMPLES * PROGRESS_REDRAW;
	unsigned n = state.samples < PROGRESS_SAMPLES ? state.samples :
	    PROGRESS_SAMPLES;
	const struct progress_sample *from;

	do
		from = &state.sample[(state.samples - n) % PROGRESS_SAMPLES];
	while (--n && elapsed - from->elapsed > window);
	if (elapsed <= from->elapsed || state.bytes < from->bytes)
		return 0;
	return (double)(state.bytes - from->bytes) / (elapsed - from->elapsed);
}

/* Takes a sample, unless one was taken just now. */
static void
progress_take_sample(void)
{
	struct progress_sample now = { progress_elapsed(), state.bytes };
	unsigned last = (state.samples - 1) % PROGRESS_SAMPLES;

	if (now.elapsed - state.sample[last].elapsed > 0.8 * PROGRESS_REDRAW)
		state.sample[state.samples++ % PROGRESS_SAMPLES] = now;
}

/* The share of the work that is done: by bytes, or by files where all of them
 * are empty; less than 1 until every file is done. -1: not known. */
static double
progress_known_share(void)
{
	double done = (double)state.share, all = (double)state.share_of;

	if (state.all_found) {
		done = (double)state.bytes;
		all = (double)state.found_bytes;
		if (!state.found_bytes) {
			done = (double)state.files;
			all = (double)state.found_files;
		}
		if (state.files >= state.found_files)
			return 1;
	}
	if (all <= 0)
		return -1;
	return done < all * 0.999 ? done / all : 0.999;
}

/* ---- the parts of a line ------------------------------------------------------ */

/* 1.2 GB: three figures at most, powers of ten. */
static void
progress_put_bytes(struct buf *b, double n)
{
	static const char *const unit[] = { "B", "kB", "MB", "GB", "TB", "PB" };
	unsigned i = 0;

	while (n >= 999.5 && i < sizeof(unit) / sizeof(unit[0]) - 1) {
		n /= 1000;
		i++;
	}
	buf_printf(b, "%.*f %s", i && n < 9.95 ? 1 : 0, n, unit[i]);
}

static void
progress_put_time(struct buf *b, double seconds)
{
	uint64_t s = (uint64_t)(seconds + 0.5);

	if (s >= 3600)
		buf_printf(b, "%" PRIu64 ":%02d:%02d", s / 3600,
		    (int)(s / 60 % 60), (int)(s % 60));
	else
		buf_printf(b, "%d:%02d", (int)(s / 60), (int)(s % 60));
}

static void
progress_put_percent(struct buf *b)
{
	double share = progress_known_share();

	if (share >= 0)
		buf_printf(b, "%d%%", (int)(share * 100));
}

static void
progress_put_files(struct buf *b)
{
	uint64_t n = state.files;

	buf_printf(b, "%" PRIu64, n);
	if (state.all_found) {
		n = state.found_files;
		buf_printf(b, "/%" PRIu64, n);
	}
	buf_puts(b, n == 1 ? " file" : " files");
}

static void
progress_put_done(struct buf *b)
{
	progress_put_bytes(b, (double)state.bytes);
	if (state.all_found) {
		buf_putc(b, '/');
		progress_put_bytes(b, (double)state.found_bytes);
	}
}

static void
progress_put_rate(struct buf *b)
{
	if (state.waiting.len)
		return;
	progress_put_bytes(b, progress_rate(progress_elapsed()));
	buf_puts(b, "/s");
}

/* 3 hosts; 2 of 3 hosts. */
static void
progress_put_hosts(struct buf *b)
{
	if (!state.hosts)
		return;
	if (state.hosts_ready != state.hosts)
		buf_printf(b, "%u of ", state.hosts_ready);
	buf_printf(b, "%u host%s", state.hosts, state.hosts == 1 ? "" : "s");
}

static void
progress_put_left(struct buf *b)
{
	double share = progress_known_share();

	if (share <= 0 || share >= 1 || state.waiting.len)
		return;
	progress_put_time(b, progress_elapsed() * (1 - share) / share);
	buf_puts(b, " left");
}

/* In the order of their importance. One that is not known is empty. */
static void (*const parts[])(struct buf *) = {
	progress_put_percent, progress_put_files, progress_put_done,
	progress_put_rate, progress_put_left, progress_put_hosts
};

/* The file that is waited for, or else the one that was done last, if there is
 * room for a name. */
static void
progress_put_name(struct buf *b, size_t columns)
{
	const char *text = state.waiting.len ? ", waiting for " : ", ";
	const struct buf *name = state.waiting.len ? &state.waiting :
	    &state.name;

	if (!name->len ||
	    b->len + strlen(text) + PROGRESS_NAME_MIN > columns)
		return;
	buf_puts(b, text);
	quote_fit(b, name->data, name->len, columns - b->len);
}

/* A line of columns columns at most; its first part is there in any case. */
static void
progress_line(struct buf *b, size_t columns)
{
	struct buf part = BUF_INIT;
	size_t i, comma, n = sizeof(parts) / sizeof(parts[0]);

	for (i = 0; i < n; i++) {
		buf_clear(&part);
		parts[i](&part);
		if (!part.len)
			continue;
		comma = b->len ? 2 : 0;
		if (b->len && b->len + comma + part.len > columns)
			break;
		buf_put(b, ", ", comma);
		buf_put(b, part.data, part.len);
	}
	if (i == n)
		progress_put_name(b, columns);
	buf_release(&part);
}

/* Forgets all but what was done since the start: the line is about the whole
 * run. */
static void
progress_sum_up(void)
{
	state.all_found = false;
	state.share_of = 0;
	state.sample[0] = (struct progress_sample){ 0, 0 };
	state.samples = 1;
}

/* ---- the terminal ------------------------------------------------------------- */

/* Columns that a line may have: the last one stays free, since a cursor behind
 * it is in the next line on some terminals. Asked for each time, it follows
 * what the user does to the window. */
static size_t
progress_columns(void)
{
	struct winsize w;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) < 0 || !w.ws_col)
		return PROGRESS_COLUMNS - 1;
	return w.ws_col - 1u;
}

static void
progress_wipe(void)
{
	if (!drawn)
		return;
	(void)fputs(wipe, stderr);
	(void)fflush(stderr); /* a failure loses no result */
	drawn = 0;
}

/* Something else is to be written where the line stands. */
static void
progress_make_way(void)
{
	if (drawn)
		state.next = 0; /* redrawn by the next progress_tick */
	progress_wipe();
}

/* Does fd lead where the line is drawn? Two terminals count as one, because
 * /dev/tty has a number of its own: at worst a line is redrawn for nothing. */
static bool
progress_is_at(int fd)
{
	struct stat a, b;

	if (isatty(fd) && isatty(STDERR_FILENO))
		return true;
	return fstat(fd, &a) == 0 && fstat(STDERR_FILENO, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Over the line that stands there, in one write. */
static void
progress_draw(void)
{
	struct buf b = BUF_INIT;
	const char *before;

	progress_line(&b, progress_columns());
	before = drawn ? wipe : "";
	drawn = 1; /* set first, for a signal in the middle of the write */
	fprintf(stderr, "%s%s", before, buf_str(&b));
	(void)fflush(stderr);
	buf_release(&b);
}

/* A line that stays. */
static void
progress_print(void)
{
	struct buf b = BUF_INIT;

	progress_make_way();
	progress_line(&b, SIZE_MAX);
	fprintf(stderr, "%s\n", buf_str(&b));
	(void)fflush(stderr);
	state.hindered = false;
	buf_release(&b);
}

/* ---- the interface ------------------------------------------------------------ */

void
progress_init(void)
{
	/* restarted, so that only what waits on purpose (poll) notices */
	struct sigaction sa = { .sa_handler = progress_signal,
	    .sa_flags = SA_RESTART };

	state.start = clock_ns();
	sigemptyset(&sa.sa_mask);
	sigaction(SIGUSR1, &sa, NULL);
}

void
progress_start(unsigned flags)
{
	state.start = clock_ns();
	diag_before_message(progress_make_way);
	state.flags = flags;
	state.next = PROGRESS_FIRST;
}

void
progress_found(uint64_t size)
{
	state.found_files++;
	state.found_bytes += size;
}

void
progress_found_all(void)
{
	state.all_found = true;
}

void
progress_share(uint64_t done, uint64_t all)
{
	state.share = done;
	state.share_of = all;
}

void
progress_done(const char *name, size_t len)
{
	state.files++;
	if (!(state.flags & PROGRESS_NAMES))
		return;
	buf_clear(&state.name);
	buf_put(&state.name, name, len);
}

void
progress_bytes(uint64_t bytes)
{
	state.bytes = bytes;
}

void
progress_hosts(unsigned ready, unsigned all)
{
	state.hosts_ready = ready;
	state.hosts = all;
}

void
progress_waiting(const char *path, size_t len)
{
	buf_clear(&state.waiting);
	buf_put(&state.waiting, path, len);
}

static bool
progress_redraw_due(void)
{
	return state.flags & PROGRESS_SHOW && progress_elapsed() >= state.next;
}

bool
progress_due(void)
{
	return line_due || progress_redraw_due();
}

void
progress_tick(void)
{
	if (line_due) {
		line_due = 0;
		progress_print();
	}
	if (progress_redraw_due()) {
		/* on a grid, so that a late line does not make the next late */
		state.next = PROGRESS_REDRAW *
		    (1 + (uint64_t)(progress_elapsed() / PROGRESS_REDRAW));
		if (!state.hindered)
			progress_draw();
	}
	progress_take_sample();
}

void
progress_yield(int fd, const void *p, size_t n)
{
	if (!(state.flags & PROGRESS_SHOW) || !n || !progress_is_at(fd))
		return;
	progress_make_way();
	state.hindered = ((const char *)p)[n - 1] != '\n';
}

void
progress_end(void)
{
	buf_release(&state.name);
	buf_release(&state.waiting);
	if (!(state.flags & PROGRESS_SHOW))
		return;
	progress_wipe();
	if (state.flags & PROGRESS_KEEP) {
		progress_sum_up();
		progress_print();
	}
	state.flags = 0;
}

void
progress_abandon(void)
{
	if (drawn && write(STDERR_FILENO, wipe, sizeof(wipe) - 1) < 0)
		return; /* a failure loses no result */
}
