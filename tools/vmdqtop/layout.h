/* SPDX-License-Identifier: GPL-2.0 */
/* From rows to lines of text, for a width.  Pure. */
#ifndef TOP_LAYOUT_H
#define TOP_LAYOUT_H

#include "rates.h"

#define TOP_SUMMARY_LINES	2

/**
 * struct top_view - how a person wants to see it
 * @width: columns of text that there are; 0: as many as it takes
 * @exact: for programs: numbers in full, no cell is empty
 * @full_name: names of guests are not cut short
 * @split: below each vif what its pool does, and what software does
 * @totals: how much there was, and not how much a second
 * @repeat_header: the header before each row
 * @free_pools: pools that nobody has, too
 * @sort: by which column
 */
struct top_view {
	unsigned int width;
	bool exact;
	bool full_name;
	bool split;
	bool totals;
	bool repeat_header;
	bool free_pools;
	enum top_col sort;
};

/** struct top_line - a line, header or not */
struct top_line {
	char *text;
	bool header;
};

/**
 * struct top_text - lines; release with top_text_free()
 * @line: the first is a header
 * @n: how many
 * @shown: which columns are there
 * @sort_at: where in a header the column by which it is sorted begins
 * @sort_len: its width; 0: it is not there
 */
struct top_text {
	struct top_line *line;
	size_t n;
	bool shown[TOP_COL_COUNT];
	unsigned int sort_at;
	unsigned int sort_len;
};

int top_col_parse(const char *text, enum top_col *col);
const char *top_col_name(enum top_col col, bool totals);
enum top_col top_col_next(enum top_col col, const bool shown[TOP_COL_COUNT]);
void top_number(double value, bool exact, bool rate, char *text, size_t size);
void top_rows_sort(struct top_rows *rows, enum top_col col);
int top_text_make(const struct top_rows *rows, const struct top_view *view,
		  struct top_text *text);
void top_text_free(struct top_text *text);
void top_summary(const struct top_snapshot *s, unsigned int line, char *text, size_t size);

#endif /* TOP_LAYOUT_H */
