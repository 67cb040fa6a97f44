#include "base/disk.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/buf.h"

/* The line in DIR/MAJOR:MINOR/name; empty when there is none. */
static void
disk_read(const char *sysfs, dev_t dev, const char *name, char *line, int size)
{
	struct buf path = BUF_INIT;
	FILE *f;

	buf_printf(&path, "%s/%u:%u/%s", sysfs, major(dev), minor(dev), name);
	f = fopen(buf_str(&path), "re");
	if (!f || !fgets(line, size, f))
		line[0] = '\0';
	if (f)
		(void)fclose(f); /* it was only read */
	buf_release(&path);
}

/*
 * Can the driver tell what the disk is? virtio_blk cannot: it reports
 * "rotational" whatever the host has.
 */
static bool
disk_is_known(const char *sysfs, dev_t disk)
{
	struct buf path = BUF_INIT;
	char to[256];
	ssize_t n;

	buf_printf(&path, "%s/%u:%u/device/driver", sysfs, major(disk),
	    minor(disk));
	n = readlink(buf_str(&path), to, sizeof(to) - 1);
	buf_release(&path);
	to[n > 0 ? n : 0] = '\0';
	return !strstr(to, "/virtio_blk");
}

bool
disk_is_rotational(const char *sysfs, dev_t dev, dev_t *disk)
{
	unsigned major, minor;
	char line[32];

	*disk = dev;
	disk_read(sysfs, dev, "queue/rotational", line, sizeof(line));
	if (!line[0]) {
		/* a partition: its disk is the directory above */
		disk_read(sysfs, dev, "../dev", line, sizeof(line));
		if (sscanf(line, "%u:%u", &major, &minor) != 2)
			return false;
		*disk = makedev(major, minor);
		disk_read(sysfs, dev, "../queue/rotational", line,
		    sizeof(line));
	}
	return line[0] == '1' && disk_is_known(sysfs, *disk);
}
