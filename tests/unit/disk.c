/* base/disk: whole disks, partitions, and what is neither, in a made sysfs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/disk.h"
#include "scratch.h"

/* As sysfs has it: 8:0 is a disk with moving heads, 8:1 a partition in its
 * folder; 259:0 has none;
 * 254:0 is virtual; and 0:40 is no block device. */
static int
setup(void **state)
{
	static const char *const dirs[] = { "sda", "sda/queue", "sda/sda1",
	    "nvme", "nvme/queue", "vda", "vda/queue", "vda/device" };
	size_t i;

	if (scratch_enter(state) < 0)
		return -1;
	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (mkdir(dirs[i], 0700) < 0)
			return -1;
	put("sda/queue/rotational", "1\n");
	put("sda/dev", "8:0\n");
	put("nvme/queue/rotational", "0\n");
	put("vda/queue/rotational", "1\n");
	if (symlink("sda", "8:0") < 0 || symlink("sda/sda1", "8:1") < 0 ||
	    symlink("nvme", "259:0") < 0 || symlink("vda", "254:0") < 0 ||
	    symlink("../../bus/virtio/drivers/virtio_blk",
	    "vda/device/driver") < 0)
		return -1;
	return 0;
}

static int
teardown(void **state)
{
	static const char *const names[] = { "8:0", "8:1", "259:0",
	    "254:0", "vda/device/driver", "vda/device", "vda/queue/rotational",
	    "vda/queue", "vda",
	    "sda/queue/rotational", "sda/dev", "nvme/queue/rotational",
	    "sda/sda1", "sda/queue", "sda", "nvme/queue", "nvme" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (remove(names[i]) < 0)
			return -1;
	return scratch_leave(state);
}

static void
test_whole_disk(void **state)
{
	dev_t disk;

	(void)state;
	assert_true(disk_is_rotational(scratch, makedev(8, 0), &disk));
	assert_true(disk == makedev(8, 0));
	assert_false(disk_is_rotational(scratch, makedev(259, 0), &disk));
}

static void
test_partition_is_its_disk(void **state)
{
	dev_t disk;

	(void)state;
	assert_true(disk_is_rotational(scratch, makedev(8, 1), &disk));
	assert_true(disk == makedev(8, 0));
}

/* virtio_blk calls every disk rotational. */
static void
test_virtual_disk(void **state)
{
	dev_t disk;

	(void)state;
	assert_false(disk_is_rotational(scratch, makedev(254, 0), &disk));
}

static void
test_nothing_known(void **state)
{
	dev_t disk;

	(void)state;
	assert_false(disk_is_rotational(scratch, makedev(0, 40), &disk));
	assert_false(disk_is_rotational("/no/such", makedev(8, 0), &disk));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_disk),
		cmocka_unit_test(test_partition_is_its_disk),
		cmocka_unit_test(test_virtual_disk),
		cmocka_unit_test(test_nothing_known),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
