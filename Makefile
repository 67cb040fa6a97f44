# The build of phash, for GNU make. It works alone: `make` builds, `make check`
# tests, `make install` installs. It builds in the directory where make runs,
# which need not be that of the source: ../phash/configure makes the Makefile
# that includes this one.
#
#     all, install, uninstall, clean     as everywhere
#     check, check-valgrind, distcheck   tests: all, C alone, every build
#     user-check, bare-check             tests of what `dist` made
#     check-machines                     tests with sshd and Slurm
#     check-large                        tests with trees of a million files
#     fault-check                        every system call fails in turn
#     lint                               compilers, shellcheck, mandoc
#     lint-tidy                          clang-tidy, a minute or two
#     coverage                           the lines that tests reach
#     fuzz, soak, bench                  long runs: findings, times
#     tags, compile_commands.json        for editors
#     dist, configure                    a release, and what autoconf makes
#     help                               this text
#
# What follows are the knobs; set them on the command line, or in config.mak,
# which is read after config.mak.autogen (what ./configure writes). A change of
# any of them rebuilds what it concerns.
#
# Define DEVELOPER=1 to turn on the warnings that this project keeps clear of,
# and to make every warning an error.
#
# Define SANITIZE=address,undefined (or another list for -fsanitize) to build
# with sanitizers.
#
# Define BUILD to put everything that is built elsewhere than in build/, so
# that variants can live side by side: make BUILD=build/asan SANITIZE=address
#
# Define COVERAGE=1 to count how often each line runs (make coverage).
#
# Define HARDENING=no to leave the flags that make a fault in memory harder to
# exploit (PIE, RELRO, stack protector, _FORTIFY_SOURCE) to CFLAGS and LDFLAGS.
#
# Define PORTABLE=1 to build without any extension of Linux and glibc, with
# the stand-ins that other systems get.
#
# Define WITH_LIBARCHIVE=yes to build --archive, which needs libarchive, liblzma
# and zlib; configure does so where it finds them.
#
# Define TESTS to run only some tests: make check TESTS=tests/map.t
#
# Define TEST_TIMEOUT to the seconds after which a single test has failed.
#
# Define TEST_ENGINE to run the shell tests with that --engine.
#
# Define TEST_WALK to run the shell tests with that --walk.
#
# Define TEST_WRAPPER to a command that unit tests are run under, as valgrind.
#
# Define JOBS to the number of tests that run at a time. By default there are two
# more than there are processors, as some tests do little but wait.
#
# Define FUZZ_SECONDS to the time that `make fuzz` gives to each fuzzer, and
# FUZZERS to the names of some of them: make fuzz FUZZERS='wire pool'
#
# Define SOAK_SECONDS to the time that `make soak` takes.
#
# Define V=1 to see the commands instead of their summaries.
#
# The rest is as everywhere: CC, AR, CFLAGS, CPPFLAGS, LDFLAGS, LIBS, which the
# environment may set too; DESTDIR, prefix, bindir, libdir, includedir, datadir,
# mandir, docdir, pkgconfigdir, bashcompdir, zshcompdir, fishcompdir.

VERSION = 1.0.0

srcdir := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))

CFLAGS ?= -g -O2
AUTOCONF = autoconf
INSTALL = install
PROVE = prove
BUILD = build
HARDENING = yes
JOBS = $(shell echo $$(($$(nproc 2>/dev/null || echo 2) + 2)))
TEST_TIMEOUT = 300
FUZZ_SECONDS = 60
SOAK_SECONDS = 1800

prefix = /usr/local
exec_prefix = $(prefix)
bindir = $(exec_prefix)/bin
libdir = $(exec_prefix)/lib
includedir = $(prefix)/include
datarootdir = $(prefix)/share
datadir = $(datarootdir)
mandir = $(datarootdir)/man
docdir = $(datarootdir)/doc/phash
pkgconfigdir = $(libdir)/pkgconfig
bashcompdir = $(datadir)/bash-completion/completions
zshcompdir = $(datadir)/zsh/site-functions
fishcompdir = $(datadir)/fish/vendor_completions.d

