// SPDX-License-Identifier: GPL-2.0
/*
 * Pages, grants and event channels, by number.
 */
#include <linux/gfp.h>
#include <linux/kprobes.h>
#include <linux/string.h>
#include <xen/events.h>
#include <xen/page.h>

#include "front.h"

/**
 * front_page() - the page of that number, new if need be
 * @vif: its vif
 * @number: below FRONT_PAGES
 */
void *front_page(struct front_vif *vif, unsigned int number)
{
	if (number >= FRONT_PAGES)
		return NULL;
	if (!vif->page[number]) {
		vif->page[number] = (void *)get_zeroed_page(GFP_KERNEL);
		vif->ref[number] = FRONT_NONE;
	}
	return vif->page[number];
}

/**
 * front_grant() - grant a page to the backend
 * @vif: the vif
 * @number: of the page
 * @readonly: the backend may only read it
 *
 * An earlier grant of it ends.
 *
 * Return: the grant reference or an error; -EBUSY while the backend still uses
 * the earlier one.
 */
int front_grant(struct front_vif *vif, unsigned int number, bool readonly)
{
	void *page = front_page(vif, number);
	int ref;

	if (!page)
		return -ENOMEM;
	if (vif->ref[number] != FRONT_NONE && front_end(vif, vif->ref[number]))
		return -EBUSY;
	ref = gnttab_grant_foreign_access(vif->xdev->otherend_id,
					  xen_page_to_gfn(virt_to_page(page)), readonly);
	if (ref >= 0)
		vif->ref[number] = ref;
	return ref;
}

/**
 * front_end() - end a grant
 * @vif: the vif
 * @ref: the grant
 *
 * Return: 0, or -EBUSY while the other end uses it.
 */
int front_end(struct front_vif *vif, grant_ref_t ref)
{
	unsigned int i;

	if (!gnttab_end_foreign_access_ref(ref))
		return -EBUSY;
	gnttab_free_grant_reference(ref);
	for (i = 0; i < FRONT_PAGES; i++)
		if (vif->page[i] && vif->ref[i] == ref)
			vif->ref[i] = FRONT_NONE;
	return 0;
}

/* The kernel has no function for what no honest guest does. */
static void *front_symbol(const char *name)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	unsigned long (*lookup)(const char *name);

	if (register_kprobe(&probe))
		return NULL;
	lookup = (void *)probe.addr;
	unregister_kprobe(&probe);
	return (void *)lookup(name);
}

static struct grant_entry_v1 *front_grants(void)
{
	static struct grant_entry_v1 **shared;

	if (!shared)
		shared = front_symbol("gnttab_shared");
	return shared ? *shared : NULL;
}

/**
 * front_used() - grants that the other end uses now
 * @vif: whose last grants are looked at
 */
unsigned int front_used(struct front_vif *vif)
{
	struct grant_entry_v1 *grants = front_grants();
	unsigned int used = 0;
	unsigned int i;

	for (i = 0; grants && i < FRONT_PAGES; i++)
		if (vif->page[i] && vif->ref[i] != FRONT_NONE &&
		    READ_ONCE(grants[vif->ref[i]].flags) & (GTF_reading | GTF_writing))
			used++;
	return used;
}

/**
 * front_revoke() - take a grant away, whether or not the other end uses it
 * @ref: the grant
 *
 * Return: 0 or an error.
 */
int front_revoke(grant_ref_t ref)
{
	struct grant_entry_v1 *grants = front_grants();

	if (!grants)
		return -ENOENT;
	WRITE_ONCE(grants[ref].flags, 0);
	return 0;
}

static irqreturn_t front_interrupt(int irq, void *data)
{
	struct front_event *event = data;

	atomic_inc(&event->count);
	wake_up(&event->vif->changed);
	return IRQ_HANDLED;
}

/**
 * front_event() - the event channel of that number, new if need be
 * @vif: the vif
 * @number: below FRONT_EVENTS
 *
 * Return: its port or an error.
 */
int front_event(struct front_vif *vif, unsigned int number)
{
	struct front_event *event = &vif->event[number];
	int err;

	if (number >= FRONT_EVENTS)
		return -EINVAL;
	if (event->irq)
		return event->port;

	event->vif = vif;
	atomic_set(&event->count, 0);
	err = xenbus_alloc_evtchn(vif->xdev, &event->port);
	if (err)
		return err;
	err = bind_evtchn_to_irqhandler(event->port, front_interrupt, 0, "testfront", event);
	if (err < 0) {
		xenbus_free_evtchn(vif->xdev, event->port);
		return err;
	}
	event->irq = err;
	return event->port;
}

/**
 * front_unevent() - give an event channel back
 * @event: bound, or not
 */
void front_unevent(struct front_event *event)
{
	if (event->irq)
		unbind_from_irqhandler(event->irq, event);
	event->irq = 0;
}

/**
 * front_free() - give everything back
 * @vif: disconnected
 *
 * Return: grants that the other end still uses; those and their pages are lost.
 */
unsigned int front_free(struct front_vif *vif)
{
	unsigned int held = 0;
	unsigned int i;

	for (i = 0; i < FRONT_EVENTS; i++)
		front_unevent(&vif->event[i]);
	memset(vif->ring, 0, sizeof(vif->ring));
	for (i = 0; i < FRONT_PAGES; i++) {
		if (!vif->page[i])
			continue;
		if (vif->ref[i] == FRONT_NONE || !front_end(vif, vif->ref[i]))
			free_page((unsigned long)vif->page[i]);
		else
			held++;
		vif->page[i] = NULL;
	}
	return held;
}
