#!/usr/bin/env bash
# What a worker cannot do: as it is, and with --sandbox; the first one, one in the
# place of another, and one of a far end. It is made to try, from inside, where it
# digests a file. And which parts refuse it: others are taken away.

. "${0%/*}/lib.sh" || exit 1
usual=$phash
always --no-sandbox
without=$phash
phash=$usual
always --sandbox
named=$phash

cat >attack.c <<'END'
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* WITHOUT=seccomp or landlock: this kernel has none. */
long
syscall(long nr, ...)
{
	static long (*real)(long, ...);
	const char *without = getenv("WITHOUT");
	long a[6];
	va_list ap;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (without && ((nr == SYS_seccomp && strstr(without, "seccomp")) ||
	    (nr == SYS_landlock_create_ruleset &&
	    strstr(without, "landlock")))) {
		errno = ENOSYS;
		return -1;
	}
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	return real(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static pid_t first; /* the parent */

static int
is_set(const char *name, const char *value)
{
	const char *is = getenv(name);

	return is && !strcmp(is, value);
}

static int made; /* processes by the parent; a worker's own among them */

/* STOP=parent: it stops before it makes a worker. */
pid_t
fork(void)
{
	static pid_t (*real)(void);

	if (is_set("STOP", "parent"))
		raise(SIGSTOP);
	made++;
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "fork");
	return real();
}

/* STOP=worker: it stops before it opens the first file. */
static int
stop_and_open(int dir, const char *path, int flags)
{
	static int stopped;

	if (is_set("STOP", "worker") && getpid() != first && !stopped++)
		raise(SIGSTOP);
	return (int)syscall(SYS_openat, (long)dir, path, (long)flags, 0666L);
}

int
openat(int dir, const char *path, int flags, ...)
{
	return stop_and_open(dir, path, flags);
}

int
openat64(int dir, const char *path, int flags, ...)
{
	return stop_and_open(dir, path, flags);
}

/* With _FORTIFY_SOURCE. */
int
__openat_2(int dir, const char *path, int flags)
{
	return stop_and_open(dir, path, flags);
}

int
__openat64_2(int dir, const char *path, int flags)
{
	return stop_and_open(dir, path, flags);
}

/* What comes of it: a worker that is locked in can write to a socket alone. */
static int reporter = -1;

static void
report(const char *format, ...)
{
	char b[10000];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(b, sizeof(b), format, ap);
	va_end(ap);
	send(reporter, b, (size_t)n, MSG_NOSIGNAL);
}

static long
reach(const char *path, int flags)
{
	int fd = open(path, flags, 0666);

	return fd < 0 ? -1 : 0;
}

static long
parent_memory(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)getppid());
	return reach(path, O_RDONLY);
}

static long
call_tcp(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_port = htons(9), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	long rc = fd < 0 ? -1 : connect(fd, (struct sockaddr *)&a, sizeof(a));

	return rc < 0 && errno == ECONNREFUSED ? 0 : rc; /* it got there */
}

static long
make_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : 0;
}

static char page[8192];

/* What the kernel says of this process. */
static long
status(void)
{
	char b[8192];
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, b, sizeof(b));

	if (n > 0)
		report("%.*s", (int)n, b);
	return n;
}

/* Bytes of files, core files, processes; and may others look into it? */
static long
limits(void)
{
	struct rlimit a, b, c;

	getrlimit(RLIMIT_FSIZE, &a);
	getrlimit(RLIMIT_CORE, &b);
	getrlimit(RLIMIT_NPROC, &c);
	report("%d %d %d %d ", (int)a.rlim_max, (int)b.rlim_max,
	    (int)c.rlim_max, prctl(PR_GET_DUMPABLE));
	return 0;
}

static int inherited[1024]; /* is this descriptor? */

/* How many others can be written to. */
static long
writable(void)
{
	int n = 0;

	for (int fd = 3; fd < 1024; fd++) {
		int flags = inherited[fd] ? -1 : fcntl(fd, F_GETFL);

		n += flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
	}
	report("%d ", n);
	return 0;
}

