/*
 * Many messages on a few lanes, with every engine that this machine can run
 * and every set of them, against libcrypto's answer for each message alone.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "digest/engine.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/sha.h>

#include "digest/digest.h"
#include "vector8.h"

#define SLOTS 64

/*
 * libcrypto, made to fail on demand: these stand in front of its own. The
 * countdown's call fails, and those behind it; 0: none does.
 */
static int fail_new, fail_init, fail_update, fail_final;

static bool
fails(int *countdown)
{
	if (*countdown > 1)
		--*countdown;
	else if (*countdown == 1)
		return true;
	return false;
}

/* The next definition of the function, by way of what ISO C allows. */
static void
real(void *fn, const char *name)
{
	void *p = dlsym(RTLD_NEXT, name);

	assert_non_null(p);
	memcpy(fn, &p, sizeof(p));
}

EVP_MD_CTX *
EVP_MD_CTX_new(void)
{
	EVP_MD_CTX *(*fn)(void);

	real(&fn, "EVP_MD_CTX_new");
	return fails(&fail_new) ? NULL : fn();
}

int
EVP_DigestInit_ex2(EVP_MD_CTX *c, const EVP_MD *md, const OSSL_PARAM *params)
{
	int (*fn)(EVP_MD_CTX *, const EVP_MD *, const OSSL_PARAM *);

	real(&fn, "EVP_DigestInit_ex2");
	return fails(&fail_init) ? 0 : fn(c, md, params);
}

int
EVP_DigestUpdate(EVP_MD_CTX *c, const void *p, size_t n)
{
	int (*fn)(EVP_MD_CTX *, const void *, size_t);

	real(&fn, "EVP_DigestUpdate");
	return fails(&fail_update) ? 0 : fn(c, p, n);
}

int
EVP_DigestFinal_ex(EVP_MD_CTX *c, unsigned char *out, unsigned *n)
{
	int (*fn)(EVP_MD_CTX *, unsigned char *, unsigned *);

	real(&fn, "EVP_DigestFinal_ex");
	return fails(&fail_final) ? 0 : fn(c, out, n);
}

/* A provider as a system's policy may name it; NULL: libcrypto's own. */
static const char *policy;

const char *
OSSL_PROVIDER_get0_name(const OSSL_PROVIDER *p)
{
	const char *(*fn)(const OSSL_PROVIDER *);

	real(&fn, "OSSL_PROVIDER_get0_name");
	return policy ? policy : fn(p);
}

/* What the kernel "libcrypto" stands on, counted. */
static unsigned updates;

#ifndef OPENSSL_NO_DEPRECATED_3_0
int
SHA512_Update(SHA512_CTX *c, const void *p, size_t n)
{
	int (*fn)(SHA512_CTX *, const void *, size_t);

	real(&fn, "SHA512_Update");
	updates++;
	return fn(c, p, n);
}
#endif

/* Eight lanes, with the blocks of all its steps counted. */
static size_t stepped;

static void
counting_compress(uint64_t *const h[], const unsigned char *const p[],
    size_t blocks)
{
	stepped += blocks;
	vector8_compress(h, p, blocks);
}

static const struct sha512x_kernel counting = {
	"counting", 8, 263, counting_compress, vector8_supported
};

/* Two lanes, of what every machine has: it takes no instruction of any
 * processor to step messages together. */
static void
pair_compress(uint64_t *const h[], const unsigned char *const p[],
    size_t blocks)
{
	sha512x_libcrypto(h, p, blocks);
	sha512x_libcrypto(h + 1, p + 1, blocks);
}

static const struct sha512x_kernel pair = {
	"pair", 2, 190, pair_compress, sha512x_libcrypto_usable
};

/* Bytes of period 251, a prime: messages that begin at different places are
 * different everywhere, so that swapped lanes show. */
#define POOL (300 * 1024)

static unsigned char pool[POOL];

