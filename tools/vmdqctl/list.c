// SPDX-License-Identifier: GPL-2.0
/* list: ports, pools and vifs, with what passed through them */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netdev.h"
#include "vmdqctl.h"

static struct json_object *text_or_null(const char *text)
{
	return text[0] ? json_object_new_string(text) : NULL;
}

static void add_u64(struct json_object *object, const char *name, uint64_t value)
{
	json_object_object_add(object, name, json_object_new_uint64(value));
}

static struct json_object *pool_to_json(const struct vmdq_pool_info *p)
{
	struct json_object *o = json_object_new_object();
	char mac[VMDQ_MAC_TEXT_SIZE] = "";

	if (p->has_mac)
		vmdq_format_mac(p->mac, mac);
	add_u64(o, "pool", p->index);
	json_object_object_add(o, "state", json_object_new_string(vmdq_pool_state_name(p->state)));
	json_object_object_add(o, "owner", text_or_null(p->owner));
	json_object_object_add(o, "mac", text_or_null(mac));
	json_object_object_add(o, "vlan", p->vlan == VMDQ_VLAN_NONE ?
			       NULL : json_object_new_int(p->vlan));
	add_u64(o, "buf_size", p->buf_size);
	add_u64(o, "max_frame", p->max_frame);
	add_u64(o, "posted_now", p->posted);
	add_u64(o, "rx_frames", p->count.rx_frames);
	add_u64(o, "rx_bytes", p->count.rx_bytes);
	add_u64(o, "rx_errors", p->count.rx_errors);
	add_u64(o, "rx_csum_bad", p->count.rx_csum_bad);
	add_u64(o, "posted", p->count.posted);
	add_u64(o, "doorbells", p->count.doorbells);
	add_u64(o, "polls", p->count.polls);
	add_u64(o, "interrupts", p->count.interrupts);

	return o;
}

/* As a person wants it, else as it is */
static const char *port_state(const struct vmdq_port_info *p)
{
	if (p->drained)
		return "drained";
	return p->up ? "up" : "down";
}

static struct json_object *port_to_json(const struct vmdq_port_info *p)
{
	struct json_object *o = json_object_new_object();
	struct json_object *pools = json_object_new_array();
	size_t i;

	json_object_object_add(o, "port", json_object_new_string(p->name));
	json_object_object_add(o, "driver", json_object_new_string(p->driver));
	json_object_object_add(o, "netdev", json_object_new_string(p->netdev));
	json_object_object_add(o, "state", json_object_new_string(port_state(p)));
	json_object_object_add(o, "up", json_object_new_boolean(p->up));
	add_u64(o, "pools_total", p->n_pools ? p->n_pools - 1 : 0);
	add_u64(o, "pools_free", p->pools_free);
	add_u64(o, "ring_size", p->ring_size);
	add_u64(o, "max_frame", p->max_frame);
	for (i = 0; i < p->n_pool_infos; i++)
		json_object_array_add(pools, pool_to_json(&p->pools[i]));
	json_object_object_add(o, "pools", pools);

	return o;
}

static struct json_object *hold_to_json(const struct vmdq_hold *hold)
{
	char text[VMDQ_POOL_TEXT_SIZE];

	vmdq_format_hold(hold, text);

	return json_object_new_string(text);
}

/** vif_to_json() - one vif, with all of its interface's counters */
struct json_object *vif_to_json(const struct vmdq_vif *v)
{
	struct json_object *o = json_object_new_object();
	struct json_object *counters = json_object_new_object();
	struct vmdq_counters c;
	size_t i;

	json_object_object_add(o, "vif", json_object_new_string(v->netdev));
	add_u64(o, "domid", v->domid);
	add_u64(o, "handle", v->handle);
	json_object_object_add(o, "domain", json_object_new_string(v->domain));
	json_object_object_add(o, "mac", text_or_null(v->mac));
	json_object_object_add(o, "bridge", text_or_null(v->bridge));
	json_object_object_add(o, "mode", json_object_new_string(vmdq_mode_name(v->request.mode)));
	json_object_object_add(o, "level",
			       json_object_new_string(vmdq_level_name(v->request.level)));
	add_u64(o, "priority", v->request.priority);
	json_object_object_add(o, "hold", v->hold.set ? hold_to_json(&v->hold) : NULL);
	json_object_object_add(o, "connected", json_object_new_boolean(v->connected));
	json_object_object_add(o, "state", v->state == VMDQ_VIF_UNKNOWN ?
			       NULL : json_object_new_string(vmdq_vif_state_name(v->state)));
	json_object_object_add(o, "port", text_or_null(v->assigned.port));
	json_object_object_add(o, "pool", v->assigned.pool ?
			       json_object_new_uint64(v->assigned.pool) : NULL);
	json_object_object_add(o, "error", text_or_null(v->error));
	if (!vmdq_counters_load(v->netdev, &c)) {
		for (i = 0; i < c.n; i++)
			add_u64(counters, c.counter[i].name, c.counter[i].value);
		json_object_object_add(o, "ratios", ratios_to_json(&c));
		free(c.counter);
	}
	json_object_object_add(o, "counters", counters);

	return o;
}

