// SPDX-License-Identifier: GPL-2.0
/*
 * Shows that vmdq.conf is understood as conf.h says, that a mistake is reported
 * with its line and column and costs only its line, and who has the last word.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "suite.h"

#define MAC	"00:16:3e:00:00:01"

/* What the parser reported: how many, and the last */
struct report {
	int n;
	unsigned int line, column;
	char text[256];
};

static void note(void *ctx, unsigned int line, unsigned int column, const char *text)
{
	struct report *r = ctx;

	r->n++;
	r->line = line;
	r->column = column;
	snprintf(r->text, sizeof(r->text), "%s", text);
}

/* Settings of the vif "web", MAC, xenbr0 under @text, which has no mistakes */
static struct vmdq_settings settings_under(const char *text)
{
	struct report r = { .n = 0 };
	struct vmdq_settings s;
	struct vmdq_conf conf;

	vmdq_conf_parse(text, strlen(text), &conf, note, &r);
	ck_assert_msg(!r.n, "line %u column %u: %s", r.line, r.column, r.text);
	vmdq_conf_match(&conf, "web", MAC, "xenbr0", &s);
	vmdq_conf_free(&conf);

	return s;
}

START_TEST(nothing_said_means_auto)
{
	struct vmdq_settings s = settings_under("");

	ck_assert_int_eq(s.mode, VMDQ_MODE_AUTO);
	ck_assert_int_eq(s.level, VMDQ_LEVEL_AUTO);
	ck_assert_str_eq(s.pool.port, "");
	ck_assert_uint_eq(s.pool.pool, 0);
	ck_assert_uint_eq(s.priority, 0);
}

START_TEST(every_key_is_understood)
{
	struct vmdq_settings s = settings_under("# a comment\r\n"
						"\n"
						"  [default]   # another\n"
						"mode=required\n"
						"\tlevel\t=\tgrant\r\n"
						"port = 03:00.1 # short\n"
						"pool = 5\n"
						"priority = 10");

	ck_assert_int_eq(s.mode, VMDQ_MODE_REQUIRED);
	ck_assert_int_eq(s.level, VMDQ_LEVEL_GRANT);
	ck_assert_str_eq(s.pool.port, "0000:03:00.1");
	ck_assert_uint_eq(s.pool.pool, 5);
	ck_assert_uint_eq(s.priority, 10);
}

START_TEST(the_more_particular_wins)
{
	struct vmdq_settings s;

	/* in the wrong order on purpose: the kind decides, not the place */
	s = settings_under("[mac 00:16:3E:00:00:01]\nlevel = copy\n"
			   "[domain w[a-e]b]\nlevel = grant\nmode = required\n"
			   "[bridge xenbr0]\nlevel = software\nmode = off\npool = 3\n"
			   "[default]\nlevel = auto\nmode = auto\npool = 1\npriority = 9\n");
	ck_assert_int_eq(s.level, VMDQ_LEVEL_COPY);
	ck_assert_int_eq(s.mode, VMDQ_MODE_REQUIRED);
	ck_assert_uint_eq(s.pool.pool, 3);
	ck_assert_uint_eq(s.priority, 9);
	/* among equals the later one does */
	s = settings_under("[domain web]\npool = 1\n[domain *]\npool = 2\n");
	ck_assert_uint_eq(s.pool.pool, 2);
}

START_TEST(what_does_not_match_does_not_count)
{
	struct vmdq_settings s = settings_under("[domain we]\nmode = off\n"
						"[domain webs]\nmode = off\n"
						"[bridge xenbr]\nmode = off\n"
						"[mac 00:16:3e:00:00:02]\nmode = off\n");

	ck_assert_int_eq(s.mode, VMDQ_MODE_AUTO);
}

