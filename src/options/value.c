#include "options/value.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Digits, of which *end is what follows. strtoull takes blanks, signs and nothing
 * at all for numbers. */
static int
value_digits(const char *text, char **end, uint64_t *n)
{
	errno = 0;
	*n = strtoull(text, end, 10);
	return isdigit((unsigned char)*text) && !errno ? 0 : -1;
}

int
value_number(const char *text, int min, int max, int *n)
{
	uint64_t all;
	char *end;

	if (value_digits(text, &end, &all) < 0 || *end || all > (uint64_t)max ||
	    all < (uint64_t)min)
		return -1;
	*n = (int)all;
	return 0;
}

/* A number above 0 and one letter, of which *unit is the place in units; of none
 * it is their number. */
static int
value_unit(const char *text, const char *units, uint64_t *n, size_t *unit)
{
	const char *letter;
	char *end;

	*unit = strlen(units);
	if (value_digits(text, &end, n) < 0 || !*n)
		return -1;
	if (!*end)
		return 0;
	letter = strchr(units, *end);
	if (!letter || end[1])
		return -1;
	*unit = (size_t)(letter - units);
	return 0;
}

int
value_bytes(const char *text, uint64_t *bytes)
{
	static const char units[] = "KMGT";
	unsigned shift;
	size_t unit;
	uint64_t n;

	if (value_unit(text, units, &n, &unit) < 0)
		return -1;
	shift = units[unit] ? 10 * (unsigned)(unit + 1) : 0;
	if (n > UINT64_MAX >> shift)
		return -1;
	*bytes = n << shift;
	return 0;
}

int
value_time(const char *text, int64_t *seconds)
{
	static const char units[] = "smhd";
	static const uint64_t in[] = { 1, 60, 60 * 60, 24 * 60 * 60 };
	size_t unit;
	uint64_t n;

	if (value_unit(text, units, &n, &unit) < 0 || !units[unit] ||
	    n > VALUE_SECONDS_MAX / in[unit])
		return -1;
	*seconds = (int64_t)(n * in[unit]);
	return 0;
}

int
value_part(const char *text, unsigned max, unsigned *k, unsigned *n)
{
	uint64_t part, parts;
	char *end;

	if (value_digits(text, &end, &part) < 0 || *end != '/' ||
	    value_digits(end + 1, &end, &parts) < 0 || *end || !part ||
	    part > parts || parts > max)
		return -1;
	*k = (unsigned)part;
	*n = (unsigned)parts;
	return 0;
}
