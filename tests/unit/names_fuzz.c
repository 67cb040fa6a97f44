/* The fuzzer of names (tests/fuzz/names.c), with its seeds. */
#define SEEDS "names.corpus"
#include "../fuzz/names.c"
#include "seeds.h"
