/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of vmdqd share: how things are, and what is remembered of before */
#ifndef VMDQD_H
#define VMDQD_H

#include "error.h"
#include "load.h"
#include "model.h"
#include "plan.h"
#include "store.h"

/* A pool that the backend cannot take for so long is another vif's, if one wants it */
#define REFUSED_GRACE_MS	10000
/* and is tried again after this, doubled each time */
#define REFUSED_RETRY_MS	60000
#define REFUSED_RETRY_MAX_MS	3600000
/* A node that cannot be understood is complained of once, and not again within this */
#define ODD_AGAIN_MS		60000
/* and nodes that are of no vif are looked for not more often than this */
#define STRAYS_AGAIN_MS		1000
/* What a vif that is gone has left is removed after this, if nobody else does */
#define STALE_GRACE_MS		10000

/**
 * struct known_vif - what is remembered of a vif; after a restart: nothing
 * @domid: its guest
 * @handle: its number there
 * @seen: it was there at the last look
 * @load: what it receives
 * @error_since: since when the backend has not been able to take its pool; 0: it is
 * @retry_at: until then it does not compete; 0: it does
 * @retry_ms: how long it did not, the last time
 * @stale_since: since when it has been gone, with its directory left; 0: it is not
 * @odd: what could not be understood at the last look
 * @odd_said: when each of these was complained of; 0: never
 */
struct known_vif {
	unsigned int domid;
	unsigned int handle;
	bool seen;
	struct load load;
	long long error_since;
	long long retry_at;
	unsigned int retry_ms;
	long long stale_since;
	unsigned int odd;
	long long odd_said[VMDQ_ODD_COUNT];
};

/** struct known_port - what is remembered of a port: since when it is down; 0: it is up */
struct known_port {
	char name[VMDQ_PORT_NAME_SIZE];
	long long down_since;
};

/**
 * struct known_stray - a node that nobody of us wrote, and that was complained of
 * @path: empty: none
 * @seen: it was there at the last look
 * @said: when it was complained of
 */
struct known_stray {
	char path[VMDQ_STRAY_PATH_SIZE];
	bool seen;
	long long said;
};

/**
 * struct coordinator - all of it
 * @store: connection
 * @vifs: all of this machine as xenstore has them, others' too
 * @n_vifs: how many
 * @ports: as the kernel has them
 * @known: vifs that are remembered
 * @n_known: how many
 * @known_ports: ports that are remembered
 * @n_known_ports: how many
 * @known_strays: nodes that were complained of
 * @strays_at: when such were looked for; 0: never
 * @in: what the planner is given
 * @plan_ports: of @in
 * @plan_vifs: of @in
 * @index: for each of @plan_vifs, its place in @vifs
 * @stale: vifs that are gone, of which something is left
 * @n_stale: how many
 * @done: steps made, ever; for tests, as the next
 * @waiting: vifs that want a pool and have none
 */
struct coordinator {
	struct vmdq_store store;
	struct vmdq_vif *vifs;
	size_t n_vifs;
	struct vmdq_ports ports;
	struct known_vif *known;
	size_t n_known;
	struct known_port *known_ports;
	size_t n_known_ports;
	struct known_stray known_strays[VMDQ_STRAYS];
	long long strays_at;
	struct plan_input in;
	struct plan_port plan_ports[PLAN_MAX_PORTS];
	struct plan_vif *plan_vifs;
	size_t *index;
	struct vmdq_vif *stale;
	size_t n_stale;
	unsigned long done;
	size_t waiting;
};

/** enum outcome - of coordinate() */
enum outcome {
	SETTLED,	/* all is as it should be */
	UNSETTLED,	/* something could not be done now; it is tried again later */
	DISCONNECTED,	/* xenstored is gone */
};

/* known.c: what is remembered */
struct known_vif *know_vif(struct coordinator *c, unsigned int domid, unsigned int handle);
struct known_port *know_port(struct coordinator *c, const char *name);
void forget_vifs(struct coordinator *c);
void sample_loads(struct coordinator *c, long long now);

/* observe.c: how things are */
int observe(struct coordinator *c, long long now, struct vmdq_err *err);
void coordinator_free(struct coordinator *c);

/* odd.c: what cannot be understood */
void report_odd(struct coordinator *c, long long now);
void report_strays(struct coordinator *c, long long now);

/* execute.c: do what was planned */
size_t execute(struct coordinator *c, const struct plan *plan, struct vmdq_err *err);
int forget_stale(struct coordinator *c, long long now, struct vmdq_err *err);

/* coordinate.c: look, plan, do, until there is nothing left to do */
enum outcome coordinate(struct coordinator *c, long long now);

/* reload.c */
bool reload(struct coordinator *c, long long now, const char *path);

/* log.c */
void log_open(bool to_syslog);
void say(int priority, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* privilege.c */
int drop_privileges(void);

/* loop.c */
int loop(struct coordinator *c);

#endif /* VMDQD_H */