static long
attack(const char *what)
{
	char *const argv[] = { "true", NULL };

	if (!strcmp(what, "create"))
		return reach("made", O_WRONLY | O_CREAT);
	if (!strcmp(what, "nameless"))
		return reach(".", O_WRONLY | O_TMPFILE);
	if (!strcmp(what, "beneath"))
		return syscall(SYS_openat2, AT_FDCWD, "made",
		    &(unsigned long[3]){ O_WRONLY | O_CREAT, 0666, 0 }, 24L);
	if (!strcmp(what, "write"))
		return reach("t/a", O_WRONLY);
	if (!strcmp(what, "truncate"))
		return truncate("t/a", 0);
	if (!strcmp(what, "mkdir"))
		return mkdir("made", 0777);
	if (!strcmp(what, "rename"))
		return rename("t/a", "made");
	if (!strcmp(what, "unlink"))
		return unlink("t/a");
	if (!strcmp(what, "link"))
		return link("t/a", "made");
	if (!strcmp(what, "symlink"))
		return symlink("t/a", "made");
	if (!strcmp(what, "chmod"))
		return chmod("t/a", 0777);
	if (!strcmp(what, "exec"))
		return execv("/bin/true", argv);
	if (!strcmp(what, "fork"))
		return make_process();
	if (!strcmp(what, "outside"))
		return reach("secret", O_RDONLY);
	if (!strcmp(what, "memory"))
		return parent_memory();
	if (!strcmp(what, "ptrace"))
		return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
	if (!strcmp(what, "kill"))
		return kill(getppid(), 0);
	if (!strcmp(what, "tgkill"))
		return syscall(SYS_tgkill, (long)getppid(), (long)getppid(), 0L);
	if (!strcmp(what, "tcp"))
		return call_tcp();
	if (!strcmp(what, "limit"))
		return setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	if (!strcmp(what, "emptied"))
		return syscall(SYS_openat2, AT_FDCWD, "t/a",
		    &(unsigned long[3]){ O_RDONLY | O_TRUNC, 0, 0 }, 24L);
	if (!strcmp(what, "empty"))
		return reach("t/a", O_RDONLY | O_TRUNC);
	if (!strcmp(what, "socket"))
		return socket(AF_UNIX, SOCK_DGRAM, 0);
	if (!strcmp(what, "stdin"))
		return write(0, "x", 1);
	if (!strcmp(what, "heap")) {
		char *volatile p = malloc(64);

		free(p + 8);
		return 0;
	}
	if (!strcmp(what, "copied"))
		return write(fcntl(0, F_DUPFD, 3), "x", 1);
	if (!strcmp(what, "blocking"))
		return fcntl(0, F_SETFL, O_NONBLOCK);
	if (!strcmp(what, "sent"))
		return sendto(0, "x", 1, 0, &(struct sockaddr){ AF_UNIX }, 2);
	if (!strcmp(what, "message"))
		return sendmsg(0, &(struct msghdr){ NULL }, 0);
	if (!strcmp(what, "lease"))
		return fcntl(0, F_SETOWN, getppid());
	if (!strcmp(what, "shared"))
		return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED |
		    MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
	if (!strcmp(what, "codelater"))
		return mprotect((void *)((unsigned long)page & ~4095ul), 4096,
		    PROT_READ | PROT_WRITE | PROT_EXEC);
	if (!strcmp(what, "status"))
		return status();
	if (!strcmp(what, "limits"))
		return limits();
	if (!strcmp(what, "code"))
		return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
	if (!strcmp(what, "writable"))
		return writable();
	if (!strcmp(what, "number")) {
		report("%d ", made);
		return 0;
	}
	if (!strcmp(what, "own-file"))
		return reach("t/b", O_RDONLY);
	if (!strcmp(what, "user")) {
		report("%d %d %d ", (int)getuid(), (int)getegid(),
		    getgroups(0, NULL));
		return 0;
	}
	errno = 0;
	return -1;
}

/* A process of its own writes to descriptor 9 what it gets by the socket. */
static void
pass_on(int from)
{
	char b[4096];
	ssize_t n;

	while ((n = read(from, b, sizeof(b))) > 0 && write(9, b, n) == n)
		;
	_exit(0);
}

