/*
 * disk.h - what kind of disk a file system is on.
 */
#ifndef BASE_DISK_H
#define BASE_DISK_H

#include <stdbool.h>
#include <sys/types.h>

/* Where Linux describes block devices. */
#define DISK_SYSFS "/sys/dev/block"

/*
 * The disk behind device number dev has moving heads, says the kernel
 * (queue/rotational of the device, or of the one it is a partition of). False
 * where nothing is known: no sysfs, no block device (NFS, tmpfs, btrfs), a
 * virtual disk whose driver does not know (virtio_blk). *disk is set to the
 * whole disk's number, so that its partitions count once.
 */
bool disk_is_rotational(const char *sysfs, dev_t dev, dev_t *disk);

#endif
