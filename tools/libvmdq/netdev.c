// SPDX-License-Identifier: GPL-2.0
#include "netdev.h"

#include <dirent.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* More statistics than any driver has; guards the sizes computed from a count */
#define STATS_MAX	4096

/**
 * vmdq_bridge_members() - the interfaces that are ports of a bridge
 * @bridge: its name
 * @names: result, release with free()
 * @n: how many
 *
 * Return: 0, or -1 with errno set: ENOENT, no such interface or no bridge.
 */
int vmdq_bridge_members(const char *bridge, struct vmdq_ifname **names, size_t *n)
{
	struct vmdq_ifname *more;
	char path[64];
	struct dirent *entry;
	DIR *dir;

	*names = NULL;
	*n = 0;
	if (!*bridge || strlen(bridge) >= IFNAMSIZ || strchr(bridge, '/')) {
		errno = ENOENT;
		return -1;
	}
	snprintf(path, sizeof(path), "/sys/class/net/%s/brif", bridge);
	dir = opendir(path);
	if (!dir)
		return -1;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || strlen(entry->d_name) >= IFNAMSIZ)
			continue;
		more = realloc(*names, (*n + 1) * sizeof(*more));
		if (!more)
			goto no_memory;
		*names = more;
		strcpy(more[(*n)++].text, entry->d_name);
	}
	closedir(dir);

	return 0;

no_memory:
	closedir(dir);
	free(*names);
	*names = NULL;
	*n = 0;
	errno = ENOMEM;

	return -1;
}

static int link_ioctl(unsigned long what, const char *netdev, struct ifreq *ifr)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc, saved;

	if (fd < 0)
		return -1;
	snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%s", netdev);
	rc = ioctl(fd, what, ifr);
	saved = errno;
	close(fd);
	errno = saved;

	return rc;
}

/* The bridge that the interface is a port of; other masters count as none */
static void find_bridge(const char *netdev, char bridge[IFNAMSIZ])
{
	char path[64], target[256];
	const char *name;
	ssize_t n;

	bridge[0] = '\0';
	snprintf(path, sizeof(path), "/sys/class/net/%s/brport/bridge", netdev);
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return;
	target[n] = '\0';
	name = strrchr(target, '/');
	snprintf(bridge, IFNAMSIZ, "%.15s", name ? name + 1 : target);
}

/**
 * vmdq_link_load() - read what scripts set of an interface
 * @netdev: its name
 * @link: result
 *
 * Return: 0, or -1 with errno set: ENODEV, there is no such interface.
 */
int vmdq_link_load(const char *netdev, struct vmdq_link *link)
{
	struct ifreq ifr = { .ifr_flags = 0 };

	memset(link, 0, sizeof(*link));
	if (link_ioctl(SIOCGIFFLAGS, netdev, &ifr))
		return -1;
	link->up = ifr.ifr_flags & IFF_UP;
	if (link_ioctl(SIOCGIFMTU, netdev, &ifr))
		return -1;
	link->mtu = (unsigned int)ifr.ifr_mtu;
	find_bridge(netdev, link->bridge);

	return 0;
}

/* Moves an interface from the bridge @from to @to; either may be none */
static int set_bridge(const char *netdev, const char *from, const char *to)
{
	struct ifreq ifr = { .ifr_flags = 0 };

	if (link_ioctl(SIOCGIFINDEX, netdev, &ifr))
		return -1;
	if (*from && link_ioctl(SIOCBRDELIF, from, &ifr))
		return -1;
	return *to ? link_ioctl(SIOCBRADDIF, to, &ifr) : 0;
}

/**
 * vmdq_link_set() - give an interface MTU, bridge and state
 * @netdev: its name
 * @link: as it shall be; what is so already is not touched
 *
 * Return: 0, or -1 with errno set.
 */
int vmdq_link_set(const char *netdev, const struct vmdq_link *link)
{
	struct ifreq ifr = { .ifr_flags = 0 };
	struct vmdq_link now;

	if (vmdq_link_load(netdev, &now))
		return -1;
	ifr.ifr_mtu = (int)link->mtu;
	if (now.mtu != link->mtu && link_ioctl(SIOCSIFMTU, netdev, &ifr))
		return -1;
	if (strcmp(now.bridge, link->bridge) && set_bridge(netdev, now.bridge, link->bridge))
		return -1;
	if (now.up == link->up)
		return 0;
	if (link_ioctl(SIOCGIFFLAGS, netdev, &ifr))
		return -1;
	ifr.ifr_flags ^= IFF_UP;

	return link_ioctl(SIOCSIFFLAGS, netdev, &ifr);
}

