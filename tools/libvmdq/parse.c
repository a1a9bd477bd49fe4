// SPDX-License-Identifier: GPL-2.0
#include "parse.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "vmdq_xenstore.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define HOLD_NONE	"none"	/* of the type "hold" of the schema */

static const char * const level_names[VMDQ_LEVEL_COUNT] = {
	[VMDQ_LEVEL_AUTO] = VMDQ_XS_LEVEL_AUTO,
	[VMDQ_LEVEL_SOFTWARE] = VMDQ_XS_LEVEL_SOFTWARE,
	[VMDQ_LEVEL_COPY] = VMDQ_XS_LEVEL_COPY,
	[VMDQ_LEVEL_GRANT] = VMDQ_XS_LEVEL_GRANT,
};

static const char * const mode_names[VMDQ_MODE_COUNT] = {
	[VMDQ_MODE_OFF] = VMDQ_XS_MODE_OFF,
	[VMDQ_MODE_AUTO] = VMDQ_XS_MODE_AUTO,
	[VMDQ_MODE_REQUIRED] = VMDQ_XS_MODE_REQUIRED,
};

/* VMDQ_BACKEND_NONE is an absent node, too */
static const char * const backend_words[VMDQ_BACKEND_COUNT] = {
	[VMDQ_BACKEND_VMDQ] = VMDQ_XS_BACKEND_VMDQ,
	[VMDQ_BACKEND_STOCK] = VMDQ_XS_BACKEND_STOCK,
};

/* VMDQ_VIF_UNKNOWN is an absent node: no text parses to it */
static const char * const vif_state_names[VMDQ_VIF_STATE_COUNT] = {
	[VMDQ_VIF_SOFTWARE] = VMDQ_XS_STATE_SOFTWARE,
	[VMDQ_VIF_COPY] = VMDQ_XS_STATE_COPY,
	[VMDQ_VIF_GRANT] = VMDQ_XS_STATE_GRANT,
	[VMDQ_VIF_DRAINING] = VMDQ_XS_STATE_DRAINING,
	[VMDQ_VIF_ERROR] = VMDQ_XS_STATE_ERROR,
};

static const char * const pool_state_names[] = {
	[VMDQ_POOL_FREE] = VMDQ_XS_POOL_STATE_FREE,
	[VMDQ_POOL_IDLE] = VMDQ_XS_POOL_STATE_IDLE,
	[VMDQ_POOL_ACTIVE] = VMDQ_XS_POOL_STATE_ACTIVE,
	[VMDQ_POOL_STOPPED] = VMDQ_XS_POOL_STATE_STOPPED,
};

static int lookup(const char *text, const char * const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (names[i] && !strcmp(text, names[i]))
			return (int)i;
	return -1;
}

/* isdigit() and isxdigit() follow the locale and choke on negative chars */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/**
 * vmdq_parse_uint() - a decimal number and nothing else
 * @text: digits only: no sign, no blank; at most UINT_MAX
 * @value: result
 */
int vmdq_parse_uint(const char *text, unsigned int *value)
{
	unsigned long v = 0;

	if (!*text)
		return -1;
	for (; *text; text++) {
		if (!is_digit(*text))
			return -1;
		v = v * 10 + (unsigned long)(*text - '0');
		if (v > UINT_MAX)
			return -1;
	}
	*value = (unsigned int)v;

	return 0;
}

/**
 * vmdq_parse_number() - a number that is a name in xenstore, or a part of one
 * @text: as we write it, which is one way only: decimal, no zero before it
 * @value: result
 *
 * "03" is another node than "3", and text that is compared is not the same.
 */
int vmdq_parse_number(const char *text, unsigned int *value)
{
	return text[0] == '0' && text[1] ? -1 : vmdq_parse_uint(text, value);
}

/* Takes up to @max hexadecimal digits, at least @min; NULL if there are fewer */
static const char *hex_field(const char *text, int min, int max, unsigned int *value)
{
	unsigned int v = 0;
	int n = 0;

	while (n < max && hex_value(*text) >= 0) {
		v = v * 16 + (unsigned int)hex_value(*text++);
		n++;
	}
	if (n < min)
		return NULL;
	*value = v;

	return text;
}

/**
 * vmdq_parse_bdf() - a PCI address
 * @text: "0000:00:03.0", or "00:03.0" for domain 0
 * @bdf: result, in full and in lower case, as the kernel writes it
 */
int vmdq_parse_bdf(const char *text, char bdf[VMDQ_PORT_NAME_SIZE])
{
	unsigned int field[3] = { 0 }, domain, bus, slot, function;
	const char *p = text;
	int n = 0;

	/* the fields before the slot: [domain:]bus: */
	while (n < 3) {
		p = hex_field(p, 1, 4, &field[n++]);
		if (!p)
			return -1;
		if (*p != ':')
			break;
		p++;
	}
	if (n < 2 || *p != '.')
		return -1;
	domain = n == 3 ? field[0] : 0;
	bus = field[n - 2];
	slot = field[n - 1];
	p = hex_field(p + 1, 1, 1, &function);
	if (!p || *p || bus > 0xff || slot > 0x1f || function > 7)
		return -1;
	snprintf(bdf, VMDQ_PORT_NAME_SIZE, "%04x:%02x:%02x.%u", domain, bus, slot, function);

	return 0;
}

