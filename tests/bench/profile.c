// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin of QEMU that counts hypercalls, and where instructions go, for profiler.py.
 *
 *	-plugin profile.so,socket=PATH[,blocks=on]
 *
 * A hypercall of a PV kernel is a syscall instruction in the kernel's own text. Which
 * domain's it is follows from where that text is: a PV guest runs the same kernel at
 * the same virtual addresses as dom0, but in other pages. The first kernel that the
 * machine runs is dom0's.
 *
 * With blocks=on every translated block is counted each time that it is executed,
 * apart for dom0 and for guests. Xen, modules and programs count for the domain whose
 * kernel ran last. This makes the machine several times slower.
 *
 * One connection at a time, which asks by single letters and gets lines that end with
 * an empty one:
 *
 *	h	DOM0 GUESTS			hypercalls so far
 *	d	ADDRESS INSTRUCTIONS DOM0 GUESTS	for each block: how often it ran
 *
 * For a machine of one CPU. The few declarations of QEMU's plugin interface that
 * it takes are here, because Debian packages no header (docs/devel/tcg-plugins.rst
 * and include/qemu/qemu-plugin.h of QEMU 10.0).
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
typedef void (*tb_trans_cb)(uint64_t id, struct qemu_plugin_tb *tb);
typedef void (*exec_cb)(unsigned int vcpu, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, tb_trans_cb cb);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, exec_cb cb,
					  enum qemu_plugin_cb_flags flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, exec_cb cb,
					    enum qemu_plugin_cb_flags flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t n);
void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *dest, size_t len);

#define EXPORT __attribute__((visibility("default")))

EXPORT int qemu_plugin_version = 4;
EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv);

/* Linux's text without modules (arch/x86/include/asm/page_64_types.h) */
#define KERNEL_BEGIN	0xffffffff81000000u
#define KERNEL_END	0xffffffff82000000u

#define SLOTS		(1u << 20)

enum { DOM0, GUEST, DOMAINS };

/**
 * struct block - a translated block; lives for ever, as QEMU may hold it
 * @vaddr: its first instruction; 0 while the slot is free
 * @haddr: where QEMU has that in memory
 * @insns: how many
 * @kernel: it is a kernel's own text, that of @domain
 * @domain: see there
 * @runs: how often it ran for whom
 */
struct block {
	uint64_t vaddr;
	uintptr_t haddr;
	size_t insns;
	bool kernel;
	int domain;
	uint64_t runs[DOMAINS];
};

static struct block block[SLOTS];
static bool blocks;		/* are counted */
static int running;		/* DOM0 or GUEST; the one CPU's alone */
static uint64_t hypercalls[DOMAINS];
static uint64_t dom0_at;	/* haddr - vaddr of dom0's kernel; 0: not seen yet */
static uint64_t overflowed;
static char *path;

static void on_exec(unsigned int vcpu, void *data)
{
	struct block *b = data;

	(void)vcpu;
	if (b->kernel)
		running = b->domain;
	b->runs[running]++;
}

static void on_hypercall(unsigned int vcpu, void *data)
{
	uint64_t *count = data;

	(void)vcpu;
	++*count;
}

/* Have a block of a kernel's text count if it ends with a hypercall. */
static void count_hypercall(struct qemu_plugin_tb *tb, int domain)
{
	static const uint8_t syscall_insn[] = { 0x0f, 0x05 };
	struct qemu_plugin_insn *last;
	uint8_t bytes[sizeof(syscall_insn)];

	last = qemu_plugin_tb_get_insn(tb, qemu_plugin_tb_n_insns(tb) - 1);
	if (qemu_plugin_insn_data(last, bytes, sizeof(bytes)) == sizeof(bytes) &&
	    !memcmp(bytes, syscall_insn, sizeof(bytes)))
		qemu_plugin_register_vcpu_insn_exec_cb(last, on_hypercall, QEMU_PLUGIN_CB_NO_REGS,
						       &hypercalls[domain]);
}

/* Have a block be counted; @kernel and @domain are those of struct block. */
static void count_block(struct qemu_plugin_tb *tb, uint64_t vaddr, uintptr_t haddr, bool kernel,
			int domain)
{
	size_t insns = qemu_plugin_tb_n_insns(tb);
	uint64_t hash = (vaddr ^ haddr * 31) * 0x9e3779b97f4a7c15u + insns;
	unsigned int n;

	for (n = 0; n < 64; n++) {
		struct block *b = &block[((hash >> 40) + n) % SLOTS];

		if (!b->vaddr) {
			b->haddr = haddr;
			b->insns = insns;
			b->kernel = kernel;
			b->domain = domain;
			b->vaddr = vaddr;
		}
		if (b->vaddr == vaddr && b->haddr == haddr && b->insns == insns) {
			qemu_plugin_register_vcpu_tb_exec_cb(tb, on_exec, QEMU_PLUGIN_CB_NO_REGS,
							     b);
			return;
		}
	}
	overflowed++;
}

static void on_trans(uint64_t id, struct qemu_plugin_tb *tb)
{
	uint64_t vaddr = qemu_plugin_tb_vaddr(tb);
	uintptr_t haddr = (uintptr_t)qemu_plugin_insn_haddr(qemu_plugin_tb_get_insn(tb, 0));
	bool kernel = vaddr >= KERNEL_BEGIN && vaddr < KERNEL_END;
	int domain;

	(void)id;
	if (kernel && !dom0_at)
		dom0_at = haddr - vaddr;
	domain = haddr - vaddr == dom0_at ? DOM0 : GUEST;
	if (kernel)
		count_hypercall(tb, domain);
	if (blocks)
		count_block(tb, vaddr, haddr, kernel, domain);
}

static void dump(FILE *to)
{
	unsigned int i;

	for (i = 0; i < SLOTS; i++) {
		struct block *b = &block[i];

		if (!b->runs[DOM0] && !b->runs[GUEST])
			continue;
		fprintf(to, "%" PRIx64 " %zu %" PRIu64 " %" PRIu64 "\n", b->vaddr, b->insns,
			b->runs[DOM0], b->runs[GUEST]);
	}
	if (overflowed)
		fprintf(stderr, "profile: %" PRIu64 " blocks had no room\n", overflowed);
}

static void *serve(void *arg)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int server = socket(AF_UNIX, SOCK_STREAM, 0);
	char command;

	(void)arg;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	unlink(path);
	if (server < 0 || bind(server, (struct sockaddr *)&addr, sizeof(addr)) ||
	    listen(server, 1)) {
		perror(path);
		return NULL;
	}
	for (;;) {
		int client = accept(server, NULL, NULL);
		FILE *to = client < 0 ? NULL : fdopen(client, "w");

		if (!to)
			continue;
		while (read(client, &command, 1) == 1) {
			if (command == 'd')
				dump(to);
			else if (command == 'h')
				fprintf(to, "%" PRIu64 " %" PRIu64 "\n", hypercalls[DOM0],
					hypercalls[GUEST]);
			fprintf(to, "\n");
			fflush(to);
		}
		fclose(to);
	}
	return NULL;
}

int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	pthread_t thread;

	(void)info;
	if (argc < 1 || argc > 2 || strncmp(argv[0], "socket=", 7) ||
	    (argc == 2 && strcmp(argv[1], "blocks=on"))) {
		fprintf(stderr, "profile: socket=PATH[,blocks=on] is needed\n");
		return -1;
	}
	blocks = argc == 2;
	path = strdup(argv[0] + 7);
	if (!path || pthread_create(&thread, NULL, serve, NULL))
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_trans);
	return 0;
}
