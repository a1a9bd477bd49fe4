// SPDX-License-Identifier: GPL-2.0
#include "xenbus.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parse.h"
#include "vmdq_xenstore.h"

#define BUS	"/sys/bus/xen-backend"

/* As libxl has it for a hotplug script that hangs */
#define KILLED_WAIT_MS	5000

/* Driver on the bus and module of each backend */
static const struct {
	const char *driver;
	const char *module;
} backends[VMDQ_BACKEND_COUNT] = {
	[VMDQ_BACKEND_VMDQ] = { "vif-vmdq", "vmdq_netback" },
	[VMDQ_BACKEND_STOCK] = { "vif", "xen_netback" },
};

static enum vmdq_backend backend_of_driver(const char *driver)
{
	enum vmdq_backend b;

	for (b = 0; b < VMDQ_BACKEND_COUNT; b++)
		if (backends[b].driver && !strcmp(backends[b].driver, driver))
			return b;
	return VMDQ_BACKEND_NONE;
}

/* The first entry of a directory that is not hidden */
static void first_entry(const char *path, char *name, size_t size)
{
	struct dirent *entry;
	DIR *dir = opendir(path);

	*name = '\0';
	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && strlen(entry->d_name) < size) {
			strcpy(name, entry->d_name);
			break;
		}
	closedir(dir);
}

/**
 * vmdq_binding_load() - read what the kernel has of a vif
 * @domid: its guest
 * @handle: its number
 * @binding: result
 */
void vmdq_binding_load(unsigned int domid, unsigned int handle, struct vmdq_binding *binding)
{
	char path[128], target[256];
	ssize_t n;

	memset(binding, 0, sizeof(*binding));
	snprintf(binding->device, sizeof(binding->device), "vif-%u-%u", domid, handle);
	snprintf(path, sizeof(path), BUS "/devices/%s", binding->device);
	binding->present = !access(path, F_OK);
	snprintf(path, sizeof(path), BUS "/devices/%s/driver", binding->device);
	n = readlink(path, target, sizeof(target) - 1);
	if (n > 0) {
		target[n] = '\0';
		binding->backend = backend_of_driver(basename(target));
	}
	snprintf(path, sizeof(path), BUS "/devices/%s/net", binding->device);
	first_entry(path, binding->netdev, sizeof(binding->netdev));
}

/* Writes a device's name to an attribute of a driver.  Return: 0 or errno. */
static int driver_write(enum vmdq_backend backend, const char *attribute, const char *device)
{
	char path[128];
	int fd, error = 0;

	snprintf(path, sizeof(path), BUS "/drivers/%s/%s", backends[backend].driver, attribute);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (write(fd, device, strlen(device)) < 0)
		error = errno;
	close(fd);

	return error;
}

/**
 * vmdq_driver_unbind() - take a vif from its driver
 * @binding: the vif
 * @err: why not
 *
 * Returns when the driver is done with it: the guest's pages and rings are unmapped.
 */
int vmdq_driver_unbind(const struct vmdq_binding *binding, struct vmdq_err *err)
{
	int error = driver_write(binding->backend, "unbind", binding->device);

	if (!error)
		return 0;
	return vmdq_fail(err, VMDQ_S_SYSTEM, "cannot take %s from %s: %s", binding->device,
			 vmdq_backend_name(binding->backend), strerror(error));
}

/**
 * vmdq_driver_bind() - give a vif that has no driver to one
 * @binding: the vif
 * @backend: whose driver
 * @err: why not
 */
int vmdq_driver_bind(const struct vmdq_binding *binding, enum vmdq_backend backend,
		     struct vmdq_err *err)
{
	int error = driver_write(backend, "bind", binding->device);

	if (!error)
		return 0;
	return vmdq_fail(err, VMDQ_S_SYSTEM,
			 "%s does not take %s: %s; the kernel log (dmesg) may say more",
			 vmdq_backend_name(backend), binding->device, strerror(error));
}

/** vmdq_driver_loaded() - is the backend's driver there? */
bool vmdq_driver_loaded(enum vmdq_backend backend)
{
	char path[128];

	snprintf(path, sizeof(path), BUS "/drivers/%s/bind", backends[backend].driver);
	return !access(path, F_OK);
}

/** vmdq_driver_max_queues() - how many queues of a vif a backend takes; 0: it does not say */
unsigned int vmdq_driver_max_queues(enum vmdq_backend backend)
{
	char path[128], text[16] = "";
	unsigned int n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/max_queues",
		 backends[backend].module);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fgets(text, sizeof(text), f)) {
		text[strcspn(text, "\n")] = '\0';
		vmdq_parse_uint(text, &n);
	}
	fclose(f);

	return n;
}

/** vmdq_dom0_is_pv() - does this kernel run on Xen as a PV domain? */
bool vmdq_dom0_is_pv(void)
{
	char type[8] = "";
	FILE *f = fopen("/sys/hypervisor/guest_type", "re");

	if (!f)
		return false;
	if (!fgets(type, sizeof(type), f))
		type[0] = '\0';
	fclose(f);

	return !strncmp(type, "PV\n", 3) || !strcmp(type, "PV");
}

/* In the child: the environment and arguments that libxl gives to the script */
static void __attribute__((noreturn)) exec_script(const char *script, const struct vmdq_vif *vif)
{
	char path[32], name[24];
	int null = open("/dev/null", O_RDWR);

	snprintf(path, sizeof(path), VMDQ_XS_BE, vif->domid, vif->handle);
	snprintf(name, sizeof(name), "vif%u.%u", vif->domid, vif->handle);
	setenv("script", script, 1);
	setenv("XENBUS_TYPE", "vif", 1);
	setenv("XENBUS_PATH", path, 1);
	setenv("XENBUS_BASE_PATH", "backend", 1);
	setenv("netdev", vif->gateway, 1);
	setenv("vif", name, 1);
	/* what it starts must not hold what we were given to write to */
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	setpgid(0, 0);
	execl(script, script, "online", "type_if=vif", (char *)NULL);
	_exit(127);
}

/* Return: true when the process has ended */
static bool wait_process(pid_t pid, unsigned int timeout_ms)
{
	struct pollfd fd = { .events = POLLIN };
	int n;

	fd.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd.fd < 0)
		return true;	/* a kernel without it: waitpid() waits */
	do
		n = poll(&fd, 1, (int)timeout_ms);
	while (n < 0 && errno == EINTR);
	close(fd.fd);

	return n > 0;
}

/**
 * vmdq_hotplug_run() - run a vif's hotplug script as libxl does when the vif comes
 * @script: in full
 * @vif: the vif
 * @timeout_ms: it is killed after that
 * @err: why it is no success
 */
int vmdq_hotplug_run(const char *script, const struct vmdq_vif *vif, unsigned int timeout_ms,
		     struct vmdq_err *err)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return vmdq_fail(err, VMDQ_S_SYSTEM, "cannot start %s: %s", script,
				 strerror(errno));
	if (!pid)
		exec_script(script, vif);
	if (!wait_process(pid, timeout_ms)) {
		kill(-pid, SIGKILL);
		wait_process(pid, KILLED_WAIT_MS);
		waitpid(pid, &status, WNOHANG);
		return vmdq_fail(err, VMDQ_S_TIMEOUT, "%s online was not done within %u s", script,
				 timeout_ms / 1000);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	return vmdq_fail(err, VMDQ_S_REFUSED,
			 "%s online failed (%s %d); /var/log/xen/xen-hotplug.log may say more",
			 script, WIFEXITED(status) ? "exit status" : "signal",
			 WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}
