// SPDX-License-Identifier: GPL-2.0
/* The screen: xentop's looks and keys */
#include <ctype.h>
#include <curses.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "vmdqtop.h"

#define KEY_ESCAPE	27
#define ESCAPE_MS	100	/* a serial line sends an arrow's three bytes within that */
#define PROMPT_MAX	15

/**
 * struct screen - what is shown
 * @opt: options; keys change them
 * @now: the latest moment
 * @before: the one before; without a time there was none
 * @text: what is shown of them
 * @top: line of @text, its first header aside, that is shown first
 * @room: lines of it that there is room for
 * @prompt: what was typed at the prompt; NULL: there is no prompt
 * @typed: storage for it
 * @waiting: signals that are blocked while it waits for a key; at other times SIGWINCH is,
 *	too: curses notices a new size only when its reading is interrupted
 * @failed: out of memory
 */
struct screen {
	struct top_options opt;
	struct top_snapshot now;
	struct top_snapshot before;
	struct top_text text;
	size_t top;
	size_t room;
	const char *prompt;
	char typed[PROMPT_MAX + 1];
	sigset_t waiting;
	bool failed;
};

static void look(struct screen *s)
{
	top_snapshot_free(&s->before);
	s->before = s->now;
	if (top_snapshot_load(&s->now))
		s->failed = true;
}

/* What is seen, laid out for the terminal as it is now */
static void lay_out(struct screen *s)
{
	struct top_view view = s->opt.view;
	struct top_rows rows;

	top_text_free(&s->text);
	if (!view.width || view.width > (unsigned int)COLS)
		view.width = (unsigned int)COLS;
	if (top_rows_make(&s->now, s->before.ns ? &s->before : NULL, view.totals,
			  view.free_pools, &rows)) {
		s->failed = true;
		return;
	}
	top_rows_sort(&rows, view.sort);
	if (top_text_make(&rows, &view, &s->text))
		s->failed = true;
	top_rows_free(&rows);
}

/* Text in a line of its own, cut at the edge */
static void put(int y, const char *text)
{
	if (y < LINES)
		mvaddnstr(y, 0, text, COLS);
}

static int draw_summary(const struct screen *s)
{
	const struct vmdq_inventory *inv = &s->now.inv;
	char text[256], clock[16];
	time_t t = time(NULL);
	struct tm local;
	unsigned int i;
	int y = 0;

	strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&t, &local));
	snprintf(text, sizeof(text), TOP_PROGRAM " - %s   vmdq %s   every %u.%u s", clock,
		 VMDQ_VERSION, s->opt.delay_ms / 1000, s->opt.delay_ms % 1000 / 100);
	put(y++, text);
	for (i = 0; i < TOP_SUMMARY_LINES; i++) {
		top_summary(&s->now, i, text, sizeof(text));
		put(y++, text);
	}
	attron(A_BOLD);
	if (inv->store_err.status)
		put(y++, inv->store_err.text);
	if (inv->port_err.status)
		put(y++, inv->port_err.text);
	attroff(A_BOLD);

	return y;
}

static void draw_line(const struct screen *s, int y, const struct top_line *line)
{
	if (line->header)
		attron(A_REVERSE);
	put(y, line->text);
	if (!line->header)
		return;
	/* the header goes from edge to edge, and shows by what it is sorted */
	if (y < LINES && (int)strlen(line->text) < COLS)
		mvhline(y, (int)strlen(line->text), ' ', COLS - (int)strlen(line->text));
	attroff(A_REVERSE);
	if (s->text.sort_len && y < LINES && (int)s->text.sort_at < COLS)
		mvchgat(y, (int)s->text.sort_at, (int)s->text.sort_len, A_REVERSE | A_BOLD, 0,
			NULL);
}

static void draw_keys(const struct screen *s)
{
	const struct {
		const char *text;
		bool on;
	} keys[] = {
		{ "Delay", false }, { "Networks", s->opt.view.split },
		{ "Repeat header", s->opt.view.repeat_header }, { "Sort order", false },
		{ "Totals", s->opt.view.totals }, { "All pools", s->opt.view.free_pools },
		{ "Full names", s->opt.view.full_name }, { "Quit", false },
	};
	int x = 1, len;
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		len = (int)strlen(keys[i].text);
		if (x + len > COLS)
			break;
		attron(A_REVERSE);
		mvaddnstr(LINES - 1, x, keys[i].text, 1);
		attroff(A_REVERSE);
		if (keys[i].on)
			attron(A_BOLD);
		addstr(keys[i].text + 1);
		attroff(A_BOLD);
		x += len + 2;
	}
}

static void draw(struct screen *s)
{
	char text[64];
	size_t i;
	int y;

	erase();
	y = draw_summary(s);
	if (s->text.n)
		draw_line(s, y++, &s->text.line[0]);
	s->room = LINES - 1 > y ? (size_t)(LINES - 1 - y) : 0;
	if (s->top + s->room + 1 > s->text.n)
		s->top = s->text.n > s->room + 1 ? s->text.n - s->room - 1 : 0;
	for (i = s->top + 1; i < s->text.n && y < LINES - 1; i++)
		draw_line(s, y++, &s->text.line[i]);
	if (s->text.n == 1 && y < LINES - 1)
		put(y, "No vif has a pool, and none is served by vmdq_netback.");
	if (s->prompt) {
		snprintf(text, sizeof(text), "Delay(sec): %s", s->prompt);
		put(LINES - 1, text);
	} else if (LINES > 1) {
		draw_keys(s);
	}
	refresh();
}

