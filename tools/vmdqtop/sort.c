// SPDX-License-Identifier: GPL-2.0
/* The order of the rows */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"

/* By place: port and pool, those without a pool last, by vif; never 0 for two rows */
static int by_place(const struct top_row *a, const struct top_row *b)
{
	int order;

	if (!a->port[0] != !b->port[0])
		return a->port[0] ? -1 : 1;
	order = strcmp(a->port, b->port);
	if (order)
		return order;
	if (a->pool != b->pool)
		return a->pool < b->pool ? -1 : 1;
	if (a->domid != b->domid)
		return a->domid < b->domid ? -1 : 1;
	return a->handle < b->handle ? -1 : a->handle > b->handle;
}

/* The greatest first, what is not known last */
static int by_number(double a, double b)
{
	if (isnan(a) || isnan(b))
		return !!isnan(a) - !!isnan(b);
	return a > b ? -1 : a < b;
}

/* What is absent comes last */
static int by_text(const char *a, const char *b)
{
	if (!strcmp(a, "-") || !strcmp(b, "-"))
		return !strcmp(a, "-") - !strcmp(b, "-");
	return strcmp(a, b);
}

static int by_vif(const struct top_row *a, const struct top_row *b)
{
	if (!a->has_vif || !b->has_vif)
		return a->has_vif != b->has_vif ? (a->has_vif ? -1 : 1) : by_text(a->vif, b->vif);
	if (a->domid != b->domid)
		return a->domid < b->domid ? -1 : 1;
	return a->handle < b->handle ? -1 : a->handle > b->handle;
}

static int compare(const void *x, const void *y, void *by)
{
	const struct top_row *a = x, *b = y;
	enum top_col col = *(enum top_col *)by;
	int order = 0;

	switch (col) {
	case TOP_NAME:
		order = by_text(a->name, b->name);
		break;
	case TOP_VIF:
		order = by_vif(a, b);
		break;
	case TOP_PORT:
	case TOP_POOL:
		break;
	case TOP_STATE:
		order = by_text(a->state, b->state);
		break;
	case TOP_MAC:
		order = by_text(a->mac, b->mac);
		break;
	case TOP_VLAN:
		order = by_number(a->vlan == VMDQ_VLAN_NONE ? NAN : -a->vlan,
				  b->vlan == VMDQ_VLAN_NONE ? NAN : -b->vlan);
		break;
	default:
		order = by_number(a->number[TOP_ALL][col], b->number[TOP_ALL][col]);
		break;
	}

	return order ? order : by_place(a, b);
}

/**
 * top_rows_sort() - put rows into order
 * @rows: the rows
 * @col: by this column, numbers from the greatest, text and places from the first; what
 *	is equal, by port and pool
 */
void top_rows_sort(struct top_rows *rows, enum top_col col)
{
	if (rows->n)
		qsort_r(rows->row, rows->n, sizeof(*rows->row), compare, &col);
}
