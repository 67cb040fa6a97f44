/* The fuzzer of reports (tests/fuzz/report.c), with its seeds. */
#define SEEDS "report.corpus"
#include "../fuzz/report.c"
#include "seeds.h"