static void list_json(const struct vmdq_ports *ports, const struct vmdq_vif *vifs, size_t n,
		      const struct vmdq_err *err)
{
	struct json_object *o = new_answer((int)err->status, err->text);
	struct json_object *port_array = json_object_new_array();
	struct json_object *vif_array = json_object_new_array();
	size_t i;

	for (i = 0; i < ports->n; i++)
		json_object_array_add(port_array, port_to_json(&ports->port[i]));
	for (i = 0; i < n; i++)
		if (vifs[i].ours)
			json_object_array_add(vif_array, vif_to_json(&vifs[i]));
	json_object_object_add(o, "ports", port_array);
	json_object_object_add(o, "vifs", vif_array);
	print_json(o);
}

static void list_ports(const struct vmdq_ports *ports)
{
	const struct vmdq_port_info *p;
	size_t i;

	if (!ports->n) {
		puts("No port: no network card here that can do this was given to vmdq_igb.");
		return;
	}
	printf("%-14s %-10s %-10s %-7s %5s %5s\n", "PORT", "DRIVER", "NETDEV", "STATE", "POOLS",
	       "FREE");
	for (i = 0; i < ports->n; i++) {
		p = &ports->port[i];
		printf("%-14s %-10s %-10s %-7s %5u %5u\n", p->name, p->driver, p->netdev,
		       port_state(p), p->n_pools ? p->n_pools - 1 : 0, p->pools_free);
	}
}

/* Free pools say nothing that the ports' table does not */
static void list_pools(const struct vmdq_ports *ports)
{
	char mac[VMDQ_MAC_TEXT_SIZE], vlan[8], name[48];
	const struct vmdq_pool_info *p;
	bool head = false;
	size_t i, j;

	for (i = 0; i < ports->n; i++) {
		for (j = 0; j < ports->port[i].n_pool_infos; j++) {
			p = &ports->port[i].pools[j];
			if (p->state == VMDQ_POOL_FREE)
				continue;
			if (!head)
				printf("\n%-16s %-8s %-12s %-17s %-5s %10s %12s %8s\n", "POOL",
				       "STATE", "OWNER", "MAC", "VLAN", "FRAMES", "BYTES",
				       "ERRORS");
			head = true;
			strcpy(mac, "-");
			if (p->has_mac)
				vmdq_format_mac(p->mac, mac);
			strcpy(vlan, "-");
			if (p->vlan != VMDQ_VLAN_NONE)
				snprintf(vlan, sizeof(vlan), "%d", p->vlan);
			snprintf(name, sizeof(name), "%s/%u", ports->port[i].name, p->index);
			printf("%-16s %-8s %-12s %-17s %-5s %10" PRIu64 " %12" PRIu64 " %8" PRIu64
			       "\n", name, vmdq_pool_state_name(p->state), p->owner, mac, vlan,
			       p->count.rx_frames, p->count.rx_bytes, p->count.rx_errors);
		}
	}
}

/* A counter's value as text, "-" when the interface has no such counter */
static const char *value(const struct vmdq_counters *counters, const char *name, char text[24])
{
	const struct vmdq_counter *c = vmdq_counter(counters, name);

	if (c)
		snprintf(text, 24, "%" PRIu64, c->value);
	else
		strcpy(text, "-");

	return text;
}

static void list_vif(const struct vmdq_vif *v)
{
	struct vmdq_counters c = { NULL, 0 };
	char pool[VMDQ_POOL_TEXT_SIZE] = "-", text[6][24];

	vmdq_counters_load(v->netdev, &c);
	if (v->assigned.pool)
		vmdq_format_pool_id(&v->assigned, pool);
	printf("%-8s %-12s %-17s %-8s %-8s %-16s %11s %11s %10s %10s %10s\n", v->netdev, v->domain,
	       v->mac[0] ? v->mac : "-", vmdq_level_name(v->request.level),
	       vmdq_vif_state_name(v->state), pool,
	       value(&c, "rx_pool_frames", text[0]), value(&c, "rx_sw_frames", text[1]),
	       value(&c, "pool_grant_maps", text[2]), value(&c, "pool_grant_unmaps", text[3]),
	       value(&c, "pool_grant_copies", text[4]));
	ratios_print(&c);
	if (v->error[0])
		printf("         error: %s\n", v->error);
	free(c.counter);
}

static void list_vifs(const struct vmdq_vif *vifs, size_t n)
{
	size_t i;

	printf("\n%-8s %-12s %-17s %-8s %-8s %-16s %11s %11s %10s %10s %10s\n", "VIF", "DOMAIN",
	       "MAC", "LEVEL", "SERVED", "POOL", "POOL-FRAMES", "SW-FRAMES", "MAPS", "UNMAPS",
	       "COPIES");
	for (i = 0; i < n; i++)
		if (vifs[i].ours)
			list_vif(&vifs[i]);
}

/**
 * cmd_list() - list
 *
 * Shows what there is: ports without Xen, and vifs without the module vmdq.
 * What is missing is said on stderr and by the exit status.
 */
int cmd_list(int argc, char **argv, const struct options *opt)
{
	struct vmdq_inventory inv;
	int status;

	(void)argv;
	if (argc)
		return usage_error("list takes no arguments");
	vmdq_inventory_load(&inv);
	if (opt->json) {
		list_json(&inv.ports, inv.vifs, inv.n_vifs, vmdq_inventory_error(&inv));
	} else {
		if (!inv.port_err.status)
			list_ports(&inv.ports);
		list_pools(&inv.ports);
		if (inv.xen)
			list_vifs(inv.vifs, inv.n_vifs);
	}
	status = vmdq_inventory_complain(&inv, "vmdqctl");
	vmdq_inventory_free(&inv);

	return status;
}
