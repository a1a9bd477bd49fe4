// SPDX-License-Identifier: GPL-2.0
#include "conf.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"
#include "vmdq_xenstore.h"

#define AS_TEXT(x)	#x
#define TEXT_OF(x)	AS_TEXT(x)

/* A line is far shorter; a longer one is a file that is no configuration */
#define LINE_SIZE	512
#define FILE_MAX	(1024 * 1024)

/**
 * struct reader - where the parser is
 * @conf: what was understood so far
 * @line: current line, from 1
 * @skip: the current section's head was wrong: its lines belong to nobody
 * @mistakes: reported so far
 * @report: see vmdq_conf_report
 * @ctx: for @report
 */
struct reader {
	struct vmdq_conf *conf;
	unsigned int line;
	bool skip;
	int mistakes;
	vmdq_conf_report report;
	void *ctx;
};

static void __attribute__((format(printf, 3, 4)))
mistake(struct reader *r, size_t column, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	r->mistakes++;
	if (r->report)
		r->report(r->ctx, r->line, (unsigned int)column + 1, text);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static char *skip_blanks(char *p)
{
	while (is_blank(*p))
		p++;
	return p;
}

static void trim_end(char *p)
{
	size_t len = strlen(p);

	while (len && is_blank(p[len - 1]))
		p[--len] = '\0';
}

static struct vmdq_conf_section *add_section(struct vmdq_conf *conf)
{
	struct vmdq_conf_section *s;

	s = realloc(conf->section, (conf->n + 1) * sizeof(*s));
	if (!s)
		return NULL;
	conf->section = s;
	s += conf->n++;
	memset(s, 0, sizeof(*s));
	vmdq_settings_init(&s->settings);

	return s;
}

/* "[kind match]"; @line is the whole line, @p stands on the bracket */
static int parse_head(struct reader *r, const char *line, char *p)
{
	static const char * const kinds[VMDQ_CONF_KIND_COUNT] = {
		"default", "bridge", "domain", "mac",
	};
	struct vmdq_conf_section *s;
	uint8_t mac[VMDQ_MAC_LEN];
	unsigned int kind;
	char *end, *word;

	r->skip = true;
	end = strrchr(p, ']');	/* the name may have some: it is a pattern */
	if (!end || *skip_blanks(end + 1)) {
		mistake(r, (size_t)(end ? end + 1 - line : p - line),
			end ? "nothing may follow the ']'" : "a section's head ends with ']'");
		return 0;
	}
	*end = '\0';
	word = skip_blanks(p + 1);
	trim_end(word);
	p = word + strcspn(word, " \t");
	if (*p) {
		*p = '\0';
		p = skip_blanks(p + 1);
	}
	for (kind = 0; kind < VMDQ_CONF_KIND_COUNT; kind++)
		if (!strcmp(word, kinds[kind]))
			break;
	if (kind == VMDQ_CONF_KIND_COUNT) {
		mistake(r, (size_t)(word - line),
			"\"%s\" is no kind of section: default, bridge, domain or mac", word);
		return 0;
	}
	if (kind == VMDQ_CONF_DEFAULT ? *p : !*p) {
		mistake(r, (size_t)(p - line), *p ? "[default] takes no name"
						   : "[%s ...] needs a name", word);
		return 0;
	}
	if (kind == VMDQ_CONF_MAC && vmdq_parse_mac(p, mac)) {
		mistake(r, (size_t)(p - line),
			"\"%s\" is no MAC: six hexadecimal pairs separated by colons", p);
		return 0;
	}
	if (strlen(p) >= sizeof(s->match)) {
		mistake(r, (size_t)(p - line), "this name is too long");
		return 0;
	}
	s = add_section(r->conf);
	if (!s)
		return -1;
	s->kind = (enum vmdq_conf_kind)kind;
	if (kind == VMDQ_CONF_MAC)
		vmdq_format_mac(mac, s->match);
	else
		strcpy(s->match, p);
	r->skip = false;

	return 0;
}

static int set_mode(struct vmdq_settings *s, const char *value)
{
	return vmdq_parse_mode(value, &s->mode);
}

static int set_level(struct vmdq_settings *s, const char *value)
{
	return vmdq_parse_level(value, &s->level);
}

static int set_port(struct vmdq_settings *s, const char *value)
{
	return vmdq_parse_bdf(value, s->pool.port);
}

static int set_pool(struct vmdq_settings *s, const char *value)
{
	unsigned int pool;

	if (vmdq_parse_uint(value, &pool) || !pool || pool > VMDQ_XS_REQUEST_POOL_MAX)
		return -1;
	s->pool.pool = pool;

	return 0;
}

static int set_priority(struct vmdq_settings *s, const char *value)
{
	return vmdq_parse_uint(value, &s->priority);
}

static const struct key {
	const char *name;
	unsigned int flag;
	int (*set)(struct vmdq_settings *s, const char *value);
	const char *right;
} keys[] = {
	{ "mode", VMDQ_CONF_MODE, set_mode, "off, auto or required" },
	{ "level", VMDQ_CONF_LEVEL, set_level, "auto, software, copy or grant" },
	{ "port", VMDQ_CONF_PORT, set_port, "a PCI address as 0000:03:00.0" },
	{ "pool", VMDQ_CONF_POOL, set_pool,
	  "a pool's number, from 1 to " TEXT_OF(VMDQ_XS_REQUEST_POOL_MAX) },
	{ "priority", VMDQ_CONF_PRIORITY, set_priority, "a number" },
};

#define N_KEYS	(sizeof(keys) / sizeof(keys[0]))

/* "key = value" */
static void parse_setting(struct reader *r, const char *line, char *p)
{
	struct vmdq_conf_section *s = NULL;
	char *equals = strchr(p, '='), *value;
	size_t i;

	if (!equals) {
		mistake(r, (size_t)(p - line), "expected \"key = value\" or \"[section]\"");
		return;
	}
	*equals = '\0';
	value = skip_blanks(equals + 1);
	trim_end(p);
	for (i = 0; i < N_KEYS; i++)
		if (!strcmp(p, keys[i].name))
			break;
	if (i == N_KEYS) {
		mistake(r, (size_t)(p - line),
			"\"%s\" is no key: mode, level, port, pool or priority", p);
		return;
	}
	if (!r->conf->n && !r->skip) {
		mistake(r, (size_t)(p - line), "\"%s\" stands before any [section]", p);
		return;
	}
	if (!r->skip)
		s = &r->conf->section[r->conf->n - 1];
	/* of a section that was refused, the lines are still looked at for mistakes */
	if (keys[i].set(s ? &s->settings : &(struct vmdq_settings){ 0 }, value)) {
		mistake(r, (size_t)(value - line), "%s is %s, not \"%s\"", p, keys[i].right, value);
		return;
	}
	if (!s)
		return;
	s->set |= keys[i].flag;
	if (keys[i].flag & (VMDQ_CONF_MODE | VMDQ_CONF_LEVEL)) {
		s->line = r->line;
		s->column = (unsigned int)(value - line) + 1;
	}
}

static int parse_line(struct reader *r, char *line)
{
	char *p = skip_blanks(line);
	char *comment = strchr(p, '#');

	if (comment)
		*comment = '\0';
	trim_end(p);
	if (!*p)
		return 0;
	if (*p == '[')
		return parse_head(r, line, p);
	parse_setting(r, line, p);

	return 0;
}

/**
 * vmdq_conf_parse() - understand a configuration file's text
 * @text: its bytes; need not end with a NUL
 * @len: how many
 * @conf: result, also after mistakes: the lines that are right count
 * @report: told of each mistake; may be NULL
 * @ctx: for @report
 *
 * Return: the number of mistakes, or -1 without memory.
 */
int vmdq_conf_parse(const char *text, size_t len, struct vmdq_conf *conf,
		    vmdq_conf_report report, void *ctx)
{
	struct reader r = { .conf = conf, .report = report, .ctx = ctx };
	const char *end = text + len, *eol;
	char line[LINE_SIZE];
	size_t n;

	memset(conf, 0, sizeof(*conf));
	for (; text < end; text = eol + 1) {
		eol = memchr(text, '\n', (size_t)(end - text));
		if (!eol)
			eol = end;
		n = (size_t)(eol - text);
		r.line++;
		if (n >= sizeof(line) || memchr(text, '\0', n)) {
			mistake(&r, 0, n >= sizeof(line) ? "this line is too long"
							 : "this line holds a zero byte");
			continue;
		}
		memcpy(line, text, n);
		line[n] = '\0';
		if (parse_line(&r, line)) {
			vmdq_conf_free(conf);
			return -1;
		}
	}

	return r.mistakes;
}

/**
 * vmdq_conf_load() - read a configuration file
 * @path: its name; a file that does not exist is an empty one
 * @conf: result
 * @report: see vmdq_conf_parse()
 * @ctx: for @report
 *
 * Return: as vmdq_conf_parse(), or -1 with errno set.
 */
int vmdq_conf_load(const char *path, struct vmdq_conf *conf, vmdq_conf_report report, void *ctx)
{
	size_t len = 0, size = 4096, n;
	char *text = NULL, *more;
	int rc = -1;
	FILE *f;

	memset(conf, 0, sizeof(*conf));
	f = fopen(path, "re");
	if (!f)
		return errno == ENOENT ? 0 : -1;
	do {
		size *= 2;
		more = size <= FILE_MAX ? realloc(text, size) : NULL;
		if (!more) {
			errno = size <= FILE_MAX ? ENOMEM : EFBIG;
			goto out;
		}
		text = more;
		n = fread(text + len, 1, size - len, f);
		len += n;
	} while (len == size);
	if (!ferror(f))
		rc = vmdq_conf_parse(text, len, conf, report, ctx);
out:
	free(text);
	fclose(f);

	return rc;
}

/**
 * vmdq_conf_contradictions() - sections that ask for what nobody can have
 * @conf: the file
 * @report: told of each; the lines count all the same
 * @ctx: for @report
 *
 * Within one section only: what several ask for together depends on the vif.
 */
void vmdq_conf_contradictions(const struct vmdq_conf *conf, vmdq_conf_report report, void *ctx)
{
	const unsigned int both = VMDQ_CONF_MODE | VMDQ_CONF_LEVEL;
	const struct vmdq_conf_section *s;
	size_t i;

	for (i = 0; i < conf->n; i++) {
		s = &conf->section[i];
		if ((s->set & both) == both && s->settings.mode == VMDQ_MODE_REQUIRED &&
		    s->settings.level == VMDQ_LEVEL_SOFTWARE)
			report(ctx, s->line, s->column,
			       "mode = required and level = software contradict each other: a domain that requires a pool and may have none does not start; change one of them");
	}
}

/** vmdq_conf_free() - release what vmdq_conf_parse() allocated */
void vmdq_conf_free(struct vmdq_conf *conf)
{
	free(conf->section);
	memset(conf, 0, sizeof(*conf));
}

/** vmdq_settings_init() - what a vif asks for that nothing is said about */
void vmdq_settings_init(struct vmdq_settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	settings->mode = VMDQ_MODE_AUTO;
	settings->level = VMDQ_LEVEL_AUTO;
}

static bool section_matches(const struct vmdq_conf_section *s, const char *domain,
			    const char *mac, const char *bridge)
{
	switch (s->kind) {
	case VMDQ_CONF_DEFAULT:
		return true;
	case VMDQ_CONF_BRIDGE:
		return !strcmp(s->match, bridge);
	case VMDQ_CONF_DOMAIN:
		return !fnmatch(s->match, domain, 0);
	case VMDQ_CONF_MAC:
		return !strcmp(s->match, mac);
	default:
		return false;
	}
}

/**
 * vmdq_conf_match() - the settings of one vif
 * @conf: the file
 * @domain: its guest's name
 * @mac: its MAC as vmdq_format_mac() writes it
 * @bridge: its bridge
 * @settings: result; what the file leaves open is as vmdq_settings_init() has it
 */
void vmdq_conf_match(const struct vmdq_conf *conf, const char *domain, const char *mac,
		     const char *bridge, struct vmdq_settings *settings)
{
	const struct vmdq_conf_section *s;
	unsigned int kind;
	size_t i;

	vmdq_settings_init(settings);
	for (kind = 0; kind < VMDQ_CONF_KIND_COUNT; kind++) {
		for (i = 0; i < conf->n; i++) {
			s = &conf->section[i];
			if (s->kind != kind || !section_matches(s, domain, mac, bridge))
				continue;
			if (s->set & VMDQ_CONF_MODE)
				settings->mode = s->settings.mode;
			if (s->set & VMDQ_CONF_LEVEL)
				settings->level = s->settings.level;
			if (s->set & VMDQ_CONF_PORT)
				memcpy(settings->pool.port, s->settings.pool.port,
				       sizeof(settings->pool.port));
			if (s->set & VMDQ_CONF_POOL)
				settings->pool.pool = s->settings.pool.pool;
			if (s->set & VMDQ_CONF_PRIORITY)
				settings->priority = s->settings.priority;
		}
	}
}