/* Splits @text at its only slash; -1 when the part before does not fit @head */
static int split_slash(const char *text, char *head, size_t size, const char **tail)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);

	if (!len || len >= size)
		return -1;
	memcpy(head, text, len);
	head[len] = '\0';
	*tail = slash ? slash + 1 : NULL;

	return 0;
}

/**
 * vmdq_parse_pool_id() - the value of VMDQ_XS_ASSIGN
 * @text: "0000:00:03.0/2"; as we write it and in no other way, as the kernel takes no other
 * @id: result; its pool is never 0
 */
int vmdq_parse_pool_id(const char *text, struct vmdq_pool_id *id)
{
	char head[VMDQ_PORT_NAME_SIZE], bdf[VMDQ_PORT_NAME_SIZE];
	const char *tail;
	unsigned int pool;

	if (split_slash(text, head, sizeof(head), &tail) || !tail)
		return -1;
	if (vmdq_parse_bdf(head, bdf) || strcmp(head, bdf) || vmdq_parse_number(tail, &pool) ||
	    !pool)
		return -1;
	memcpy(id->port, bdf, sizeof(bdf));
	id->pool = pool;

	return 0;
}

/**
 * vmdq_parse_target() - what a person types after "assign <vif>"
 * @text: "auto", "<port>" or "<port>/<n>", the port as PCI address or netdev
 * @target: result
 */
int vmdq_parse_target(const char *text, struct vmdq_target *target)
{
	struct vmdq_target t = { .automatic = false };
	const char *tail;

	if (!strcmp(text, "auto")) {
		t.automatic = true;
		*target = t;
		return 0;
	}
	if (split_slash(text, t.port, sizeof(t.port), &tail))
		return -1;
	if (tail) {
		if (vmdq_parse_uint(tail, &t.pool))
			return -1;
		t.has_pool = true;
	}
	/* what is no PCI address may be an interface, which has no colon */
	if (vmdq_parse_bdf(t.port, t.port) && (strchr(t.port, ':') || strlen(t.port) >= IFNAMSIZ))
		return -1;
	*target = t;

	return 0;
}

/**
 * vmdq_parse_mac() - an Ethernet address
 * @text: six pairs of hexadecimal digits separated by colons
 * @mac: result
 */
int vmdq_parse_mac(const char *text, uint8_t mac[VMDQ_MAC_LEN])
{
	uint8_t m[VMDQ_MAC_LEN];
	unsigned int v;
	int i;

	for (i = 0; i < VMDQ_MAC_LEN; i++) {
		if (i && *text++ != ':')
			return -1;
		text = hex_field(text, 2, 2, &v);
		if (!text)
			return -1;
		m[i] = (uint8_t)v;
	}
	if (*text)
		return -1;
	memcpy(mac, m, sizeof(m));

	return 0;
}

/**
 * vmdq_mac_problem() - can a pool be filtered by this address?
 * @mac: the address
 *
 * Return: NULL if it can, else why not, to follow the address in a sentence.
 */
const char *vmdq_mac_problem(const uint8_t mac[VMDQ_MAC_LEN])
{
	static const uint8_t zero[VMDQ_MAC_LEN];

	if (!memcmp(mac, zero, sizeof(zero)))
		return "is all zeros";
	if (mac[0] & 1)
		return "is a group address (its first byte is odd)";
	return NULL;
}

/** vmdq_format_pool_id() - a pool as text, as vmdq_parse_pool_id() takes it */
void vmdq_format_pool_id(const struct vmdq_pool_id *id, char text[VMDQ_POOL_TEXT_SIZE])
{
	snprintf(text, VMDQ_POOL_TEXT_SIZE, "%s/%u", id->port, id->pool);
}

/**
 * vmdq_parse_hold() - the value of VMDQ_XS_REQUEST_HOLD
 * @text: a pool or "none"
 * @hold: result
 */
int vmdq_parse_hold(const char *text, struct vmdq_hold *hold)
{
	struct vmdq_pool_id id = { .pool = 0 };

	if (strcmp(text, HOLD_NONE) && vmdq_parse_pool_id(text, &id))
		return -1;
	hold->set = true;
	hold->id = id;

	return 0;
}

/** vmdq_format_hold() - what a person has decided, as vmdq_parse_hold() takes it */
void vmdq_format_hold(const struct vmdq_hold *hold, char text[VMDQ_POOL_TEXT_SIZE])
{
	if (hold->id.pool)
		vmdq_format_pool_id(&hold->id, text);
	else
		strcpy(text, HOLD_NONE);
}

