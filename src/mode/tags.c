#include "mode/tags.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/quote.h"
#include "digest/algorithm.h"
#include "digest/digest.h"
#include "hasher/result.h"
#include "options/options.h"

/* Names of which the digest's length says the rest: "sha3" and 32 bytes are
 * SHA3-256. */
static const struct {
	const char *name;
	bool any; /* any number of bytes; else those of SHA-2 and SHA-3 */
} tags_families[] = {
	{ "SHA2", false }, { "SHA3", false }, { "BLAKE2b", true },
	{ "SHAKE128", true }, { "SHAKE256", true },
};

/* What the names of lists say. */
static const struct {
	const char *word;
	const char *name;
} tags_words[] = {
	{ "md5", "MD5" }, { "sha1", "SHA1" }, { "sha224", "SHA224" },
	{ "sha256", "SHA256" }, { "sha384", "SHA384" },
	{ "sha512", "SHA512" }, { "sha2", "SHA2" }, { "sha3", "SHA3" },
	{ "sha3-224", "SHA3-224" }, { "sha3-256", "SHA3-256" },
	{ "sha3-384", "SHA3-384" }, { "sha3-512", "SHA3-512" },
	{ "b2", "BLAKE2b" }, { "blake2b", "BLAKE2b" }, { "sm3", "SM3" },
	{ "rmd160", "RIPEMD160" }, { "ripemd160", "RIPEMD160" },
};

/* What the length of a digest says, and which others have it. */
static const struct {
	size_t bytes;
	const char *name;
	const char *others;
} tags_lengths[] = {
	{ 16, "MD5", NULL },
	{ 20, "SHA1", "RIPEMD160" },
	{ 28, "SHA224", "SHA3-224, SHA512/224" },
	{ 32, "SHA256", "SHA3-256, SM3, BLAKE2s, SHA512/256" },
	{ 48, "SHA384", "SHA3-384" },
	{ 64, "SHA512", "BLAKE2b, SHA3-512" },
};

#define TAGS_COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- names to numbers --------------------------------------------------------- */

/* The number, below 0, of an algorithm that cannot be computed. */
static int
tags_remember(struct tags *t, const char *name, bool known)
{
	struct tags_unknown *u;
	int i;

	for (i = 0; i < t->unknowns; i++)
		if (!strcmp(t->unknown[i].name, name))
			return -1 - i;
	if (t->unknowns == TAGS_UNKNOWN)
		return -1 - TAGS_UNKNOWN;
	u = &t->unknown[t->unknowns++];
	snprintf(u->name, sizeof(u->name), "%s", name);
	u->known = known;
	return -1 - i;
}

/* All names of a digest are one algorithm. */
static struct manifest_algorithm
tags_look_up(struct tags *t, const char *name)
{
	struct manifest_algorithm a = { .tag = t->own };
	const struct digest *d;

	a.number = algorithms_add(t->algorithms, name);
	if (a.number < 0) {
		a.number = tags_remember(t, name, errno == ENOSPC);
	} else {
		d = algorithms_digest(t->algorithms, a.number);
		a.size = d->size;
		a.tag = d->tag;
	}
	return a;
}

/* name is at most MANIFEST_TAG_MAX bytes. */
static struct manifest_algorithm
tags_find(struct tags *t, const char *name)
{
	struct tags_recent *r;
	size_t i;

	for (i = 0; i < TAGS_RECENT; i++)
		if (!strcmp(t->recent[i].name, name))
			return t->recent[i].answer;
	r = &t->recent[t->recents++ % TAGS_RECENT];
	r->answer = tags_look_up(t, name);
	snprintf(r->name, sizeof(r->name), "%s", name);
	return r->answer;
}

/* The digest of that name that has so many bytes. */
static struct manifest_algorithm
tags_find_sized(struct tags *t, const char *name, size_t bytes)
{
	char sized[MANIFEST_TAG_MAX + 1];
	int n = snprintf(sized, sizeof(sized), "%s-%zu", name, 8 * bytes);

	return tags_find(t, n < (int)sizeof(sized) ? sized : name);
}

