/* SPDX-License-Identifier: GPL-2.0 */
/* What the configuration asks for a vif that is in xenstore */
#ifndef VMDQ_SETTINGS_H
#define VMDQ_SETTINGS_H

#include "conf.h"
#include "model.h"

int vmdq_settings_of(const struct vmdq_conf *conf, const struct vmdq_vif *vif,
		     struct vmdq_settings *settings);

#endif /* VMDQ_SETTINGS_H */
