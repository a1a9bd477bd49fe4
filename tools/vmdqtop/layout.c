// SPDX-License-Identifier: GPL-2.0
#include "layout.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME_WIDTH	10	/* as in xentop */
#define CELL_SIZE	128
#define ALWAYS		2	/* columns that are there however narrow it is */

/**
 * struct column - one column
 * @total: its header when it shows how much there was
 * @rate: its header when it shows how much a second; NULL: it shows neither
 * @width: at least; what it holds may need more
 */
static const struct column {
	const char *total;
	const char *rate;
	unsigned int width;
} columns[TOP_COL_COUNT] = {
	[TOP_NAME] = { "NAME", NULL, NAME_WIDTH },
	[TOP_VIF] = { "VIF", NULL, 6 },
	[TOP_PORT] = { "PORT", NULL, 12 },
	[TOP_POOL] = { "POOL", NULL, 4 },
	[TOP_STATE] = { "STATE", NULL, 8 },
	[TOP_RXP] = { "RXP", "RXP/s", 5 },
	[TOP_RXB] = { "RXB", "RXB/s", 5 },
	[TOP_TXP] = { "TXP", "TXP/s", 5 },
	[TOP_TXB] = { "TXB", "TXB/s", 5 },
	[TOP_DROPS] = { "DROPS", "DRP/s", 5 },
	[TOP_NOBUF] = { "NOBUF", "NOBUF", 5 },
	[TOP_LATE] = { "LATE", "LATE", 5 },
	[TOP_REFUS] = { "REFUS", "REFUS", 5 },
	[TOP_RXERR] = { "RXERR", "RXERR", 5 },
	[TOP_TXERR] = { "TXERR", "TXERR", 5 },
	[TOP_TXDRP] = { "TXDRP", "TXDRP", 5 },
	[TOP_RING] = { "RING", NULL, 4 },
	[TOP_FPI] = { "F/INT", NULL, 5 },
	[TOP_MAPPED] = { "MAPPED", NULL, 6 },
	[TOP_MAC] = { "MAC", NULL, 17 },
	[TOP_VLAN] = { "VLAN", NULL, 4 },
};

/* Where there is not enough room the last of these are left out; man page and operator's
 * guide have the same order.
 */
static const enum top_col kept[] = {
	TOP_NAME, TOP_VIF, TOP_POOL, TOP_STATE, TOP_RXP, TOP_RXB, TOP_TXP, TOP_TXB, TOP_DROPS,
	TOP_RING, TOP_FPI, TOP_MAPPED, TOP_PORT, TOP_NOBUF, TOP_LATE, TOP_REFUS, TOP_RXERR,
	TOP_TXERR, TOP_TXDRP, TOP_MAC, TOP_VLAN,
};

/* No column is forgotten */
_Static_assert(sizeof(kept) / sizeof(kept[0]) == TOP_COL_COUNT, "kept[] has each column once");

/**
 * struct layout - which columns there are, and how wide
 * @view: for whom
 * @shown: whether a column is there
 * @width: of each column
 */
struct layout {
	const struct top_view *view;
	bool shown[TOP_COL_COUNT];
	unsigned int width[TOP_COL_COUNT];
};

/** top_col_name() - what stands above a column */
const char *top_col_name(enum top_col col, bool totals)
{
	return totals || !columns[col].rate ? columns[col].total : columns[col].rate;
}

/** top_col_parse() - a column by what stands above it.  Return: 0, or -1: there is none */
int top_col_parse(const char *text, enum top_col *col)
{
	unsigned int i;

	for (i = 0; i < TOP_COL_COUNT; i++) {
		if (strcasecmp(text, columns[i].total) &&
		    (!columns[i].rate || strcasecmp(text, columns[i].rate)))
			continue;
		*col = (enum top_col)i;
		return 0;
	}

	return -1;
}

/** top_col_next() - the column after one, among those that are shown; round and round */
enum top_col top_col_next(enum top_col col, const bool shown[TOP_COL_COUNT])
{
	unsigned int i, next;

	for (i = 1; i <= TOP_COL_COUNT; i++) {
		next = ((unsigned int)col + i) % TOP_COL_COUNT;
		if (shown[next])
			return (enum top_col)next;
	}

	return col;
}

/**
 * top_number() - a number as text
 * @value: not negative, or NAN, which is "-"
 * @exact: in full; else in five characters
 * @rate: one that is not 0 must not look like it
 * @text: result
 * @size: of @text
 */