__attribute__((constructor)) static void
begin(void)
{
	pid_t (*make)(void) = (pid_t (*)(void))dlsym(RTLD_NEXT, "fork");
	int s[2];
	pid_t pid;

	first = getpid();
	if (!getenv("ATTACK") || socketpair(AF_UNIX, SOCK_STREAM, 0, s) < 0)
		return;
	pid = make();
	if (pid == 0) {
		if (make() != 0)
			_exit(0);
		close(s[0]);
		pass_on(s[1]);
	}
	waitpid(pid, NULL, 0);
	close(s[1]);
	reporter = s[0];
	for (int fd = 0; fd < 1024; fd++)
		inherited[fd] = fcntl(fd, F_GETFD) >= 0;
}

int EVP_DigestUpdate(void *c, const void *p, size_t n);

int
EVP_DigestUpdate(void *c, const void *p, size_t n)
{
	static int (*real)(void *, const void *, size_t);
	const char *what = getenv("ATTACK");
	static int tried;

	/* another takes its place */
	if (getenv("REPLACED") && made == 1)
		raise(SIGKILL);
	/* in a worker, or in the parent, where that digests something */
	if (what && (getpid() != first) == !getenv("PARENT") && !tried++) {
		errno = 0;
		if (attack(what) >= 0)
			report("done\n");
		else
			report("%s\n", strerrorname_np(errno));
	}
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "EVP_DigestUpdate");
	return real(c, p, n);
}
END
# shellcheck disable=SC2086 # CC may be words
if ! ${CC:-cc} -shared -fPIC -o "$work/attack.so" attack.c -ldl 2>/dev/null ||
	grep -q -e -fsanitize -e --coverage "${phash%/*}/flags" 2>/dev/null; then
	skip 'attacks' 'nothing can be loaded before it'
	finish
fi
chmod 755 "$work/attack.so"
chmod 777 . # so that permissions refuse nothing

mkdir t
echo a >t/a
echo b >t/b
chmod 666 t/a
chmod 777 t
echo secret >secret
sha512sum --tag t/* >"$work/lines"

debug() {
	"$phash" --debug t 2>&1 >/dev/null |
		sed -n 's/^phash: sandbox of the workers: //p'
}
in_force=$(debug)
abi=$(sed -n 's/.*(ABI \([0-9]*\)).*/\1/p' <<<"$in_force")
has() {
	[[ ", $in_force, " = *", $1"[\ ,]* ]]
}

who='' # is attacked, if it is not the first worker
preload=$work/attack.so
how=(-j 1)
# attacked WITHOUT ATTACK: what becomes of it: an errno, done, or killed.
attacked() {
	rm -rf made
	timeout 60 env LD_PRELOAD="$preload" WITHOUT="$1" ATTACK="$2" \
		"$phash" --engine=libcrypto "${how[@]}" t 9>&1 >"$work/out" \
		2>"$work/err" | cat
	! grep -q 'killed by signal 31' "$work/err" || echo killed
}

# refused ATTACK ALL SECCOMP LANDLOCK [ABI] - what becomes of an attack with all
# parts in force; without Landlock; without seccomp, where Landlock has this
# version at least. - is for what depends on who runs it.
refused() {
	local what=$who$1
	[ "$2" = - ] || ok "$what: $2" test "$(attacked '' "$1")" = "$2"
	[ "$3" = - ] || ok "$what, by seccomp alone: $3" \
		test "$(attacked landlock "$1")" = "$3"
	[ "$4" = - ] || [ "$abi" -lt "${5:-1}" ] ||
		ok "$what, by Landlock alone: $4" \
		test "$(attacked seccomp "$1")" = "$4"
	ok "$what: and nothing has come of it" untouched
}
untouched() {
	[ ! -e made ] && [ "$(cat t/a)" = a ] && [ "$(stat -c %a t/a)" = 666 ]
}

if ! has Landlock || ! has seccomp; then
	skip 'attacks' "in force is only: $in_force"
	finish
fi

