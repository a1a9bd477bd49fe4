// SPDX-License-Identifier: GPL-2.0
/* page pool's header was split in two (Linux 6.6) */
#include <net/page_pool/helpers.h>

int compat_probe;
