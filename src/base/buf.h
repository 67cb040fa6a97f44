/*
 * buf.h - a growing buffer of bytes.
 *
 * struct buf may be zero-initialised. The bytes are not NUL-terminated unless
 * buf_str() is called. Growing moves the bytes: do not keep pointers into
 * data across a call that may grow it. Out of memory ends the program (mem.h).
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct buf {
	char *data;
	size_t len;
	size_t cap;
};

#define BUF_INIT { NULL, 0, 0 }

/* Frees the contents; the buffer is empty and usable afterwards. */
void buf_release(struct buf *b);

/* Forgets the contents, keeps the memory. */
static inline void
buf_clear(struct buf *b)
{
	b->len = 0;
}

/* Room for at least n more bytes; returns where they begin (data + len). */
char *buf_reserve(struct buf *b, size_t n);

void buf_put(struct buf *b, const void *p, size_t n);
void buf_putc(struct buf *b, char c);
void buf_puts(struct buf *b, const char *s);

/* Appends like printf(3). */
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

/* The contents as a C string: puts a NUL behind them without counting it. */
const char *buf_str(struct buf *b);

#endif
