// SPDX-License-Identifier: GPL-2.0
/*
 * Shows that the hotplug script and vmdqctl take a vif through its life as the diagram in the
 * xenstore schema says: each command is given in each state, with and without a pool to be
 * had, and each way from one state to another that is seen has to be in the diagram, and each
 * of theirs in the diagram has to be seen.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fakes/kernel_fake.h"
#include "fakes/life.h"
#include "fakes/printed.h"
#include "fakes/xenstore_fake.h"
#include "suite.h"
#include "../../tools/vmdqctl/vmdqctl.h"

#define BACK	"backend/vif/1/0"
#define VIF	"vmdq/vif/1/0"

static struct options opt;
static char conf[32];
static enum life last;

/* After each change.  Nobody answers, as what the backend does is its own; but it lets go of
 * a vif that is taken from it, which removes hotplug-status.
 */
static void on_change(const char *path)
{
	enum life now = life_now();

	diagram_saw(last, now);
	if (strstr(path, BACK "/hotplug-status") && !fake_xs_get(BACK "/hotplug-status"))
		fake_xs_set(VIF "/state", NULL);
	last = life_now();
}

static void setup(void)
{
	strcpy(conf, "/tmp/vmdq-unit-XXXXXX");
	close(mkstemp(conf));
	opt = (struct options){ .conf = conf, .timeout_ms = 1 };
	setenv("XENBUS_PATH", BACK, 1);
	printed_begin();
}

static void teardown(void)
{
	printed_end();
	unlink(conf);
}

static void configure(const char *mode)
{
	FILE *f = fopen(conf, "w");

	ck_assert_ptr_nonnull(f);
	fprintf(f, "[default]\nmode = %s\n", mode);
	fclose(f);
}

/* Guest "web" with a vif that is in a state; @pool: there is a pool for it */
static void begin(enum life state, bool pool)
{
	fake_xs_reset();
	fake_xs_set("/local/domain/1/name", "web");
	fake_xs_set(BACK "/mac", "00:16:3e:00:00:01");
	fake_xs_set(BACK "/bridge", "xenbr0");
	fake_xs_set(BACK "/script", "/bin/vif-vmdq");
	fake_xs_set(BACK "/state", "4");
	fake_xs_set(BACK "/online", "1");
	fake_xs_set(BACK "/hotplug-status", "connected");
	if (state != LIFE_NONE)
		fake_xs_set(VIF "/request/mode", "auto");
	if (state == LIFE_ASSIGNED || state == LIFE_COPY || state == LIFE_GRANT)
		fake_xs_set(VIF "/assign", FAKE_PORT "/1");
	if (state >= LIFE_SHOWN)
		fake_xs_set(VIF "/state", life_names[state]);
	fake_kernel = (struct fake_kernel){
		.module = true, .n_ports = 1, .members = "eth0", .held = pool ? 0 : 0xe,
		.driver = VMDQ_BACKEND_VMDQ, .absent = VMDQ_BACKEND_COUNT,
		.fails = VMDQ_BACKEND_COUNT, .refuses = VMDQ_BACKEND_COUNT,
		.link = { .mtu = 1500, .up = true, .bridge = "xenbr0" },
	};
	last = life_now();
	ck_assert_int_eq(last, state);
	fake_xs.changed = on_change;
}

static void give(command_fn command, const char *a, const char *b)
{
	char words[2][32], *argv[] = { words[0], words[1], NULL };

	printed_again();
	snprintf(words[0], sizeof(words[0]), "%s", a);
	snprintf(words[1], sizeof(words[1]), "%s", b ? b : "");
	command(b ? 2 : 1, argv, &opt);
}

START_TEST(the_script_goes_as_the_diagram_says)
{
	static const char * const modes[] = { "off", "auto", "required" };
	unsigned int state, i;

	for (state = 0; state < LIFE_COUNT; state++) {
		for (i = 0; i < 2 * sizeof(modes) / sizeof(modes[0]); i++) {
			configure(modes[i / 2]);
			begin((enum life)state, i & 1);
			give(cmd_hotplug, "online", NULL);
			begin((enum life)state, i & 1);
			give(cmd_hotplug, "offline", NULL);
		}
	}
	ck_assert_uint_gt(diagram_compare("vif-vmdq"), 15);
}

static const struct {
	command_fn command;
	const char *words[2];
} commands[] = {
	{ cmd_assign, { "web" } }, { cmd_assign, { "web", "auto" } },
	{ cmd_assign, { "web", "eth0/2" } }, { cmd_release, { "web" } },
	{ cmd_level, { "web", "copy" } }, { cmd_drain, { "eth0", "on" } },
	{ cmd_drain, { "eth0", "off" } }, { cmd_takeover, { "web" } },
	{ cmd_giveback, { "web" } }, { cmd_rebind, { "web" } }, { cmd_why, { "web" } },
};

/* A vif that our backend serves, or that is xen-netback's: as its script is another, or as
 * that was loaded first; of it ours says nothing
 */
static void give_all(enum life state, bool pool)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		begin(state, pool);
		give(commands[i].command, commands[i].words[0], commands[i].words[1]);
		if (state >= LIFE_SHOWN)
			continue;
		begin(state, pool);
		fake_kernel.driver = VMDQ_BACKEND_STOCK;
		give(commands[i].command, commands[i].words[0], commands[i].words[1]);
		if (state == LIFE_ASSIGNED)
			continue;
		begin(state, pool);
		fake_kernel.driver = VMDQ_BACKEND_STOCK;
		fake_xs_set(BACK "/script", "/bin/true");
		last = life_now();
		give(commands[i].command, commands[i].words[0], commands[i].words[1]);
	}
}

START_TEST(vmdqctl_goes_as_the_diagram_says)
{
	unsigned int state;

	configure("auto");
	for (state = 0; state < LIFE_COUNT; state++) {
		give_all((enum life)state, true);
		give_all((enum life)state, false);
	}
	ck_assert_uint_gt(diagram_compare("vmdqctl"), 3);
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("life, tools");

	unit_case_with(s, "vif-vmdq", setup, teardown, the_script_goes_as_the_diagram_says);
	unit_case_with(s, "vmdqctl", setup, teardown, vmdqctl_goes_as_the_diagram_says);

	return s;
}
