// SPDX-License-Identifier: GPL-2.0
#include "settings.h"

#include <stdio.h>
#include <string.h>

#include "parse.h"

/* The name that the configuration knows a domain by: xl puts a suffix to it while
 * it is being migrated in
 */
static void settled_name(const char *domain, char *name, size_t size)
{
	static const char suffix[] = "--incoming";
	size_t len;

	snprintf(name, size, "%s", domain);
	len = strlen(name);
	if (len > strlen(suffix) && !strcmp(name + len - strlen(suffix), suffix))
		name[len - strlen(suffix)] = '\0';
}

/**
 * vmdq_settings_of() - what the configuration asks for a vif
 * @conf: the configuration
 * @vif: the vif
 * @settings: result
 *
 * What the domain's own configuration says has the last word; it can say the mode.
 *
 * Return: 0, or -1 where it says what is no mode, which is ignored.
 */
int vmdq_settings_of(const struct vmdq_conf *conf, const struct vmdq_vif *vif,
		     struct vmdq_settings *settings)
{
	char domain[sizeof(vif->domain)];
	char mac_text[VMDQ_MAC_TEXT_SIZE] = "";
	uint8_t mac[VMDQ_MAC_LEN];

	if (!vmdq_parse_mac(vif->mac, mac))
		vmdq_format_mac(mac, mac_text);
	settled_name(vif->domain, domain, sizeof(domain));
	vmdq_conf_match(conf, domain, mac_text, vif->bridge, settings);

	return vif->key[0] ? vmdq_parse_mode(vif->key, &settings->mode) : 0;
}
