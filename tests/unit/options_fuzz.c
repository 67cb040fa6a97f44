/* The fuzzer of command lines (tests/fuzz/options.c), with its seeds. */
#define SEEDS "options.corpus"
#include "../fuzz/options.c"
#include "seeds.h"