# locked_in OUTSIDE: and what becomes of a file outside of the operands.
locked_in() {
	ok 'what the attacks are hurts no worker' test "$(attacked '' none)" = 0
	ok 'a file of its own is opened' test "$(attacked '' own-file)" = 'done'

	#       attack    all     seccomp Landlock ABI
	refused create    killed  killed  EACCES
	refused nameless  killed  killed  EACCES
	refused write     killed  killed  EACCES
	refused empty     killed  killed  EACCES   3
	refused truncate  killed  killed  EACCES   3
	refused mkdir     killed  killed  EACCES
	refused rename    killed  killed  EACCES
	refused unlink    killed  killed  EACCES
	refused link      killed  killed  EACCES
	refused symlink   killed  killed  EACCES
	refused exec      killed  killed  EACCES
	refused chmod     killed  killed  -
	refused fork      killed  killed  -
	refused outside   "$1"    -       "$1"
	refused memory    EACCES  -       EACCES
	refused ptrace    killed  killed  EPERM
	refused kill      killed  killed  EPERM    6
	refused tgkill    killed  killed  EPERM    6
	refused tcp       killed  killed  EACCES   4
	refused socket    killed  killed  -
	refused limit     killed  killed  -
	refused code      EACCES  EACCES  -
	refused codelater EACCES  EACCES  -
	refused shared    EACCES  EACCES  -
	refused stdin     EBADF   EBADF   -
	refused copied    EBADF   EBADF   -
	refused blocking  killed  killed  -
	refused sent      killed  killed  -
	refused message   killed  killed  -
	refused lease     killed  killed  -
	refused beneath   ENOSYS  ENOSYS  EACCES
	refused emptied   ENOSYS  ENOSYS  EACCES   3
}
locked_in EACCES
phash=$usual
locked_in 'done'

# What the kernel says of it.
status_of() { # WITHOUT NAME
	attacked "$1" status | sed -n "s/^$2:[[:space:]]*//p"
}

# Other workers than the first one of a run: the worst attacks.
as_locked_in() {
	#       attack    all     seccomp Landlock ABI
	refused create    killed  killed  EACCES
	refused write     killed  killed  EACCES
	refused exec      killed  killed  EACCES
	refused memory    EACCES  -       EACCES
	refused ptrace    killed  killed  EPERM
	refused kill      killed  killed  EPERM    6
	refused tcp       killed  killed  EACCES   4
	ok "${who}a file of its own is opened" \
		test "$(attacked '' own-file)" = 'done'
	ok "${who}its socket alone can be written to" \
		test "$(attacked '' writable)" = '1 done'
	ok "${who}a filter of system calls" \
		test "$(status_of landlock Seccomp)" = 2
}

# One that is made when another was killed: by then the parent is confined, and has
# the output open.
who='in the place of another: '
export REPLACED=1
ok 'the first worker is killed' test "$(attacked '' number)" = '2 done'
ok 'which is not said' test ! -s "$work/err"
as_locked_in
refused outside 'done' - 'done'
phash=$named
refused outside EACCES - EACCES
how=(-j 1 -o list)
ok "${who}the output is not open" test "$(attacked '' writable)" = '1 done'
ok "${who}nothing is made where it goes" \
	test "$(attacked seccomp create)" = EACCES
ok 'but the list' test "$(cat list)" = "$(cat "$work/lines")"
rm list
unset REPLACED

# One of a far end.
who='at a far end: '
printf '#!/bin/sh\nshift\nLD_PRELOAD=%q exec "$@"\n' "$preload" >launch
chmod 755 launch
preload=''
how=(--on=a:1 --rsh="$work/d/launch" --remote-path="${PHASH:-$top/build/phash}")
phash=$usual
as_locked_in
phash=$without
ok "${who}what is not locked in makes a file" \
	test "$(attacked '' create)" = 'done'
preload=$work/attack.so
how=(-j 1)
who=''
rm -f made
phash=$usual