const char *
tags_name(const struct tags *t, int n)
{
	if (n >= 0)
		return algorithms_digest(t->algorithms, n)->tag;
	return n < -t->unknowns ? NULL : t->unknown[-1 - n].name;
}

/* ---- lines without a tag ------------------------------------------------------ */

/* NULL: no family. */
static const char *
tags_family(const char *name)
{
	size_t i;

	for (i = 0; i < TAGS_COUNT(tags_families); i++)
		if (!strcasecmp(tags_families[i].name, name))
			return tags_families[i].name;
	return NULL;
}

/* In base64, words have any number of bytes: "This" has three. */
static bool
tags_family_has(const char *name, size_t bytes, bool base64)
{
	size_t i;

	for (i = 0; i < TAGS_COUNT(tags_families); i++)
		if (!strcmp(tags_families[i].name, name) &&
		    tags_families[i].any && !base64)
			return bytes && bytes <= DIGEST_MAX;
	return bytes == 28 || bytes == 32 || bytes == 48 || bytes == 64;
}

/* Decides by the length of a digest, if it is that of one. */
static void
tags_decide(struct tags *t, size_t bytes)
{
	size_t i;

	for (i = 0; i < TAGS_COUNT(tags_lengths); i++) {
		if (tags_lengths[i].bytes != bytes)
			continue;
		t->plain = tags_find(t, tags_lengths[i].name);
		t->why = "by the length of the first digest";
		t->others = tags_lengths[i].others;
	}
}

static struct manifest_algorithm
tags_plain(struct tags *t, size_t bytes, bool base64)
{
	struct manifest_algorithm a = { .number = 0, .tag = t->own };

	if (t->family) {
		a.tag = t->family;
		if (tags_family_has(t->family, bytes, base64))
			a = tags_find_sized(t, t->family, bytes);
	} else {
		if (!t->plain.tag)
			tags_decide(t, bytes);
		if (t->plain.tag)
			a = t->plain;
	}
	if (a.number < 0)
		a.size = bytes; /* it is an entry all the same */
	t->used |= bytes && a.size == bytes;
	return a;
}

/* For struct manifest: cookie is the struct tags. */
static struct manifest_algorithm
tags_algorithm(void *cookie, const char *tag, size_t len, size_t bytes,
    bool base64)
{
	static const struct manifest_algorithm nameless = {
		.number = -1 - TAGS_UNKNOWN
	};
	struct tags *t = cookie;
	char name[MANIFEST_TAG_MAX + 1];

	if (!tag)
		return tags_plain(t, bytes, base64);
	if (!len)
		return nameless;
	memcpy(name, tag, len);
	name[len] = '\0';
	return bytes && digest_is_extendable(name) ?
	    tags_find_sized(t, name, bytes) : tags_find(t, name);
}

/* ---- lists -------------------------------------------------------------------- */

/* Cuts end off name, if it ends so. */
static bool
tags_cut(char *name, const char *end)
{
	size_t len = strlen(name), n = strlen(end);

	if (len < n || strcmp(name + len - n, end) != 0)
		return false;
	name[len - n] = '\0';
	return true;
}

/* Does name end in word, alone or behind a separator? */
static bool
tags_ends_in(const char *name, const char *word)
{
	size_t len = strlen(name), n = strlen(word);

	return len >= n && !strcmp(name + len - n, word) &&
	    (len == n || strchr("._-", name[len - n - 1]));
}

/* The end of the list's name, in small letters. */
static void
tags_list_name(char name[64], const char *list)
{
	const char *slash = strrchr(list, '/');
	const char *base = slash ? slash + 1 : list;
	size_t len = strlen(base), i;

	if (len > 63)
		base += len - 63;
	for (i = 0; base[i]; i++)
		name[i] = base[i] >= 'A' && base[i] <= 'Z' ?
		    (char)(base[i] | 0x20) : base[i];
	name[i] = '\0';
}

/* What the name of a list says: SHA256SUMS, sha256sum.txt, x.sha256, MD5.
 * NULL: nothing. */
