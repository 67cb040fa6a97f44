/* The fuzzer of the pool's receiving end (tests/fuzz/pool.c), with its seeds. */
#define SEEDS "pool.corpus"
#include "../fuzz/pool.c"
#include "seeds.h"