struct text {
	const unsigned char *p;
	size_t n, fed;
};

/* What is tested: an algorithm, and a choice of engines for it. */
static struct digest *algorithm;
static const struct sha512x_kernel *kernels[9];
static unsigned nkernels;
static unsigned nown; /* of them the table's own */

/* Those that run here, and with them the portable ones: vector8 stands for the
 * eight lanes that may not. */
static void
find_kernels(void)
{
	const struct sha512x_kernel *k;

	for (k = sha512x_kernels; k->name; k++)
		if (k->supported())
			kernels[nkernels++] = k;
	nown = nkernels;
	if (nkernels) {
		kernels[nkernels++] = &pair;
		kernels[nkernels++] = &vector8;
	}
}

static int
setup(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < POOL; i++)
		pool[i] = (unsigned char)(i % 251);
	find_kernels();
	algorithm = digest_new("sha512");
	return algorithm ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	digest_free(algorithm);
	return 0;
}

/* Lanes with the kernels whose bits are set in mask; 0: libcrypto by EVP. */
static struct engine *
new_lanes(unsigned mask, unsigned slots)
{
	const struct sha512x_kernel *set[9];
	struct engine *l;
	unsigned i, n = 0;

	for (i = 0; i < nkernels; i++)
		if (mask >> i & 1)
			set[n++] = kernels[i];
	set[n] = NULL;
	l = engine_new_of(algorithm, slots, set);
	assert_non_null(l);
	return l;
}

/* Lanes of the widest of those kernels. */
static unsigned
width_of(unsigned mask)
{
	unsigned i, width = 1;

	for (i = 0; i < nkernels; i++)
		if (mask >> i & 1 && kernels[i]->width > width)
			width = kernels[i]->width;
	return width;
}

/* Runs check with every subset of the kernels. */
static void
each_set(void (*check)(unsigned mask))
{
	unsigned mask;

	for (mask = 0; mask < 1u << nkernels; mask++)
		check(mask);
}

/* Runs check with every kernel alone, and with EVP. */
static void
each_engine(void (*check)(unsigned mask))
{
	unsigned i;

	check(0);
	for (i = 0; i < nkernels; i++)
		check(1u << i);
}

/* The digest is what libcrypto says of the text. */
static void
assert_digest(const unsigned char *got, const struct text *t)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	unsigned char want[DIGEST_MAX];

	assert_int_equal(digest_init(algorithm, c), 0);
	assert_int_equal(EVP_DigestUpdate(c, t->p, t->n), 1);
	assert_int_equal(digest_final(algorithm, c, want), 0);
	assert_memory_equal(got, want, algorithm->size);
	EVP_MD_CTX_free(c);
}

/* Feeds the slot at most n of the text's bytes. */
static void
feed(struct engine *l, unsigned i, struct text *t, size_t n)
{
	if (n > t->n - t->fed)
		n = t->n - t->fed;
	engine_feed(l, i, t->p + t->fed, n, t->fed + n == t->n);
	t->fed += n;
}

static unsigned
count(const struct engine *l, unsigned slots, enum engine_state state)
{
	unsigned i, n = 0;

	for (i = 0; i < slots; i++)
		n += l->slot[i].state == state;
	return n;
}

/* The contract: a run leaves fewer FED slots than there were. */
static void
run(struct engine *l, unsigned slots)
{
	unsigned fed = count(l, slots, ENGINE_FED);

	engine_run(l);
	assert_true(!fed || count(l, slots, ENGINE_FED) < fed);
}

/* Digests n texts, n <= SLOTS, all started at once, `bytes` at a time. */
static void
digest_all(struct engine *l, struct text *t, unsigned n, size_t bytes)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		t[i].fed = 0;
		assert_int_equal(engine_start(l, i, 0), 0);
	}
	while (count(l, n, ENGINE_DONE) < n) {
		for (i = 0; i < n; i++)
			if (l->slot[i].state == ENGINE_HUNGRY)
				feed(l, i, &t[i], bytes);
		run(l, n);
	}
	for (i = 0; i < n; i++)
		assert_digest(l->slot[i].digest, &t[i]);
}