static const char *
tags_said_by(const char *list)
{
	char name[64];
	size_t i;

	tags_list_name(name, list);
	while (tags_cut(name, ".asc") || tags_cut(name, ".txt"))
		;
	if (tags_cut(name, "sums") || tags_cut(name, "sum"))
		(void)(tags_cut(name, "-") || tags_cut(name, "_"));
	for (i = 0; i < TAGS_COUNT(tags_words); i++)
		if (tags_ends_in(name, tags_words[i].word))
			return tags_words[i].name;
	return NULL;
}

static bool
tags_is_sfv(const char *list)
{
	char name[64];

	tags_list_name(name, list);
	return tags_cut(name, ".sfv");
}

static void
tags_begin(struct tags *t, const char *list)
{
	const char *said = t->given ? NULL : tags_said_by(list);

	t->family = t->given_family;
	memset(&t->plain, 0, sizeof(t->plain));
	t->why = t->others = NULL;
	t->used = t->said = false;
	if (t->given && !t->family)
		t->plain = tags_find(t, t->own);
	if (!said)
		return;
	t->why = "by the name of the list";
	t->family = tags_family(said);
	if (!t->family)
		t->plain = tags_find(t, said);
}

void
tags_init(struct tags *t, struct algorithms *a, const struct options *o)
{
	memset(t, 0, sizeof(*t));
	t->algorithms = a;
	t->own = algorithms_digest(a, 0)->tag;
	t->given = o->algorithm_given;
	if (t->given && !o->length)
		t->given_family = tags_family(o->algorithm);
}

struct manifest
tags_manifest(struct tags *t, const char *list, bool zero)
{
	struct manifest m = {
		.algorithm = tags_algorithm,
		.cookie = t,
		.zero = zero,
		.is_stdin = !strcmp(list, "-"),
		.is_sfv = tags_is_sfv(list),
	};

	tags_begin(t, list);
	return m;
}

bool
tags_decided(struct tags *t, const char *list, struct buf *out)
{
	if (!t->why || !t->used || t->said)
		return false;
	t->said = true;
	quote_shell(out, list, strlen(list));
	buf_printf(out, ": lines without a tag are read as %s, %s",
	    t->family ? t->family : t->plain.tag, t->why);
	return true;
}

/* What the name of a list, or else the length of a digest, says of it; NULL:
 * nothing. */
static const char *
tags_say(const char *list, size_t bytes)
{
	const char *said = tags_said_by(list);
	size_t i;

	for (i = 0; !said && i < TAGS_COUNT(tags_lengths); i++)
		if (tags_lengths[i].bytes == bytes)
			return tags_lengths[i].name;
	return said;
}

bool
tags_is_told(const char *list, const char *tag, size_t bytes, bool base64)
{
	const char *said = tags_say(list, bytes);
	const char *family = said ? tags_family(said) : NULL;
	char name[MANIFEST_TAG_MAX + 1];
	struct digest *d;
	bool told;

	if (!said || (family && !tags_family_has(family, bytes, base64)))
		return false;
	if (family)
		snprintf(name, sizeof(name), "%s-%zu", family, 8 * bytes);
	d = digest_new(family ? name : said);
	told = d && !strcmp(d->tag, tag);
	digest_free(d);
	return told;
}

struct verdict_guess
tags_guess(const struct tags *t)
{
	struct verdict_guess g = { .tag = t->plain.tag,
	    .others = t->others };

	return g;
}

/* ---- what cannot be computed -------------------------------------------------- */

void
tags_reason(const struct tags *t, const struct result *r, struct buf *out)
{
	const char *name;

	if (r->status != RESULT_ALGORITHM || !(name = tags_name(t, r->entry.algorithm))) {
		result_reason(r, out);
		return;
	}
	if (t->unknown[-1 - r->entry.algorithm].known)
		buf_printf(out, "algorithm %s is one too many for a run", name);
	else
		buf_printf(out, "algorithm %s is not known to libcrypto", name);
}