/* A key while a delay is typed */
static void prompt_key(struct screen *s, int key)
{
	size_t len = strlen(s->typed);

	switch (key) {
	case '\n':
	case '\r':
	case KEY_ENTER:
		/* what is no time changes nothing */
		top_delay_parse(s->typed, &s->opt.delay_ms);
		s->prompt = NULL;
		break;
	case KEY_ESCAPE:
		s->prompt = NULL;
		break;
	case KEY_BACKSPACE:
	case '\b':
	case 0x7f:
		if (len)
			s->typed[len - 1] = '\0';
		break;
	default:
		if (((key >= '0' && key <= '9') || key == '.') && len < PROMPT_MAX) {
			s->typed[len] = (char)key;
			s->typed[len + 1] = '\0';
		}
		break;
	}
}

static void scroll_up(struct screen *s, size_t lines)
{
	s->top -= lines < s->top ? lines : s->top;
}

/* Return: false: it is over */
static bool handle_key(struct screen *s, int key)
{
	struct top_view *view = &s->opt.view;

	if (s->prompt) {
		prompt_key(s, key);
		return true;
	}
	switch (key < 0x80 ? tolower(key) : key) {
	case 'q':
	case KEY_ESCAPE:
		return false;
	case 'd':
		s->typed[0] = '\0';
		s->prompt = s->typed;
		break;
	case 'n':
		view->split = !view->split;
		break;
	case 'r':
		view->repeat_header = !view->repeat_header;
		break;
	case 's':
		view->sort = top_col_next(view->sort, s->text.shown);
		break;
	case 't':
		view->totals = !view->totals;
		break;
	case 'a':
		view->free_pools = !view->free_pools;
		break;
	case 'f':
		view->full_name = !view->full_name;
		break;
	case KEY_UP:
		scroll_up(s, 1);
		break;
	case KEY_DOWN:
		s->top++;	/* draw() knows the end */
		break;
	case KEY_PPAGE:
		scroll_up(s, s->room);
		break;
	case KEY_NPAGE:
		s->top += s->room;
		break;
	default:
		break;
	}

	return true;
}

/* Waits for a key.  Return: it, KEY_RESIZE, or ERR when the time is over; @gone: whoever
 * typed is, no key will come any more
 */
static int wait_key(const struct screen *s, uint64_t ms, bool *gone)
{
	struct timespec left = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000,
	};
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	int key = getch();	/* what curses has read already */

	if (key != ERR)
		return key;
	if (ppoll(&fd, 1, &left, &s->waiting) > 0)
		*gone = fd.revents & (POLLHUP | POLLERR | POLLNVAL);

	return getch();
}

/* Shows until it is over.  Return: exit status of the latest moment */
static int run(struct screen *s)
{
	unsigned int shown = 0;
	uint64_t looked, spent;
	bool gone = false;
	int key;

	for (;;) {
		look(s);
		if (s->failed)
			return VMDQ_S_SYSTEM;
		looked = vmdq_clock_ms();
		do {
			lay_out(s);
			if (s->failed)
				return VMDQ_S_SYSTEM;
			draw(s);
			spent = vmdq_clock_ms() - looked;
			key = wait_key(s, spent < s->opt.delay_ms ? s->opt.delay_ms - spent : 0,
				       &gone);
			if (gone || (key != ERR && !handle_key(s, key)))
				return (int)vmdq_inventory_error(&s->now.inv)->status;
		} while (vmdq_clock_ms() - looked < s->opt.delay_ms);
		if (s->opt.iterations && ++shown == s->opt.iterations)
			return (int)vmdq_inventory_error(&s->now.inv)->status;
	}
}

/**
 * top_screen() - show on the terminal, until a person has seen enough
 * @opt: options
 *
 * Return: exit status.
 */
int top_screen(const struct top_options *opt)
{
	struct screen s = { .opt = *opt };
	SCREEN *terminal;
	sigset_t winch;
	int status;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		fprintf(stderr, TOP_PROGRAM ": this is no terminal; for lines of text: " TOP_PROGRAM
			" -b\n");
		return VMDQ_S_USAGE;
	}
	terminal = newterm(NULL, stdout, stdin);
	if (!terminal) {
		fprintf(stderr, TOP_PROGRAM
			": no terminal of type \"%s\" is known (TERM); for lines of text: "
			TOP_PROGRAM " -b\n", getenv("TERM") ? getenv("TERM") : "");
		return VMDQ_S_USAGE;
	}
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	curs_set(0);
	timeout(0);
	sigemptyset(&winch);
	sigaddset(&winch, SIGWINCH);
	sigprocmask(SIG_BLOCK, &winch, &s.waiting);
	status = run(&s);
	endwin();
	delscreen(terminal);
	if (s.failed)
		fprintf(stderr, TOP_PROGRAM ": out of memory\n");
	else
		vmdq_inventory_complain(&s.now.inv, TOP_PROGRAM);
	top_text_free(&s.text);
	top_snapshot_free(&s.now);
	top_snapshot_free(&s.before);

	return status;
}
