// SPDX-License-Identifier: GPL-2.0
/*
 * The commands. Numbers are as in C, with two more forms: @P is the reference
 * of page P's last grant, %E the port of event channel E.
 *
 *	vif N			the vif that what follows is about
 *	write NODE VALUE...	into the frontend's directory
 *	rm NODE			from there
 *	read NODE		of the backend's directory
 *	state			of the backend
 *	wait STATE [MS]		until the backend is in that state
 *	page P [N]		pages P.. are there
 *	poke P OFFSET HEX	into a page
 *	peek P OFFSET LEN	of a page
 *	grant P [N] [ro]	grants of pages P..; says their references
 *	end REF			end a grant; "err -16" while it is used
 *	revoke REF		whether or not it is used
 *	event E			a new event channel; says its port
 *	unevent E		close it
 *	kick E [TIMES]		notify the other end
 *	events E		how many of them came
 *	ring R KIND P		page P is a tx, rx or ctrl ring with the number R
 *	put R HEX...		requests
 *	push R [E]		show the requests; event E is sent if it is wanted
 *	prod R INDEX		show this index as if so many requests were there
 *	seek R INDEX		continue from this index, shown or not
 *	take R N [MS]		wait for N responses; says all that are there
 *	index R			req_prod, req_event, rsp_prod, rsp_event
 *	used			says how many grants the other end uses
 *	free			give all back; says how many grants are still used
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <xen/events.h>
#include <xen/interface/io/netif.h>

#include "front.h"

#define FRONT_WORDS	300
#define FRONT_WAIT_MS	20000

/**
 * struct front_words - a command being carried out
 * @vif: the vif that it is about
 * @word: its words
 * @n: how many
 */
struct front_words {
	struct front_vif *vif;
	char *word[FRONT_WORDS];
	unsigned int n;
};

static unsigned int front_current;

/* The number that word @i is; @otherwise where there is no such word */
static u32 front_number(const struct front_words *w, unsigned int i, u32 otherwise)
{
	const char *text = i < w->n ? w->word[i] : NULL;
	unsigned int index;
	int number;

	if (!text)
		return otherwise;
	if (*text == '@' && !kstrtouint(text + 1, 0, &index) && index < FRONT_PAGES)
		return w->vif->ref[index];
	if (*text == '%' && !kstrtouint(text + 1, 0, &index) && index < FRONT_EVENTS)
		return w->vif->event[index].port;
	if (!kstrtouint(text, 0, &index))
		return index;
	return kstrtoint(text, 0, &number) ? otherwise : number;
}

static struct front_ring *front_ring(const struct front_words *w)
{
	u32 number = front_number(w, 1, FRONT_RINGS);

	return number < FRONT_RINGS && w->vif->ring[number].shared ? &w->vif->ring[number] : NULL;
}

static struct front_event *front_bound_event(const struct front_words *w, unsigned int i)
{
	u32 number = front_number(w, i, FRONT_EVENTS);

	return number < FRONT_EVENTS && w->vif->event[number].irq ? &w->vif->event[number] : NULL;
}

/* Bytes of a word in hexadecimal, into @bytes of @size.  Return: how many or -EINVAL. */
static int front_bytes(const struct front_words *w, unsigned int i, u8 *bytes, unsigned int size)
{
	unsigned int len = i < w->n ? strlen(w->word[i]) : 1;

	if (len % 2 || len / 2 > size || hex2bin(bytes, w->word[i], len / 2))
		return -EINVAL;
	return len / 2;
}

static int front_do_vif(struct front_words *w)
{
	u32 number = front_number(w, 1, FRONT_VIFS);

	if (number >= FRONT_VIFS || !front_vif[number].xdev)
		return -ENODEV;
	front_current = number;
	return 0;
}

static int front_do_write(struct front_words *w)
{
	char text[256] = "";
	unsigned int i;

	if (w->n < 3)
		return -EINVAL;
	if (*w->word[2] == '@' || *w->word[2] == '%')
		return xenbus_printf(XBT_NIL, w->vif->xdev->nodename, w->word[1], "%u",
				     front_number(w, 2, 0));
	for (i = 2; i < w->n; i++) {
		strlcat(text, i > 2 ? " " : "", sizeof(text));
		strlcat(text, w->word[i], sizeof(text));
	}
	return xenbus_write(XBT_NIL, w->vif->xdev->nodename, w->word[1], text);
}