static const struct {
	const char *text;
	unsigned int line, column;
	const char *says;
} mistakes[] = {
	{ "mode = off\n", 1, 1, "before any" },
	{ "[default]\nmode = on\n", 2, 8, "off, auto or required" },
	{ "[default]\n  level=fast\n", 2, 9, "auto, software, copy or grant" },
	{ "[default]\nport = eth0\n", 2, 8, "PCI address" },
	{ "[default]\npool = 0\n", 2, 8, "from 1 to 63" },
	{ "[default]\npool = 64\n", 2, 8, "from 1 to 63" },
	{ "[default]\npriority = -1\n", 2, 12, "a number" },
	{ "[default]\nmode =\n", 2, 7, "off, auto or required" },
	{ "[default]\ncolour = red\n", 2, 1, "is no key" },
	{ "[default]\njust words\n", 2, 1, "key = value" },
	{ "\n\n[default\n", 3, 1, "ends with ']'" },
	{ "[default] x\n", 1, 10, "may follow" },
	{ "[]\n", 1, 2, "no kind of section" },
	{ "[vif 3]\n", 1, 2, "no kind of section" },
	{ "[default web]\n", 1, 10, "takes no name" },
	{ "[domain]\n", 1, 8, "needs a name" },
	{ "[mac 00:16:3e]\n", 1, 6, "is no MAC" },
};

START_TEST(mistakes_are_located)
{
	struct report r = { .n = 0 };
	struct vmdq_conf conf;

	ck_assert_int_eq(vmdq_conf_parse(mistakes[_i].text, strlen(mistakes[_i].text), &conf,
					 note, &r), 1);
	vmdq_conf_free(&conf);
	ck_assert_int_eq(r.n, 1);
	ck_assert_uint_eq(r.line, mistakes[_i].line);
	ck_assert_msg(strstr(r.text, mistakes[_i].says), "it said: %s", r.text);
	ck_assert_msg(r.column == mistakes[_i].column, "column %u: %s", r.column, r.text);
}

START_TEST(a_mistake_costs_its_line_only)
{
	static const char text[] = "[default]\nmode = of\nlevel = copy\n"
				   "[vif 3]\nlevel = grant\n"
				   "[domain web]\npool = 4\n";
	struct vmdq_settings s;
	struct vmdq_conf conf;

	ck_assert_int_eq(vmdq_conf_parse(text, sizeof(text) - 1, &conf, NULL, NULL), 2);
	vmdq_conf_match(&conf, "web", MAC, "xenbr0", &s);
	vmdq_conf_free(&conf);
	ck_assert_int_eq(s.mode, VMDQ_MODE_AUTO);
	ck_assert_int_eq(s.level, VMDQ_LEVEL_COPY);
	ck_assert_uint_eq(s.pool.pool, 4);
}

static const struct {
	const char *text;
	int n;
	unsigned int line, column;
} contradictions[] = {
	{ "[default]\nmode = required\nlevel = software\n", 1, 3, 9 },
	{ "[default]\nlevel = software\npool = 1\n\tmode=required\n", 1, 4, 7 },
	{ "[default]\nmode = off\n[domain a]\nmode = required\nlevel = software\n[domain b]\n",
	  1, 5, 9 },
	{ "[mac " MAC "]\nmode = required\nlevel = software\n"
	  "[domain a]\nlevel = software\nmode = required\n", 2, 6, 8 },
	/* one alone, another mode, what was said otherwise since, and what is another vif's */
	{ "[default]\nmode = required\n", 0, 0, 0 },
	{ "[default]\nmode = auto\nlevel = software\n", 0, 0, 0 },
	{ "[default]\nmode = required\nlevel = software\nlevel = copy\n", 0, 0, 0 },
	{ "[domain a]\nmode = required\n[domain b]\nlevel = software\n", 0, 0, 0 },
};

