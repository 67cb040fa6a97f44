/* The fuzzer of what crosses sockets (tests/fuzz/wire.c), with its seeds. */
#define SEEDS "wire.corpus"
#include "../fuzz/wire.c"
#include "seeds.h"
