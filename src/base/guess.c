#include "base/guess.h"

#include <stdbool.h>
#include <string.h>

#define GUESS_MAX 32 /* letters; nothing longer is looked at */

static char
guess_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
guess_same(char a, char b)
{
	return guess_lower(a) == guess_lower(b);
}

static size_t
guess_least(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/*
 * The least number of letters to insert, delete, replace or exchange with their
 * neighbour, none of them twice, that turns a into b: the "optimal string
 * alignment" distance. row[k % 3][j] is that of the first k letters of a and
 * the first j of b.
 */
static size_t
guess_distance(const char *a, size_t alen, const char *b, size_t blen)
{
	size_t row[3][GUESS_MAX + 1], i, j;

	for (j = 0; j <= blen; j++)
		row[0][j] = j;
	for (i = 1; i <= alen; i++) {
		size_t *now = row[i % 3], *up = row[(i - 1) % 3];

		now[0] = i;
		for (j = 1; j <= blen; j++) {
			now[j] = guess_least(up[j] + 1, now[j - 1] + 1,
			    up[j - 1] + !guess_same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && guess_same(a[i - 1], b[j - 2]) &&
			    guess_same(a[i - 2], b[j - 1]) &&
			    row[(i - 2) % 3][j - 2] + 1 < now[j])
				now[j] = row[(i - 2) % 3][j - 2] + 1;
		}
	}
	return row[alen % 3][blen];
}

/* Are the len bytes at word the beginning of other? */
static bool
guess_begins(const char *word, size_t len, const char *other)
{
	size_t i = 0;

	while (i < len && other[i] && guess_same(word[i], other[i]))
		i++;
	return i == len;
}

const char *
guess_word(const char *word, size_t len, const char *const *words)
{
	size_t limit = len / 3 < 2 ? len / 3 : 2;
	const char *const *first = words;
	const char *best = NULL;

	if (len > GUESS_MAX)
		return NULL;
	for (; *words; words++) {
		size_t n = strlen(*words), d;

		if (n > GUESS_MAX)
			continue;
		d = guess_distance(word, len, *words, n);
		/* the beginning of a word is as near as one wrong letter */
		if (d > 1 && len > 3 && guess_begins(word, len, *words))
			d = 1;
		if (d <= limit && (!best || d < limit)) {
			best = *words;
			limit = d;
		}
	}
	for (; !best && len > 2 && *first; first++)
		if (guess_begins(word, len, *first))
			best = *first;
	return best;
}
