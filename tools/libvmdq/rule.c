// SPDX-License-Identifier: GPL-2.0
#include "rule.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "parse.h"

#define VMDQ_XS_RULES
#include "vmdq_rules.h"

#define N_RULES		(sizeof(vmdq_rules) / sizeof(vmdq_rules[0]))
#define MAX_QUOTED	48	/* of a value, in a message */

static const char * const fault_names[VMDQ_FAULT_COUNT] = {
	[VMDQ_FAULT_NONE] = "none",
	[VMDQ_FAULT_TYPE] = "type",
	[VMDQ_FAULT_RANGE] = "range",
	[VMDQ_FAULT_OWNER] = "owner",
	[VMDQ_FAULT_PERMISSION] = "permission",
	[VMDQ_FAULT_UNKNOWN] = "unknown",
	[VMDQ_FAULT_MISSING] = "missing",
	[VMDQ_FAULT_GONE] = "gone",
	[VMDQ_FAULT_KERNEL] = "kernel",
	[VMDQ_FAULT_CONTRADICTION] = "contradiction",
};

/** vmdq_fault_name() - a fault as one word, for programs */
const char *vmdq_fault_name(enum vmdq_fault fault)
{
	return fault_names[fault];
}

/** vmdq_rule_at() - the rules one by one, from 0; NULL after the last */
const struct vmdq_rule *vmdq_rule_at(size_t i)
{
	return i < N_RULES ? &vmdq_rules[i] : NULL;
}

/* The length of the first part of a path */
static size_t part_len(const char *path)
{
	return strcspn(path, "/");
}

/* Compared as text by the kernel, so there is one way to write it */
static bool is_bdf(const char *value)
{
	char bdf[VMDQ_PORT_NAME_SIZE];

	return !vmdq_parse_bdf(value, bdf) && !strcmp(value, bdf);
}

/* A PCI address with dashes, as xenstored allows neither colon nor dot in a path */
static bool is_port_dir(const char *part)
{
	char bdf[VMDQ_PORT_NAME_SIZE];

	if (strlen(part) != strlen("0000-00-03-0") || part[4] != '-' || part[7] != '-' ||
	    part[10] != '-')
		return false;
	strcpy(bdf, part);
	bdf[4] = ':';
	bdf[7] = ':';
	bdf[10] = '.';

	return is_bdf(bdf);
}

/* Does the part of a path that begins at @text fit the rule's that begins at @pattern? */
static bool part_fits(const char *pattern, const char *text, struct vmdq_place *place)
{
	const struct {
		const char *name;
		unsigned int *value;
	} numbers[] = {
		{ "<domid>", &place->domid },
		{ "<handle>", &place->handle },
		{ "<queue>", &place->queue },
	};
	size_t n = part_len(text), fixed = strcspn(pattern, "</"), i;
	char part[32];

	/* "queue-<queue>" */
	if (strncmp(pattern, text, fixed))
		return false;
	pattern += fixed;
	text += fixed;
	n -= fixed;
	if (*pattern != '<')
		return !n;
	if (n >= sizeof(part))
		return false;
	memcpy(part, text, n);
	part[n] = '\0';
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (!strncmp(pattern, numbers[i].name, part_len(pattern)))
			return !vmdq_parse_number(part, numbers[i].value);
	return strncmp(pattern, "<port>", part_len(pattern)) || is_port_dir(part);
}

/**
 * vmdq_rule_find() - the rule for a path
 * @path: as found, relative to the backend domain's directory
 * @place: the numbers in it; those that it does not have stay as they are
 *
 * Return: the rule or NULL.
 */
const struct vmdq_rule *vmdq_rule_find(const char *path, struct vmdq_place *place)
{
	size_t i;

	for (i = 0; i < N_RULES; i++) {
		const char *pattern = vmdq_rules[i].path, *p = path;

		while (part_fits(pattern, p, place)) {
			pattern += part_len(pattern);
			p += part_len(p);
			if (!*pattern && !*p)
				return &vmdq_rules[i];
			if (!*pattern++ || !*p++)
				break;
		}
	}
	return NULL;
}

/** vmdq_rule_has() - is that part, such as "<handle>", in the rule's path? */
bool vmdq_rule_has(const struct vmdq_rule *rule, const char *part)
{
	return strstr(rule->path, part);
}

/**
 * vmdq_rule_path() - the path that a rule means at one place
 * @rule: the rule
 * @place: the numbers
 * @path: result
 * @size: of @path
 *
 * Return: 0, or -1 if it has parts that are no numbers, or is too long.
 */
int vmdq_rule_path(const struct vmdq_rule *rule, const struct vmdq_place *place, char *path,
		   size_t size)
{
	const char *p = rule->path;
	char *to = path;
	int n;

	while (*p) {
		size_t left = size - (size_t)(to - path), len = 1;

		if (!strncmp(p, "<domid>", 7)) {
			n = snprintf(to, left, "%u", place->domid);
			len = 7;
		} else if (!strncmp(p, "<handle>", 8)) {
			n = snprintf(to, left, "%u", place->handle);
			len = 8;
		} else if (!strncmp(p, "<queue>", 7)) {
			n = snprintf(to, left, "%u", place->queue);
			len = 7;
		} else if (*p == '<') {
			return -1;
		} else {
			n = snprintf(to, left, "%c", *p);
		}
		if ((size_t)n >= left)
			return -1;
		to += n;
		p += len;
	}
	return 0;
}