-include config.mak.autogen
-include config.mak

# What is built from what. Sources are found, not listed.

src = $(srcdir)/src
man = $(srcdir)/man
tests = $(srcdir)/tests

ppool_src = $(wildcard $(src)/ppool/*.c)
# Without libarchive the room of archives is empty but for who says so.
archive_src = $(wildcard $(src)/archive/*.c)
archive_none = $(src)/archive/none.c
ifeq ($(WITH_LIBARCHIVE),yes)
unused_src = $(archive_none)
else
unused_src = $(filter-out $(archive_none),$(archive_src))
unused_fuzz = $(tests)/fuzz/archive.c
unused_unit = $(tests)/unit/blake2sp.c $(tests)/unit/rar.c \
	$(tests)/unit/unpack.c
endif
phash_src = $(filter-out $(src)/main.c $(ppool_src) $(unused_src),\
	$(wildcard $(src)/*.c $(src)/*/*.c))
unit_src = $(filter-out $(unused_unit),$(wildcard $(tests)/unit/*.c))
# What a benchmark puts between phash and libcrypto.
preload_src = $(tests)/perf/sleeping-digest.c
perf_src = $(filter-out $(preload_src),$(wildcard $(tests)/perf/*.c))
fuzz_src = $(filter-out $(unused_fuzz),$(wildcard $(tests)/fuzz/*.c))
# What shell tests run beside phash.
tool_src = $(filter-out $(tests)/coverage.c,$(wildcard $(tests)/*.c))
example_src = $(wildcard $(man)/examples/*.c)
man_pages = $(wildcard $(man)/*.[1-9])

ppool_obj = $(ppool_src:$(src)/%.c=$(BUILD)/%.o)
ppool_pic = $(ppool_src:$(src)/%.c=$(BUILD)/pic/%.o)
phash_obj = $(phash_src:$(src)/%.c=$(BUILD)/%.o)
unit_bin = $(unit_src:$(tests)/%.c=$(BUILD)/tests/%)
perf_bin = $(perf_src:$(tests)/%.c=$(BUILD)/tests/%)
preload_so = $(preload_src:$(tests)/%.c=$(BUILD)/tests/%.so)
fuzz_bin = $(fuzz_src:$(tests)/%.c=$(BUILD)/tests/%)
tool_bin = $(tool_src:$(tests)/%.c=$(BUILD)/tests/%)
example_bin = $(example_src:$(man)/%.c=$(BUILD)/%)

# The library's version is its header's.
ppool_version := $(shell sed -n \
	's/^.define PPOOL_VERSION "\(.*\)"/\1/p' $(src)/ppool/ppool.h)
ppool_soname = libppool.so.$(firstword $(subst ., ,$(ppool_version)))
ppool_so = libppool.so.$(ppool_version)

archives = $(BUILD)/libphash.a $(BUILD)/libppool.a
products = $(BUILD)/phash $(BUILD)/libppool.a $(BUILD)/$(ppool_so) \
	$(BUILD)/ppool.pc

all_cppflags = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I$(src) \
	-DPHASH_VERSION='"$(VERSION)"'
all_cflags = -std=c11
all_libs = -lcrypto

ifeq ($(WITH_LIBARCHIVE),yes)
all_cppflags += -DPHASH_LIBARCHIVE
all_libs += -larchive -llzma -lz -pthread
endif
ifdef PORTABLE
all_cppflags += -DPHASH_PORTABLE -DPPOOL_PORTABLE
endif
ifdef DEVELOPER
all_cflags += -Werror -Wall -Wextra -Wpedantic -Wshadow \
	-Wmissing-prototypes -Wstrict-prototypes -Wvla
endif
ifdef COVERAGE
all_cflags += --coverage
endif
ifdef SANITIZE
all_cflags += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
all_ldflags += -fsanitize=$(SANITIZE)
else
shared_ldflags = -Wl,-z,defs
endif


# Hardening: what this compiler and this C library take, and what the flags
# that were given do not decide themselves.
ifeq ($(HARDENING),yes)
given = $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)
taken = $(shell $(CC) $(CPPFLAGS) $(CFLAGS) -Werror $(1) -fsyntax-only \
	-include stdio.h -x c /dev/null >/dev/null 2>&1 && echo '$(1)')

protection = -fstack-protector-strong -fstack-clash-protection -fcf-protection
hardening := $(or $(call taken,$(protection)),\
	$(foreach flag,$(protection),$(call taken,$(flag))))

# It wants optimisation, and sanitizers do its work better.
optimised = $(filter-out -O0,$(lastword $(filter -O%,$(CFLAGS))))
ifeq ($(SANITIZE)$(findstring -fsanitize,$(given)),)
ifeq ($(findstring _FORTIFY_SOURCE,$(given)),)
ifneq ($(optimised),)
fortify = -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE
hardening += $(or $(call taken,$(fortify)=3),$(call taken,$(fortify)=2))
endif
endif
endif

ifeq ($(filter -static% -no-pie -nopie -fno-pie -fno-PIE -fno-pic -fno-PIC,$(given)),)
hardening += -fPIE
program_ldflags = -pie
endif
all_cflags += $(hardening)
all_ldflags += -Wl,-z,relro,-z,now
endif

all_cppflags += $(CPPFLAGS)
all_cflags += $(CFLAGS)
all_ldflags += $(LDFLAGS)
all_libs += $(LIBS)

compile = $(CC) $(all_cflags) $(all_cppflags) -MMD -MP -c -o $@ $<
link = $(CC) $(all_cflags) $(all_ldflags) -o $@ $(filter %.o,$^) $(filter %.a,$^)
link_program = $(link) $(program_ldflags)

ifndef V
say = @printf '  %-5s %s\n' $(1) $@;
endif
mkdir = @mkdir -p $(@D)

all: $(products)

$(BUILD)/phash: $(BUILD)/main.o $(archives)
	$(call say,LINK)$(link_program) $(LDFLAGS_phash) $(all_libs)

# What a worker counted is written when it ends (tests/coverage.c).
ifdef COVERAGE
$(BUILD)/phash $(unit_bin) $(example_bin): $(BUILD)/tests/coverage.o
LDFLAGS_phash = -Wl,--wrap=ppool_destroy,--wrap=syscall,--wrap=setrlimit \
	-Wl,--wrap=setrlimit64
endif

$(BUILD)/libphash.a: $(phash_obj) $(BUILD)/sources
$(BUILD)/libppool.a: $(ppool_obj) $(BUILD)/sources
$(archives):
	$(call say,AR)rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)

# Only what the header declares leaves the shared library.
$(BUILD)/$(ppool_so): $(ppool_pic) $(BUILD)/ppool.map $(BUILD)/sources
	$(call say,LINK)$(link) -fPIC -shared $(shared_ldflags) \
		-Wl,-soname,$(ppool_soname) \
		-Wl,--version-script,$(BUILD)/ppool.map
	@ln -sf $(ppool_so) $(BUILD)/$(ppool_soname)
	@ln -sf $(ppool_soname) $(BUILD)/libppool.so

$(BUILD)/ppool.map: $(src)/ppool/ppool.h $(srcdir)/Makefile
	$(mkdir)
	$(call say,GEN){ \
		echo 'PPOOL_$(firstword $(subst ., ,$(ppool_version))) {'; \
		echo 'global:'; \
		sed -n '/^typedef/d; s/^[a-z].*[ *]\(ppool_[a-z_]*\)(.*/	\1;/p' \
			$(src)/ppool/ppool.h; \
		echo 'local:'; echo '	*;'; echo '};'; } >$@

$(BUILD)/ppool.pc: $(BUILD)/paths $(src)/ppool/ppool.h
	$(call say,GEN)printf '%s\n' \
		'prefix=$(prefix)' 'exec_prefix=$(exec_prefix)' \
		'libdir=$(libdir)' 'includedir=$(includedir)' '' \
		'Name: ppool' \
		'Description: a pool of forked worker processes' \
		'Version: $(ppool_version)' \
		'Libs: -L$${libdir} -lppool' 'Cflags: -I$${includedir}' >$@

$(BUILD)/pic/%.o: $(src)/%.c $(BUILD)/flags
	$(mkdir)
	$(call say,CC)$(compile) -fPIC

$(BUILD)/%.o: $(src)/%.c $(BUILD)/flags
	$(mkdir)
	$(call say,CC)$(compile)

$(BUILD)/tests/%.o: $(tests)/%.c $(BUILD)/flags
	$(mkdir)
	$(call say,CC)$(compile)

$(BUILD)/examples/%.o: $(man)/examples/%.c $(BUILD)/flags
	$(mkdir)
	$(call say,CC)$(compile) -I$(src)/ppool

# LDFLAGS_name is for tests/unit/name.c alone: some make functions of the C
# library fail, or count how often they are called. FAR is for tests/unit/far.h.
FAR = -Wl,--wrap=clock_gettime,--wrap=poll,--wrap=launch_start \
	-Wl,--wrap=ppool_take,--wrap=ppool_worker_fd
LDFLAGS_crew = -Wl,--wrap=mmap,--wrap=mmap64,--wrap=ppool_feed_only \
	-Wl,--wrap=ppool_number,--wrap=ppool_ask,--wrap=relay_serve \
	-Wl,--wrap=worker_init,--wrap=worker_serve
LDFLAGS_digest = -Wl,--wrap=EVP_MD_fetch,--wrap=EVP_MD_names_do_all \
	-Wl,--wrap=OSSL_LIB_CTX_get0_global_default
LDFLAGS_dirs = -Wl,--wrap=xio_open
LDFLAGS_launch = -Wl,--wrap=socketpair,--wrap=pipe,--wrap=fork \
	-Wl,--wrap=fcntl,--wrap=fcntl64,--wrap=clock_gettime
LDFLAGS_line = -Wl,--wrap=poll
LDFLAGS_local = -Wl,--wrap=worker_init,--wrap=worker_serve
LDFLAGS_progress = -Wl,--wrap=clock_gettime
LDFLAGS_mem = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
LDFLAGS_outfile_signals = -Wl,--wrap=linkat,--wrap=renameat,--wrap=unlinkat \
	-Wl,--wrap=openat,--wrap=openat64
LDFLAGS_reach = $(FAR) -Wl,--wrap=read
LDFLAGS_reader = -Wl,--wrap=realloc
LDFLAGS_relay_alone = $(FAR) -Wl,--wrap=launch_end,--wrap=ppool_ask \
	-Wl,--wrap=ppool_answer,--wrap=ppool_answer_part \
	-Wl,--wrap=ppool_worker_flush,--wrap=ppool_resign
LDFLAGS_serve = -Wl,--wrap=clock_gettime,--wrap=poll,--wrap=algorithms_new \
	-Wl,--wrap=confine_init,--wrap=confine_enter,--wrap=hasher_new \
	-Wl,--wrap=hasher_put,--wrap=hasher_idle,--wrap=hasher_finish \
	-Wl,--wrap=wire_new_part,--wrap=engine_new,--wrap=engine_refusal \
	-Wl,--wrap=ppool_cpus
LDFLAGS_slurm = -Wl,--wrap=popen
LDFLAGS_ppool_fds = -Wl,--wrap=opendir,--wrap=syscall
LDFLAGS_ppool_giveup = -Wl,--wrap=waitpid,--wrap=kill,--wrap=syscall
LDFLAGS_ppool_nomem = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc \
	-Wl,--wrap=fork,--wrap=poll,--wrap=nanosleep \
	-Wl,--wrap=epoll_create1,--wrap=epoll_ctl
LDFLAGS_talk = -Wl,--wrap=read,--wrap=write

$(unit_bin): %: %.o $(archives)
	$(call say,LINK)$(link_program) $(LDFLAGS_$(@F)) -lcmocka $(all_libs)

$(perf_bin): %: %.o $(archives)
	$(call say,LINK)$(link_program) $(all_libs)

$(preload_so:.so=.o): private all_cflags += -fPIC
$(preload_so): %.so: %.o
	$(call say,LINK)$(link) -shared -ldl

$(example_bin): %: %.o $(BUILD)/libppool.a
	$(call say,LINK)$(link_program) $(all_libs)

$(tool_bin): %: %.o
	$(call say,LINK)$(link_program)

$(fuzz_bin): %: %.o $(archives)
	$(call say,LINK)$(link_program) -fsanitize=fuzzer $(all_libs)

# Stamps, touched only when their text changes: everything compiled depends on
# the flags, every archive on the list of its sources.
flags = $(CC) $(all_cflags) $(all_cppflags) $(all_ldflags) $(program_ldflags) \
	$(all_libs)
sources = $(ppool_src) $(phash_src)
paths = $(prefix) $(exec_prefix) $(libdir) $(includedir)

$(BUILD)/flags $(BUILD)/sources $(BUILD)/paths: FORCE
	$(mkdir)
	@text='$(subst ','\'',$($(@F)))'; \
	test "$$text" = "$$(cat $@ 2>/dev/null)" || echo "$$text" >$@

