/* The fuzzer of specifications (tests/fuzz/mtree.c), with its seeds. */
#define SEEDS "mtree.corpus"
#include "../fuzz/mtree.c"
#include "seeds.h"