/** vmdq_quote() - a value that anybody may have written, fit for a terminal and for JSON */
void vmdq_quote(const char *value, char *text, size_t size)
{
	size_t n = strnlen(value, MAX_QUOTED), i;
	char clean[MAX_QUOTED + 1];

	for (i = 0; i < n; i++)
		clean[i] = value[i] >= ' ' && value[i] < 0x7f ? value[i] : '?';
	clean[n] = '\0';
	snprintf(text, size, "\"%s\"%s", clean, value[n] ? "..." : "");
}

static bool is_netdev(const char *value)
{
	size_t n = strlen(value);

	return n && n < IFNAMSIZ && !strpbrk(value, "/ \t\n:") && strcmp(value, ".") &&
	       strcmp(value, "..");
}

static bool is_pool(const char *value)
{
	struct vmdq_pool_id id;

	return !vmdq_parse_pool_id(value, &id);
}

static bool is_hold(const char *value)
{
	struct vmdq_hold hold;

	return !vmdq_parse_hold(value, &hold);
}

/* As the kernel takes it: 64 bits of bytes, and microseconds that are not 0 */
static bool is_rate(const char *value)
{
	size_t digits = strspn(value, "0123456789");
	unsigned int usecs;

	return digits && digits < 20 && value[digits] == ',' &&
	       !vmdq_parse_uint(value + digits + 1, &usecs) && usecs;
}

static bool is_text(const char *value)
{
	for (; *value; value++)
		if ((unsigned char)*value < ' ' || *value == 0x7f)
			return false;
	return true;
}

/* xenstored's rule; isalnum() follows the locale */
static bool is_path(const char *value)
{
	const char *p;

	for (p = value; *p; p++)
		if (!(*p >= 'a' && *p <= 'z') && !(*p >= 'A' && *p <= 'Z') &&
		    !(*p >= '0' && *p <= '9') && !strchr("-/_@", *p))
			return false;
	return *value == '/';
}

static bool is_mac(const char *value)
{
	uint8_t mac[VMDQ_MAC_LEN];

	return !vmdq_parse_mac(value, mac);
}

static bool is_word(const struct vmdq_rule *rule, const char *value)
{
	size_t i;

	for (i = 0; rule->words[i]; i++)
		if (!strcmp(rule->words[i], value))
			return true;
	return false;
}

static bool is_uint(const char *value)
{
	unsigned int number;

	return !vmdq_parse_uint(value, &number);
}

/* Is the value of its type?  @wanted: set to what the type is, for people */
static bool is_of_type(const struct vmdq_rule *rule, const char *value, const char **wanted)
{
	switch (rule->type) {
	case VMDQ_XS_TYPE_DIRECTORY:
		*wanted = "a directory, which has no value";
		return !*value;
	case VMDQ_XS_TYPE_BDF:
		*wanted = "a PCI address as 0000:00:03.0";
		return is_bdf(value);
	case VMDQ_XS_TYPE_POOL:
		*wanted = "a port and a pool from 1, as 0000:00:03.0/2";
		return is_pool(value);
	case VMDQ_XS_TYPE_HOLD:
		*wanted = "a port and a pool from 1, as 0000:00:03.0/2, or none";
		return is_hold(value);
	case VMDQ_XS_TYPE_NETDEV:
	case VMDQ_XS_TYPE_VIF:
		*wanted = "the name of an interface";
		return is_netdev(value);
	case VMDQ_XS_TYPE_UINT:
	case VMDQ_XS_TYPE_VLAN:
		*wanted = "a decimal number";
		return is_uint(value);
	case VMDQ_XS_TYPE_FLAG:
		*wanted = "0 or 1";
		return !strcmp(value, "0") || !strcmp(value, "1");
	case VMDQ_XS_TYPE_RATE:
		*wanted = "<bytes>,<microseconds>";
		return is_rate(value);
	case VMDQ_XS_TYPE_PATH:
		*wanted = "a path in xenstore";
		return is_path(value);
	case VMDQ_XS_TYPE_MAC:
		*wanted = "a MAC address as 00:16:3e:00:00:01";
		return is_mac(value);
	case VMDQ_XS_TYPE_TEXT:
		*wanted = "one line of text";
		return is_text(value);
	case VMDQ_XS_TYPE_LEVEL:
	case VMDQ_XS_TYPE_MODE:
	case VMDQ_XS_TYPE_BACKEND:
	case VMDQ_XS_TYPE_STATE:
	case VMDQ_XS_TYPE_POOL_STATE:
		*wanted = NULL;
		return is_word(rule, value);
	case VMDQ_XS_TYPE_COUNT:
		break;
	}
	return false;
}

