/* The fuzzer of lists (tests/fuzz/manifest.c), with its seeds. */
#define SEEDS "manifest.corpus"
#include "../fuzz/manifest.c"
#include "seeds.h"