void top_number(double value, bool exact, bool rate, char *text, size_t size)
{
	static const char units[] = "kMGTPE";
	const char *unit = units;

	if (isnan(value)) {
		snprintf(text, size, "-");
	} else if (exact && rate) {
		snprintf(text, size, "%.*f", value > 0 && value < 0.1 ? 6 : 2, value);
	} else if (exact) {
		snprintf(text, size, "%.0f", value);
	} else if (value > 0 && value < 0.05) {
		snprintf(text, size, "<0.1");
	} else if (value > 0 && value < 9.95 && rate) {
		snprintf(text, size, "%.1f", value);
	} else if (value < 99999.5) {
		snprintf(text, size, "%.0f", value);
	} else {
		for (value /= 1000; value >= 999.5 && unit[1]; unit++)
			value /= 1000;
		snprintf(text, size, "%.*f%c", value < 99.95 ? 1 : 0, value, *unit);
	}
}

/* Whether the column says who or where, which holds for all parts of a row */
static bool identifies(enum top_col col)
{
	return col == TOP_NAME || col == TOP_VIF || col == TOP_PORT || col == TOP_POOL ||
	       col == TOP_MAC || col == TOP_VLAN;
}

/* What stands in a row's column; for people a part does not repeat what is above it */
static void cell(const struct top_row *row, enum top_part part, enum top_col col,
		 const struct top_view *view, char text[CELL_SIZE])
{
	text[0] = '\0';
	if (part != TOP_ALL && !view->exact && identifies(col))
		return;
	switch (col) {
	case TOP_NAME:
		snprintf(text, CELL_SIZE, "%s", row->name);
		break;
	case TOP_VIF:
		snprintf(text, CELL_SIZE, "%s", row->vif);
		break;
	case TOP_PORT:
		snprintf(text, CELL_SIZE, "%s", row->port[0] ? row->port : "-");
		break;
	case TOP_POOL:
		if (row->port[0])
			snprintf(text, CELL_SIZE, "%u", row->pool);
		else
			strcpy(text, "-");
		break;
	case TOP_STATE:
		snprintf(text, CELL_SIZE, "%s", part == TOP_BY_POOL ? "by-pool" :
			 part == TOP_BY_SOFTWARE ? "by-sw" : row->state);
		break;
	case TOP_MAC:
		snprintf(text, CELL_SIZE, "%s", row->mac);
		break;
	case TOP_VLAN:
		if (row->vlan != VMDQ_VLAN_NONE)
			snprintf(text, CELL_SIZE, "%d", row->vlan);
		else
			strcpy(text, "-");
		break;
	case TOP_RING:
		top_number(row->number[part][col], true, false, text, CELL_SIZE);
		if (text[0] != '-')
			strcat(text, "%");
		break;
	case TOP_FPI:
		top_number(row->number[part][col], view->exact, true, text, CELL_SIZE);
		break;
	default:
		top_number(row->number[part][col], view->exact,
			   columns[col].rate && !view->totals, text, CELL_SIZE);
		break;
	}
	/* of a part, what is not known has no meaning there */
	if (part != TOP_ALL && !view->exact && !strcmp(text, "-"))
		text[0] = '\0';
}

static unsigned int n_parts(const struct top_row *row, const struct top_view *view)
{
	return view->split && row->has_vif ? TOP_PART_COUNT : 1;
}

/* The width that a column needs for what it holds */
static unsigned int needed(const struct top_rows *rows, enum top_col col,
			   const struct top_view *view)
{
	unsigned int widest = columns[col].width, part;
	char text[CELL_SIZE];
	size_t i;

	if (strlen(top_col_name(col, view->totals)) > widest)
		widest = (unsigned int)strlen(top_col_name(col, view->totals));
	if (col == TOP_NAME && !view->full_name)
		return widest;
	for (i = 0; i < rows->n; i++) {
		for (part = 0; part < n_parts(&rows->row[i], view); part++) {
			cell(&rows->row[i], (enum top_part)part, col, view, text);
			if (strlen(text) > widest)
				widest = (unsigned int)strlen(text);
		}
	}

	return widest;
}

/* Takes columns in the order of kept[] until one does not fit. */
static void choose(const struct top_rows *rows, const struct top_view *view, struct layout *l)
{
	struct top_view full = *view;
	unsigned int used = 0, i, wanted;

	memset(l, 0, sizeof(*l));
	l->view = view;
	for (i = 0; i < TOP_COL_COUNT; i++) {
		wanted = needed(rows, kept[i], view);
		if (i >= ALWAYS && view->width && used + 1 + wanted > view->width)
			return;
		used += wanted + (i > 0);
		l->width[kept[i]] = wanted;
		l->shown[kept[i]] = true;
	}
	/* what room is left is for the names */
	full.full_name = true;
	wanted = needed(rows, TOP_NAME, &full);
	if (view->width > used && wanted > l->width[TOP_NAME]) {
		used = view->width - used;
		wanted -= l->width[TOP_NAME];
		l->width[TOP_NAME] += wanted < used ? wanted : used;
	}
}