/**
 * vmdq_link_sent() - what the kernel has counted of frames that an interface was to send
 * @netdev: its name
 * @what: what of it
 * @frames: result, since the interface was made.  What a guest receives its vif sends.
 *
 * Return: 0, or -1 with errno set: ENOENT, there is no such interface.
 */
int vmdq_link_sent(const char *netdev, enum vmdq_sent what, uint64_t *frames)
{
	static const char * const names[] = {
		[VMDQ_SENT] = "tx_packets",
		[VMDQ_NOT_SENT] = "tx_dropped",
	};
	char path[96], text[24] = "", *end = text;
	FILE *f;

	if (!*netdev || strlen(netdev) >= IFNAMSIZ || strchr(netdev, '/')) {
		errno = ENOENT;
		return -1;
	}
	snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/%s", netdev, names[what]);
	f = fopen(path, "re");
	if (!f)
		return -1;
	if (fgets(text, sizeof(text), f))
		*frames = strtoull(text, &end, 10);
	fclose(f);
	if (end > text && *end == '\n')
		return 0;
	errno = EIO;

	return -1;
}

static int ethtool(int fd, const char *netdev, void *cmd)
{
	struct ifreq ifr = { .ifr_data = cmd };

	if (strlen(netdev) >= sizeof(ifr.ifr_name)) {
		errno = ENODEV;
		return -1;
	}
	strcpy(ifr.ifr_name, netdev);

	return ioctl(fd, SIOCETHTOOL, &ifr);
}

static int load(int fd, const char *netdev, struct vmdq_counters *counters)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ethtool_gstrings *strings = NULL;
	struct ethtool_stats *stats = NULL;
	int rc = -1;
	size_t i, n;

	if (ethtool(fd, netdev, &info))
		return -1;
	n = info.n_stats;
	if (!n)
		return 0;
	if (n > STATS_MAX) {
		errno = EOVERFLOW;
		return -1;
	}
	strings = calloc(1, sizeof(*strings) + n * ETH_GSTRING_LEN);
	stats = calloc(1, sizeof(*stats) + n * sizeof(stats->data[0]));
	counters->counter = calloc(n, sizeof(*counters->counter));
	if (!strings || !stats || !counters->counter)
		goto out;
	strings->cmd = ETHTOOL_GSTRINGS;
	strings->string_set = ETH_SS_STATS;
	strings->len = (unsigned int)n;
	stats->cmd = ETHTOOL_GSTATS;
	stats->n_stats = (unsigned int)n;
	if (ethtool(fd, netdev, strings) || ethtool(fd, netdev, stats))
		goto out;
	/* a driver whose count changed in between filled only as many as fit */
	if (strings->len < n)
		n = strings->len;
	if (stats->n_stats < n)
		n = stats->n_stats;
	for (i = 0; i < n; i++) {
		memcpy(counters->counter[i].name, strings->data + i * ETH_GSTRING_LEN,
		       ETH_GSTRING_LEN);
		counters->counter[i].value = stats->data[i];
	}
	counters->n = n;
	rc = 0;
out:
	if (rc) {
		free(counters->counter);
		counters->counter = NULL;
	}
	free(strings);
	free(stats);

	return rc;
}

/**
 * vmdq_counters_load() - read an interface's ethtool statistics
 * @netdev: its name
 * @counters: result; empty when it has none
 *
 * Return: 0, or -1 with errno set: ENODEV, there is no such interface.
 */
int vmdq_counters_load(const char *netdev, struct vmdq_counters *counters)
{
	int fd, rc;

	memset(counters, 0, sizeof(*counters));
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	rc = load(fd, netdev, counters);
	close(fd);

	return rc;
}

/** vmdq_counter() - one of an interface's statistics by name, or NULL */
const struct vmdq_counter *vmdq_counter(const struct vmdq_counters *counters, const char *name)
{
	size_t i;

	for (i = 0; i < counters->n; i++)
		if (!strcmp(counters->counter[i].name, name))
			return &counters->counter[i];
	return NULL;
}