static void list_words(const struct vmdq_rule *rule, char *text, size_t size)
{
	size_t i, n = 0;

	*text = '\0';
	for (i = 0; rule->words[i] && n < size; i++)
		n += (size_t)snprintf(text + n, size - n, "%s%s", i ? ", " : "", rule->words[i]);
}

/**
 * vmdq_rule_judge() - does a value keep its rule?
 * @rule: the rule
 * @value: as read, with a NUL behind it
 * @len: its length without that
 * @why: if not, why not
 * @size: of @why
 */
enum vmdq_fault vmdq_rule_judge(const struct vmdq_rule *rule, const char *value, size_t len,
				char *why, size_t size)
{
	char quoted[MAX_QUOTED + 8], words[128];
	const char *wanted = NULL;
	unsigned int number;

	vmdq_quote(value, quoted, sizeof(quoted));
	if (strlen(value) != len) {
		snprintf(why, size, "%s has a NUL byte in it", quoted);
		return VMDQ_FAULT_TYPE;
	}
	if (!is_of_type(rule, value, &wanted)) {
		if (!wanted) {
			list_words(rule, words, sizeof(words));
			snprintf(why, size, "%s is not one of: %s", quoted, words);
		} else {
			snprintf(why, size, "%s is not %s", quoted, wanted);
		}
		return VMDQ_FAULT_TYPE;
	}
	if (rule->max && !vmdq_parse_uint(value, &number) &&
	    (number < rule->min || number > rule->max)) {
		snprintf(why, size, "%u is not within %u to %u", number, rule->min, rule->max);
		return VMDQ_FAULT_RANGE;
	}
	return VMDQ_FAULT_NONE;
}

/* Of an entry's permissions, those that count: one of a domain that is gone does not */
static unsigned int rights(const struct xs_permissions *entry)
{
	const unsigned int use = XS_PERM_READ | XS_PERM_WRITE;

	return entry->perms & XS_PERM_IGNORE ? 0 : entry->perms & use;
}

/* What a domain may do by a list of permissions, whose first is that of all others */
static unsigned int allowed(const struct xs_permissions *perms, unsigned int n, unsigned int domid)
{
	unsigned int i;

	if (perms[0].id == domid)
		return XS_PERM_READ | XS_PERM_WRITE;
	for (i = 1; i < n; i++)
		if (perms[i].id == domid)
			return rights(&perms[i]);
	return rights(&perms[0]);
}

/* The first domain that may do more than @most, other than those two; UINT_MAX: no
 * particular one, but all that are not listed; 0 if there is none: dom0 may do all
 */
static unsigned int intruder(const struct xs_permissions *perms, unsigned int n,
			     unsigned int most, unsigned int backend, unsigned int guest)
{
	unsigned int i;

	if (rights(&perms[0]) & ~most)
		return UINT_MAX;
	for (i = 1; i < n; i++)
		if ((rights(&perms[i]) & ~most) && perms[i].id != backend && perms[i].id != guest)
			return perms[i].id;
	return 0;
}

/**
 * vmdq_rule_judge_access() - may those use a node who should, and nobody else?
 * @rule: the rule
 * @perms: the node's permissions, the owner's first
 * @n: how many; at least 1
 * @backend: the backend domain
 * @guest: the guest that the node is about, or the backend domain
 * @why: what is wrong
 * @size: of @why
 */
enum vmdq_fault vmdq_rule_judge_access(const struct vmdq_rule *rule,
				       const struct xs_permissions *perms, unsigned int n,
				       unsigned int backend, unsigned int guest, char *why,
				       size_t size)
{
	const bool guests = rule->permission == VMDQ_XS_PERMISSION_GUEST;
	const bool private = rule->permission == VMDQ_XS_PERMISSION_PRIVATE;
	const unsigned int owner = guests ? guest : backend;
	const unsigned int other = guests ? backend : guest;
	/* The guest may let others read what is its own */
	const unsigned int most = guests ? XS_PERM_READ : XS_PERM_NONE;
	unsigned int who, may;

	if (perms[0].id != owner) {
		snprintf(why, size, "belongs to domain %u, not to domain %u", perms[0].id, owner);
		return VMDQ_FAULT_OWNER;
	}
	who = intruder(perms, n, most, backend, guest);
	if (who == UINT_MAX)
		snprintf(why, size, "all domains may %s it",
			 perms[0].perms & XS_PERM_WRITE ? "write" : "read");
	else if (who)
		snprintf(why, size, "domain %u may use it", who);
	if (who)
		return VMDQ_FAULT_PERMISSION;
	if (other == owner)
		return VMDQ_FAULT_NONE;
	may = allowed(perms, n, other);
	if (private ? may : may & XS_PERM_WRITE && !guests) {
		snprintf(why, size, "domain %u may %s it", other,
			 may & XS_PERM_WRITE ? "write" : "read");
		return VMDQ_FAULT_PERMISSION;
	}
	if (!private && !(may & XS_PERM_READ) && other) {
		snprintf(why, size, "domain %u may not read it", other);
		return VMDQ_FAULT_PERMISSION;
	}
	return VMDQ_FAULT_NONE;
}