# What it has given up for good.
ok 'no new privileges' test "$(status_of landlock NoNewPrivs)" = 1
ok 'a filter of system calls' test "$(status_of landlock Seccomp)" = 2
capabilities=0000000000000000
[ "$(id -u)" != 0 ] || capabilities=0000000000000004
ok 'of the capabilities one, or none' test \
	"$(status_of landlock CapPrm)" = $capabilities
ok 'in force too' test "$(status_of landlock CapEff)" = $capabilities
ok 'limits' test "$(attacked seccomp limits)" = '0 0 0 0 done'
phash=$named

# ---- the parent --------------------------------------------------------------

# attacked_parent PHASH ATTACK OPTION...: in one that has begun.
attacked_parent() {
	local program=$1 what=$2
	shift 2
	rm -rf made
	env LD_PRELOAD="$work/attack.so" ATTACK="$what" PARENT=1 "$program" -j 1 \
		--tree-digest "$@" t 9>&1 >"$work/out"
}
mkdir place
attacks='create nameless write mkdir rename unlink exec'
[ "$abi" -lt 3 ] || attacks+=' truncate'
[ "$abi" -lt 4 ] || attacks+=' tcp'
for attack in $attacks; do
	ok "the parent: $attack" test "$(attacked_parent "$phash" "$attack")" = EACCES
	ok 'and nothing has come of it' untouched
	ok "the parent with -o elsewhere: $attack" test \
		"$(attacked_parent "$phash" "$attack" -o place/list)" = EACCES
	ok 'and nothing has come of it' untouched
done
ok 'the list is written' grep -qxE '[0-9a-f]{128}' place/list
ok 'the parent may write where its output goes' test \
	"$(attacked_parent "$phash" create -o list)" = 'done'
rm -f made list
"$phash" t >place/old
ln -s place/old link
echo c >t/c
try 'an update through a link' 1 "$phash" --audit=link --update t
ok 'is written where that leads' grep -qF 't/c' place/old
rm t/c

# ---- what may be read --------------------------------------------------------

ln -s ../secret t/out
ln -s secret in
echo 'SHA512 (secret) = '"$(sha512sum <secret | cut -d ' ' -f 1)" >list
try 'a link that is an operand' 0 "$phash" in
out 'leads to what is read' <<END
SHA512 (in) = $(sha512sum <secret | cut -d ' ' -f 1)
END
try 'links that are followed' 0 "$phash" -L t
ok 'lead anywhere' grep -q '^SHA512 (t/out)' "$work/out"
try 'files of a list' 0 "$phash" -c list
try 'operands of a list' 0 "$phash" --files-from <(echo secret)
mkfifo fifo
cat secret >fifo &
try 'a FIFO and a device' 0 "$phash" fifo /dev/null
ok 'are read' lines_are "$work/out" 2
wait
try 'standard input by a name' 0 bash -c '"$@" <secret' - "$phash" /dev/stdin
try 'a descriptor of a file that has no name any more' 0 bash -c '
	echo x >gone; exec 5<gone; rm gone; "$@"' - "$phash" /dev/fd/5
try 'a file of /proc' 0 "$phash" /proc/self/mounts /etc/hostname
sha512sum --tag secret t/a t/b >list
try 'an audit of a part' 0 "$phash" --audit=list t
mkdir many
for ((i = 0; i < 300; i++)); do
	echo $i >many/$i
