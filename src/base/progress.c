#include "base/progress.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/diag.h"

#define REDRAWS_PER_SECOND 4

static struct {
	struct timespec start;
	uint64_t files, bytes;             /* done */
	uint64_t found_files, found_bytes;
	bool all_found;
	bool shown;                        /* by option */
	bool drawn;                        /* a line stands on the terminal */
	bool hindered;                     /* and none can: there is a part of
	                                    * another line */
} state;

/* Set by handlers (redraw_due also by us), taken by progress_tick. */
static volatile sig_atomic_t redraw_due;
static volatile sig_atomic_t line_due;

static void
progress_signal(int sig)
{
	if (sig == SIGUSR1)
		line_due = 1;
	else
		redraw_due = 1;
}

static double
progress_elapsed(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - state.start.tv_sec) +
	    (double)(now.tv_nsec - state.start.tv_nsec) / 1e9;
}

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

/* Time left by bytes, or by files where all of them are empty. */
static void
progress_put_left(struct buf *b, double elapsed)
{
	double done = (double)state.bytes, all = (double)state.found_bytes;
	uint64_t left;

	if (!state.found_bytes) {
		done = (double)state.files;
		all = (double)state.found_files;
	}
	if (done <= 0 || done > all)
		return;
	left = (uint64_t)(elapsed * (all - done) / done + 0.5);
	buf_puts(b, ", ");
	if (left >= 3600)
		buf_printf(b, "%" PRIu64 ":%02d:%02d", left / 3600,
		    (int)(left / 60 % 60), (int)(left % 60));
	else
		buf_printf(b, "%d:%02d", (int)(left / 60), (int)(left % 60));
	buf_puts(b, " left");
}

static void
progress_line(struct buf *b)
{
	double elapsed = progress_elapsed();

	buf_printf(b, "%" PRIu64 " file%s, ", state.files,
	    state.files == 1 ? "" : "s");
	progress_put_bytes(b, (double)state.bytes);
	if (elapsed > 0) {
		buf_puts(b, ", ");
		progress_put_bytes(b, (double)state.bytes / elapsed);
		buf_puts(b, "/s");
	}
	if (state.all_found)
		progress_put_left(b, elapsed);
}

static void
progress_wipe(void)
{
	if (!state.drawn)
		return;
	fputs("\r\033[K", stderr);
	(void)fflush(stderr); /* a line for the eye only */
	state.drawn = false;
}

/* Something else is to be written where the line stands. */
static void
progress_make_way(void)
{
	if (state.drawn)
		redraw_due = 1;
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

static void
progress_draw(const char *end)
{
	struct buf b = BUF_INIT;

	progress_wipe();
	progress_line(&b);
	fprintf(stderr, "%s%s", buf_str(&b), end);
	(void)fflush(stderr);
	state.drawn = end[0] != '\n';
	buf_release(&b);
}

static void
progress_catch(int sig)
{
	/* restarted, so that only what waits on purpose (poll) notices */
	struct sigaction sa = { .sa_handler = progress_signal,
	    .sa_flags = SA_RESTART };

	sigemptyset(&sa.sa_mask);
	sigaction(sig, &sa, NULL);
}

void
progress_init(void)
{
	clock_gettime(CLOCK_MONOTONIC, &state.start);
	progress_catch(SIGUSR1);
}

void
progress_start(bool show)
{
	struct itimerval every = { .it_interval.tv_usec =
	    1000000 / REDRAWS_PER_SECOND };

	clock_gettime(CLOCK_MONOTONIC, &state.start);
	diag_before_message(progress_make_way);
	state.shown = show;
	if (!show)
		return;
	progress_catch(SIGALRM);
	every.it_value = every.it_interval;
	setitimer(ITIMER_REAL, &every, NULL);
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
progress_done(void)
{
	state.files++;
}

void
progress_bytes(uint64_t bytes)
{
	state.bytes = bytes;
}

bool
progress_due(void)
{
	return redraw_due || line_due;
}

void
progress_tick(void)
{
	if (line_due) {
		line_due = 0;
		redraw_due = state.shown;
		progress_draw("\n");
	}
	if (redraw_due) {
		redraw_due = 0;
		if (!state.hindered)
			progress_draw("");
	}
}

void
progress_yield(int fd, const void *p, size_t n)
{
	if (!state.shown || !n || !progress_is_at(fd))
		return;
	progress_make_way();
	state.hindered = ((const char *)p)[n - 1] != '\n';
}

void
progress_end(void)
{
	struct itimerval never = { .it_value.tv_usec = 0 };

	if (!state.shown)
		return;
	setitimer(ITIMER_REAL, &never, NULL);
	redraw_due = 0;
	progress_draw("\n");
	state.shown = false;
}