static int front_do_rm(struct front_words *w)
{
	return w->n < 2 ? -EINVAL : xenbus_rm(XBT_NIL, w->vif->xdev->nodename, w->word[1]);
}

static int front_do_read(struct front_words *w)
{
	char *value;

	if (w->n < 2)
		return -EINVAL;
	value = xenbus_read(XBT_NIL, w->vif->xdev->otherend, w->word[1], NULL);
	if (IS_ERR(value))
		return PTR_ERR(value);
	front_say(" %s", value);
	kfree(value);
	return 0;
}

static int front_do_state(struct front_words *w)
{
	front_say(" %d", xenbus_read_driver_state(w->vif->xdev->otherend));
	return 0;
}

static int front_do_wait(struct front_words *w)
{
	unsigned long timeout = msecs_to_jiffies(front_number(w, 2, FRONT_WAIT_MS));
	enum xenbus_state state = front_number(w, 1, 0);

	if (wait_event_interruptible_timeout(w->vif->changed,
					     READ_ONCE(w->vif->backend) == state, timeout) > 0)
		return 0;
	front_do_state(w);
	return -ETIMEDOUT;
}

static int front_do_page(struct front_words *w)
{
	u32 page = front_number(w, 1, FRONT_PAGES);
	u32 n = front_number(w, 2, 1);

	for (; n; n--)
		if (!front_page(w->vif, page++))
			return -EINVAL;
	return 0;
}

static int front_do_poke(struct front_words *w)
{
	u8 *page = front_page(w->vif, front_number(w, 1, FRONT_PAGES));
	u32 offset = front_number(w, 2, PAGE_SIZE);

	if (!page || offset >= PAGE_SIZE)
		return -EINVAL;
	return min(front_bytes(w, 3, page + offset, PAGE_SIZE - offset), 0);
}

static int front_do_peek(struct front_words *w)
{
	u8 *page = front_page(w->vif, front_number(w, 1, FRONT_PAGES));
	u32 offset = front_number(w, 2, PAGE_SIZE);
	u32 len = front_number(w, 3, 0);

	if (!page || offset > PAGE_SIZE || len > PAGE_SIZE - offset)
		return -EINVAL;
	front_say(" ");
	while (len--)
		front_say("%02x", page[offset++]);
	return 0;
}

static int front_do_grant(struct front_words *w)
{
	bool readonly = !strcmp(w->word[w->n - 1], "ro");
	u32 page = front_number(w, 1, FRONT_PAGES);
	u32 n = front_number(w, 2, 1);
	int ref;

	for (; n; n--) {
		ref = front_grant(w->vif, page++, readonly);
		if (ref < 0)
			return ref;
		front_say(" %d", ref);
	}
	return 0;
}

static int front_do_end(struct front_words *w)
{
	return front_end(w->vif, front_number(w, 1, FRONT_NONE));
}

static int front_do_revoke(struct front_words *w)
{
	return front_revoke(front_number(w, 1, 0));
}

static int front_do_event(struct front_words *w)
{
	int port = front_event(w->vif, front_number(w, 1, FRONT_EVENTS));

	if (port < 0)
		return port;
	front_say(" %d", port);
	return 0;
}

static int front_do_unevent(struct front_words *w)
{
	struct front_event *event = front_bound_event(w, 1);

	if (!event)
		return -EINVAL;
	front_unevent(event);
	return 0;
}

static int front_do_kick(struct front_words *w)
{
	struct front_event *event = front_bound_event(w, 1);
	u32 times = front_number(w, 2, 1);

	if (!event)
		return -EINVAL;
	while (times--) {
		notify_remote_via_irq(event->irq);
		cond_resched();
	}
	return 0;
}

static int front_do_events(struct front_words *w)
{
	struct front_event *event = front_bound_event(w, 1);

	if (!event)
		return -EINVAL;
	front_say(" %d", atomic_read(&event->count));
	return 0;
}