/* The examples of FIPS 180-4, alone and beside other messages. */
static const struct {
	const char *algorithm, *text, *digest;
} examples[] = {
	{ "sha512", "",
	  "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
	  "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e" },
	{ "sha512", "abc",
	  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
	{ "sha512",
	  "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
	  "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
	  "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
	  "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909" },
	{ "sha384", "abc",
	  "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
	  "8086072ba1e7cc2358baeca134c825a7" },
	{ "sha512-256", "abc",
	  "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23" },
	{ "sha512-224", "abc",
	  "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa" },
};

static void
assert_hex(const unsigned char *got, const char *want)
{
	char hex[2 * DIGEST_MAX + 1];
	size_t i;

	for (i = 0; i < strlen(want) / 2; i++)
		sprintf(hex + 2 * i, "%02x", got[i]);
	assert_string_equal(hex, want);
}

static void
check_examples(unsigned mask)
{
	struct digest *sha512 = algorithm;
	size_t e;

	for (e = 0; e < sizeof(examples) / sizeof(examples[0]); e++) {
		struct text t[8];
		struct engine *l;
		unsigned i, at = e % 8;

		algorithm = digest_new(examples[e].algorithm);
		assert_non_null(algorithm);
		l = new_lanes(mask, 8);
		for (i = 0; i < 8; i++)
			t[i] = (struct text){ pool + i, 100 * i, 0 };
		t[at].p = (const unsigned char *)examples[e].text;
		t[at].n = strlen(examples[e].text);
		digest_all(l, t, 8, 1000);
		assert_hex(l->slot[at].digest, examples[e].digest);
		engine_free(l);
		digest_free(algorithm);
	}
	algorithm = sha512;
}

static void
test_the_standards_examples(void **state)
{
	(void)state;
	each_engine(check_examples);
}

static void
check_million(unsigned mask)
{
	static unsigned char a[1000000];
	struct engine *l = new_lanes(mask, 1);
	struct text t = { a, sizeof(a), 0 };

	memset(a, 'a', sizeof(a));
	digest_all(l, &t, 1, 77777);
	assert_hex(l->slot[0].digest,
	    "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
	    "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b");
	engine_free(l);
}

static void
test_a_million_times_a(void **state)
{
	(void)state;
	each_engine(check_million);
}

static void
check_lengths(unsigned mask)
{
	struct engine *l = new_lanes(mask, SLOTS);
	struct text t[SLOTS];
	size_t n = 0;
	unsigned i;

	while (n <= 1100) {
		for (i = 0; i < SLOTS; i++, n++)
			t[i] = (struct text){ pool + n, n, 0 };
		digest_all(l, t, SLOTS, 2000);
	}
	engine_free(l);
}

static void
test_every_length(void **state)
{
	(void)state;
	each_engine(check_lengths);
}

/* Nor does it matter where a message is cut. */
static void
check_cuts(unsigned mask)
{
	struct engine *l = new_lanes(mask, 9);
	struct text t[9];
	size_t bytes;
	unsigned i;

	for (bytes = 1; bytes <= 300; bytes += bytes < 10 ? 1 : 29) {
		for (i = 0; i < 9; i++)
			t[i] = (struct text){ pool + 7 * i, 130 * i, 0 };
		digest_all(l, t, 9, bytes);
	}
	engine_free(l);
}

static void
test_every_cut(void **state)
{
	(void)state;
	each_engine(check_cuts);
}

/* Every number of messages meets every set of kernels: 1 to 17. */
static void
check_numbers(unsigned mask)
{
	struct engine *l = new_lanes(mask, 17);
	struct text t[17];
	unsigned n, i;

	for (n = 1; n <= 17; n++) {
		for (i = 0; i < n; i++)
			t[i] = (struct text){ pool + i, 3000 + 128 * i, 0 };
		digest_all(l, t, n, 1280);
	}
	engine_free(l);
}

static void
test_every_number_of_messages(void **state)
{
	(void)state;
	each_set(check_numbers);
}

static uint32_t
dice(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* A length: mostly small, sometimes nothing, now and then big. */
static size_t
some_length(uint32_t *seed)
{
	switch (dice(seed) % 8) {
	case 0:
		return 0;
	case 1:
		return 128 * (dice(seed) % 20);
	case 2:
		return dice(seed) % (128 * 1024);
	default:
		return dice(seed) % 3000;
	}
}

/* Slot i does what the dice say: start, wait, start again or eat. */
static void
play_slot(struct engine *l, unsigned i, struct text *t, uint32_t *seed)
{
	if (l->slot[i].state == ENGINE_DONE)
		assert_digest(l->slot[i].digest, t);
	if (l->slot[i].state == ENGINE_IDLE ||
	    l->slot[i].state == ENGINE_DONE || dice(seed) % 50 == 0) {
		*t = (struct text){ pool + dice(seed) % 10000,
		    some_length(seed), 0 };
		assert_int_equal(engine_start(l, i, 0), 0);
	}
	if (l->slot[i].state == ENGINE_HUNGRY && dice(seed) % 4)
		feed(l, i, t, some_length(seed));
}

static void
play(unsigned mask, unsigned slots, uint32_t seed)
{
	struct engine *l = new_lanes(mask, slots);
	struct text t[SLOTS];
	unsigned turn, i;

	for (turn = 0; turn < 40; turn++) {
		for (i = 0; i < slots; i++)
			play_slot(l, i, &t[i], &seed);
		run(l, slots);
	}
	engine_free(l);
}

static void
check_schedules(unsigned mask)
{
	play(mask, 1, 1 + mask);
	play(mask, 5, 2 + mask);
	play(mask, 16, 3 + mask);
	play(mask, SLOTS, 4 + mask);
}

static void
test_random_schedules(void **state)
{
	(void)state;
	each_set(check_schedules);
}

/* A short message among long ones that never end has its turn. */
static void
short_among(unsigned mask, unsigned slots)
{
	struct engine *l = new_lanes(mask, slots);
	unsigned i, turn;

	for (i = 0; i < slots; i++)
		engine_start(l, i, 0);
	engine_feed(l, 1, pool, 10, true);
	for (turn = 0; turn < 3; turn++) {
		for (i = 0; i < slots; i++)
			if (l->slot[i].state == ENGINE_HUNGRY)
				engine_feed(l, i, pool, 64 * 128, false);
		run(l, slots);
	}
	assert_int_equal(l->slot[1].state, ENGINE_DONE);
	engine_free(l);
}

static void
check_short_message(unsigned mask)
{
	unsigned slots;

	for (slots = 2; slots <= 17; slots++)
		short_among(mask, slots);
}

static void
test_a_short_message_is_not_left_behind(void **state)
{
	(void)state;
	each_set(check_short_message);
}

/* Lanes that are full stay full: of 16 messages of one length no more are left
 * than do not fill them. */
static void
check_full(unsigned mask)
{
	struct engine *l = new_lanes(mask, 16);
	unsigned i;

	for (i = 0; i < 16; i++) {
		engine_start(l, i, 0);
		engine_feed(l, i, pool, 1000 * i, true);
	}
	engine_run(l);
	assert_true(count(l, 16, ENGINE_FED) < width_of(mask));
	engine_free(l);
}

static void
test_a_run_goes_on_while_the_lanes_are_full(void **state)
{
	(void)state;
	each_set(check_full);
}

static struct engine *
new_counting(unsigned slots)
{
	const struct sha512x_kernel *set[] = { &counting, NULL };
	struct engine *l;

	if (!nkernels)
		skip();
	l = engine_new_of(algorithm, slots, set);
	assert_non_null(l);
	stepped = 0;
	return l;
}

/* Fourteen messages of 8 blocks and one of 16 fit into 16 steps of eight
 * lanes, but only if the long one is not among the last. */
static void
test_the_longest_goes_first(void **state)
{
	struct engine *l = new_counting(15);
	unsigned i;

	(void)state;
	for (i = 0; i < 15; i++) {
		engine_start(l, i, 0);
		engine_feed(l, i, pool, 128 * (i == 14 ? 16 : 8), false);
	}
	while (count(l, 15, ENGINE_FED))
		run(l, 15);
	assert_int_equal(stepped, 16);
	engine_free(l);
}

/* Of twenty messages with as many bytes each, the last four are left for the
 * next run, but not the one that will be longest. */
static void
check_last_is_left(uint64_t expect, enum engine_state state)
{
	struct engine *l = new_counting(20);
	unsigned i;

	for (i = 0; i < 20; i++) {
		engine_start(l, i, i == 19 ? expect : 0);
		engine_feed(l, i, pool, 128 * 8, false);
	}
	engine_run(l);
	assert_int_equal(count(l, 20, ENGINE_FED), 4);
	assert_int_equal(l->slot[19].state, state);
	engine_free(l);
}

static void
test_the_longest_to_come_has_a_lane(void **state)
{
	(void)state;
	check_last_is_left(1 << 20, ENGINE_HUNGRY);
	check_last_is_left(128 * 8, ENGINE_FED);
	check_last_is_left(1, ENGINE_FED); /* longer than expected */
}

static void
test_a_run_ends_when_a_lane_is_empty(void **state)
{
	struct engine *l = new_counting(8);
	unsigned i;

	(void)state;
	for (i = 0; i < 8; i++) {
		engine_start(l, i, 0);
		engine_feed(l, i, pool, 128 * (i == 3 ? 2 : 9), false);
	}
	engine_run(l);
	assert_int_equal(l->slot[3].state, ENGINE_HUNGRY);
	assert_int_equal(count(l, 8, ENGINE_FED), 7);
	assert_int_equal(stepped, 2);
	engine_free(l);
}

static void
test_a_run_waits_for_who_has_no_whole_block(void **state)
{
	struct engine *l = new_counting(8);
	unsigned i;

	(void)state;
	for (i = 0; i < 8; i++) {
		engine_start(l, i, 0);
		engine_feed(l, i, pool, i == 3 ? 100 : 128 * 9, false);
	}
	engine_run(l);
	assert_int_equal(l->slot[3].state, ENGINE_HUNGRY);
	assert_int_equal(count(l, 8, ENGINE_FED), 7);
	assert_int_equal(stepped, 0);
	engine_free(l);
}

/* How often libcrypto's one lane is used for a message on these lanes. */
static unsigned
updates_for_one(struct engine *l)
{
	assert_non_null(l);
	engine_start(l, 0, 0);
	engine_feed(l, 0, pool, 5000, true);
	updates = 0;
	engine_run(l);
	assert_int_equal(l->slot[0].state, ENGINE_DONE);
	engine_free(l);
	return updates;
}

static void
test_one_message_takes_the_way_of_its_engine(void **state)
{
	(void)state;
	if (nown < 2)
		skip(); /* no kernel but libcrypto's */
	assert_int_equal(updates_for_one(
	    engine_new(algorithm, 1, "lanes")), 0);
	assert_int_not_equal(updates_for_one(
	    new_lanes(1u | 1u << (nkernels - 1), 1)), 0);
}

/* One lane is of use beside wide ones only; without them, EVP does it. */
static void
test_one_lane_alone_is_evp(void **state)
{
	struct engine *l = new_lanes(1, 1);

	(void)state;
	engine_start(l, 0, 0);
	fail_update = 1;
	engine_feed(l, 0, pool, 5000, true);
	engine_run(l);
	fail_update = 0;
	assert_int_equal(l->slot[0].state, ENGINE_FAILED);
	engine_free(l);
}

static void
test_policy_is_not_gone_round(void **state)
{
	struct text t = { pool, 500, 0 };
	struct engine *l;

	(void)state;
	policy = "fips";
	l = engine_new(algorithm, 1, "lanes");
	policy = NULL;
	assert_string_equal(l->name, "libcrypto");
	digest_all(l, &t, 1, 100);
	engine_free(l);
}

static void
check_nothing(unsigned mask)
{
	struct engine *l = new_lanes(mask, 2);

	engine_run(l);
	assert_int_equal(l->slot[0].state, ENGINE_IDLE);
	engine_start(l, 0, 0);
	engine_run(l);
	assert_int_equal(l->slot[0].state, ENGINE_HUNGRY);
	engine_feed(l, 0, NULL, 0, false);
	assert_int_equal(l->slot[0].state, l->ops == &lanes_ops ?
	    ENGINE_FED : ENGINE_HUNGRY);
	engine_run(l);
	assert_int_equal(l->slot[0].state, ENGINE_HUNGRY);
	assert_int_equal(l->slot[1].state, ENGINE_IDLE);
	engine_free(l);
}

static void
test_a_run_without_bytes_returns(void **state)
{
	(void)state;
	each_engine(check_nothing);
}

static void
assert_name(const char *choice, const char *name)
{
	struct engine *l = engine_new(algorithm, 2, choice);

	assert_non_null(l);
	assert_string_equal(l->name, name);
	engine_free(l);
}

/* The widest that runs here: the table goes from narrow to wide. */
static const char *
widest(void)
{
	return nown < 2 ? "libcrypto" : kernels[nown - 1]->name;
}

static void
test_engines_by_choice(void **state)
{
	(void)state;
	assert_name("libcrypto", "libcrypto");
	assert_name("lanes", widest());
	assert_name("auto",
	    sha512x_libcrypto_fast() ? "libcrypto" : widest());
}

/* What cannot be had is not claimed, and the reason is known. */
static void
test_engines_by_name(void **state)
{
	const struct sha512x_kernel *k;

	(void)state;
	for (k = sha512x_kernels + 1; k->name; k++) {
		assert_name(k->name, k->supported() ? k->name : "libcrypto");
		if (k->supported())
			assert_null(engine_refusal(k->name));
		else
			assert_string_equal(engine_refusal(k->name),
			    "not on this processor");
	}
}

/* Whatever is not a kernel's name can be had. */
static void
test_every_choice_is_listed(void **state)
{
	const char *const *names = engine_choices;
	unsigned i;

	(void)state;
	assert_string_equal(names[0], "auto");
	assert_string_equal(names[1], "libcrypto");
	assert_string_equal(names[2], "lanes");
	for (i = 0; i < 3; i++)
		assert_null(engine_refusal(names[i]));
	for (; sha512x_kernels[i - 2].name; i++)
		assert_string_equal(names[i], sha512x_kernels[i - 2].name);
	assert_null(names[i]);
}

static void
digests_nothing(uint64_t *const h[], const unsigned char *const p[],
    size_t blocks)
{
	(void)h;
	(void)p;
	(void)blocks;
}

static void
test_a_kernel_that_errs_is_replaced(void **state)
{
	static const struct sha512x_kernel bad = { "bad", 4, 1,
	    digests_nothing, vector8_supported };
	const struct sha512x_kernel *set[] = { &bad, NULL };
	struct engine *l = engine_new_of(algorithm, 4, set);
	struct text t[4] = { { pool, 500, 0 }, { pool + 1, 500, 0 },
	    { pool + 2, 500, 0 }, { pool + 3, 500, 0 } };

	(void)state;
	assert_string_equal(l->name, "libcrypto");
	digest_all(l, t, 4, 500);
	engine_free(l);
}

static void
test_other_algorithms_go_to_libcrypto(void **state)
{
	struct digest *sha512 = algorithm;
	struct text t[2] = { { pool, 500, 0 }, { pool + 1, 77, 0 } };
	struct engine *l;

	(void)state;
	algorithm = digest_new("sha256");
	l = engine_new(algorithm, 2, "lanes");
	assert_string_equal(l->name, "libcrypto");
	digest_all(l, t, 2, 100);
	engine_free(l);
	digest_free(algorithm);
	algorithm = sha512;
}

/* One message fails, its neighbour does not. */
static void
test_a_failure_is_its_messages_own(void **state)
{
	struct engine *l = new_lanes(0, 2);
	struct text t = { pool, 500, 0 };

	(void)state;
	engine_start(l, 0, 0);
	fail_init = 1;
	assert_int_equal(engine_start(l, 1, 0), -1);
	fail_init = 0;
	assert_int_equal(l->slot[1].state, ENGINE_FAILED);

	engine_start(l, 1, 0);
	fail_update = 2;
	feed(l, 0, &t, 500);
	feed(l, 1, &(struct text){ pool, 9, 0 }, 9);
	engine_run(l);
	fail_update = 0;
	assert_int_equal(l->slot[1].state, ENGINE_FAILED);
	assert_int_equal(l->slot[0].state, ENGINE_DONE);
	assert_digest(l->slot[0].digest, &t);
	engine_free(l);
}

static void
test_a_failure_at_the_end(void **state)
{
	struct engine *l = new_lanes(0, 1);

	(void)state;
	engine_start(l, 0, 0);
	fail_final = 1;
	engine_feed(l, 0, pool, 9, true);
	engine_run(l);
	fail_final = 0;
	assert_int_equal(l->slot[0].state, ENGINE_FAILED);
	engine_free(l);
}

/* And nothing is leaked, say the sanitizers. */
static void
test_no_memory_for_the_last_slot(void **state)
{
	(void)state;
	fail_new = 4;
	assert_null(engine_new(algorithm, 4, "libcrypto"));
	fail_new = 0;
}

static void
test_nothing_is_freed_in_peace(void **state)
{
	(void)state;
	engine_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_standards_examples),
		cmocka_unit_test(test_a_million_times_a),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_every_number_of_messages),
		cmocka_unit_test(test_random_schedules),
		cmocka_unit_test(test_a_short_message_is_not_left_behind),
		cmocka_unit_test(test_a_run_goes_on_while_the_lanes_are_full),
		cmocka_unit_test(test_the_longest_goes_first),
		cmocka_unit_test(test_the_longest_to_come_has_a_lane),
		cmocka_unit_test(test_a_run_ends_when_a_lane_is_empty),
		cmocka_unit_test(test_a_run_waits_for_who_has_no_whole_block),
		cmocka_unit_test(test_one_message_takes_the_way_of_its_engine),
		cmocka_unit_test(test_one_lane_alone_is_evp),
		cmocka_unit_test(test_policy_is_not_gone_round),
		cmocka_unit_test(test_a_run_without_bytes_returns),
		cmocka_unit_test(test_engines_by_choice),
		cmocka_unit_test(test_engines_by_name),
		cmocka_unit_test(test_every_choice_is_listed),
		cmocka_unit_test(test_a_kernel_that_errs_is_replaced),
		cmocka_unit_test(test_other_algorithms_go_to_libcrypto),
		cmocka_unit_test(test_a_failure_is_its_messages_own),
		cmocka_unit_test(test_a_failure_at_the_end),
		cmocka_unit_test(test_no_memory_for_the_last_slot),
		cmocka_unit_test(test_nothing_is_freed_in_peace),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
