/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /etc/xen/vmdq.conf: what vifs ask for, by domain name, MAC or bridge.
 * Pure: works on text in memory.
 *
 *	# comment
 *	[default]			every vif
 *	[bridge xenbr1]			vifs on that bridge
 *	[domain web*]			vifs of domains of that name; * ? [] as in the shell
 *	[mac 00:16:3e:00:00:01]		the vif with that MAC
 *
 * A section holds lines "key = value": mode, level, port, pool, priority.
 * All sections that match a vif apply, key by key, in the order in
 * which they stand above (the MAC has the last word) and, within one kind, in
 * the order of the file.
 */
#ifndef VMDQ_CONF_H
#define VMDQ_CONF_H

#include "model.h"

#define VMDQ_CONF_PATH		"/etc/xen/vmdq.conf"

/** enum vmdq_conf_kind - by what a section matches; in order of application */
enum vmdq_conf_kind {
	VMDQ_CONF_DEFAULT,
	VMDQ_CONF_BRIDGE,
	VMDQ_CONF_DOMAIN,
	VMDQ_CONF_MAC,
	VMDQ_CONF_KIND_COUNT,
};

/* vmdq_conf_section.set: which of its settings the file gives */
#define VMDQ_CONF_MODE		(1u << 0)
#define VMDQ_CONF_LEVEL		(1u << 1)
#define VMDQ_CONF_PORT		(1u << 2)
#define VMDQ_CONF_POOL		(1u << 3)
#define VMDQ_CONF_PRIORITY	(1u << 4)

/**
 * struct vmdq_conf_section - one section of the file
 * @kind: by what it matches
 * @match: bridge, domain pattern, or MAC as vmdq_format_mac() writes it
 * @set: VMDQ_CONF_*: the members of @settings that the file gives
 * @settings: see @set
 * @line: from 1, of the last line that gives mode or level
 * @column: from 1, of its value
 */
struct vmdq_conf_section {
	enum vmdq_conf_kind kind;
	char match[128];
	unsigned int set;
	struct vmdq_settings settings;
	unsigned int line;
	unsigned int column;
};

/** struct vmdq_conf - the file; release with vmdq_conf_free() */
struct vmdq_conf {
	struct vmdq_conf_section *section;
	size_t n;
};

/**
 * vmdq_conf_report - told of each mistake in the file
 * @ctx: as given to vmdq_conf_parse()
 * @line: from 1
 * @column: from 1, where the mistake begins
 * @text: what is wrong and what would be right
 */
typedef void (*vmdq_conf_report)(void *ctx, unsigned int line, unsigned int column,
				 const char *text);

int vmdq_conf_parse(const char *text, size_t len, struct vmdq_conf *conf,
		    vmdq_conf_report report, void *ctx);
int vmdq_conf_load(const char *path, struct vmdq_conf *conf, vmdq_conf_report report, void *ctx);
void vmdq_conf_contradictions(const struct vmdq_conf *conf, vmdq_conf_report report, void *ctx);
void vmdq_conf_free(struct vmdq_conf *conf);
void vmdq_settings_init(struct vmdq_settings *settings);
void vmdq_conf_match(const struct vmdq_conf *conf, const char *domain, const char *mac,
		     const char *bridge, struct vmdq_settings *settings);

#endif /* VMDQ_CONF_H */