START_TEST(contradictions_are_located)
{
	struct report r = { .n = 0 };
	struct vmdq_settings s;
	struct vmdq_conf conf;

	ck_assert_int_eq(vmdq_conf_parse(contradictions[_i].text, strlen(contradictions[_i].text),
					 &conf, note, &r), 0);
	vmdq_conf_contradictions(&conf, note, &r);
	ck_assert_int_eq(r.n, contradictions[_i].n);
	ck_assert_uint_eq(r.line, contradictions[_i].line);
	ck_assert_uint_eq(r.column, contradictions[_i].column);
	ck_assert_ptr_nonnull(strstr(r.n ? r.text : "contradict", "contradict"));
	/* which of both is wrong is not known: both count */
	vmdq_conf_match(&conf, "a", MAC, "xenbr0", &s);
	ck_assert(!r.n || (s.mode == VMDQ_MODE_REQUIRED && s.level == VMDQ_LEVEL_SOFTWARE));
	vmdq_conf_free(&conf);
}

START_TEST(a_file_that_is_no_text)
{
	static const char zero[] = "[default]\nmo\0de = off\nmode = off\n";
	struct report r = { .n = 0 };
	struct vmdq_conf conf;
	char line[4096];

	ck_assert_int_eq(vmdq_conf_parse(zero, sizeof(zero) - 1, &conf, note, &r), 1);
	ck_assert_uint_eq(conf.section[0].set, VMDQ_CONF_MODE);
	vmdq_conf_free(&conf);
	memset(line, 'x', sizeof(line));
	ck_assert_int_eq(vmdq_conf_parse(line, sizeof(line), &conf, note, &r), 1);
	ck_assert_ptr_nonnull(strstr(r.text, "too long"));
	vmdq_conf_free(&conf);
}

START_TEST(a_file_is_read_whole)
{
	char path[] = "/tmp/vmdq-unit-XXXXXX";
	struct vmdq_conf conf;
	int fd = mkstemp(path), i;
	FILE *f = fdopen(fd, "w");

	ck_assert_ptr_nonnull(f);
	for (i = 0; i < 1000; i++)
		fprintf(f, "[domain d%d]\npriority = %d\n", i, i + 1);
	fclose(f);
	ck_assert_int_eq(vmdq_conf_load(path, &conf, NULL, NULL), 0);
	ck_assert_uint_eq(conf.n, 1000);
	ck_assert_uint_eq(conf.section[999].settings.priority, 1000);
	vmdq_conf_free(&conf);
	unlink(path);
	/* no file: no wishes; no readable file: an error */
	ck_assert_int_eq(vmdq_conf_load(path, &conf, NULL, NULL), 0);
	ck_assert_uint_eq(conf.n, 0);
	ck_assert_int_eq(vmdq_conf_load("/dev/null/x", &conf, NULL, NULL), -1);
	ck_assert_int_eq(errno, ENOTDIR);
	ck_assert_uint_eq(conf.n, 0);
}

START_TEST(noise_is_harmless)
{
	static const char * const words[] = {
		"[", "]", "=", " ", "\n", "#", "mode", "level", "mac", "domain", "default", "auto",
		"00:16:3e:00:00:01", "pool", "7", "\t", "\r", "port", "03:00.0", "\xff", "bridge",
	};
	struct vmdq_settings s;
	struct vmdq_conf conf;
	char text[400];
	int n, len;

	srand(1);
	for (n = 0; n < 20000; n++) {
		text[0] = '\0';
		len = rand() % 20;
		while (len--)
			strcat(text, words[rand() % (int)(sizeof(words) / sizeof(words[0]))]);
		vmdq_conf_parse(text, strlen(text), &conf, NULL, NULL);
		vmdq_conf_match(&conf, "web", MAC, "xenbr0", &s);
		vmdq_conf_free(&conf);
	}
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("conf");

	unit_case(s, "empty", nothing_said_means_auto);
	unit_case(s, "keys", every_key_is_understood);
	unit_case(s, "precedence", the_more_particular_wins);
	unit_case(s, "no match", what_does_not_match_does_not_count);
	unit_table(s, "mistakes", mistakes, mistakes_are_located);
	unit_table(s, "contradictions", contradictions, contradictions_are_located);
	unit_case(s, "cost of a mistake", a_mistake_costs_its_line_only);
	unit_case(s, "no text", a_file_that_is_no_text);
	unit_case(s, "file", a_file_is_read_whole);
	unit_case(s, "noise", noise_is_harmless);

	return s;
}