/** vmdq_format_mac() - an Ethernet address as text */
void vmdq_format_mac(const uint8_t mac[VMDQ_MAC_LEN], char text[VMDQ_MAC_TEXT_SIZE])
{
	snprintf(text, VMDQ_MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x",
		 mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

/** vmdq_parse_level() - VMDQ_XS_LEVEL_* */
int vmdq_parse_level(const char *text, enum vmdq_level *level)
{
	int i = lookup(text, level_names, ARRAY_SIZE(level_names));

	if (i < 0)
		return -1;
	*level = (enum vmdq_level)i;

	return 0;
}

/** vmdq_parse_mode() - VMDQ_XS_MODE_* */
int vmdq_parse_mode(const char *text, enum vmdq_mode *mode)
{
	int i = lookup(text, mode_names, ARRAY_SIZE(mode_names));

	if (i < 0)
		return -1;
	*mode = (enum vmdq_mode)i;

	return 0;
}

/** vmdq_parse_backend() - VMDQ_XS_BACKEND_* */
int vmdq_parse_backend(const char *text, enum vmdq_backend *backend)
{
	int i = lookup(text, backend_words, ARRAY_SIZE(backend_words));

	if (i < 0)
		return -1;
	*backend = (enum vmdq_backend)i;

	return 0;
}

/** vmdq_parse_vif_state() - VMDQ_XS_STATE_* */
int vmdq_parse_vif_state(const char *text, enum vmdq_vif_state *state)
{
	int i = lookup(text, vif_state_names, ARRAY_SIZE(vif_state_names));

	if (i < 0)
		return -1;
	*state = (enum vmdq_vif_state)i;

	return 0;
}

const char *vmdq_level_name(enum vmdq_level level)
{
	return level < VMDQ_LEVEL_COUNT ? level_names[level] : "?";
}

const char *vmdq_mode_name(enum vmdq_mode mode)
{
	return mode < VMDQ_MODE_COUNT ? mode_names[mode] : "?";
}

/** vmdq_backend_word() - for xenstore: VMDQ_XS_BACKEND_*, or NULL for none */
const char *vmdq_backend_word(enum vmdq_backend backend)
{
	return backend < VMDQ_BACKEND_COUNT ? backend_words[backend] : NULL;
}

/** vmdq_backend_name() - for people: the module's name */
const char *vmdq_backend_name(enum vmdq_backend backend)
{
	switch (backend) {
	case VMDQ_BACKEND_VMDQ:
		return "vmdq_netback";
	case VMDQ_BACKEND_STOCK:
		return "xen-netback";
	default:
		return "no backend";
	}
}

/** vmdq_vif_state_name() - for people; a vif without a state has no backend yet */
const char *vmdq_vif_state_name(enum vmdq_vif_state state)
{
	if (state == VMDQ_VIF_UNKNOWN)
		return "-";
	return state < VMDQ_VIF_STATE_COUNT ? vif_state_names[state] : "?";
}

const char *vmdq_pool_state_name(unsigned int state)
{
	return state < ARRAY_SIZE(pool_state_names) ? pool_state_names[state] : "?";
}

/* "<number><sep><number>" to the end of @text */
static int two_numbers(const char *text, char sep, unsigned int *a, unsigned int *b)
{
	const char *p = strchr(text, sep);
	char head[11];		/* UINT_MAX has ten digits */
	unsigned int x, y;

	if (!p || (size_t)(p - text) >= sizeof(head))
		return -1;
	memcpy(head, text, (size_t)(p - text));
	head[p - text] = '\0';
	if (vmdq_parse_uint(head, &x) || vmdq_parse_uint(p + 1, &y))
		return -1;
	*a = x;
	*b = y;

	return 0;
}

/**
 * vmdq_parse_vif_ref() - the vif that a command line names
 * @argc: words left on the command line
 * @argv: the words; they must outlive @ref
 * @ref: result
 *
 * "vif3.0", "3/0", "<domain> 0" (domain as name or number), "<domain>" for a
 * guest's only vif, or the name that xl's vifname= gave to the interface.
 *
 * Return: words used, or -1 if there is none.
 */
int vmdq_parse_vif_ref(int argc, char *const *argv, struct vmdq_vif_ref *ref)
{
	struct vmdq_vif_ref r = { .by_id = false };
	int used = 1;

	if (argc < 1 || !*argv[0])
		return -1;
	if (!strncmp(argv[0], "vif", 3) && !two_numbers(argv[0] + 3, '.', &r.domid, &r.handle)) {
		r.by_id = true;
	} else if (!two_numbers(argv[0], '/', &r.domid, &r.handle)) {
		r.by_id = true;
	} else {
		r.domain = argv[0];
		if (argc > 1 && !vmdq_parse_uint(argv[1], &r.handle)) {
			r.has_handle = true;
			used = 2;
		}
		if (r.has_handle && !vmdq_parse_uint(argv[0], &r.domid))
			r.by_id = true;
	}
	*ref = r;

	return used;
}

/**
 * vmdq_parse_xenbus_path() - the vif that a hotplug script's XENBUS_PATH names
 * @path: "backend/vif/3/0", with or without a domain's directory before it
 * @domid: result
 * @handle: result
 */
int vmdq_parse_xenbus_path(const char *path, unsigned int *domid, unsigned int *handle)
{
	static const char dir[] = VMDQ_XS_BE_DIR "/";
	const char *p = strstr(path, dir);

	if (!p || (p != path && p[-1] != '/'))
		return -1;

	return two_numbers(p + strlen(dir), '/', domid, handle);
}