-include $(shell test -d $(BUILD) && find $(BUILD) -name '*.d')

# Tests. prove runs the unit tests and the shell tests alike: all speak TAP.

# The longest first: begun late, they would run on when all others have ended.
long_tests = $(tests)/stall.t $(tests)/huge.t $(tests)/machines.t
# They make machines of their own, as root, one after the other.
machine_tests = $(tests)/hosts-ssh.t $(tests)/hosts-slurm.t
# It takes gigabytes of disk.
large_tests = $(tests)/large-trees.t
# Those with file systems of their own (fs-*.t) need root too, but leave nothing
# behind, skip where they cannot run, and mostly wait: they run with the rest.
other_tests = $(filter-out $(long_tests) $(machine_tests) $(large_tests),\
	$(wildcard $(tests)/*.t))
TESTS = $(long_tests) $(unit_bin) $(other_tests)

export TEST_ENGINE TEST_WALK TEST_TIMEOUT TEST_WRAPPER
# For make, BUILD has no blanks; for tests, whatever the path has.
test_build = $(if $(filter /%,$(BUILD)),,$(CURDIR)/)$(BUILD)
test_env = BUILD='$(test_build)' PHASH='$(test_build)/phash' \
	OBJDIR='$(CURDIR)' SRCDIR='$(srcdir)'

test-programs: $(unit_bin) $(perf_bin) $(preload_so) $(example_bin) \
	$(tool_bin)

prove = $(PROVE) --failures --comments -j $(JOBS) --exec $(tests)/run-one

check: all test-programs
	@$(test_env) $(prove) $(TESTS)

check-machines: all
	@$(test_env) $(PROVE) --failures --comments --exec $(tests)/run-one \
		$(machine_tests)

check-large: all
	@$(test_env) TEST_TIMEOUT=3600 $(PROVE) --comments \
		--exec $(tests)/run-one $(large_tests)

# Workers leave by _exit: what they still hold then is not a leak.
valgrind = valgrind -q --error-exitcode=99 --leak-check=full \
	--errors-for-leak-kinds=definite --child-silent-after-fork=yes

# Every system call and every allocation fails in turn: some minutes.
fault-check: all
	$(tests)/fault-check '$(test_build)/phash'

check-valgrind: all $(unit_bin)
	@$(test_env) TEST_WRAPPER='$(valgrind)' \
		$(prove) $(filter $(unit_bin),$(TESTS))

# In its own directory, not optimised: a line is then what the source says. The
# files of counters are made first, for tests that run as somebody else, and for each
# test (tests/run-one).
coverage_vars = BUILD=$(BUILD)/coverage COVERAGE=1 HARDENING=no CFLAGS='-g -O0'
counters = $(test_build)/counters

coverage:
	$(MAKE) $(coverage_vars) all test-programs
	@find $(BUILD)/coverage -name '*.gcda' -exec rm {} +
	@rm -rf '$(counters)' && mkdir '$(counters)'
	@$(BUILD)/coverage/phash --version >/dev/null
	@find $(BUILD)/coverage -name '*.gcda' -exec chmod a+rw {} +
	@GCOV_ERROR_FILE=/dev/null COUNTERS='$(counters)' \
		$(MAKE) $(coverage_vars) \
		TESTS='$(TESTS:$(BUILD)/%=$(BUILD)/coverage/%)' check; \
		status=$$?; $(tests)/coverage $(BUILD)/coverage '$(counters)' && \
		exit $$status

bench: all $(perf_bin) $(preload_so)
	@set -e; for script in ppool-bench phash-bench; do \
		$(test_env) bash "$(tests)/perf/$$script.sh"; \
	done

FUZZERS ?= $(basename $(notdir $(fuzz_src)))

# libarchive asks malloc(3) for as much as a header says. Who looks up the names of
# new functions is a child, and the pool is asked whether it leaves any.
fuzz_archive = -max_len=20000 -malloc_limit_mb=100000 -rss_limit_mb=6000

# Each fuzzer, with its seeds and its words if it has any (tests/fuzz/README).
# What it adds to its seeds, and what it finds, stays in build/fuzz.
fuzz:
	$(MAKE) CC=clang BUILD=$(BUILD)/fuzz \
		SANITIZE=address,undefined,fuzzer-no-link fuzz-programs
	@set -e; for name in $(FUZZERS); do \
		own=$(BUILD)/fuzz/$$name.corpus; \
		seeds=$(tests)/fuzz/$$name.corpus; \
		words=$(tests)/fuzz/$$name.dict; \
		mkdir -p $$own; \
		test $$name = archive && $(tests)/fuzz/archive-seeds $$own; \
		test -d $$seeds || seeds=; \
		test -f $$words && words=-dict=$$words || words=; \
		case $$name in \
		archive) limits='$(fuzz_archive)';; \
		pool) limits='-max_len=200 -timeout=60 -print_funcs=0';; \
		*) limits=-max_len=2048;; \
		esac; \
		ASAN_OPTIONS=allocator_may_return_null=1:max_allocation_size_mb=3000 \
		$(BUILD)/fuzz/tests/fuzz/$$name $$limits $$words \
			-max_total_time=$(FUZZ_SECONDS) \
			-artifact_prefix=$(BUILD)/fuzz/$$name- $$own $$seeds; \
	done

fuzz-programs: $(fuzz_bin)

# Random trees, options, kills and changes against other tools (tests/perf/README).
soak: all
	$(tests)/perf/soak '$(test_build)/phash' $(SOAK_SECONDS)

distcheck: dist
	$(tests)/distcheck $(BUILD)/$(dist).tar.gz

user-check: dist
	$(tests)/user-check $(BUILD)/$(dist).tar.gz

bare-check: dist
	$(tests)/bare-system $(BUILD)/$(dist).tar.gz

# Everything that can be said about the text alone, and the compilers' word.

shell_files = $(wildcard $(tests)/*.t $(tests)/perf/*.sh) $(tests)/lib.sh \
	$(src)/completion/phash.bash $(shell grep -lE '^\#!.*[/ ](ba)?sh$$' \
		$(srcdir)/.ci/* $(tests)/* 2>/dev/null)

# What mandoc says where the manuals of others are not installed.
no_manual = -e 'referenced manual not found' -e 'mandoc.db'

lint: lint-text lint-gcc lint-clang

lint-text:
	@! mandoc -Tlint $(man_pages) 2>&1 | grep -v $(no_manual)
	shellcheck $(sort $(shell_files))
	$(tests)/run-one $(tests)/map.t

# What .clang-tidy asks for, of src alone. Nearly all of the time is that of
# clang's analyzer, which follows the paths through a function until it has had
# TIDY_NODES states of it. Its own limit is 225,000: three times the time.
TIDY_NODES = 75000
lint-tidy: compile_commands.json
	@printf '%s\n' $(src)/main.c $(phash_src) $(ppool_src) | \
		xargs -P "$$(nproc)" -n 4 clang-tidy -p . --quiet \
		--extra-arg=-Xclang --extra-arg=-analyzer-config \
		--extra-arg=-Xclang --extra-arg=max-nodes=$(TIDY_NODES)

lint-gcc lint-clang: lint-%:
	$(MAKE) DEVELOPER=1 CC=$* BUILD=$(BUILD)/lint-$* all test-programs

# gcc's own analyzer. It does not follow an object that is known by a struct in it,
# and takes such for lost; nor the shifts of a vector, whose width it takes for that
# of the number.
lint-analyzer:
	$(MAKE) DEVELOPER=1 CC=gcc BUILD=$(BUILD)/$@ CFLAGS='-O1 -fanalyzer \
		-Wno-analyzer-malloc-leak \
		-Wno-analyzer-shift-count-overflow' unlinked

# Other words and another C library, as far as it goes without a libcrypto of
# that kind: the headers of this one will do, but nothing links with it.
unlinked: $(BUILD)/main.o $(archives) $(BUILD)/$(ppool_so)

lint-musl: other = musl-gcc
lint-m32: other = gcc -m32
lint-musl lint-m32:
	$(MAKE) DEVELOPER=1 CC='$(other)' BUILD=$(BUILD)/$@ CPPFLAGS="-idirafter \
		/usr/include -idirafter /usr/include/$$(gcc -print-multiarch)" unlinked

# For editors. The commands are those that make would run if nothing were built;
# of a source that is compiled twice, the one without -fPIC.

c_files = $(ppool_src) $(phash_src) $(src)/main.c $(unit_src) $(perf_src) \
	$(preload_src) $(fuzz_src) $(tool_src) $(example_src) $(tests)/coverage.c
tagged = $(c_files) $(wildcard $(src)/*.h $(src)/*/*.h)

tags:
	@if command -v ctags >/dev/null; then \
		ctags -o tags $(tagged); \
	elif command -v etags >/dev/null; then \
		etags -o TAGS $(tagged); \
	else \
		echo 'make tags: neither ctags nor etags is there' >&2; exit 1; \
	fi

compile_commands.json: FORCE
	@commands=$$($(MAKE) --no-print-directory -Bn V=1 all test-programs \
		$(fuzz_bin:=.o) $(BUILD)/tests/coverage.o) && \
	{ echo '[' && echo "$$commands" | sed -n -e '/ -fPIC$$/d' \
		-e 's/["\\]/\\&/g' -e 's,^.* -c -o [^ ]* \([^ ]*\.c\).*$$,{ \
		"directory": "$(CURDIR)"\, "file": "\1"\, "command": "&" },p' | \
		sed '$$!s/}$$/},/' && echo ']'; } >$@

# Installation.

completions = $(bashcompdir)/phash $(zshcompdir)/_phash \
	$(fishcompdir)/phash.fish
installed = $(bindir)/phash $(includedir)/ppool.h $(libdir)/libppool.a \
	$(libdir)/$(ppool_so) $(libdir)/$(ppool_soname) $(libdir)/libppool.so \
	$(pkgconfigdir)/ppool.pc $(completions) $(docdir)/README \
	$(foreach p,$(man_pages),$(mandir)/man$(subst .,,$(suffix $p))/$(notdir $p)) \
	$(example_src:$(man)/%=$(docdir)/%)

# DESTDIR may have blanks; what is installed in it may not.
root = '$(DESTDIR)'

install: all
	set -e; for dir in $(sort $(dir $(installed))); do \
		$(INSTALL) -d $(root)$$dir; \
	done
	$(INSTALL) -m 755 $(BUILD)/phash $(root)$(bindir)
	$(INSTALL) -m 644 $(src)/ppool/ppool.h $(root)$(includedir)
	$(INSTALL) -m 644 $(BUILD)/libppool.a $(root)$(libdir)
	$(INSTALL) -m 755 $(BUILD)/$(ppool_so) $(root)$(libdir)
	ln -sf $(ppool_so) $(root)$(libdir)/$(ppool_soname)
	ln -sf $(ppool_soname) $(root)$(libdir)/libppool.so
	$(INSTALL) -m 644 $(BUILD)/ppool.pc $(root)$(pkgconfigdir)
	$(INSTALL) -m 644 $(src)/completion/phash.bash $(root)$(bashcompdir)/phash
	$(INSTALL) -m 644 $(src)/completion/_phash $(root)$(zshcompdir)
	$(INSTALL) -m 644 $(src)/completion/phash.fish $(root)$(fishcompdir)
	$(INSTALL) -m 644 $(srcdir)/README $(root)$(docdir)
	set -e; for page in $(man_pages); do \
		$(INSTALL) -m 644 $$page $(root)$(mandir)/man$${page##*.}; \
	done
	$(INSTALL) -m 644 $(example_src) $(root)$(docdir)/examples

uninstall:
	set -e; for file in $(installed); do rm -f $(root)$$file; done
	-rmdir $(root)$(docdir)/examples $(root)$(docdir)

# A release: what git knows, or in an unpacked release what is there. The same
# source makes the same file, byte for byte.

dist = phash-$(VERSION)
dist_files = if test -e .git; \
	then git ls-files -z --cached --others --exclude-standard; \
	else find src man tests Makefile README LICENSE configure.ac .ci \
		.[a-z]*rc .clang-tidy .editorconfig .gitignore -type f -print0; fi
dist_date = if test -n "$$SOURCE_DATE_EPOCH"; then echo "$$SOURCE_DATE_EPOCH"; \
	elif test -e .git; then git log -1 --format=%ct; \
	else date -r Makefile +%s; fi
dist_tar = tar --format=ustar --owner=0 --group=0 --numeric-owner \
	--mode=u=rwX,go=rX --mtime=@$$date --transform='s,^,$(dist)/,'

dist:
	@mkdir -p $(BUILD)
	$(call say,DIST)date=$$(cd $(srcdir) && $(dist_date)) && \
	(cd $(srcdir) && $(dist_files)) | LC_ALL=C sort -z | \
		$(dist_tar) -C $(srcdir) -cf $(BUILD)/$(dist).tar --null -T -
	@gzip -9nf $(BUILD)/$(dist).tar

help:
	@sed -e '/^#/!q' -e 's/^# \{0,1\}//' $(srcdir)/Makefile

configure: $(srcdir)/configure.ac $(srcdir)/Makefile
	cd $(srcdir) && $(AUTOCONF)

clean:
	rm -rf $(BUILD) tags TAGS compile_commands.json

.PHONY: all test-programs check check-machines check-large check-valgrind fuzz \
	fuzz-programs soak bench dist distcheck user-check bare-check fault-check \
	lint lint-text lint-tidy lint-gcc lint-clang lint-analyzer unlinked \
	lint-musl lint-m32 \
	coverage tags install uninstall help clean FORCE
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