static int front_do_ring(struct front_words *w)
{
	if (w->n < 4)
		return -EINVAL;
	return front_ring_init(w->vif, front_number(w, 1, FRONT_RINGS), w->word[2],
			       front_page(w->vif, front_number(w, 3, FRONT_PAGES)));
}

static int front_do_put(struct front_words *w)
{
	struct front_ring *ring = front_ring(w);
	u8 bytes[16];
	unsigned int i;
	int err;

	if (!ring)
		return -EINVAL;
	for (i = 2; i < w->n; i++) {
		err = front_bytes(w, i, bytes, sizeof(bytes));
		if (err >= 0)
			err = front_ring_put(ring, bytes, err);
		if (err)
			return err;
	}
	return 0;
}

static int front_do_push(struct front_words *w)
{
	struct front_event *event = front_bound_event(w, 2);
	struct front_ring *ring = front_ring(w);
	int wanted;

	if (!ring)
		return -EINVAL;
	wanted = front_ring_push(ring, ring->prod);
	if (wanted > 0 && event)
		notify_remote_via_irq(event->irq);
	front_say(" %d", wanted);
	return 0;
}

static int front_do_prod(struct front_words *w)
{
	struct front_ring *ring = front_ring(w);

	return ring ? min(front_ring_push(ring, front_number(w, 2, 0)), 0) : -EINVAL;
}

static int front_do_seek(struct front_words *w)
{
	struct front_ring *ring = front_ring(w);

	if (!ring)
		return -EINVAL;
	ring->prod = front_number(w, 2, 0);
	return 0;
}

static int front_do_take(struct front_words *w)
{
	struct front_ring *ring = front_ring(w);

	if (!ring)
		return -EINVAL;
	return min(front_ring_take(w->vif, ring, front_number(w, 2, 0),
				   front_number(w, 3, FRONT_WAIT_MS)), 0);
}

static int front_do_index(struct front_words *w)
{
	struct front_ring *ring = front_ring(w);
	struct xen_netif_tx_sring *shared;

	if (!ring)
		return -EINVAL;
	shared = ring->shared;
	front_say(" %u %u %u %u", shared->req_prod, shared->req_event, shared->rsp_prod,
		  shared->rsp_event);
	return 0;
}

static int front_do_used(struct front_words *w)
{
	front_say(" %u", front_used(w->vif));
	return 0;
}

static int front_do_free(struct front_words *w)
{
	front_say(" %u", front_free(w->vif));
	return 0;
}

static const struct {
	const char *name;
	int (*run)(struct front_words *w);
} front_commands[] = {
	{ "vif", front_do_vif },
	{ "write", front_do_write },
	{ "rm", front_do_rm },
	{ "read", front_do_read },
	{ "state", front_do_state },
	{ "wait", front_do_wait },
	{ "page", front_do_page },
	{ "poke", front_do_poke },
	{ "peek", front_do_peek },
	{ "grant", front_do_grant },
	{ "end", front_do_end },
	{ "revoke", front_do_revoke },
	{ "event", front_do_event },
	{ "unevent", front_do_unevent },
	{ "kick", front_do_kick },
	{ "events", front_do_events },
	{ "ring", front_do_ring },
	{ "put", front_do_put },
	{ "push", front_do_push },
	{ "prod", front_do_prod },
	{ "seek", front_do_seek },
	{ "take", front_do_take },
	{ "index", front_do_index },
	{ "used", front_do_used },
	{ "free", front_do_free },
};

static int front_run(struct front_words *w)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(front_commands); i++) {
		if (strcmp(w->word[0], front_commands[i].name))
			continue;
		w->vif = &front_vif[front_current];
		if (i && !w->vif->xdev)
			return -ENODEV;
		return front_commands[i].run(w);
	}
	return -EOPNOTSUPP;
}

/**
 * front_command() - carry out a command and say what came of it
 * @line: the command; taken apart
 */
void front_command(char *line)
{
	static struct front_words words;
	char *word;
	int err;

	words.n = 0;
	while ((word = strsep(&line, " ")))
		if (*word && words.n < FRONT_WORDS)
			words.word[words.n++] = word;
	if (!words.n)
		return;
	err = front_run(&words);
	if (err)
		front_say(" err %d\n", err);
	else
		front_say(" ok\n");
}
