/* SPDX-License-Identifier: GPL-2.0 */
/*
 * testfront: a network frontend that does what a script says, and nothing else.
 *
 * It takes a guest's vifs in place of xen-netfront and has no network device.
 * /dev/testfront takes commands, one a line; reading gives one line of answer
 * for each: "ok" and what was asked for, or "err" and an error number.
 * commands.c says what they are; tests/lab/front.py writes them.
 *
 *	main.c		the driver and the device
 *	commands.c	the commands and their words
 *	memory.c	pages, grants, event channels
 *	rings.c		shared rings of any kind
 */
#ifndef FRONT_H
#define FRONT_H

#include <linux/types.h>
#include <linux/wait.h>
#include <xen/grant_table.h>
#include <xen/interface/xen.h>
#include <xen/xenbus.h>

#define FRONT_VIFS	8
#define FRONT_PAGES	1024
#define FRONT_EVENTS	24
#define FRONT_RINGS	24
#define FRONT_NONE	((grant_ref_t)~0)

/**
 * struct front_event - one event channel
 * @vif: owner
 * @port: for the other end to bind
 * @irq: ours, or 0
 * @count: how many came
 */
struct front_event {
	struct front_vif *vif;
	evtchn_port_t port;
	int irq;
	atomic_t count;
};

/**
 * struct front_ring - one shared ring
 * @shared: its page, or NULL
 * @slot: bytes of a slot
 * @size: slots
 * @prod: requests put, shown to the other end or not
 * @cons: responses taken
 */
struct front_ring {
	void *shared;
	unsigned int slot;
	unsigned int size;
	u32 prod;
	u32 cons;
};

/**
 * struct front_vif - a vif
 * @xdev: its xenbus device, or NULL
 * @page: pages, allocated as they are named
 * @ref: the last grant of each, or FRONT_NONE
 * @event: event channels
 * @ring: rings
 * @backend: state of the other end
 * @changed: woken by events and by a change of @backend
 */
struct front_vif {
	struct xenbus_device *xdev;
	void *page[FRONT_PAGES];
	grant_ref_t ref[FRONT_PAGES];
	struct front_event event[FRONT_EVENTS];
	struct front_ring ring[FRONT_RINGS];
	enum xenbus_state backend;
	wait_queue_head_t changed;
};

extern struct front_vif front_vif[FRONT_VIFS];

/* main.c */
void front_say(const char *format, ...) __printf(1, 2);

/* commands.c */
void front_command(char *line);

/* memory.c */
void *front_page(struct front_vif *vif, unsigned int number);
int front_grant(struct front_vif *vif, unsigned int number, bool readonly);
int front_end(struct front_vif *vif, grant_ref_t ref);
int front_revoke(grant_ref_t ref);
unsigned int front_used(struct front_vif *vif);
int front_event(struct front_vif *vif, unsigned int number);
void front_unevent(struct front_event *event);
unsigned int front_free(struct front_vif *vif);

/* rings.c */
int front_ring_init(struct front_vif *vif, unsigned int number, const char *kind, void *page);
int front_ring_put(struct front_ring *ring, const u8 *data, unsigned int len);
int front_ring_push(struct front_ring *ring, u32 prod);
int front_ring_take(struct front_vif *vif, struct front_ring *ring, unsigned int n,
		    unsigned int ms);

#endif /* FRONT_H */