done
try 'many operands' 0 "$phash" many/*
ok 'are all read' lines_are "$work/out" 300
reads() { # ATTACK OPERAND...: what becomes of it in a worker with these
	local what=$1
	shift
	env LD_PRELOAD="$work/attack.so" ATTACK="$what" "$phash" -j 1 \
		--engine=libcrypto "$@" 9>&1 >/dev/null 2>&1 | cat
}
ok 'beside 256 operands nothing is' test "$(reads outside \
	many/1?? many/2?? many/[0-4]?  many/[0-5])" = EACCES
ok 'beside more any is' test "$(reads outside many/*)" = 'done'
ok 'and beside a list' test "$(reads outside --files-from <(echo t/a))" = 'done'
ok 'below standard input nothing is' test "$(reads own-file -)" = EACCES
phash=$usual
if has_archives; then
	ok 'of archives nothing outside is read' test \
		"$(reads outside --archive t)" = EACCES
	ok 'but where links are followed' test \
		"$(reads outside --archive -L t)" = 'done'
fi
ok 'without any of it, what lies outside is' test "$(reads outside t)" = 'done'
phash=$named
ok 'where links are followed any is' test "$(reads outside -L t)" = 'done'
ok 'and in a check' test "$(reads outside -c "$work/lines")" = 'done'
if has_archives; then
	sha512sum --tag secret t/a t/b >list
	try 'an audit of what may be archives' 0 "$phash" --audit=list \
		--archive t
	printf x >"$(printf '\303\274')"
	(cd "$work/d" && zip -q named.zip $'\303\274') 2>/dev/null ||
		bsdtar -cf named.zip --format zip $'\303\274' 2>/dev/null
	if [ -e named.zip ]; then
		try 'names in Unicode' 0 "$phash" --archive named.zip
		ok 'are UTF-8' grep -q $'(\303\274)' "$work/out"
	fi
fi
rm t/out in

is_stopped() { # parent|worker PID
	held=$2
	[ "$1" = parent ] || held=$(pgrep -P "$2")
	grep -q '^State:.*stopped' "/proc/$held/status"
}
# No directory of the operand "was" is open any more.
walk_is_over() { # PID
	! find "/proc/$1/fd" \( -lname '*/was' -o -lname '*/was/*' \) | grep -q .
}
# exchanged parent STATUS CHANGE CMD...: CMD, which stands still before it makes a
# worker, and before the walk, until CHANGE has been made. exchanged worker ...:
# whose worker stands still before it opens the first file, until after the walk.
exchanged() {
	local pid held who=$1 status=$2 change=$3
	shift 3
	env LD_PRELOAD="$work/attack.so" STOP="$who" "$@" >"$work/out" \
		2>"$work/err" &
	pid=$!
	until_ok is_stopped "$who" "$pid" 2>/dev/null
	[ "$who" = parent ] || until_ok walk_is_over "$pid"
	eval "$change"
	kill -CONT "$held"
	wait "$pid"
	[ $? = "$status" ]
}

# late, a file of which another one takes the place.
late() {
	echo old >late
	echo new >later
	exchanged parent "$1" 'mv later late' "$2" late
}
ok 'a file that is replaced' late 1 "$phash"
err 'is said not to be what there was' <<'END'
phash: late: not there when the run began, or forbidden
END
ok 'and is read where any may be' late 0 "$usual"
out 'as it is now' <<END
SHA512 (late) = $(echo new | sha512sum | cut -d ' ' -f 1)
END

# was, a directory of which another one takes the place, or a link to that; or a
# directory in it; or the link to it that is the operand.
moved() { # parent|worker STATUS CHANGE PHASH [OPERAND]
	rm -rf was gone other here
	mkdir -p was/d other/d
	echo in | tee was/a >was/d/b
	echo out | tee other/a >other/d/b
	ln -s was here
	exchanged "$1" "$2" "$3" "$4" -j 1 "${5-was}"
}
outside=$(echo out | sha512sum | cut -d ' ' -f 1)
for change in 'mv was gone; mv other was' 'mv was gone; ln -s other was'; do
	ok "$change, before the walk" moved parent 1 "$change" "$phash"
	out 'leads to nothing outside' </dev/null
	err 'and each file there is named' <<'END'
phash: was/a: not there when the run began, or forbidden
phash: was/d/b: not there when the run began, or forbidden
END
	ok 'where any may be read' moved parent 0 "$change" "$usual"
	ok 'it is' grep -q "^SHA512 (was/a) = $outside" "$work/out"
	ok "$change, after the walk" moved worker 1 "$change" "$phash"
	out 'leads to nothing outside' </dev/null
	err 'and each file of before is named' <<'END'
phash: was/a: its directory is no longer what was walked
phash: was/d/b: its directory is no longer what was walked
END
done
for when in parent worker; do
	ok "an operand that is a link is exchanged ($when stopped)" \
		moved $when 1 'ln -sfn other here' "$phash" here
	out 'leads to nothing outside' </dev/null
	ok 'and each file is named' test \
		"$(grep -cE '^phash: here/(a|d/b): (its|not)' "$work/err")" = 2
done
ok 'a directory of it is exchanged for a link, after the walk' \
	moved worker 1 'mv was/d gone; ln -s ../other/d was/d' "$phash"
out 'and what is outside is not read' <<END
SHA512 (was/a) = $(echo in | sha512sum | cut -d ' ' -f 1)
END
err 'but named' <<'END'
phash: was/d/b: its directory is no longer what was walked
END

# ---- without it --------------------------------------------------------------

try 'without' 0 "$without" --debug t
ok 'nothing is said of one' eval '! grep sandbox "$work/err"'
rm -f made
ok 'and the parent may write' test "$(attacked_parent "$without" create)" = \
	'done'
rm -f made
try 'a kernel that has nothing of it' 0 env LD_PRELOAD="$work/attack.so" \
	WITHOUT=seccomp,landlock "$phash" --debug t
out 'hashes' <"$work/lines"
ok 'and says what there is' grep -qx 'phash: sandbox of the workers: no new '\
'privileges, limits, not dumpable' "$work/err"
phash=$usual
ok 'as it is, files that are read are any' test "$(debug)" = \
	"${in_force/, only operands are read}"
phash=$named
try 'a heap that the C library finds damaged' 1 env LD_PRELOAD="$work/attack.so" \
	ATTACK=heap "$phash" --engine=libcrypto -j 1 t/a
err 'is what the worker dies of' <<'END'
phash: t/a: worker killed by signal 6 (Aborted)
END
try 'a system call that is not foreseen' 1 env LD_PRELOAD="$work/attack.so" \
	ATTACK=chmod "$phash" --engine=libcrypto -j 1 t/a
err 'is said to be one' <<'END'
phash: t/a: worker killed by signal 31 (Bad system call): a system call that a sandbox forbids, see --no-sandbox
END

# ---- another user ------------------------------------------------------------

# who may not be able to get to where phash was built
cp "${PHASH:-$top/build/phash}" "$work/phash"
try 'another user' 2 as_user "$work/phash" --user=nobody t
err 'is for root' <<'END'
phash: --user: only root can change to another user
END
if [ "$(id -u)" = 0 ]; then
	chmod 600 t/b
	chmod 711 "$work"
	try 'a user who does not exist' 2 "$phash" --user=no-such-one t
	err 'is named' <<'END'
phash: no-such-one: no such user
END
	try '--user=nobody' 1 "$phash" --user=nobody t
	err 'may not read all' <<'END'
phash: t/b: Permission denied
END
	nobody="$(id -u nobody) $(id -g nobody) $(id -G nobody | wc -w) done"
	who_reads() { # PHASH
		env LD_PRELOAD="$work/attack.so" ATTACK=user WITHOUT=seccomp \
			"$1" --engine=libcrypto --user=nobody t/a 9>&1 \
			>/dev/null 2>&1 | cat
	}
	ok 'is who reads' test "$(who_reads "$phash")" = "$nobody"
	ok 'as it is, too' test "$(who_reads "$usual")" = "$nobody"
	ok 'and without' test "$(who_reads "$without")" = "$nobody"
	mkfifo slow
	"$phash" --user=nobody slow >/dev/null 2>&1 &
	pid=$!
	until_ok pgrep -P $pid >"$work/worker"
	kill -KILL $pid
	wait $pid 2>/dev/null
	ok 'its workers end with it' until_ok eval \
		'! kill -0 "$(cat "$work/worker")" 2>/dev/null'
else
	skip 'another user' 'only root can be one'
fi
if [ "$(unshare -Ur id -u 2>/dev/null)" = 0 ]; then
	try 'a root who cannot change to others' 2 \
		unshare -Ur "$usual" --user=nobody t/a
	err 'says why' <<'END'
phash: the workers are gone: Operation not permitted
phash: t/a: not hashed
END
else
	skip 'a root who cannot change to others' 'no user namespace'
fi
try '--user with --on' 2 "$phash" --user=nobody --on=a t

finish