/* A row, or one of its parts, as a line; no row: the header.  NULL: out of memory */
static char *assemble(const struct layout *l, const struct top_row *row, enum top_part part)
{
	char text[CELL_SIZE], *line;
	size_t size = 1, at = 0;
	unsigned int col;

	for (col = 0; col < TOP_COL_COUNT; col++)
		if (l->shown[col])
			size += l->width[col] + 1;
	line = malloc(size);
	if (!line)
		return NULL;
	line[0] = '\0';
	for (col = 0; col < TOP_COL_COUNT; col++) {
		if (!l->shown[col])
			continue;
		if (row)
			cell(row, part, (enum top_col)col, l->view, text);
		else
			snprintf(text, sizeof(text), "%s",
				 top_col_name((enum top_col)col, l->view->totals));
		at += (size_t)snprintf(line + at, size - at, "%s%*.*s", at ? " " : "",
				       (int)l->width[col], (int)l->width[col], text);
	}
	if (l->view->width && at > l->view->width)
		line[l->view->width] = '\0';

	return line;
}

static int add_line(struct top_text *text, char *line, bool header)
{
	struct top_line *more;

	if (!line)
		return -1;
	more = realloc(text->line, (text->n + 1) * sizeof(*more));
	if (!more) {
		free(line);
		return -1;
	}
	text->line = more;
	text->line[text->n].text = line;
	text->line[text->n++].header = header;

	return 0;
}

static void find_sort_column(const struct layout *l, struct top_text *text)
{
	unsigned int col;

	if (!l->shown[l->view->sort])
		return;
	for (col = 0; col < l->view->sort; col++)
		if (l->shown[col])
			text->sort_at += l->width[col] + 1;
	text->sort_len = l->width[l->view->sort];
}

/**
 * top_text_make() - rows as lines
 * @rows: sorted
 * @view: for whom
 * @text: result; no line is longer than @view->width
 *
 * Return: 0; -1: out of memory.
 */
int top_text_make(const struct top_rows *rows, const struct top_view *view,
		  struct top_text *text)
{
	struct layout l;
	unsigned int part;
	size_t i;

	memset(text, 0, sizeof(*text));
	choose(rows, view, &l);
	memcpy(text->shown, l.shown, sizeof(text->shown));
	find_sort_column(&l, text);
	if (add_line(text, assemble(&l, NULL, TOP_ALL), true))
		goto no_memory;
	for (i = 0; i < rows->n; i++) {
		if (i && view->repeat_header &&
		    add_line(text, assemble(&l, NULL, TOP_ALL), true))
			goto no_memory;
		for (part = 0; part < n_parts(&rows->row[i], view); part++)
			if (add_line(text, assemble(&l, &rows->row[i], (enum top_part)part), false))
				goto no_memory;
	}

	return 0;

no_memory:
	top_text_free(text);

	return -1;
}

/** top_text_free() - release what top_text_make() made */
void top_text_free(struct top_text *text)
{
	size_t i;

	for (i = 0; i < text->n; i++)
		free(text->line[i].text);
	free(text->line);
	memset(text, 0, sizeof(*text));
}

/**
 * top_summary() - a line of what there is in all
 * @s: the moment
 * @line: from 0 to TOP_SUMMARY_LINES - 1
 * @text: result
 * @size: of @text
 */
void top_summary(const struct top_snapshot *s, unsigned int line, char *text, size_t size)
{
	unsigned int pools = 0, available = 0, n_vifs = 0, state[VMDQ_VIF_STATE_COUNT] = { 0 };
	const struct vmdq_ports *ports = &s->inv.ports;
	size_t i;

	for (i = 0; i < ports->n; i++) {
		pools += ports->port[i].n_pools ? ports->port[i].n_pools - 1 : 0;
		available += ports->port[i].pools_free;
	}
	for (i = 0; i < s->inv.n_vifs; i++) {
		if (!s->inv.vifs[i].ours)
			continue;
		n_vifs++;
		state[s->inv.vifs[i].state]++;
	}
	if (!line)
		snprintf(text, size, "%zu port%s: %u pools, %u taken, %u free", ports->n,
			 ports->n == 1 ? "" : "s", pools, pools - available, available);
	else
		snprintf(text, size,
			 "%u vif%s: %u grant, %u copy, %u software, %u draining, %u error, %u idle",
			 n_vifs, n_vifs == 1 ? "" : "s", state[VMDQ_VIF_GRANT],
			 state[VMDQ_VIF_COPY], state[VMDQ_VIF_SOFTWARE],
			 state[VMDQ_VIF_DRAINING], state[VMDQ_VIF_ERROR],
			 state[VMDQ_VIF_UNKNOWN]);
}
