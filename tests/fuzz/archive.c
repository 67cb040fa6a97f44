/*
 * Archives from strangers into archive/members: see README beside this file.
 *
 * The first byte chooses how the rest, the archive, is read (its lowest bit: as
 * a stream). What must hold, beyond that nothing is touched outside of what
 * there is:
 *
 *   - it comes to an end, within the limit of expanded bytes;
 *   - a member has a name, and a link the name of what it is a link to;
 *   - there is a reason for what is broken, and nothing follows it;
 *   - a member that says its size has as many bytes, or is damaged.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "archive/members.h"

#include "must.h"

#define LIMIT (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes every byte, and looks at each: they are all there to be read. */
static void
check_data(struct members *ms, const struct member *m, uint64_t *total)
{
	static volatile unsigned char sink;
	uint64_t size = 0;
	const void *p;
	size_t n, i;
	int rc;

	while ((rc = members_data(ms, &p, &n)) > 0) {
		must(n > 0, "there are bytes");
		for (i = 0; i < n; i++)
			sink ^= ((const unsigned char *)p)[i];
		size += n;
		*total += n;
		must(*total <= LIMIT, "the limit holds");
	}
	if (rc < 0)
		must(members_why(ms)[0], "there is a reason");
	else if (m->has_size)
		must(size == m->size, "it has the size that it says");
}

static void
check(struct members *ms)
{
	enum members_event event;
	struct member m;
	uint64_t total = 0;

	while ((event = members_next(ms, &m)) < MEMBERS_END) {
		if (event == MEMBERS_OTHER)
			continue;
		must(strlen(m.name) == m.len, "a name has its length");
		must(event != MEMBERS_LINK || m.link, "a link is one");
		if (event == MEMBERS_FILE)
			check_data(ms, &m, &total);
	}
	if (event == MEMBERS_BROKEN)
		must(members_why(ms)[0], "there is a reason");
	must(members_next(ms, &m) == event, "the end is the end");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	struct members_opts opts = { .threads = 2, .limit = LIMIT,
	    .confined = true /* it is not */ };
	enum members_kind kind;
	struct members *ms;

	if (size < 1)
		return 0;
	if (fd < 0)
		fd = memfd_create("archive", 0);
	must(fd >= 0 && ftruncate(fd, 0) == 0 &&
	    pwrite(fd, data + 1, size - 1, 0) == (ssize_t)(size - 1) &&
	    lseek(fd, 0, SEEK_SET) == 0, "there is a file");
	opts.fd = fd;
	opts.size = data[0] & 1 ? UINT64_MAX : size - 1;
	ms = members_new(&opts, &kind);
	must(ms, "there is memory");
	check(ms);
	members_free(ms);
	return 0;
}
